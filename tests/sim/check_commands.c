/* Invariant 7, at the writers (R13): a command id has one effect, an Idempotency-Key one outcome.
 */
#include "check_run.h"

#include <string.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* What was decided first under an id or a key. */
struct first {
    const struct check_fact *fact;
    const uint8_t *body_hash; /* of a key */
};

struct memory {
    struct check_run *run;
    struct check_map ids, keys;
    struct check_map closed; /* ids of commands of which a probe has said that */
    struct check_map made;   /* ids of what is never made again */
};

static bool has_code(const struct check_fact *fact, const char *code)
{
    return fact->kind == KIND_CommandRejected && text_is(check_code(fact), code);
}

/* Changes something, or says for good that it does not. */
static bool sticks(const struct check_fact *fact)
{
    static const char *const FLEETING[] = {"COMMAND_EXPIRED", "OVERLOADED", "COMMAND_POISON",
                                           "IDEMPOTENCY_KEY_REUSED", "VALIDATION_FAILED"};
    for (size_t i = 0; i < COUNT_OF(FLEETING); i++) {
        if (has_code(fact, FLEETING[i]))
            return false;
    }
    return fact->kind != KIND_CommandRepeated;
}

/* Not decided at all: whatever was known of the command did not matter. */
static bool turned_away(const struct check_fact *fact)
{
    return has_code(fact, "COMMAND_EXPIRED") || has_code(fact, "OVERLOADED") ||
           has_code(fact, "VALIDATION_FAILED");
}

static void count(struct check_tally *tally, const struct check_fact *fact)
{
    tally->repeated += fact->kind == KIND_CommandRepeated;
    tally->probed += fact->kind == KIND_CommandProbed;
    tally->rejected += fact->kind == KIND_CommandRejected;
    tally->expired += has_code(fact, "COMMAND_EXPIRED");
    tally->overloaded += has_code(fact, "OVERLOADED");
    tally->reused += has_code(fact, "IDEMPOTENCY_KEY_REUSED");
}

static bool check_time(struct memory *memory, const struct check_fact *fact)
{
    int64_t until_us = NUMBER(GET(fact->command, meta), valid_until);
    bool late = until_us < fact->occurred_at_us;
    if (late == has_code(fact, "COMMAND_EXPIRED") || has_code(fact, "OVERLOADED") ||
        has_code(fact, "VALIDATION_FAILED"))
        return true;
    return check_says_at(memory->run, 7, fact,
                         "command %s was valid until %lld, and was decided at %lld",
                         check_show(memory->run, fact->command_id), (long long)until_us,
                         (long long)fact->occurred_at_us);
}

static bool repeats(const struct check_fact *fact, const struct first *first)
{
    return fact->kind == KIND_CommandRepeated &&
           uuid_equal(UUID_OF(fact->body, first_command_id), first->fact->command_id);
}

static bool check_id_again(struct memory *memory, const struct check_fact *fact,
                           const struct first *first)
{
    if (repeats(fact, first) || turned_away(fact))
        return true;
    return check_says_at(memory->run, 7, fact, "command %s was decided before, at offset %lld",
                         check_show(memory->run, fact->command_id), (long long)first->fact->offset);
}

static bool check_key_again(struct memory *memory, const struct check_fact *fact,
                            const struct first *first, const uint8_t *body_hash)
{
    bool same = memcmp(first->body_hash, body_hash, 16) == 0;
    if (turned_away(fact) ||
        (same ? repeats(fact, first) : has_code(fact, "IDEMPOTENCY_KEY_REUSED")))
        return true;
    return check_says_at(memory->run, 7, fact,
                         "its Idempotency-Key had an outcome before, at offset %lld, with %s body",
                         (long long)first->fact->offset, same ? "the same" : "another");
}

static void remember(struct check_run *run, struct check_map *map, const uint8_t key[16],
                     const struct check_fact *fact, const uint8_t *body_hash)
{
    struct first *first = ARENA_NEW(run->arena, struct first, 1);
    *first = (struct first){.fact = fact, .body_hash = body_hash};
    check_map_put(map, key, first);
}

/* A probe says `closed` when log time has passed the valid_until it was asked with, not before. */
static bool check_probe(struct memory *memory, const struct check_fact *fact)
{
    int64_t until_us = NUMBER(fact->command, probed_valid_until);
    bool past = until_us < fact->occurred_at_us;
    if (past != SAME_SYMBOL(fact->body, state, "closed"))
        return check_says_at(
            memory->run, 7, fact, "it says `%s` of what was valid until %lld, at %lld",
            SYMBOL(fact->body, state), (long long)until_us, (long long)fact->occurred_at_us);
    struct uuid probed = UUID_OF(fact->body, probed_command_id);
    if (past && check_map_get(&memory->closed, probed.bytes) == NULL)
        remember(memory->run, &memory->closed, probed.bytes, fact, NULL);
    return true;
}

/* The id of what an event has made and whose id is never used again; null: of nothing. */
static const struct check_item *made(const struct check_fact *fact)
{
    switch (fact->kind) {
    case KIND_KycDocumentAdded: return GET(GET(fact->body, document), id);
    case KIND_NewsPublished: return GET(fact->body, id);
    case KIND_PaymentMethodAdded: return GET(GET(fact->body, method), id);
    case KIND_SupportTicketChanged: return GET(GET(fact->body, ticket), id);
    case KIND_TransferRequested: return GET(GET(fact->body, transfer), id);
    default: return NULL;
    }
}

static bool is_taken(const struct memory *memory, const struct check_item *id)
{
    return check_map_get(&memory->made, check_uuid(id).bytes) != NULL;
}

/* A key that has been forgotten makes the same id again, which is taken. What had to wait for a
 * second person does not show its id here. */
static bool meets_taken_id(const struct memory *memory, const struct check_fact *fact)
{
    const struct check_item *command = fact->command;
    const char *name = command->shape->name;
    if (strcmp(name, "RequestTransfer") == 0)
        return is_taken(memory, GET(command, transfer_id));
    if (strcmp(name, "AddPaymentMethod") == 0)
        return is_taken(memory, GET(command, payment_method_id));
    if (strcmp(name, "AddKycDocument") == 0)
        return is_taken(memory, GET(command, document_id));
    if (strcmp(name, "OpenSupportTicket") == 0 || strcmp(name, "PublishNews") == 0)
        return is_taken(memory, GET(command, id));
    return strcmp(name, "ApproveRequest") == 0;
}

static bool check_decision(struct memory *memory, const struct check_fact *fact)
{
    const struct check_item *meta = GET(fact->command, meta);
    const struct check_item *said = GET(meta, idempotency);
    const uint8_t *key = check_is_null(said) ? NULL : GET(said, key_hash)->data;
    const uint8_t *body = check_is_null(said) ? NULL : GET(said, body_hash)->data;
    const struct first *of_id = check_map_get(&memory->ids, fact->command_id.bytes);
    const struct first *of_key = key == NULL ? NULL : check_map_get(&memory->keys, key);
    if (of_key != NULL && of_key->fact->occurred_at_us + DAY_US < fact->occurred_at_us) {
        if (of_id == NULL && (repeats(fact, of_key) || has_code(fact, "IDEMPOTENCY_KEY_REUSED")))
            return true; /* it may be remembered longer than it must */
        of_key = NULL;
    }
    if (!check_time(memory, fact))
        return false;
    if (fact->kind == KIND_CommandProbed && !check_probe(memory, fact))
        return false;
    if (of_id == NULL && !turned_away(fact) &&
        check_map_get(&memory->closed, fact->command_id.bytes) != NULL)
        return check_says_at(memory->run, 7, fact, "a probe had said that it was closed");
    if (of_id != NULL)
        return check_id_again(memory, fact, of_id);
    remember(memory->run, &memory->ids, fact->command_id.bytes, fact, NULL);
    if (of_key != NULL)
        return check_key_again(memory, fact, of_key, body);
    if (fact->kind == KIND_CommandRepeated ||
        (has_code(fact, "IDEMPOTENCY_KEY_REUSED") && !meets_taken_id(memory, fact)))
        return check_says_at(memory->run, 7, fact, "neither its id nor its key was here before");
    if (key != NULL && sticks(fact))
        remember(memory->run, &memory->keys, key, fact, body);
    return true;
}

bool check_commands(struct check_run *run)
{
    bool holds = true;
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t partition = 0; partition < run->evidence->partition_counts[i]; partition++) {
            const struct check_facts *facts = &run->facts[i][partition];
            struct memory memory = {.run = run};
            for (size_t j = 0; holds && j < facts->count; j++) {
                const struct check_fact *fact = &facts->list[j];
                if (fact->positions == NULL) /* it answers no command */
                    continue;
                count(run->tally, fact);
                if (made(fact) != NULL)
                    check_map_put(&memory.made, check_uuid(made(fact)).bytes, run);
                holds = fact->command == NULL || check_decision(&memory, fact);
            }
            check_map_free(&memory.made);
            check_map_free(&memory.ids);
            check_map_free(&memory.keys);
            check_map_free(&memory.closed);
        }
    }
    return holds;
}
