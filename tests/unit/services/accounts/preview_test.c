/* Previews: what the order, replace or close would be told, and that nothing is held. */
#include "desk.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Nothing moves. */
static const struct order_previewed *preview_as(const struct command *given, enum command_kind kind)
{
    struct command command = *given;
    command.kind = kind;
    struct buffer before = ledger_saved(ledger.state);
    const struct event *event = ledger_command(&ledger, &command);
    struct buffer after = ledger_saved(ledger.state);
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
    buffer_free(&before);
    buffer_free(&after);
    assert_int_equal(event->kind, EVENT_ORDER_PREVIEWED);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    return &event->order_previewed;
}

static const struct order_previewed *preview(const struct command *placing)
{
    const struct order_previewed *previewed = preview_as(placing, COMMAND_PREVIEW_ORDER);
    assert_true(text_equal(previewed->instrument, placing->place_order.instrument));
    return previewed;
}

/* Compares by what the log would have of it. */
static void assert_same_order(const struct order *a, const struct order *b)
{
    const struct order *orders[] = {a, b};
    struct buffer json[2];
    for (int i = 0; i < 2; i++) {
        buffer_init(&json[i], WIRE_VALUE_SIZE_MAX);
        wire_json_members(&WIRE_ORDER, orders[i], &json[i]);
        assert_true(buffer_ok(&json[i]));
    }
    assert_true(bytes_equal(buffer_bytes(&json[0]), buffer_bytes(&json[1])));
    for (int i = 0; i < 2; i++)
        buffer_free(&json[i]);
}

/* Every term that PlaceOrder has, or it is refused. */
static void assert_tells_what_placing_does(const struct command *placing)
{
    struct arena *arena = arena_new(1 << 20);
    const struct order_previewed *said = preview(placing);
    struct order_previewed previewed = *said;
    previewed.hold_asset = arena_text(arena, said->hold_asset);
    previewed.code = arena_text(arena, said->code);
    previewed.message = arena_text(arena, said->message);
    previewed.field = arena_text(arena, said->field);
    previewed.order.instrument = arena_text(arena, said->order.instrument);
    previewed.order.client_order_id = arena_text(arena, said->order.client_order_id);
    const struct event *event = ledger_command(&ledger, placing);
    assert_int_equal(event->kind == EVENT_ORDER_AUTHORIZED, previewed.has_order);
    assert_int_equal(event->kind == EVENT_COMMAND_REJECTED, previewed.has_code);
    if (previewed.has_order) {
        const struct order_authorized *authorized = &event->order_authorized;
        previewed.order.created_at = previewed.order.updated_at = authorized->order.created_at;
        assert_same_order(&authorized->order, &previewed.order);
        assert_true(text_equal(authorized->hold_asset, previewed.hold_asset));
        assert_int_equal(authorized->hold_e8, previewed.hold_e8);
        assert_int_equal(authorized->maker_fee_bps, previewed.maker_fee_bps);
        assert_int_equal(authorized->taker_fee_bps, previewed.taker_fee_bps);
    } else {
        const struct command_rejected *rejected = &event->command_rejected;
        assert_true(text_equal(rejected->code, previewed.code));
        assert_true(text_equal(rejected->message, previewed.message));
        assert_int_equal(rejected->has_field, previewed.has_field);
        assert_true(text_equal(rejected->field, previewed.field));
    }
    arena_free(arena);
}

static void a_preview_holds_nothing_and_tells_the_hold(void **state)
{
    (void)state;
    set_fees(10, 25);
    struct command command = order(buyer, 1, SIDE_BUY, 3 * E8, 1001 * CENT);
    command.place_order.has_client_order_id = true;
    command.place_order.client_order_id = TEXT("mine");
    command.place_order.has_stop_loss_price_e8 = true;
    command.place_order.stop_loss_price_e8 = 9 * E8;
    const struct order_previewed *previewed = preview(&command);
    assert_true(previewed->has_order);
    assert_int_equal(previewed->hold_e8, 3003 * CENT + 8 * CENT);
    assert_true(text_is(previewed->hold_asset, "EUR"));
    assert_int_equal(previewed->order.status, ORDER_STATUS_PENDING);
    assert_balance(buyer, "EUR", 1000 * E8, 0);
    assert_tells_what_placing_does(&command);
}

static void a_preview_is_refused_as_the_order_would_be(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, 1000 * E8 + CENT);
    assert_true(text_is(preview(&command)->code, "INSUFFICIENT_FUNDS"));
    assert_tells_what_placing_does(&command);
    command = order(buyer, 1, SIDE_BUY, 0, E8);
    assert_true(text_is(preview(&command)->field, "quantity"));
    assert_tells_what_placing_does(&command);
    command.place_order.instrument = TEXT("NONE-EUR");
    assert_true(text_is(preview(&command)->code, "INSTRUMENT_UNKNOWN"));
    assert_tells_what_placing_does(&command);
}

static void nobody_previews_for_another(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.meta = command_by_user(COMMAND_PREVIEW_ORDER, seller).meta;
    assert_true(text_is(preview(&command)->code, "FORBIDDEN"));
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    assert_true(preview(&command)->has_order);
}

static void a_client_order_id_is_looked_at_and_not_used(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.has_client_order_id = true;
    command.place_order.client_order_id = TEXT("mine");
    assert_true(preview(&command)->has_order);
    assert_tells_what_placing_does(&command);
    command.place_order.order_id = cea(2);
    assert_true(text_is(preview(&command)->code, "DUPLICATE_CLIENT_ORDER_ID"));
}

static struct command replace(uint32_t number, int64_t quantity_e8)
{
    struct command command = command_by_user(COMMAND_REPLACE_ORDER, buyer);
    command.replace_order = (struct replace_order){.order_id = cea(number),
                                                   .account_id = buyer,
                                                   .has_quantity_e8 = true,
                                                   .quantity_e8 = quantity_e8};
    return command;
}

static void a_preview_of_a_replace_tells_the_hold_of_both_terms(void **state)
{
    (void)state;
    set_fees(0, 0);
    place(buyer, 1, SIDE_BUY, 10 * E8, E8);
    const struct command command = replace(1, 15 * E8);
    const struct order_previewed *said = preview_as(&command, COMMAND_PREVIEW_REPLACE);
    assert_true(text_is(said->instrument, "CEA-EUR"));
    assert_true(said->has_change && !said->has_order && !said->has_code);
    assert_true(uuid_equal(said->change.order_id, cea(1)));
    assert_true(said->change.has_quantity_e8 && !said->change.has_limit_price_e8);
    assert_true(text_is(said->hold_asset, "EUR"));
    assert_int_equal(said->hold_e8, 15 * E8);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->replace_authorized.hold_e8, 15 * E8);
    assert_true(text_is(preview_as(&command, COMMAND_PREVIEW_REPLACE)->code, "REPLACE_PENDING"));
}

/* What became of it only its book knows; a stranger's is asked for there like one that is not. */
static void a_preview_of_a_replace_goes_to_the_book_of_what_is_not_open(void **state)
{
    (void)state;
    place(seller, 2, SIDE_SELL, E8, E8);
    for (uint32_t number = 1; number <= 2; number++) {
        const struct command command = replace(number, 15 * E8);
        const struct order_previewed *said = preview_as(&command, COMMAND_PREVIEW_REPLACE);
        assert_true(said->has_change && !said->has_code);
        assert_int_equal(said->hold_asset.size, 0);
    }
}

static void a_preview_of_a_close_tells_what_would_be_held_and_which_sells_go(void **state)
{
    (void)state;
    place(seller, 1, SIDE_SELL, 3 * E8, 2 * E8);
    int64_t free_e8 =
        accounts_balance(&accounts_account(ledger.state, seller)->balances, TEXT("CEA"))
            ->available_e8;
    struct command command = command_by_user(COMMAND_CLOSE_POSITION, seller);
    command.close_position = (struct close_position){
        .order_id = cea(9), .account_id = seller, .instrument = TEXT("CEA-EUR")};
    const struct order_previewed *said = preview_as(&command, COMMAND_PREVIEW_CLOSE);
    assert_true(said->has_order && said->order.close);
    assert_int_equal(said->hold_e8, free_e8);
    assert_int_equal(said->order.quantity_e8, free_e8);
    assert_int_equal(said->sells_count, 1);
    assert_true(uuid_equal(said->sells[0], cea(1)));
    assert_true(said->room_e8 > 0);
    command.close_position.instrument = TEXT("NONE-EUR");
    assert_true(text_is(preview_as(&command, COMMAND_PREVIEW_CLOSE)->code, "INSTRUMENT_UNKNOWN"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_preview_holds_nothing_and_tells_the_hold),
        TEST(a_preview_is_refused_as_the_order_would_be),
        TEST(nobody_previews_for_another),
        TEST(a_client_order_id_is_looked_at_and_not_used),
        TEST(a_preview_of_a_replace_tells_the_hold_of_both_terms),
        TEST(a_preview_of_a_replace_goes_to_the_book_of_what_is_not_open),
        TEST(a_preview_of_a_close_tells_what_would_be_held_and_which_sells_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
