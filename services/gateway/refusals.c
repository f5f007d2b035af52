#include "gateway/refusals.h"

#include "base/murmur2.h"
#include "base/time.h"
#include "gateway/command_id.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NEIGHBOURS = 8, QUIET_S = 10 };

struct refusal_source {
    uint64_t id;
    int64_t second; /* of its last record */
    int64_t unsent; /* refused since */
};

struct refusals {
    pthread_mutex_t lock;
    int64_t second; /* locked, as the rest */
    int64_t sent;   /* records of this second */
    struct refusal_source none;
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

/* --- counting --------------------------------------------------------------------------------- */

/* Counts what is untold of it with those of no source. */
static void give_up(struct refusals *refusals, struct refusal_source *source)
{
    refusals->none.unsent += source->unsent;
    source->unsent = 0;
}

/* Its own, or that of no source: who has a record of this second gives way to nobody, or two that
 * take turns would have one each time. */
static struct refusal_source *find(struct refusals *refusals, uint64_t id)
{
    size_t first = (id ^ id >> 32) % REFUSAL_SOURCES;
    struct refusal_source *oldest = &refusals->sources[first];
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct refusal_source *source = &refusals->sources[(first + i) % REFUSAL_SOURCES];
        if (source->id == id)
            return source;
        if (source->second < oldest->second)
            oldest = source;
    }
    if (oldest->second == refusals->second)
        return &refusals->none;
    give_up(refusals, oldest);
    *oldest = (struct refusal_source){.id = id};
    return oldest;
}

/* What is due of it, which is then counted as told. */
static int64_t take(struct refusals *refusals, struct refusal_source *source)
{
    int64_t count = source->unsent;
    if (count == 0 || source->second == refusals->second || refusals->sent == REFUSALS_A_SECOND)
        return 0;
    refusals->sent++;
    source->second = refusals->second;
    source->unsent = 0;
    return count;
}

/* Who has not come back for a while may never: what there was of it is not kept for that. */
static void begin_second(struct refusals *refusals, int64_t second)
{
    refusals->second = second;
    refusals->sent = 0;
    for (size_t i = 0; i < REFUSAL_SOURCES; i++) {
        if (refusals->sources[i].second < second - QUIET_S)
            give_up(refusals, &refusals->sources[i]);
    }
}

struct refusals_due refusals_count(struct refusals *refusals, uint64_t source, int64_t second)
{
    struct refusals_due due = {.of_source = 0};
    pthread_mutex_lock(&refusals->lock);
    struct refusal_source *none = &refusals->none;
    if (refusals->second < second)
        begin_second(refusals, second);
    struct refusal_source *found = find(refusals, source);
    found->unsent++;
    if (found != none) {
        due.of_source = take(refusals, found);
        if (due.of_source == 0 && found->second < refusals->second)
            give_up(refusals, found); /* this second has no record left for it */
    }
    due.of_none = take(refusals, none);
    pthread_mutex_unlock(&refusals->lock);
    return due;
}

/* What could not be told, for the next record of those of no source. */
static void keep(struct refusals *refusals, int64_t count)
{
    pthread_mutex_lock(&refusals->lock);
    refusals->none.unsent += count;
    pthread_mutex_unlock(&refusals->lock);
}

/* --- telling ---------------------------------------------------------------------------------- */

/* What is to be sent, away from the thread that answers: sealing the origin may take a query. */
struct report {
    struct work_item work;
    struct gateway *gateway;
    struct command command;
    bool has_source; /* and the next three */
    struct uuid key_id;
    char address[64];
    char agent[ORIGIN_AGENT_MAX + 1];
    char action[64];
    char code[32];
    enum role roles[AUTH_ROLE_COUNT];
};

static bool set_origin(struct report *report, struct arena *arena)
{
    struct gateway *gateway = report->gateway;
    struct origin *origin = &report->command.meta.origin;
    struct text address = text_of(report->address), agent = text_of(report->agent);
    return origin_find(gateway->origins, report->key_id, address, agent, arena, origin) ||
           origin_seal(gateway->origins, gateway->vault, report->key_id, address, agent, arena,
                       origin) == OK;
}

static void send_report(struct work_item *item, struct db *db)
{
    (void)db;
    struct report *report = (struct report *)(void *)item;
    struct gateway *gateway = report->gateway;
    struct arena *arena = arena_new(1 << 20);
    struct command *command = &report->command;
    command->meta.has_origin = report->has_source && set_origin(report, arena);
    if (sender_send(gateway->sender, SERVICE_AUDIT, 0, command, NULL) != OK)
        keep(gateway->refusals, command->record_refusal.count);
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

static struct report *report_new(const struct exchange *exchange, struct text action,
                                 struct text code, int64_t count)
{
    struct report *report = calloc(1, sizeof *report);
    CHECK(report != NULL);
    report->work.run = send_report;
    report->gateway = exchange->gateway;
    copy_text(report->action, sizeof report->action, action);
    copy_text(report->code, sizeof report->code, code);
    struct command *command = &report->command;
    command->kind = COMMAND_RECORD_REFUSAL;
    command->key = TEXT("audit");
    uint32_t owner = murmur2(command->key.data, command->key.size);
    command->meta.received_at = exchange->received_us;
    command->meta.valid_until = exchange->received_us + COMMAND_VALID_US;
    command->meta.command_id = command_id_new(owner, command->meta.valid_until);
    command->meta.correlation_id = command->meta.command_id;
    command->record_refusal = (struct record_refusal){.refusal_id = fill_fresh_id(owner),
                                                      .action = text_of(report->action),
                                                      .code = text_of(report->code),
                                                      .count = count};
    return report;
}

static void set_source(const struct exchange *exchange, struct report *report)
{
    report->has_source = true;
    report->key_id = exchange->caller.known ? exchange->caller.claims.user_id
                                            : vault_venue_key_id(exchange->received_us);
    copy_text(report->address, sizeof report->address, http_request_address(exchange->request));
    copy_text(report->agent, sizeof report->agent,
              http_request_header(exchange->request, "User-Agent"));
    set_actor(&exchange->caller, report);
}

static void submit(struct report *report)
{
    if (work_submit(report->gateway->work, &report->work))
        return;
    keep(report->gateway->refusals, report->command.record_refusal.count);
    free(report);
}

void refusals_note(struct exchange *exchange, const char *code)
{
    int64_t second = gateway_now_ns() / (SECOND_US * 1000);
    uint64_t source = exchange->caller.source ^ murmur2(code, strlen(code));
    struct refusals_due due = refusals_count(exchange->gateway->refusals, source, second);
    if (due.of_source > 0) {
        struct report *report =
            report_new(exchange, exchange->operation->id, text_of(code), due.of_source);
        set_source(exchange, report);
        submit(report);
    }
    if (due.of_none > 0)
        submit(report_new(exchange, TEXT("several"), TEXT("SEVERAL"), due.of_none));
}
