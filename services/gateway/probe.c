#include "gateway/probe.h"

#include "gateway/command.h"
#include "gateway/command_id.h"
#include "gateway/respond.h"

enum { ALL_SERVICES = (1 << SERVICES) - 1, SECOND_US = 1000000 };

struct probe {
    struct uuid command_id;
    enum service_id service; /* who is asked now */
    bool service_closed;
    bool closed; /* all services are */
    void (*then)(struct exchange *exchange, struct db *db);
};

static void respond_early(struct exchange *exchange, struct uuid command_id, int64_t left_us)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(command_id, id);
    respond(exchange, &(struct respond_with){
                          .body = arena_printf(exchange->arena,
                                               "{\"command_id\":\"%.*s\",\"status\":\"pending\"}",
                                               UUID_TEXT_SIZE, id),
                          .retry_s = left_us / SECOND_US + 1});
}

/* --- asking ----------------------------------------------------------------------------------- */

static void ask_service(struct exchange *exchange)
{
    struct probe *probe = exchange->extra;
    struct shown shown = exchange->outcome.shown;
    exchange->outcome = (struct outcome){.shown = shown};
    struct command_meta *meta = &exchange->command->meta;
    meta->command_id = command_id_new(uuid_owner_hash(probe->command_id), meta->valid_until);
    meta->correlation_id = probe->command_id;
    probe->service_closed = false;
    command_send(exchange, probe->service);
}

static void service_answered(struct exchange *exchange, const struct event *event)
{
    struct probe *probe = exchange->extra;
    probe->service_closed =
        event->kind == EVENT_COMMAND_PROBED && event->command_probed.state == PROBE_STATE_CLOSED;
}

static void journals_are_there(struct waiter *waiter, bool in_time)
{
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    struct probe *probe = exchange->extra;
    probe->closed = in_time;
    if (in_time)
        exchange_resume(exchange, exchange->gateway->work, probe->then);
    else
        respond_early(exchange, probe->command_id, 0);
}

/* On the answers' thread, like service_answered(). */
static void ask_next(struct exchange *exchange)
{
    struct probe *probe = exchange->extra;
    if (!probe->service_closed) {
        respond_early(exchange, probe->command_id, 0);
        return;
    }
    probe->service++;
    if (probe->service < SERVICES) {
        ask_service(exchange);
        return;
    }
    exchange->waiter = (struct waiter){.shown = &exchange->outcome.shown,
                                       .services = ALL_SERVICES,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = journals_are_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

/* --- beginning -------------------------------------------------------------------------------- */

static enum err make_command(struct exchange *exchange, struct uuid command_id, int64_t valid_until)
{
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_PROBE_COMMAND, true, &command);
    if (err != OK)
        return err;
    command->meta.has_idempotency = false; /* a question is no write */
    command->probe_command.probed_command_id = command_id;
    command->probe_command.probed_valid_until = valid_until;
    char *id = arena_alloc(exchange->arena, UUID_TEXT_SIZE);
    uuid_print(command_id, id);
    command->key = (struct text){.data = id, .size = UUID_TEXT_SIZE};
    exchange->command = command;
    return OK;
}

void probe_begin(struct exchange *exchange, struct uuid command_id,
                 void (*closed)(struct exchange *exchange, struct db *db))
{
    int64_t now_us = exchange->received_us;
    int64_t valid_until = command_id_valid_until_us(command_id);
    if (valid_until > now_us + COMMAND_VALID_MAX_US) {
        respond_err(exchange, ERR_NOT_FOUND); /* it cannot be the id of anything that was sent */
        return;
    }
    if (now_us <= valid_until) {
        respond_early(exchange, command_id, valid_until - now_us);
        return;
    }
    enum err err = make_command(exchange, command_id, valid_until);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct probe *probe = ARENA_NEW(exchange->arena, struct probe, 1);
    probe->command_id = command_id;
    probe->then = closed;
    exchange->extra = probe;
    exchange->asked_id = command_id;
    exchange->answered = service_answered;
    exchange->completed = ask_next;
    ask_service(exchange);
}

bool probe_is_closed(const struct exchange *exchange)
{
    const struct probe *probe = exchange->extra;
    return probe != NULL && probe->closed;
}
