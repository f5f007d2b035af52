#include "audit/state.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 24, BYTES_MAX = 1 << 20, ANSWERS_MAX = 16 };

#define HOUR_US (INT64_C(3600) * SECOND_US)

static const int64_t NOON_US = INT64_C(1795348800000000);     /* 2026-11-22 */
static const int64_t NEW_YEAR_US = INT64_C(1798761600000000); /* 2027-01-01 */
static const struct place PLACE = {.service = SERVICE_AUDIT, .partition_counts = {3, 3, 1, 3}};

/* The audit writer, and the answers that are to become tickets next. */
struct desk {
    struct audit *audit;
    struct arena *arena;
    int64_t now_us;
    struct event answers[ANSWERS_MAX];
    const struct event *pointers[ANSWERS_MAX];
    struct source sources[ANSWERS_MAX];
    size_t count;
};

static int set_up(void **state)
{
    static struct desk desk;
    desk = (struct desk){
        .audit = audit_new(&PLACE), .arena = arena_new(ARENA_SIZE), .now_us = NOON_US};
    *state = &desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    audit_free(desk->audit);
    arena_free(desk->arena);
    return 0;
}

static struct uuid id_of(uint32_t n)
{
    return (struct uuid){
        {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 1}};
}

/* One more answer in the run, to command `n`. */
static struct event *answer(struct desk *desk, enum event_kind kind, uint32_t n)
{
    size_t i = desk->count++;
    desk->answers[i] = (struct event){
        .kind = kind,
        .meta = {.has_command_id = true,
                 .command_id = id_of(n),
                 .event_id = id_of(1000 + n),
                 .occurred_at = NOON_US - 1},
    };
    desk->pointers[i] = &desk->answers[i];
    desk->sources[i] = (struct source){
        .service = SERVICE_ORDERS, .partition = 2, .offset = n, .hash = {{(uint8_t)n}}};
    return &desk->answers[i];
}

static void ask(struct desk *desk, struct event *event, const struct command *command)
{
    struct buffer buffer;
    buffer_init(&buffer, BYTES_MAX);
    command_encode(command, &buffer);
    struct text copy = arena_text(desk->arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    event->meta.has_request = true;
    event->meta.request = (struct bytes){(const uint8_t *)copy.data, copy.size};
}

/* Decides the run and begins the next one. */
static struct event decide(struct desk *desk)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {
        .kind = INPUT_EVENTS,
        .now_us = desk->now_us,
        .events = desk->pointers,
        .sources = desk->sources,
        .events_count = desk->count,
    };
    audit_decide(desk->audit, &input, desk->arena, &event);
    assert_int_equal(event.kind, EVENT_TICKETS_ISSUED);
    assert_true(text_is(event.key, "audit"));
    desk->count = 0;
    return event;
}

static struct tickets_issued issue(struct desk *desk)
{
    struct event event = decide(desk);
    audit_apply(desk->audit, &event);
    return event.tickets_issued;
}

static struct event report(struct desk *desk, const struct command *command)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    struct input input = {.kind = INPUT_COMMAND, .now_us = desk->now_us, .command = command};
    audit_decide(desk->audit, &input, desk->arena, &event);
    return event;
}

static struct command refusal(void)
{
    return (struct command){
        .kind = COMMAND_RECORD_REFUSAL,
        .meta.command_id = id_of(77),
        .record_refusal = {.action = TEXT("createMarketMaker"),
                           .code = TEXT("FORBIDDEN"),
                           .count = 3},
    };
}

/* --- numbers --- */

static void a_run_of_answers_gets_numbers_without_a_gap(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    answer(desk, EVENT_ORDER_ENTERED, 2);
    struct tickets_issued first = issue(desk);
    answer(desk, EVENT_ORDER_ENTERED, 3);
    struct tickets_issued second = issue(desk);

    assert_int_equal(first.tickets_count, 2);
    assert_true(text_is(first.tickets[0].id, "TKT-2026-000001"));
    assert_true(text_is(first.tickets[1].id, "TKT-2026-000002"));
    assert_int_equal(second.tickets_count, 1);
    assert_true(text_is(second.tickets[0].id, "TKT-2026-000003"));
}

static void numbers_begin_again_with_the_year_of_audits_own_time(void **state)
{
    struct desk *desk = *state;
    desk->now_us = NEW_YEAR_US - 1;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    struct tickets_issued old_year = issue(desk);
    desk->now_us = NEW_YEAR_US;
    answer(desk, EVENT_ORDER_ENTERED, 2); /* it happened in the old year */
    answer(desk, EVENT_ORDER_ENTERED, 3);
    struct tickets_issued new_year = issue(desk);
    answer(desk, EVENT_ORDER_ENTERED, 4);
    struct tickets_issued later = issue(desk);

    assert_true(text_is(old_year.tickets[0].id, "TKT-2026-000001"));
    assert_true(text_is(new_year.tickets[0].id, "TKT-2027-000001"));
    assert_true(text_is(new_year.tickets[1].id, "TKT-2027-000002"));
    assert_true(text_is(later.tickets[0].id, "TKT-2027-000003"));
}

static void the_millionth_ticket_has_seven_digits(void **state)
{
    struct desk *desk = *state;
    desk->audit->year = 2026;
    desk->audit->issued = 999998;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    answer(desk, EVENT_ORDER_ENTERED, 2);

    struct tickets_issued issued = issue(desk);

    assert_true(text_is(issued.tickets[0].id, "TKT-2026-999999"));
    assert_true(text_is(issued.tickets[1].id, "TKT-2026-1000000"));
}

/* --- one ticket a command --- */

static void a_command_gets_one_ticket_from_its_first_answer(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    answer(desk, EVENT_COMMAND_REJECTED, 1)->command_rejected.code = TEXT("COMMAND_EXPIRED");
    struct tickets_issued same_run = issue(desk);
    answer(desk, EVENT_COMMAND_REJECTED, 1)->command_rejected.code = TEXT("COMMAND_EXPIRED");
    struct tickets_issued next_run = issue(desk);

    assert_int_equal(same_run.tickets_count, 1);
    assert_int_equal(same_run.tickets[0].outcome, TICKET_OUTCOME_SUCCESS);
    assert_int_equal(next_run.tickets_count, 0);
}

static void what_is_no_action_is_answered_without_a_ticket(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_COMMAND_REPEATED, 1);
    answer(desk, EVENT_COMMAND_PROBED, 2);
    answer(desk, EVENT_ORDER_AUTHORIZED, 3);
    answer(desk, EVENT_COMMAND_REJECTED, 4)->meta.has_command_id = false; /* nobody knows whose */

    struct tickets_issued issued = issue(desk);

    assert_int_equal(issued.tickets_count, 0);
    answer(desk, EVENT_ORDER_ENTERED, 1);
    assert_true(text_is(issue(desk).tickets[0].id, "TKT-2026-000001"));
}

static void a_command_is_forgotten_when_it_can_no_longer_come_again(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    issue(desk);
    struct event event = {.kind = EVENT_COMMAND_REJECTED};

    event.meta.occurred_at = NOON_US + 25 * HOUR_US - 1;
    audit_apply(desk->audit, &event);
    assert_true(audit_is_ticketed(desk->audit, id_of(1)));
    struct event claim = {.kind = EVENT_WRITER_CLAIMED, .meta.occurred_at = NOON_US + 99 * HOUR_US};
    audit_apply(desk->audit, &claim);
    assert_true(audit_is_ticketed(desk->audit, id_of(1)));
    event.meta.occurred_at = NOON_US + 25 * HOUR_US;
    audit_apply(desk->audit, &event);
    assert_false(audit_is_ticketed(desk->audit, id_of(1)));
}

static void no_event_forgets_more_than_the_bound(void **state)
{
    struct desk *desk = *state;
    for (uint32_t n = 0; n <= AUDIT_FORGETS_MAX; n++)
        audit_remember(desk->audit, id_of(n), NOON_US);
    struct event event = {.kind = EVENT_COMMAND_REJECTED,
                          .meta.occurred_at = NOON_US + 26 * HOUR_US};

    audit_apply(desk->audit, &event);
    assert_int_equal(HASH_CNT(by_id, desk->audit->ticketed), 1);
    assert_true(audit_is_ticketed(desk->audit, id_of(AUDIT_FORGETS_MAX)));
    audit_apply(desk->audit, &event);
    assert_null(desk->audit->ticketed);
}

/* --- what a ticket says --- */

static void a_ticket_binds_the_answer_and_names_what_was_asked(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_PLACE_ORDER,
                              .place_order = {.order_id = id_of(5), .account_id = id_of(6)}};
    struct event *entered = answer(desk, EVENT_ORDER_ENTERED, 1);
    entered->meta.has_actor = true;
    entered->meta.actor.user_id = id_of(7);
    ask(desk, entered, &command);

    struct ticket ticket = issue(desk).tickets[0];

    assert_true(uuid_equal(ticket.command_id, id_of(1)));
    assert_true(text_is(ticket.action, "PlaceOrder"));
    assert_true(ticket.has_entity_type && text_is(ticket.entity_type, "order"));
    assert_true(ticket.has_entity_id &&
                text_is(ticket.entity_id, "00000005-0100-0000-0000-000000000000"));
    assert_true(ticket.has_account_id && uuid_equal(ticket.account_id, id_of(6)));
    assert_true(ticket.has_actor_id && uuid_equal(ticket.actor_id, id_of(7)));
    assert_int_equal(ticket.outcome, TICKET_OUTCOME_SUCCESS);
    assert_false(ticket.has_code);
    assert_true(text_is(ticket.source.topic, "bourse.orders.events"));
    assert_int_equal(ticket.source.partition, 2);
    assert_int_equal(ticket.source.offset, 1);
    assert_int_equal(ticket.event_hash.bytes[0], 1);
    assert_true(uuid_equal(ticket.event_id, id_of(1001)));
    assert_true(ticket.occurred_at == NOON_US - 1);
}

static void a_refused_action_is_a_failed_one_with_its_code(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_COMMAND_REJECTED, 1)->command_rejected.code = TEXT("INSUFFICIENT_BALANCE");
    answer(desk, EVENT_ORDER_REFUSED, 2)->order_refused.code = TEXT("TICK_SIZE");
    answer(desk, EVENT_LOGIN_REFUSED, 3)->login_refused.code = TEXT("INVALID_CREDENTIALS");

    struct tickets_issued issued = issue(desk);

    static const char *const CODES[] = {"INSUFFICIENT_BALANCE", "TICK_SIZE", "INVALID_CREDENTIALS"};
    assert_int_equal(issued.tickets_count, COUNT_OF(CODES));
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        assert_int_equal(issued.tickets[i].outcome, TICKET_OUTCOME_FAILED);
        assert_true(issued.tickets[i].has_code && text_is(issued.tickets[i].code, CODES[i]));
    }
}

static void a_request_that_cannot_be_read_leaves_the_events_name(void **state)
{
    struct desk *desk = *state;
    static const uint8_t NOISE[] = {0, 0, 0, 0, 99, 1, 2};
    struct event *rejected = answer(desk, EVENT_COMMAND_REJECTED, 1);
    rejected->meta.has_request = true;
    rejected->meta.request = (struct bytes){NOISE, sizeof NOISE};

    struct ticket ticket = issue(desk).tickets[0];

    assert_true(text_is(ticket.action, "CommandRejected"));
    assert_false(ticket.has_entity_type || ticket.has_entity_id || ticket.has_account_id);
}

static void an_operators_cancel_is_about_the_account_of_the_order(void **state)
{
    struct desk *desk = *state;
    struct command command = {.kind = COMMAND_CANCEL_ORDER, .cancel_order.order_id = id_of(5)};
    struct event *canceled = answer(desk, EVENT_ORDER_CANCELED, 1);
    canceled->order_canceled.order.account_id = id_of(6);
    ask(desk, canceled, &command);

    struct ticket ticket = issue(desk).tickets[0];

    assert_true(text_is(ticket.action, "CancelOrder"));
    assert_true(ticket.has_account_id && uuid_equal(ticket.account_id, id_of(6)));
}

static void who_signed_in_is_the_actor(void **state)
{
    struct desk *desk = *state;
    struct event *opened = answer(desk, EVENT_SESSION_OPENED, 1);
    opened->session_opened.user_id = id_of(7);
    opened->session_opened.has_account_id = true;
    opened->session_opened.account_id = id_of(6);

    struct ticket ticket = issue(desk).tickets[0];

    assert_true(ticket.has_actor_id && uuid_equal(ticket.actor_id, id_of(7)));
    assert_true(ticket.has_account_id && uuid_equal(ticket.account_id, id_of(6)));
}

static void the_actor_of_init_is_nobody(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_ACCOUNT_OPENED, 1)->meta.has_actor = true;

    assert_false(issue(desk).tickets[0].has_actor_id);
}

/* --- refusals that gateways report --- */

static void a_reported_refusal_carries_the_next_ticket(void **state)
{
    struct desk *desk = *state;
    answer(desk, EVENT_ORDER_ENTERED, 1);
    issue(desk);
    struct command command = refusal();
    command.meta.has_actor = true;
    command.meta.actor.user_id = id_of(7);

    struct event event = report(desk, &command);
    audit_apply(desk->audit, &event);

    assert_int_equal(event.kind, EVENT_REFUSAL_RECORDED);
    assert_true(text_is(event.key, "audit"));
    const struct ticket *ticket = &event.refusal_recorded.ticket;
    assert_true(text_is(ticket->id, "TKT-2026-000002"));
    assert_true(text_is(ticket->action, "createMarketMaker"));
    assert_true(text_is(ticket->entity_type, "operation"));
    assert_int_equal(ticket->outcome, TICKET_OUTCOME_FAILED);
    assert_true(ticket->has_code && text_is(ticket->code, "FORBIDDEN"));
    assert_true(uuid_equal(ticket->command_id, id_of(77)));
    assert_true(uuid_equal(ticket->actor_id, id_of(7)));
    assert_int_equal(event.refusal_recorded.count, 3);
    answer(desk, EVENT_ORDER_ENTERED, 2);
    assert_true(text_is(issue(desk).tickets[0].id, "TKT-2026-000003"));
}

static void a_report_that_says_too_little_or_too_much_is_rejected(void **state)
{
    struct desk *desk = *state;
    static char long_text[300];
    memset(long_text, 'x', sizeof long_text);
    struct command commands[] = {refusal(), refusal(), refusal(), refusal(), refusal(), refusal()};
    commands[0].record_refusal.action = TEXT("");
    commands[1].record_refusal.action = (struct text){long_text, 201};
    commands[2].record_refusal.code = TEXT("");
    commands[3].record_refusal.code = (struct text){long_text, 65};
    commands[4].record_refusal.count = 0;
    commands[5] = (struct command){.kind = COMMAND_PLACE_ORDER};

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct event event = report(desk, &commands[i]);
        assert_int_equal(event.kind, EVENT_COMMAND_REJECTED);
        assert_true(text_is(event.command_rejected.code, "VALIDATION_FAILED"));
    }
    struct command longest = refusal();
    longest.record_refusal.action.data = long_text;
    longest.record_refusal.action.size = 200;
    assert_int_equal(report(desk, &longest).kind, EVENT_REFUSAL_RECORDED);
}

/* --- state --- */

static struct text state_bytes(const struct audit *audit, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, BYTES_MAX);
    audit_save(audit, &buffer);
    assert_true(buffer_ok(&buffer));
    struct text copy = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return copy;
}

/* Runs of answers over a New Year, commands coming twice now and then; events go to `ret_log`. */
enum { RANDOM_EVENTS = 300 };
static void run_random_answers(struct desk *desk, struct event ret_log[RANDOM_EVENTS])
{
    uint32_t seed = 20261122;
    desk->now_us = NEW_YEAR_US - 40 * HOUR_US;
    for (int i = 0; i < RANDOM_EVENTS; i++) {
        seed = seed * 1664525 + 1013904223;
        desk->now_us += (int64_t)(seed >> 16 & 1023) * SECOND_US;
        if (seed >> 30 == 0) {
            struct command command = refusal();
            ret_log[i] = report(desk, &command);
        } else {
            for (uint32_t n = 0; n < (seed >> 8 & 15); n++)
                answer(desk, EVENT_ORDER_ENTERED, (seed >> 12 & 511) + n);
            ret_log[i] = decide(desk);
        }
        audit_apply(desk->audit, &ret_log[i]);
    }
}

static void replaying_the_events_gives_the_same_state(void **state)
{
    struct desk *desk = *state;
    struct event log[RANDOM_EVENTS];
    run_random_answers(desk, log);
    struct audit *replayed = audit_new(&PLACE);

    for (int i = 0; i < RANDOM_EVENTS; i++)
        audit_apply(replayed, &log[i]);

    assert_int_equal(replayed->year, 2027);
    assert_true(HASH_CNT(by_id, replayed->ticketed) > 100);
    assert_true(
        text_equal(state_bytes(desk->audit, desk->arena), state_bytes(replayed, desk->arena)));
    audit_free(replayed);
}

static void a_saved_state_is_loaded_whole_and_goes_on_alike(void **state)
{
    struct desk *desk = *state;
    struct event log[RANDOM_EVENTS];
    run_random_answers(desk, log);
    struct text saved = state_bytes(desk->audit, desk->arena);
    struct audit *loaded = audit_new(&PLACE);

    assert_int_equal(audit_load(loaded, (struct bytes){(const uint8_t *)saved.data, saved.size}),
                     OK);

    assert_true(text_equal(saved, state_bytes(loaded, desk->arena)));
    answer(desk, EVENT_ORDER_ENTERED, 9999);
    desk->now_us += 20 * HOUR_US;
    struct event event = decide(desk);
    audit_apply(desk->audit, &event);
    audit_apply(loaded, &event);
    assert_true(
        text_equal(state_bytes(desk->audit, desk->arena), state_bytes(loaded, desk->arena)));
    audit_free(loaded);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_run_of_answers_gets_numbers_without_a_gap),
        TEST(numbers_begin_again_with_the_year_of_audits_own_time),
        TEST(the_millionth_ticket_has_seven_digits),
        TEST(a_command_gets_one_ticket_from_its_first_answer),
        TEST(what_is_no_action_is_answered_without_a_ticket),
        TEST(a_command_is_forgotten_when_it_can_no_longer_come_again),
        TEST(no_event_forgets_more_than_the_bound),
        TEST(a_ticket_binds_the_answer_and_names_what_was_asked),
        TEST(a_refused_action_is_a_failed_one_with_its_code),
        TEST(a_request_that_cannot_be_read_leaves_the_events_name),
        TEST(an_operators_cancel_is_about_the_account_of_the_order),
        TEST(who_signed_in_is_the_actor),
        TEST(the_actor_of_init_is_nobody),
        TEST(a_reported_refusal_carries_the_next_ticket),
        TEST(a_report_that_says_too_little_or_too_much_is_rejected),
        TEST(replaying_the_events_gives_the_same_state),
        TEST(a_saved_state_is_loaded_whole_and_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
