#include "proof/leaf.h"

#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 1 << 16 };

static struct ticket some_ticket(void)
{
    return (struct ticket){
        .id = TEXT("TKT-2026-000001"),
        .command_id = {{1}},
        .action = TEXT("PlaceOrder"),
        .has_entity_type = true,
        .entity_type = TEXT("order"),
        .has_account_id = true,
        .account_id = {{2}},
        .outcome = TICKET_OUTCOME_FAILED,
        .has_code = true,
        .code = TEXT("TICK_SIZE"),
        .source = {TEXT("bourse.orders.events"), 4, 5},
        .event_id = {{4}},
        .event_hash = {{0xaa}},
        .occurred_at = 6,
    };
}

/* Whoever decodes the event by its schema and encodes the ticket again has the leaf. */
static void a_leaf_is_the_ticket_as_it_stands_in_its_event(void **state)
{
    (void)state;
    struct ticket ticket = some_ticket();
    struct event event = {.kind = EVENT_TICKETS_ISSUED,
                          .tickets_issued = {.tickets = &ticket, .tickets_count = 1}};
    struct buffer leaf, value;
    buffer_init(&leaf, BYTES_MAX);
    buffer_init(&value, BYTES_MAX);
    leaf_of_ticket(&ticket, &leaf);
    event_encode(&event, &value);
    assert_non_null(memmem(value.data, value.size, leaf.data, leaf.size));
    buffer_free(&leaf);
    buffer_free(&value);
}

/* Signed trees hold it: what Ticket may gain must not change it. */
static void a_leaf_never_changes(void **state)
{
    (void)state;
    struct buffer leaf;
    struct ticket ticket = some_ticket();
    static const char EXPECTED[] =
        "\x1eTKT-2026-000001"
        "\x48"
        "01000000-0000-0000-0000-000000000000"
        "\x14PlaceOrder"
        "\x02\x0aorder"
        "\x00"
        "\x02\x48"
        "02000000-0000-0000-0000-000000000000"
        "\x00"
        "\x02"
        "\x02\x12TICK_SIZE"
        "\x28"
        "bourse.orders.events\x08\x0a"
        "\x48"
        "04000000-0000-0000-0000-000000000000"
        "\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x0c";
    buffer_init(&leaf, BYTES_MAX);
    leaf_of_ticket(&ticket, &leaf);
    assert_int_equal(leaf.size, sizeof EXPECTED - 1);
    assert_memory_equal(leaf.data, EXPECTED, leaf.size);
    buffer_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_is_the_ticket_as_it_stands_in_its_event),
        cmocka_unit_test(a_leaf_never_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
