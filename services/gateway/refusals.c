#include "gateway/refusals.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "gateway/command_id.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct refusal_source {
    uint64_t id;
    int64_t second;
    int64_t unsent; /* refused in a second that had its record already */
};

struct refusals {
    pthread_mutex_t lock;
    struct refusal_source sources[REFUSAL_SOURCES];
};

struct refusals *refusals_new(void)
{
    struct refusals *refusals = calloc(1, sizeof *refusals);
    CHECK(refusals != NULL);
    CHECK(pthread_mutex_init(&refusals->lock, NULL) == 0);
    return refusals;
}

void refusals_free(struct refusals *refusals)
{
    if (refusals != NULL)
        pthread_mutex_destroy(&refusals->lock);
    free(refusals);
}

/* How many to report now; 0: this second has its record. */
static int64_t sample(struct refusals *refusals, uint64_t id, int64_t second)
{
    int64_t count = 0;
    pthread_mutex_lock(&refusals->lock);
    struct refusal_source *source = &refusals->sources[id % REFUSAL_SOURCES];
    if (source->id != id)
        *source = (struct refusal_source){.id = id};
    if (source->second == second) {
        source->unsent++;
    } else {
        count = source->unsent + 1;
        source->second = second;
        source->unsent = 0;
    }
    pthread_mutex_unlock(&refusals->lock);
    return count;
}

/* What is to be sent, away from the thread that answers: sealing the origin may take a query. */
struct report {
    struct work_item work;
    struct gateway *gateway;
    struct command command;
    struct uuid key_id;
    char address[64];
    char agent[ORIGIN_AGENT_MAX + 1];
    char action[64];
    char code[32];
    enum role roles[AUTH_ROLE_COUNT];
};

static void send_report(struct work_item *item, struct db *db)
{
    (void)db;
    struct report *report = (struct report *)(void *)item;
    struct gateway *gateway = report->gateway;
    struct arena *arena = arena_new(1 << 20);
    struct command *command = &report->command;
    command->meta.has_origin =
        origin_find(gateway->origins, report->key_id, text_of(report->address),
                    text_of(report->agent), arena, &command->meta.origin) ||
        origin_seal(gateway->origins, gateway->vault, report->key_id, text_of(report->address),
                    text_of(report->agent), arena, &command->meta.origin) == OK;
    /* A refusal that cannot be told is lost: it is a sample, and nobody waits for it. */
    (void)!sender_send(gateway->sender, SERVICE_AUDIT, 0, command, NULL);
    arena_free(arena);
    free(report);
}

static void copy_text(char *target, size_t target_size, struct text text)
{
    size_t size = text.size < target_size ? text.size : target_size - 1;
    memcpy(target, text.data, size);
    target[size] = '\0';
}

static void set_actor(const struct caller *caller, struct report *report)
{
    struct command_meta *meta = &report->command.meta;
    meta->has_actor = caller->known;
    meta->actor = (struct actor){.user_id = caller->claims.user_id,
                                 .has_account_id = !uuid_is_nil(caller->claims.account_id),
                                 .account_id = caller->claims.account_id,
                                 .has_session_id = true,
                                 .session_id = caller->claims.session_id,
                                 .roles = report->roles};
    for (int role = 0; role < AUTH_ROLE_COUNT; role++) {
        if (caller->known && (caller->claims.roles & AUTH_ROLE_BIT(role)) != 0)
            report->roles[meta->actor.roles_count++] = (enum role)role;
    }
}

static void set_command(const struct exchange *exchange, int64_t count, struct report *report)
{
    struct command *command = &report->command;
    command->kind = COMMAND_RECORD_REFUSAL;
    command->key = TEXT("audit");
    uint32_t owner = murmur2(command->key.data, command->key.size);
    command->meta.received_at = exchange->received_us;
    command->meta.valid_until = exchange->received_us + COMMAND_VALID_US;
    command->meta.command_id = command_id_new(owner, command->meta.valid_until);
    command->meta.correlation_id = command->meta.command_id;
    set_actor(&exchange->caller, report);
    command->record_refusal = (struct record_refusal){.refusal_id = fill_fresh_id(owner),
                                                      .action = text_of(report->action),
                                                      .code = text_of(report->code),
                                                      .count = count};
}

void refusals_note(struct exchange *exchange, const char *code)
{
    struct gateway *gateway = exchange->gateway;
    int64_t second = exchange->received_us / SECOND_US;
    uint64_t id = exchange->caller.source ^ murmur2(code, strlen(code));
    int64_t count = sample(gateway->refusals, id, second);
    if (count == 0)
        return;
    struct report *report = calloc(1, sizeof *report);
    CHECK(report != NULL);
    report->work.run = send_report;
    report->gateway = gateway;
    report->key_id = exchange->caller.known ? exchange->caller.claims.user_id
                                            : vault_venue_key_id(exchange->received_us);
    copy_text(report->address, sizeof report->address, http_request_address(exchange->request));
    copy_text(report->agent, sizeof report->agent,
              http_request_header(exchange->request, "User-Agent"));
    copy_text(report->action, sizeof report->action, exchange->operation->id);
    copy_text(report->code, sizeof report->code, text_of(code));
    set_command(exchange, count, report);
    if (!work_submit(gateway->work, &report->work))
        free(report);
}
