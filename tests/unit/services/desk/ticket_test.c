/* Conversations with support: whose turn it is, what the clock says, and how much there may be. */
#include "office.h"

#include "base/time.h"

#define HOUR_US (3600 * SECOND_US)

enum { OPERATOR = 1, CLIENT = 2, STRANGER = 3 };

static struct uuid person(uint8_t n)
{
    return (struct uuid){{n}};
}

/* The n-th id that the client's hash places. */
static struct uuid id_of(uint32_t n)
{
    uint8_t rest[12] = {9};
    rest[10] = (uint8_t)(n >> 8);
    rest[11] = (uint8_t)n;
    return uuid_make(uuid_owner_hash(person(CLIENT)), rest);
}

static struct command opening(uint32_t n, enum support_priority priority)
{
    struct command command = {.kind = COMMAND_OPEN_SUPPORT_TICKET,
                              .open_support_ticket = {.id = id_of(n),
                                                      .user_id = person(CLIENT),
                                                      .message_id = {{7}},
                                                      .category = SUPPORT_CATEGORY_FUNDING,
                                                      .priority = priority,
                                                      .subject = TEXT("s1:subject"),
                                                      .text = TEXT("s1:text")}};
    office_act_as(&command, CLIENT);
    return command;
}

/* A command of that kind about the first conversation, by that person. */
static struct command about(enum command_kind kind, uint8_t who)
{
    struct command command = {.kind = kind};
    if (kind == COMMAND_SEND_SUPPORT_MESSAGE)
        command.send_support_message = (struct send_support_message){
            .id = id_of(1), .user_id = person(CLIENT), .text = TEXT("s1:more")};
    else if (kind == COMMAND_CLOSE_SUPPORT_TICKET)
        command.close_support_ticket.id = id_of(1);
    else if (kind == COMMAND_REOPEN_SUPPORT_TICKET)
        command.reopen_support_ticket.id = id_of(1);
    else if (kind == COMMAND_RATE_SUPPORT_TICKET)
        command.rate_support_ticket =
            (struct rate_support_ticket){.id = id_of(1), .user_id = person(CLIENT), .rating = 4};
    else if (kind == COMMAND_ASSIGN_SUPPORT_TICKET)
        command.assign_support_ticket.id = id_of(1);
    else if (kind == COMMAND_REPLY_TO_SUPPORT_TICKET)
        command.reply_to_support_ticket = (struct reply_to_support_ticket){
            .id = id_of(1), .user_id = person(CLIENT), .text = TEXT("s1:answer")};
    else
        command.resolve_support_ticket =
            (struct resolve_support_ticket){.id = id_of(1), .user_id = person(CLIENT)};
    office_act_as(&command, who);
    return command;
}

static struct event ask_for(struct office *office, enum command_kind kind, uint8_t who)
{
    struct command command = about(kind, who);
    return office_do(office, &command);
}

/* The first conversation as it is now. */
static const struct support_ticket *ticket(const struct office *office)
{
    const struct desk_ticket *found = desk_ticket(office->desk, id_of(1));
    assert_non_null(found);
    return &found->about;
}

static struct office *with_ticket(void **state)
{
    struct office *office = *state;
    struct command command = opening(1, SUPPORT_PRIORITY_NORMAL);
    assert_int_equal(office_do(office, &command).kind, EVENT_SUPPORT_TICKET_CHANGED);
    return office;
}

static void a_conversation_begins_with_its_clock(void **state)
{
    struct office *office = *state;
    struct command command = opening(1, SUPPORT_PRIORITY_HIGH);

    struct event event = office_do(office, &command);

    const struct support_ticket_changed *changed = &event.support_ticket_changed;
    assert_int_equal(changed->change, SUPPORT_CHANGE_OPENED);
    assert_true(text_is(changed->subject, "s1:subject") && text_is(changed->text, "s1:text"));
    assert_false(changed->by_staff);
    assert_int_equal(changed->ticket.status, SUPPORT_STATUS_OPEN);
    assert_int_equal(changed->ticket.version, 1);
    assert_int_equal(changed->ticket.messages, 1);
    assert_int_equal(changed->ticket.first_response_due_at, OFFICE_NOON_US + 4 * HOUR_US);
    assert_int_equal(changed->ticket.resolution_due_at, OFFICE_NOON_US + DAY_US);
}

static void the_turn_goes_from_client_to_desk_and_back(void **state)
{
    struct office *office = with_ticket(state);
    ask_for(office, COMMAND_ASSIGN_SUPPORT_TICKET, OPERATOR);
    assert_int_equal(ticket(office)->status, SUPPORT_STATUS_ASSIGNED);
    assert_true(uuid_equal(ticket(office)->assignee_id, person(OPERATOR)));

    struct event event = ask_for(office, COMMAND_REPLY_TO_SUPPORT_TICKET, OPERATOR);
    assert_true(event.support_ticket_changed.by_staff);
    assert_int_equal(ticket(office)->status, SUPPORT_STATUS_WAITING);
    assert_int_equal(ticket(office)->first_responded_at, office->now_us);

    ask_for(office, COMMAND_SEND_SUPPORT_MESSAGE, CLIENT);
    assert_int_equal(ticket(office)->status, SUPPORT_STATUS_ASSIGNED);
    assert_int_equal(ticket(office)->messages, 3);
}

static void the_clock_stands_still_while_the_client_is_waited_for_and_while_it_is_over(void **state)
{
    struct office *office = with_ticket(state);
    const int64_t due_us = OFFICE_NOON_US + 3 * DAY_US;
    office->now_us += HOUR_US;
    ask_for(office, COMMAND_REPLY_TO_SUPPORT_TICKET, OPERATOR);
    office->now_us += 5 * HOUR_US;
    ask_for(office, COMMAND_RESOLVE_SUPPORT_TICKET, OPERATOR); /* it stood still before */
    assert_int_equal(ticket(office)->clock_stopped_at, OFFICE_NOON_US + HOUR_US);
    assert_int_equal(ticket(office)->resolution_due_at, due_us);
    office->now_us += 2 * HOUR_US;
    ask_for(office, COMMAND_REOPEN_SUPPORT_TICKET, CLIENT);
    assert_false(ticket(office)->has_clock_stopped_at);
    assert_int_equal(ticket(office)->resolution_due_at, due_us + 7 * HOUR_US);
}

static void what_is_resolved_closes_by_itself_after_a_week(void **state)
{
    struct office *office = with_ticket(state);
    assert_int_equal(desk_due_us(office->desk), INT64_MAX);
    ask_for(office, COMMAND_RESOLVE_SUPPORT_TICKET, OPERATOR);
    assert_int_equal(desk_due_us(office->desk), OFFICE_NOON_US + 7 * DAY_US);
    ask_for(office, COMMAND_RATE_SUPPORT_TICKET, CLIENT);
    assert_int_equal(desk_due_us(office->desk), OFFICE_NOON_US + 7 * DAY_US);
    office_assert_loads_as_saved(office);
    office->now_us = desk_due_us(office->desk);

    struct event event = office_tick(office);

    assert_int_equal(event.support_ticket_changed.change, SUPPORT_CHANGE_EXPIRED);
    assert_int_equal(event.key.size, UUID_TEXT_SIZE);
    assert_int_equal(ticket(office)->status, SUPPORT_STATUS_CLOSED);
    assert_int_equal(desk_due_us(office->desk), INT64_MAX);
}

static void a_word_takes_up_what_was_resolved_and_no_word_what_is_closed(void **state)
{
    struct office *office = with_ticket(state);
    ask_for(office, COMMAND_RESOLVE_SUPPORT_TICKET, OPERATOR);
    ask_for(office, COMMAND_SEND_SUPPORT_MESSAGE, CLIENT);
    assert_int_equal(ticket(office)->status, SUPPORT_STATUS_ASSIGNED);
    assert_int_equal(desk_due_us(office->desk), INT64_MAX);
    ask_for(office, COMMAND_CLOSE_SUPPORT_TICKET, CLIENT);
    enum command_kind kinds[] = {COMMAND_ASSIGN_SUPPORT_TICKET, COMMAND_REPLY_TO_SUPPORT_TICKET,
                                 COMMAND_RESOLVE_SUPPORT_TICKET, COMMAND_SEND_SUPPORT_MESSAGE,
                                 COMMAND_CLOSE_SUPPORT_TICKET};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct event event = ask_for(office, kinds[i], i < 3 ? OPERATOR : CLIENT);
        office_assert_rejected(&event, "SUPPORT_TICKET_CLOSED", NULL);
    }
}

static void what_is_closed_is_reopened_within_thirty_days(void **state)
{
    struct office *office = with_ticket(state);
    ask_for(office, COMMAND_CLOSE_SUPPORT_TICKET, CLIENT);
    office->now_us += 30 * DAY_US;
    struct command command = about(COMMAND_REOPEN_SUPPORT_TICKET, CLIENT);
    struct event event = office_decide(office, &command);
    assert_int_equal(event.support_ticket_changed.ticket.status, SUPPORT_STATUS_OPEN);
    office->now_us++;
    event = office_decide(office, &command);
    office_assert_rejected(&event, "SUPPORT_TICKET_CLOSED", NULL);
}

static void what_still_goes_on_is_neither_rated_nor_reopened(void **state)
{
    struct office *office = with_ticket(state);
    struct event event = ask_for(office, COMMAND_RATE_SUPPORT_TICKET, CLIENT);
    office_assert_rejected(&event, "SUPPORT_TICKET_NOT_RESOLVED", NULL);
    event = ask_for(office, COMMAND_REOPEN_SUPPORT_TICKET, CLIENT);
    office_assert_rejected(&event, "SUPPORT_TICKET_NOT_RESOLVED", NULL);
    ask_for(office, COMMAND_CLOSE_SUPPORT_TICKET, CLIENT);
    struct command command = about(COMMAND_RATE_SUPPORT_TICKET, CLIENT);
    for (int32_t rating = 0; rating <= 6; rating += 6) {
        command.rate_support_ticket.rating = rating;
        event = office_decide(office, &command);
        office_assert_rejected(&event, "VALIDATION_FAILED", "rating");
    }
    ask_for(office, COMMAND_RATE_SUPPORT_TICKET, CLIENT);
    assert_int_equal(ticket(office)->rating, 4);
}

static void anothers_conversation_is_none(void **state)
{
    struct office *office = with_ticket(state);
    enum command_kind kinds[] = {COMMAND_SEND_SUPPORT_MESSAGE, COMMAND_CLOSE_SUPPORT_TICKET,
                                 COMMAND_REOPEN_SUPPORT_TICKET, COMMAND_RATE_SUPPORT_TICKET};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct event event = ask_for(office, kinds[i], STRANGER);
        office_assert_rejected(&event, "NOT_FOUND", NULL);
    }
    enum command_kind of_desk[] = {COMMAND_ASSIGN_SUPPORT_TICKET, COMMAND_REPLY_TO_SUPPORT_TICKET,
                                   COMMAND_RESOLVE_SUPPORT_TICKET};
    for (size_t i = 0; i < COUNT_OF(of_desk); i++) {
        struct event event = ask_for(office, of_desk[i], CLIENT);
        office_assert_rejected(&event, "FORBIDDEN", NULL);
    }
}

static void what_is_sealed_for_another_is_refused(void **state)
{
    struct office *office = with_ticket(state);
    struct command command = about(COMMAND_REPLY_TO_SUPPORT_TICKET, OPERATOR);
    command.reply_to_support_ticket.user_id = person(STRANGER);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", "user_id");
}

static void only_the_desk_has_a_conversation(void **state)
{
    struct office *office = with_ticket(state);
    struct command command = about(COMMAND_ASSIGN_SUPPORT_TICKET, OPERATOR);
    command.assign_support_ticket.has_assignee_id = true;
    command.assign_support_ticket.assignee_id = person(CLIENT);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", "assignee_id");

    command.assign_support_ticket.has_assignee_id = false;
    command.assign_support_ticket.has_priority = true;
    command.assign_support_ticket.priority = SUPPORT_PRIORITY_URGENT;
    command.assign_support_ticket.has_if_version = true;
    command.assign_support_ticket.if_version = 1;
    office_do(office, &command);
    assert_int_equal(ticket(office)->first_response_due_at, OFFICE_NOON_US + HOUR_US);
    assert_int_equal(ticket(office)->resolution_due_at, OFFICE_NOON_US + 8 * HOUR_US);
    event = office_do(office, &command);
    office_assert_rejected(&event, "VERSION_CONFLICT", NULL);
}

static void a_conversation_begins_in_its_clients_name_and_partition(void **state)
{
    struct office *office = *state;
    struct command command = opening(1, SUPPORT_PRIORITY_NORMAL);
    office_act_as(&command, STRANGER);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "FORBIDDEN", NULL);

    command = opening(1, SUPPORT_PRIORITY_URGENT);
    event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", "priority");

    command = opening(1, SUPPORT_PRIORITY_LOW);
    command.open_support_ticket.id = (struct uuid){{99}};
    event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", "id");

    command = opening(1, SUPPORT_PRIORITY_LOW);
    office_do(office, &command);
    event = office_do(office, &command);
    office_assert_rejected(&event, "IDEMPOTENCY_KEY_REUSED", NULL);
}

static void a_client_has_so_many_open_and_a_conversation_so_many_messages(void **state)
{
    struct office *office = *state;
    for (uint32_t n = 1; n <= DESK_TICKETS_OPEN_MAX; n++) {
        struct command command = opening(n, SUPPORT_PRIORITY_LOW);
        assert_int_equal(office_do(office, &command).kind, EVENT_SUPPORT_TICKET_CHANGED);
    }
    struct command command = opening(DESK_TICKETS_OPEN_MAX + 1, SUPPORT_PRIORITY_LOW);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", NULL);
    ask_for(office, COMMAND_CLOSE_SUPPORT_TICKET, CLIENT);
    assert_int_equal(office_do(office, &command).kind, EVENT_SUPPORT_TICKET_CHANGED);
    event = ask_for(office, COMMAND_REOPEN_SUPPORT_TICKET, CLIENT);
    office_assert_rejected(&event, "VALIDATION_FAILED", NULL);

    struct command more = {.kind = COMMAND_SEND_SUPPORT_MESSAGE,
                           .send_support_message = {.id = id_of(2), .user_id = person(CLIENT)}};
    office_act_as(&more, CLIENT);
    for (int n = 1; n < DESK_MESSAGES_MAX; n++)
        assert_int_equal(office_do(office, &more).kind, EVENT_SUPPORT_TICKET_CHANGED);
    event = office_do(office, &more);
    office_assert_rejected(&event, "VALIDATION_FAILED", NULL);
    office_assert_loads_as_saved(office);
}

static void of_many_closed_ones_the_oldest_is_forgotten(void **state)
{
    struct office *office = *state;
    for (uint32_t n = 1; n <= DESK_TICKETS_MAX + 1; n++) {
        struct command command = opening(n, SUPPORT_PRIORITY_LOW);
        office_do(office, &command);
        struct command end = {.kind = COMMAND_CLOSE_SUPPORT_TICKET,
                              .close_support_ticket.id = id_of(n)};
        office_act_as(&end, CLIENT);
        if (n != 1)
            office_do(office, &end);
    }
    assert_non_null(desk_ticket(office->desk, id_of(1))); /* it is still open */
    assert_null(desk_ticket(office->desk, id_of(2)));
    assert_non_null(desk_ticket(office->desk, id_of(3)));
    assert_int_equal(desk_client(office->desk, person(CLIENT))->count, DESK_TICKETS_MAX);
    office_assert_loads_as_saved(office);
}

static void assert_told(struct office *office, enum command_kind kind, uint8_t who, bool told)
{
    struct event event = ask_for(office, kind, who);
    assert_int_equal(event.kind, EVENT_SUPPORT_TICKET_CHANGED);
    assert_int_equal(event.meta.touches_count, told);
    assert_true(!told || text_is(event.meta.touches[0].service, "settings"));
}

static void what_the_desk_answers_touches_its_client_and_nothing_else_does(void **state)
{
    struct command command = opening(1, SUPPORT_PRIORITY_NORMAL);
    struct event event = office_do(*state, &command);
    assert_int_equal(event.meta.touches_count, 0);
    assert_told(*state, COMMAND_ASSIGN_SUPPORT_TICKET, OPERATOR, false);
    assert_told(*state, COMMAND_REPLY_TO_SUPPORT_TICKET, OPERATOR, true);
    assert_told(*state, COMMAND_SEND_SUPPORT_MESSAGE, CLIENT, false);
    assert_told(*state, COMMAND_RESOLVE_SUPPORT_TICKET, OPERATOR, true);
    assert_told(*state, COMMAND_RATE_SUPPORT_TICKET, CLIENT, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_conversation_begins_with_its_clock),
        OFFICE_TEST(the_turn_goes_from_client_to_desk_and_back),
        OFFICE_TEST(the_clock_stands_still_while_the_client_is_waited_for_and_while_it_is_over),
        OFFICE_TEST(what_is_resolved_closes_by_itself_after_a_week),
        OFFICE_TEST(a_word_takes_up_what_was_resolved_and_no_word_what_is_closed),
        OFFICE_TEST(what_is_closed_is_reopened_within_thirty_days),
        OFFICE_TEST(what_still_goes_on_is_neither_rated_nor_reopened),
        OFFICE_TEST(anothers_conversation_is_none),
        OFFICE_TEST(what_is_sealed_for_another_is_refused),
        OFFICE_TEST(only_the_desk_has_a_conversation),
        OFFICE_TEST(a_conversation_begins_in_its_clients_name_and_partition),
        OFFICE_TEST(a_client_has_so_many_open_and_a_conversation_so_many_messages),
        OFFICE_TEST(of_many_closed_ones_the_oldest_is_forgotten),
        OFFICE_TEST(what_the_desk_answers_touches_its_client_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
