#include "decision/letter.h"

#include "base/murmur2.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum { COMMAND_ARENA_SIZE = 1 << 20 }; /* of one command, which is as long as an event keeps it */

static void letter_free(struct letter *letter)
{
    free((void *)(uintptr_t)letter->command.data);
}

void letters_free(struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++)
        letter_free(&letters->list[i]);
    free(letters->list);
}

/* --- what is one ------------------------------------------------------------------------------ */

bool letter_is(const struct event *event)
{
    return event->kind == EVENT_COMMAND_REJECTED && event->meta.has_request &&
           (!event->meta.has_command_id || text_is(event->command_rejected.code, "COMMAND_POISON"));
}

struct uuid letter_id(const struct event *event)
{
    enum service_id service;
    uint8_t rest[12];
    CHECK(service_named(event->meta.service, &service) == OK);
    memcpy(rest, event->meta.event_id.bytes + 4, sizeof rest);
    return uuid_with_service(uuid_make(owner_hash_of_key(event->key), rest), service);
}

/* Whether the command can be decided anew: one that somebody sent who was signed in, for what he
 * wanted, and not to have another one decided. */
static bool is_retriable(struct bytes bytes, struct arena *arena, struct command *ret_command)
{
    return command_decode(bytes, arena, ret_command) == OK && ret_command->meta.has_actor &&
           ret_command->kind != COMMAND_APPROVE_REQUEST &&
           ret_command->kind != COMMAND_REJECT_REQUEST &&
           ret_command->kind != COMMAND_RETRY_DEAD_LETTER;
}

/* --- keeping ---------------------------------------------------------------------------------- */

static struct letter *find(const struct letters *letters, struct uuid id)
{
    for (size_t i = 0; i < letters->count; i++) {
        if (uuid_equal(letters->list[i].id, id))
            return &letters->list[i];
    }
    return NULL;
}

/* Room for one more; the oldest gives way. */
static struct letter *next_place(struct letters *letters)
{
    if (letters->list == NULL)
        letters->list = calloc(LETTERS_MAX, sizeof *letters->list);
    CHECK(letters->list != NULL);
    if (letters->count == LETTERS_MAX) {
        letter_free(&letters->list[0]);
        letters->count--;
        memmove(letters->list, letters->list + 1, letters->count * sizeof *letters->list);
    }
    return &letters->list[letters->count++];
}

/* Keeps a copy. False: it cannot be decided anew. */
static bool keep(struct letters *letters, struct uuid id, struct bytes bytes,
                 struct uuid retried_by)
{
    struct command command;
    struct letter letter = {.id = id, .retried_by = retried_by, .command = bytes};
    struct arena *arena = arena_new(COMMAND_ARENA_SIZE);
    CHECK(arena != NULL);
    bool retriable = is_retriable(bytes, arena, &command);
    letter.has_idempotency = retriable && command.meta.has_idempotency;
    if (letter.has_idempotency)
        letter.idempotency = command.meta.idempotency;
    arena_free(arena);
    if (!retriable)
        return false;
    uint8_t *copy = malloc(bytes.size);
    CHECK(copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    letter.command.data = copy;
    *next_place(letters) = letter;
    return true;
}

static bool has_key(const struct letter *letter, const struct idempotency *idempotency)
{
    return letter->has_idempotency && memcmp(&letter->idempotency.key_hash, &idempotency->key_hash,
                                             sizeof idempotency->key_hash) == 0;
}

/* All that wait under a client's key have their answer. */
static void answer_key(struct letters *letters, const struct idempotency *idempotency,
                       struct uuid command_id)
{
    for (size_t i = 0; i < letters->count; i++) {
        if (has_key(&letters->list[i], idempotency) && uuid_is_nil(letters->list[i].retried_by))
            letters->list[i].retried_by = command_id;
    }
}

/* --- deciding --------------------------------------------------------------------------------- */

bool letters_repeat(const struct letters *letters, const struct command_meta *meta,
                    struct event *event)
{
    const struct letter *letter = NULL;
    for (size_t i = 0; i < letters->count && meta->has_idempotency && letter == NULL; i++) {
        if (has_key(&letters->list[i], &meta->idempotency) &&
            !uuid_is_nil(letters->list[i].retried_by))
            letter = &letters->list[i];
    }
    if (letter == NULL)
        return false;
    if (memcmp(&letter->idempotency.body_hash, &meta->idempotency.body_hash,
               sizeof meta->idempotency.body_hash) != 0) {
        event_reject(event, "IDEMPOTENCY_KEY_REUSED",
                     TEXT("this Idempotency-Key was used with another body: use a new key"), NULL);
        return true;
    }
    event->kind = EVENT_COMMAND_REPEATED;
    event->command_repeated.first_command_id = letter->retried_by;
    return true;
}

bool letters_open(const struct letters *letters, struct input *input, struct arena *arena,
                  struct event *event)
{
    const struct retry_dead_letter *retry = &input->command->retry_dead_letter;
    const struct letter *letter = find(letters, retry->letter_id);
    if (!retry->has_command_id) {
        event_reject(event, "DEAD_LETTER_UNREADABLE",
                     TEXT("What came cannot be read, so there is nothing to decide; whoever sent "
                          "it has to send it anew."),
                     NULL);
        return false;
    }
    if (letter == NULL || !uuid_is_nil(letter->retried_by)) {
        event_reject(event, "DEAD_LETTER_NOT_WAITING",
                     TEXT("This command does not wait: it was decided meanwhile, many have come "
                          "behind it, or it is none that can be decided for others."),
                     NULL);
        return false;
    }
    struct command *command = ARENA_NEW(arena, struct command, 1);
    CHECK(command_decode(letter->command, arena, command) == OK); /* it was, to be kept */
    const struct wire_message *message = command_message(command);
    command->key = wire_named_text(message->payload, message->key, command_payload(command), arena);
    event->key = command->key;
    input->retry = input->command;
    input->command = command;
    return true;
}

/* --- applying --------------------------------------------------------------------------------- */

void letters_conclude(struct letters *letters, struct bytes command, struct uuid command_id)
{
    enum command_kind kind;
    if (letters->count == 0 || command_kind_of(command, &kind) != OK ||
        kind != COMMAND_RETRY_DEAD_LETTER)
        return;
    struct command retry;
    struct arena *arena = arena_new(COMMAND_ARENA_SIZE);
    CHECK(arena != NULL);
    struct letter *letter = NULL;
    if (command_decode(command, arena, &retry) == OK)
        letter = find(letters, retry.retry_dead_letter.letter_id);
    arena_free(arena);
    if (letter == NULL)
        return;
    letter->retried_by = command_id;
    if (letter->has_idempotency)
        answer_key(letters, &letter->idempotency, command_id);
}

void letters_apply(struct letters *letters, const struct event *event)
{
    const struct event_meta *meta = &event->meta;
    struct refused refused;
    if (letter_is(event)) {
        if (meta->has_command_id)
            (void)keep(letters, letter_id(event), meta->request, (struct uuid){{0}});
    } else if (letters->count > 0 && meta->has_idempotency && event_decides_command(meta) &&
               event->kind != EVENT_COMMAND_REPEATED && !event_refuses(event, &refused)) {
        answer_key(letters, &meta->idempotency, meta->command_id);
    }
}

/* --- bytes ------------------------------------------------------------------------------------ */

void letters_save(const struct letters *letters, struct buffer *buffer)
{
    pack_u64(buffer, letters->count);
    for (size_t i = 0; i < letters->count; i++) {
        const struct letter *letter = &letters->list[i];
        buffer_append(buffer, &letter->id, sizeof letter->id);
        buffer_append(buffer, &letter->retried_by, sizeof letter->retried_by);
        pack_u64(buffer, letter->command.size);
        buffer_append(buffer, letter->command.data, letter->command.size);
    }
}

void letters_load(struct letters *letters, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    reader->failed = reader->failed || count > LETTERS_MAX;
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id, retried_by;
        pack_read(reader, &id, sizeof id);
        pack_read(reader, &retried_by, sizeof retried_by);
        uint64_t size = pack_read_u64(reader);
        if (reader->failed || size > reader->rest.size || find(letters, id) != NULL ||
            !keep(letters, id, (struct bytes){reader->rest.data, (size_t)size}, retried_by)) {
            reader->failed = true;
            return;
        }
        reader->rest.data += size;
        reader->rest.size -= (size_t)size;
    }
}
