#include "gate.h"

#include "base/seeded_bug.h"
#include "base/time.h"
#include "client.h"
#include "commands.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BURST_MAX = 64,
    RESTART_MAX_US = 3000000,
    WAIT_OUTCOME_US = 10000000,
    COMMAND_VALID_US = 30000000
};

/* What a command has come to. */
struct journal_entry {
    UT_hash_handle hh;
    struct uuid command_id;
    bool begun; /* its first record has an event; those of later ones are nobody's outcome (R13) */
    bool answered; /* and the rest is known */
    bool repeats;  /* another command, whose answer is its own */
    struct uuid first_command_id;
    struct told told;
};

/* One who waits. */
struct exchange {
    struct pending_entry pending;
    struct client *client;
    struct shown shown;
    bool wants_ticket, has_ticket;
    bool decided, repeated;
    struct uuid answered_id; /* whose answer it is: the command's own, or the first's */
};

#define EXCHANGE_OF_ENTRY(entry) ((struct exchange *)(void *)(entry)) /* it is the first member */

static int64_t now_us(const struct gate *gate)
{
    return sim_now_us(gate->sim) + gate->clock_off_us;
}

void gate_init(struct gate *gate, struct sim *sim, int number)
{
    *gate = (struct gate){.sim = sim, .number = number};
}

/* --- answering --- */

static struct journal_entry *find_entry(struct gate *gate, struct uuid command_id)
{
    struct journal_entry *entry = NULL;
    HASH_FIND(hh, gate->journal, &command_id, sizeof command_id, entry);
    return entry;
}

/* The answer that counts. NULL: it is not known yet. */
static const struct journal_entry *find_answer(struct gate *gate, struct uuid command_id)
{
    const struct journal_entry *entry = find_entry(gate, command_id);
    while (entry != NULL && entry->repeats)
        entry = find_entry(gate, entry->first_command_id);
    return entry != NULL && entry->answered ? entry : NULL;
}

bool gate_ask(struct gate *gate, const struct client *client, struct told *ret_told)
{
    const struct journal_entry *entry = gate->up ? find_answer(gate, client->command_id) : NULL;
    if (entry == NULL)
        return false;
    shown_store_add(gate->shown, client_session(client), &entry->told.shown);
    *ret_told = entry->told;
    return true;
}

static void end_exchange(struct gate *gate, struct exchange *exchange, const struct told *told)
{
    struct client *client = exchange->client;
    if (told != NULL)
        shown_store_add(gate->shown, client_session(client), &told->shown);
    client_told(client, told);
    free(exchange);
}

/* Answers the client where all that it waits for has been read. */
static void complete(struct gate *gate, struct exchange *exchange)
{
    const struct journal_entry *entry =
        exchange->decided ? find_answer(gate, exchange->answered_id) : NULL;
    if (entry == NULL || (exchange->wants_ticket && !exchange->repeated && !exchange->has_ticket))
        return;
    struct told told = entry->told;
    told.replayed = exchange->repeated;
    shown_add_all(&told.shown, &exchange->shown);
    CHECK(pending_take(gate->pending, exchange->pending.command_id) == &exchange->pending);
    end_exchange(gate, exchange, &told);
}

static void expire(struct gate *gate, int64_t until_us)
{
    struct pending_entry *entry;
    while ((entry = pending_expire(gate->pending, until_us * 1000)) != NULL) {
        const struct told told = {.outcome = EVIDENCE_UNKNOWN};
        end_exchange(gate, EXCHANGE_OF_ENTRY(entry), &told);
    }
}

/* --- reading --- */

static struct shown_position position_of(enum service_id service, int32_t partition, int64_t offset)
{
    return (struct shown_position){.service = (uint8_t)service,
                                   .source = (uint8_t)service,
                                   .partition = (int16_t)partition,
                                   .source_partition = (int16_t)partition,
                                   .offset = offset};
}

/* Whoever is shown an answer has been shown what it answers. */
static void add_shown(struct shown *shown, const struct followed *followed)
{
    const struct event_meta *meta = &followed->event->meta;
    shown_add(shown, position_of(followed->fold->service, followed->record.partition,
                                 followed->record.offset));
    for (size_t i = 0; i < meta->cause_count; i++) {
        enum service_id service;
        if (follower_topic_service(meta->cause[i].topic, &service) == OK)
            shown_add(shown,
                      position_of(service, meta->cause[i].partition, meta->cause[i].last_offset));
    }
}

static void keep_code(struct told *told, const struct event *event)
{
    struct refused refused = {0};
    (void)event_refuses(event, &refused);
    snprintf(told->code, sizeof told->code, "%.*s", (int)refused.code.size, refused.code.data);
}

static struct journal_entry *make_entry(struct gate *gate, struct uuid command_id)
{
    struct journal_entry *entry = find_entry(gate, command_id);
    if (entry != NULL)
        return entry;
    entry = calloc(1, sizeof *entry);
    CHECK(entry != NULL);
    entry->command_id = command_id;
    HASH_ADD(hh, gate->journal, command_id, sizeof entry->command_id, entry);
    return entry;
}

/* The first answer of a command is its outcome (R13). */
static void keep_answer(struct gate *gate, const struct followed *followed)
{
    const struct event *event = followed->event;
    struct journal_entry *entry = make_entry(gate, event->meta.command_id);
    bool decides = event_decides_command(&event->meta);
    bool known = (decides && entry->begun) || (entry->answered && !decides);
    if (known && !SEEDED_BUG(LAST_ANSWER))
        return;
    entry->begun |= decides;
    if (!event_message(event)->answers || (entry->answered && !SEEDED_BUG(LAST_ANSWER)))
        return;
    entry->answered = true;
    entry->told = (struct told){.outcome = EVIDENCE_ANSWERED,
                                .answer = {(enum evidence_service)followed->fold->service,
                                           followed->record.partition, followed->record.offset},
                                .kind = wire_message_name(event_message(event))};
    entry->repeats = event->kind == EVENT_COMMAND_REPEATED &&
                     !uuid_equal(event->command_repeated.first_command_id, entry->command_id);
    if (entry->repeats)
        entry->first_command_id = event->command_repeated.first_command_id;
    if (event->kind == EVENT_APPROVAL_REQUESTED)
        entry->told.approval_id = event->approval_requested.request.approval_id;
    keep_code(&entry->told, event);
    add_shown(&entry->told.shown, followed);
}

/* Those who wait for the answer to another's command, which has just been read. */
static void complete_repeated(struct gate *gate, struct uuid command_id)
{
    for (size_t i = 0; i < gate->sim->clients_count; i++) {
        struct uuid waits_for = gate->sim->clients[i].command_id;
        struct pending_entry *entry = pending_find(gate->pending, waits_for);
        if (entry != NULL && EXCHANGE_OF_ENTRY(entry)->repeated &&
            uuid_equal(EXCHANGE_OF_ENTRY(entry)->answered_id, command_id))
            complete(gate, EXCHANGE_OF_ENTRY(entry));
    }
}

static void take_answer(struct gate *gate, struct followed *followed)
{
    const struct event_meta *meta = &followed->event->meta;
    struct event *event = followed->event;
    struct uuid command_id = meta->command_id;
    bool answers = event_message(event)->answers;
    bool ours = answers && meta->has_reply_to && text_is(meta->reply_to, gate->instance);
    bool repeated = event->kind == EVENT_COMMAND_REPEATED;
    if (answers)
        CHECK(event_decode(followed->record.value, followed->arena, event) == OK);
    keep_answer(gate, followed);
    struct pending_entry *entry = ours ? pending_find(gate->pending, command_id) : NULL;
    struct exchange *exchange = entry == NULL ? NULL : EXCHANGE_OF_ENTRY(entry);
    if (exchange != NULL && !exchange->decided) {
        exchange->decided = true;
        exchange->repeated = repeated;
        exchange->answered_id = repeated ? event->command_repeated.first_command_id : command_id;
        add_shown(&exchange->shown, followed);
        complete(gate, exchange);
    }
    if (answers && !repeated)
        complete_repeated(gate, command_id);
}

static void take_tickets(struct gate *gate, struct followed *followed)
{
    struct event *event = followed->event;
    if (!pending_wants_tickets(gate->pending))
        return;
    CHECK(event_decode(followed->record.value, followed->arena, event) == OK);
    for (size_t i = 0; i < event->tickets_issued.tickets_count; i++) {
        struct pending_entry *entry =
            pending_find(gate->pending, event->tickets_issued.tickets[i].command_id);
        if (entry == NULL)
            continue;
        EXCHANGE_OF_ENTRY(entry)->has_ticket = true;
        complete(gate, EXCHANGE_OF_ENTRY(entry));
    }
}

static void read_on(struct gate *gate)
{
    for (int i = 0; i < BURST_MAX; i++) {
        struct followed followed;
        enum err err = follower_poll(gate->follower, 0, &followed);
        if (err == ERR_TIMEOUT || err == ERR_BUSY)
            return;
        if (err != OK || followed.verdict == FOLD_STOP) {
            snprintf(gate->problem, sizeof gate->problem, "%s", follower_problem(gate->follower));
            sim_gate_stopped(gate->sim, gate);
            gate_kill(gate);
            return;
        }
        bool counts = followed.verdict == FOLD_VALID ||
                      (SEEDED_BUG(ANSWER_UNFOLDED) && followed.event != NULL);
        if (!counts)
            continue;
        if (followed.event->kind == EVENT_TICKETS_ISSUED)
            take_tickets(gate, &followed);
        if (followed.event->meta.has_command_id)
            take_answer(gate, &followed);
    }
}

/* --- its life --- */

static enum err place_readers(struct gate *gate)
{
    enum err err = OK;
    const struct venue *venue = gate->sim->venue;
    for (int i = 0; i < SERVICES && err == OK; i++)
        for (int32_t p = 0; p < venue->partition_counts[i] && err == OK; p++)
            err = follower_begin(gate->follower, (enum service_id)i, p);
    return err;
}

static void start(struct gate *gate)
{
    struct log *log = weather_log(gate->sim->weather);
    gate->owner = (struct weather_owner){0};
    gate->lives++;
    snprintf(gate->instance, sizeof gate->instance, "gateway-%d-%u", gate->number, gate->lives);
    gate->follower = follower_open(log, LOG_PROMPT);
    gate->out = log_writer_open(log);
    gate->pending = pending_new(SIZE_MAX);
    gate->shown = shown_store_new();
    gate->up = true;
    enum err err = place_readers(gate);
    if (err == OK)
        return;
    if (err == ERR_LOG) {
        snprintf(gate->problem, sizeof gate->problem, "%s", follower_problem(gate->follower));
        sim_gate_stopped(gate->sim, gate);
    }
    gate_kill(gate);
}

static void forget_journal(struct gate *gate)
{
    struct journal_entry *entry, *next;
    HASH_ITER(hh, gate->journal, entry, next)
    {
        HASH_DEL(gate->journal, entry); /* NOLINT: `next` was taken before */
        free(entry);
    }
}

void gate_kill(struct gate *gate)
{
    struct pending_entry *entry;
    if (!gate->up)
        return;
    gate->up = false;
    gate->start_us = sim_now_us(gate->sim) + dice_span(&gate->sim->dice, RESTART_MAX_US);
    weather_kill(gate->sim->weather, &gate->owner);
    while ((entry = pending_expire(gate->pending, INT64_MAX)) != NULL)
        end_exchange(gate, EXCHANGE_OF_ENTRY(entry), NULL);
    log_writer_close(gate->out);
    follower_close(gate->follower);
    pending_free(gate->pending);
    shown_store_free(gate->shown);
    forget_journal(gate);
    gate->follower = NULL;
}

void gate_destroy(struct gate *gate)
{
    gate_kill(gate);
}

void gate_run(struct gate *gate)
{
    weather_set_owner(gate->sim->weather, &gate->owner);
    if (!gate->up && sim_now_us(gate->sim) >= gate->start_us)
        start(gate);
    if (gate->up)
        read_on(gate);
    if (gate->up && log_writer_push(gate->out) != OK)
        gate_kill(gate); /* it cannot know what became of its commands */
    if (gate->up)
        expire(gate, sim_now_us(gate->sim));
    weather_set_owner(gate->sim->weather, NULL);
}

/* --- sending --- */

/* True when all that the client was shown has been read here, too. */
static bool has_read(struct gate *gate, const struct shown *shown)
{
    for (size_t i = 0; i < shown->count; i++) {
        const struct shown_position *row = &shown->rows[i];
        const struct fold *fold =
            follower_fold(gate->follower, (enum service_id)row->service, row->partition);
        if (fold->next_offset <= row->offset)
            return false;
    }
    return true;
}

static enum err append(struct gate *gate, struct client *client, const struct shown *shown,
                       struct arena *arena)
{
    struct command command;
    struct buffer value;
    CHECK(command_decode(buffer_bytes(&client->value), arena, &command) == OK);
    struct command_meta *meta = &command.meta;
    meta->command_id = client->command_id;
    meta->received_at = now_us(gate);
    meta->valid_until = client->valid_until_us = now_us(gate) + COMMAND_VALID_US;
    meta->has_reply_to = true;
    meta->reply_to = text_of(gate->instance);
    shown_after(shown, arena, meta);
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    command_encode(&command, &value);
    int32_t partition = venue_partition(gate->sim->venue, client->service, client_key(client));
    enum err err = log_writer_append(gate->out, follower_commands_topic(client->service), partition,
                                     buffer_bytes(&client->key), buffer_bytes(&value), NULL, 0);
    buffer_free(&value);
    return err;
}

/* The process may die before the command is on its way, and when it is. */
static void send_off(struct gate *gate)
{
    struct sim *sim = gate->sim;
    if (fate_strikes(&sim->fates, FATE_GATE_KILL_SENT)) {
        fate_struck(&sim->fates, "gateway %d", gate->number);
        if (dice_below(&sim->dice, 2) == 0)
            (void)!log_writer_push(gate->out);
        gate_kill(gate);
    } else if (log_writer_push(gate->out) != OK) {
        gate_kill(gate);
    }
}

enum err gate_send(struct gate *gate, struct client *client)
{
    struct shown shown;
    if (!gate->up || !has_read(gate, &client->shown))
        return ERR_BUSY;
    client_meets(client, gate);
    shown_store_get(gate->shown, client_session(client), &shown);
    shown_add_all(&shown, &client->shown);
    client->command_id = venue_id(gate->sim->venue, uuid_owner_hash(client->command_id));
    weather_set_owner(gate->sim->weather, &gate->owner);
    struct arena *arena = arena_new(1 << 20);
    enum err err = append(gate, client, &shown, arena);
    arena_free(arena);
    if (err == OK) {
        struct exchange *exchange = calloc(1, sizeof *exchange);
        CHECK(exchange != NULL);
        exchange->pending =
            (struct pending_entry){.command_id = client->command_id,
                                   .deadline_ns = (sim_now_us(gate->sim) + WAIT_OUTCOME_US) * 1000,
                                   .wants_ticket = client->wants_ticket};
        exchange->client = client;
        exchange->wants_ticket = client->wants_ticket;
        CHECK(pending_add(gate->pending, &exchange->pending) == OK);
        client_sent(client, gate);
        send_off(gate);
    }
    weather_set_owner(gate->sim->weather, NULL);
    return err;
}
