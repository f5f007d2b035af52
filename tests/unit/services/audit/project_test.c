#include "../recorded_rows.h"
#include "audit/project.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID_1 "01000000-0000-0000-0000-000000000000"
#define ID_2 "02000000-0000-0000-0000-000000000000"
#define ID_3 "03000000-0000-0000-0000-000000000000"
#define ID_4 "04000000-0000-0000-0000-000000000000"

static void each_ticket_of_a_run_becomes_a_row_in_order(void **state)
{
    (void)state;
    struct ticket tickets[] = {
        {
            .id = TEXT("TKT-2026-000001"),
            .command_id = {{1}},
            .action = TEXT("PlaceOrder"),
            .has_entity_type = true,
            .entity_type = TEXT("order"),
            .has_entity_id = true,
            .entity_id = TEXT("x"),
            .has_account_id = true,
            .account_id = {{2}},
            .has_actor_id = true,
            .actor_id = {{3}},
            .source = {TEXT("bourse.orders.events"), 4, 5},
            .event_id = {{4}},
            .occurred_at = 6,
        },
        {
            .id = TEXT("TKT-2026-000002"),
            .command_id = {{2}},
            .action = TEXT("CommandRejected"),
            .outcome = TICKET_OUTCOME_FAILED,
            .has_code = true,
            .code = TEXT("FORBIDDEN"),
            .source = {TEXT("bourse.accounts.events"), 0, 8},
            .event_id = {{3}},
            .occurred_at = 6,
        },
    };
    struct tree_hash subtree = {{1}};
    struct event event = {.kind = EVENT_TICKETS_ISSUED,
                          .meta.occurred_at = 7,
                          .tickets_issued = {.tickets = tickets,
                                             .tickets_count = COUNT_OF(tickets),
                                             .tree_size = 19,
                                             .subtrees = &subtree,
                                             .subtrees_count = 1}};

    assert_true(recorded_rows_are(&AUDIT_PROJECTION, &event,
                                  "0|TKT-2026-000001|17|" ID_1 "|PlaceOrder|order|x|" ID_2 "|" ID_3
                                  "|success|-|bourse.orders.events|4|5|" ID_4 "|32|6|7|1|64\n"
                                  "0|TKT-2026-000002|18|" ID_2 "|CommandRejected|-|-|-|-"
                                  "|failed|FORBIDDEN|bourse.accounts.events|0|8|" ID_3
                                  "|32|6|7|1|32\n"));
}

static void a_refusals_row_has_the_place_of_its_own_event(void **state)
{
    (void)state;
    struct event event = {
        .kind = EVENT_REFUSAL_RECORDED,
        .meta = {.event_id = {{4}}, .occurred_at = 7},
        .refusal_recorded =
            {
                .ticket = {.id = TEXT("TKT-2026-000003"),
                           .command_id = {{1}},
                           .action = TEXT("placeOrder"),
                           .outcome = TICKET_OUTCOME_FAILED,
                           .has_code = true,
                           .code = TEXT("RATE_LIMITED"),
                           .source = {TEXT("bourse.audit.events"), 0, -1},
                           .occurred_at = 7},
                .count = 12,
                .tree_size = 1,
            },
    };

    assert_true(recorded_rows_are(&AUDIT_PROJECTION, &event,
                                  "0|TKT-2026-000003|0|" ID_1 "|placeOrder|-|-|-|-|failed|"
                                  "RATE_LIMITED|bourse.audit.events|0|17|" ID_4 "|-|7|7|12|32\n"));
}

static void a_signed_checkpoint_becomes_a_row_with_its_keys(void **state)
{
    (void)state;
    struct text keys[] = {TEXT("venue+1+A"), TEXT("venue+2+B")};
    struct event event = {.kind = EVENT_CHECKPOINT_SIGNED,
                          .meta.occurred_at = 7,
                          .checkpoint_signed = {.number = 3,
                                                .tree_size = 12,
                                                .made_at = 6,
                                                .note = TEXT("text"),
                                                .keys = keys,
                                                .keys_count = 2}};

    assert_true(recorded_rows_are(&AUDIT_PROJECTION, &event,
                                  "1|3|12|32|6|7|text\n2|venue+1+A|3|3|7|7\n"
                                  "2|venue+2+B|3|3|7|7\n"));
}

static void other_events_make_no_rows(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_COMMAND_REJECTED};

    assert_true(recorded_rows_are(&AUDIT_PROJECTION, &event, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ticket_of_a_run_becomes_a_row_in_order),
        cmocka_unit_test(a_refusals_row_has_the_place_of_its_own_event),
        cmocka_unit_test(a_signed_checkpoint_becomes_a_row_with_its_keys),
        cmocka_unit_test(other_events_make_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
