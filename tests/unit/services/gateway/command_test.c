#include "gateway/command.h"
#include "gateway/respond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct log_topic TOPIC = {"bourse.accounts.commands", 1, false};
static const struct operation OPERATION = {.waits_ticket = true};
static const struct uuid COMMAND_ID = {{1, 2, 3}}, ASKED_ID = {{4, 5, 6}};

static struct gateway gateway;
static int answers;            /* how many exchanges were answered */
static enum err answered_with; /* OK: 202 */
static struct uuid answered_id;
static bool time_is_over; /* once somebody waits: expired, answered and gone before it is sent */
static bool queue_is_full;

/* --- in place of the gateway's own ------------------------------------------------------------ */

void __wrap_respond_err(struct exchange *exchange, enum err err);
void __wrap_respond_err(struct exchange *exchange, enum err err)
{
    assert_int_not_equal(exchange->fate, EXCHANGE_SENT);
    answers++;
    answered_with = err;
}

void __wrap_respond_pending(struct exchange *exchange, struct uuid command_id);
void __wrap_respond_pending(struct exchange *exchange, struct uuid command_id)
{
    assert_int_equal(exchange->fate, EXCHANGE_SENT);
    answers++;
    answered_with = OK;
    answered_id = command_id;
}

enum err __real_pending_add(struct pending *pending, struct pending_entry *entry);
enum err __wrap_pending_add(struct pending *pending, struct pending_entry *entry);
enum err __wrap_pending_add(struct pending *pending, struct pending_entry *entry)
{
    enum err err = __real_pending_add(pending, entry);
    if (err != OK || !time_is_over)
        return err;
    struct exchange *exchange = EXCHANGE_OF(entry, pending);
    struct arena *arena = exchange->arena;
    assert_ptr_equal(pending_expire(pending, INT64_MAX), entry);
    memset((char *)(uintptr_t)exchange->command->key.data, 'x', exchange->command->key.size);
    memset(exchange->span, 0xee, sizeof *exchange->span);
    memset(exchange->command, 0xee, sizeof *exchange->command);
    memset(exchange, 0xee, sizeof *exchange);
    arena_free(arena); /* with the request, whose client has hung up */
    return OK;
}

enum err __real_sender_queue(struct sender *sender, struct sender_item *item);
enum err __wrap_sender_queue(struct sender *sender, struct sender_item *item);
enum err __wrap_sender_queue(struct sender *sender, struct sender_item *item)
{
    if (!queue_is_full)
        return __real_sender_queue(sender, item);
    sender_item_free(item);
    return ERR_FULL;
}

/* --- the world -------------------------------------------------------------------------------- */

static void is_never_called(void *context, struct uuid command_id)
{
    (void)context, (void)command_id;
    abort();
}

static void never_breaks(void *context)
{
    (void)context;
    abort();
}

static void begin(void)
{
    const char *problem = NULL;
    gateway = (struct gateway){.log = log_open_memory(), .pending = pending_new(10)};
    for (int i = 0; i < SERVICES; i++)
        gateway.place.partition_counts[i] = 1;
    assert_int_equal(log_create_topics(gateway.log, &TOPIC, 1, 1, &problem), OK);
    gateway.sender = sender_start(
        gateway.log, (struct sender_events){.not_sent = is_never_called, .broken = never_breaks});
    answers = 0;
    answered_with = OK;
    answered_id = (struct uuid){{0}};
    time_is_over = queue_is_full = false;
}

/* Waits until all that was queued is in the log, and reads it. Returns how many records there are;
 * `arena` has what is read of the last. */
static int sent(struct arena *arena, struct command *ret_command)
{
    const char *problem = NULL;
    struct log_record record;
    int count = 0;
    sender_stop(gateway.sender);
    sender_free(gateway.sender);
    struct log_reader *reader = log_reader_open(gateway.log, LOG_PROMPT);
    assert_int_equal(log_reader_assign(reader, TOPIC.name, 0, 0, &problem), OK);
    while (log_reader_poll(reader, 0, &record, &problem) == OK) {
        assert_int_equal(command_decode(record.value, arena, ret_command), OK);
        ret_command->key =
            arena_text(arena, (struct text){(const char *)record.key.data, record.key.size});
        count++;
    }
    log_reader_close(reader);
    return count;
}

static void end(void)
{
    pending_free(gateway.pending);
    log_close(gateway.log);
}

/* All of it in an arena of its own, as a request's is. */
static struct exchange *exchange_of(int64_t deadline_ns)
{
    struct arena *arena = arena_new(1 << 20);
    struct exchange *exchange = ARENA_NEW(arena, struct exchange, 1);
    struct command *command = ARENA_NEW(arena, struct command, 1);
    exchange->gateway = &gateway;
    exchange->arena = arena;
    exchange->operation = &OPERATION;
    exchange->deadline_ns = deadline_ns;
    exchange->command = command;
    exchange->span = ARENA_NEW(arena, struct trace_span, 1);
    exchange->span->context = (struct trace_context){.trace_id = {7}, .span_id = {8}};
    command->kind = COMMAND_PROBE_COMMAND;
    command->key = arena_text(arena, TEXT("whose"));
    command->meta.command_id = COMMAND_ID;
    command->probe_command.probed_command_id = ASKED_ID;
    return exchange;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void what_is_filled_too_late_is_not_sent(void **state)
{
    (void)state;
    struct command command;
    begin();
    struct exchange *exchange = exchange_of(gateway_now_ns());
    command_send(exchange, SERVICE_ACCOUNTS);
    assert_int_equal(answers, 1);
    assert_int_equal(answered_with, ERR_TIMEOUT); /* 503, as respond_err() has it */
    assert_int_equal(exchange->fate, EXCHANGE_OPEN);
    assert_int_equal(pending_count(gateway.pending), 0);
    assert_int_equal(sent(exchange->arena, &command), 0);
    arena_free(exchange->arena);
    end();
}

static void who_has_sent_before_is_not_told_that_nothing_was(void **state)
{
    (void)state;
    struct command command;
    begin();
    struct exchange *exchange = exchange_of(gateway_now_ns());
    exchange->asked_id = ASKED_ID;
    exchange->fate = EXCHANGE_SENT;
    command_send(exchange, SERVICE_ACCOUNTS);
    assert_int_equal(answers, 1);
    assert_int_equal(answered_with, OK);
    assert_memory_equal(&answered_id, &ASKED_ID, sizeof ASKED_ID);
    assert_int_equal(sent(exchange->arena, &command), 0);
    arena_free(exchange->arena);
    end();
}

static void a_command_is_whole_however_soon_its_request_is_gone(void **state)
{
    (void)state;
    struct command command;
    struct arena *arena = arena_new(1 << 20);
    begin();
    time_is_over = true;
    command_send(exchange_of(INT64_MAX), SERVICE_ACCOUNTS);
    assert_int_equal(answers, 0); /* by command_send(): who made its time be over has answered */
    assert_int_equal(sent(arena, &command), 1);
    assert_true(text_is(command.key, "whose"));
    assert_int_equal(command.kind, COMMAND_PROBE_COMMAND);
    assert_memory_equal(&command.meta.command_id, &COMMAND_ID, sizeof COMMAND_ID);
    assert_memory_equal(&command.probe_command.probed_command_id, &ASKED_ID, sizeof ASKED_ID);
    assert_true(command.meta.has_traceparent);
    assert_memory_equal(command.meta.traceparent.data + TRACE_ID_AT, "07000000", 8);
    arena_free(arena);
    end();
}

static void one_that_finds_no_room_was_not_sent(void **state)
{
    (void)state;
    struct command command;
    begin();
    queue_is_full = true;
    struct exchange *exchange = exchange_of(INT64_MAX);
    command_send(exchange, SERVICE_ACCOUNTS);
    assert_int_equal(answers, 1);
    assert_int_equal(answered_with, ERR_FULL);
    assert_int_equal(exchange->fate, EXCHANGE_OPEN);
    assert_int_equal(pending_count(gateway.pending), 0);
    assert_int_equal(sent(exchange->arena, &command), 0);
    arena_free(exchange->arena);
    end();
}

static void one_whose_time_is_over_as_it_finds_no_room_is_answered_once(void **state)
{
    (void)state;
    struct command command;
    struct arena *arena = arena_new(1 << 20);
    begin();
    time_is_over = queue_is_full = true;
    command_send(exchange_of(INT64_MAX), SERVICE_ACCOUNTS);
    assert_int_equal(answers, 0);
    assert_int_equal(sent(arena, &command), 0);
    arena_free(arena);
    end();
}

static void one_that_is_given_up_meanwhile_is_not_sent(void **state)
{
    (void)state;
    struct command command;
    begin();
    struct exchange *exchange = exchange_of(INT64_MAX);
    assert_true(exchange_settle(exchange, EXCHANGE_GIVEN_UP));
    command_send(exchange, SERVICE_ACCOUNTS);
    assert_int_equal(answers, 1);
    assert_int_equal(answered_with, ERR_TIMEOUT);
    assert_int_equal(pending_count(gateway.pending), 0);
    assert_int_equal(sent(exchange->arena, &command), 0);
    arena_free(exchange->arena);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_filled_too_late_is_not_sent),
        cmocka_unit_test(who_has_sent_before_is_not_told_that_nothing_was),
        cmocka_unit_test(a_command_is_whole_however_soon_its_request_is_gone),
        cmocka_unit_test(one_that_finds_no_room_was_not_sent),
        cmocka_unit_test(one_whose_time_is_over_as_it_finds_no_room_is_answered_once),
        cmocka_unit_test(one_that_is_given_up_meanwhile_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
