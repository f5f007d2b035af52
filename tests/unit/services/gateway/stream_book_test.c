#include "gateway/stream_book.h"

#include "base/crc32.h"
#include "decimal/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MODEL_ORDERS_MAX = 400, FILLS_MAX = 4, OPERATIONS = 20000, TEXT_MAX = 1 << 20, PRICES = 30 };

#define SYMBOL TEXT("CEA-EUR")

static struct uuid id_of(uint32_t number)
{
    static const uint8_t REST[12] = {0};
    return uuid_make(number, REST);
}

static struct order order_of(uint32_t number, enum side side, int64_t price, int64_t remaining)
{
    return (struct order){.id = id_of(number),
                          .instrument = SYMBOL,
                          .side = side,
                          .status = ORDER_STATUS_OPEN,
                          .has_limit_price_e8 = true,
                          .limit_price_e8 = price * E8,
                          .quantity_e8 = remaining * E8,
                          .remaining_quantity_e8 = remaining * E8};
}

static bool enter(struct stream_book *book, int64_t offset, struct order order)
{
    struct event event = {.kind = EVENT_ORDER_ENTERED, .order_entered = {.order = order}};
    return stream_book_apply(book, &event, offset);
}

static const char *text_by(const struct stream_book *book,
                           void (*print)(const struct stream_book *, struct buffer *))
{
    static char text[TEXT_MAX];
    struct buffer buffer;
    buffer_init(&buffer, sizeof text - 1);
    print(book, &buffer);
    assert_true(buffer_ok(&buffer));
    memcpy(text, buffer.data, buffer.size);
    text[buffer.size] = '\0';
    buffer_free(&buffer);
    return text;
}

/* The vectors of schemas/README.md. */
static void the_checksum_is_the_published_one(void **state)
{
    (void)state;
    assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
    struct stream_book *book = stream_book_new(SYMBOL);
    assert_int_equal(stream_book_checksum(book), 0);
    assert_true(enter(book, 3, order_of(1, SIDE_BUY, 12, 100)));
    assert_int_equal(stream_book_checksum(book), 658828691); /* "12.00:100.00" */
    assert_true(enter(book, 4, order_of(2, SIDE_BUY, 13, 50)));
    assert_true(enter(book, 5, order_of(3, SIDE_SELL, 15, 7)));
    assert_true(enter(book, 6, order_of(4, SIDE_SELL, 14, 20)));
    assert_true(enter(book, 7, order_of(5, SIDE_SELL, 14, 5)));
    /* "13.00:50.00|12.00:100.00|14.00:25.00|15.00:7.00" */
    assert_int_equal(stream_book_checksum(book), 1004559046);
    stream_book_free(book);
}

static void only_the_ten_best_levels_of_a_side_are_checked(void **state)
{
    (void)state;
    struct stream_book *book = stream_book_new(SYMBOL);
    for (uint32_t i = 0; i < 10; i++)
        enter(book, i, order_of(i, SIDE_SELL, 20 + i, 1));
    uint32_t checksum = stream_book_checksum(book);
    enter(book, 10, order_of(10, SIDE_SELL, 30, 1));
    assert_int_equal(stream_book_checksum(book), checksum);
    enter(book, 11, order_of(11, SIDE_SELL, 19, 1));
    assert_int_not_equal(stream_book_checksum(book), checksum);
    stream_book_free(book);
}

static void a_change_tells_whole_levels_and_zero_where_one_has_gone(void **state)
{
    (void)state;
    struct stream_book *book = stream_book_new(SYMBOL);
    enter(book, 3, order_of(1, SIDE_SELL, 12, 100));
    enter(book, 4, order_of(2, SIDE_SELL, 13, 10));
    struct fill fills[] = {{.price_e8 = 12 * E8, .quantity_e8 = 100 * E8},
                           {.price_e8 = 13 * E8, .quantity_e8 = 4 * E8}};
    struct resting_fill resting[] = {{.order_id = id_of(1)},
                                     {.order_id = id_of(2), .remaining_quantity_e8 = 6 * E8}};
    struct event event = {.kind = EVENT_ORDER_ENTERED,
                          .order_entered = {.order = order_of(3, SIDE_BUY, 13, 0),
                                            .fills = fills,
                                            .fills_count = 2,
                                            .resting = resting,
                                            .resting_count = 2,
                                            .has_last_price_e8 = true,
                                            .last_price_e8 = 13 * E8}};
    event.order_entered.order.status = ORDER_STATUS_FILLED;
    assert_true(stream_book_apply(book, &event, 9));
    static const char LEFT[] = "13.00:6.00";
    char wanted[400];
    snprintf(wanted, sizeof wanted,
             "{\"symbol\":\"CEA-EUR\",\"sequence\":9,\"previous_sequence\":4,\"bids\":[],\"asks\":["
             "{\"price\":\"12.00\",\"quantity\":\"0.00\",\"orders\":0},"
             "{\"price\":\"13.00\",\"quantity\":\"6.00\",\"orders\":1}],\"checksum\":%u}",
             crc32_add(0, LEFT, sizeof LEFT - 1));
    assert_string_equal(text_by(book, stream_book_change), wanted);
    assert_true(stream_book_quote_moved(book));
    assert_string_equal(text_by(book, stream_book_quote),
                        "{\"symbol\":\"CEA-EUR\",\"sequence\":9,\"bid\":null,\"ask\":\"13.00\","
                        "\"last\":\"13.00\",\"mid\":null,\"spread\":null}");
    stream_book_free(book);
}

static void an_order_whose_trigger_waits_is_in_no_level_until_it_fires(void **state)
{
    (void)state;
    struct stream_book *book = stream_book_new(SYMBOL);
    struct order order = order_of(1, SIDE_BUY, 12, 100);
    order.status = ORDER_STATUS_PENDING;
    order.trigger = TRIGGER_STATE_WAITING;
    assert_false(enter(book, 3, order));
    assert_int_equal(stream_book_checksum(book), 0);
    order.status = ORDER_STATUS_OPEN;
    order.trigger = TRIGGER_STATE_FIRED;
    assert_true(enter(book, 4, order));
    assert_int_not_equal(stream_book_checksum(book), 0);
    stream_book_free(book);
}

static void what_a_book_was_loaded_with_is_not_applied_again(void **state)
{
    (void)state;
    struct stream_book *book = stream_book_new(SYMBOL);
    stream_book_rest(book, id_of(1), SIDE_BUY, 12 * E8, 100 * E8);
    stream_book_begin(book, 8, 5, false, 0);
    assert_false(enter(book, 7, order_of(2, SIDE_BUY, 13, 1)));
    assert_true(enter(book, 8, order_of(2, SIDE_BUY, 13, 1)));
    assert_non_null(strstr(text_by(book, stream_book_change), "\"previous_sequence\":5,"));
    stream_book_free(book);
}

static void events_of_other_instruments_do_not_concern_it(void **state)
{
    (void)state;
    struct stream_book *book = stream_book_new(SYMBOL);
    struct order order = order_of(1, SIDE_BUY, 12, 100);
    order.instrument = TEXT("EUA-EUR");
    assert_false(enter(book, 3, order));
    stream_book_free(book);
}

/* --- against a list of orders ----------------------------------------------------------------- */

struct model {
    struct order orders[MODEL_ORDERS_MAX];
    size_t count;
    uint32_t next_number;
};

static int64_t chance(int64_t below)
{
    return rand() % below;
}

static void model_remove(struct model *model, size_t index)
{
    model->orders[index] = model->orders[--model->count];
}

static struct order random_order(struct model *model)
{
    struct order order = order_of(model->next_number++, chance(2) ? SIDE_BUY : SIDE_SELL,
                                  1 + chance(PRICES), 1 + chance(9));
    if (chance(8) == 0) {
        order.trigger = TRIGGER_STATE_WAITING;
        order.status = ORDER_STATUS_PENDING;
    } else if (chance(8) == 0) {
        order.status = ORDER_STATUS_CANCELED;
    }
    return order;
}

/* A part of some resting order, and so perhaps the whole. */
static int64_t part_of(struct order *order)
{
    int64_t quantity_e8 = (1 + chance(order->remaining_quantity_e8 / E8)) * E8;
    order->remaining_quantity_e8 -= quantity_e8;
    return quantity_e8;
}

/* No order meets another twice in one event. */
static bool was_met(const struct order_entered *entered, struct uuid id)
{
    for (size_t i = 0; i < FILLS_MAX; i++) {
        if ((i < entered->fills_count && uuid_equal(entered->resting[i].order_id, id)) ||
            (i < entered->prevented_count && uuid_equal(entered->prevented[i].order_id, id)))
            return true;
    }
    return false;
}

/* An order meets some that rest: trades, shrinks, ends them; or is one that is there already. */
static void random_entry(struct model *model, struct event *event)
{
    static struct fill fills[FILLS_MAX];
    static struct resting_fill resting[FILLS_MAX];
    static struct prevented prevented[FILLS_MAX];
    static struct ended_order ended[FILLS_MAX];
    *event = (struct event){
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {
            .fills = fills, .resting = resting, .prevented = prevented, .ended = ended}};
    struct order_entered *entered = &event->order_entered;
    for (int64_t i = chance(FILLS_MAX); i > 0 && model->count > 0; i--) {
        size_t index = (size_t)chance((int64_t)model->count);
        struct order *met = &model->orders[index];
        if (was_met(entered, met->id))
            continue;
        int64_t kind = chance(3);
        if (kind == 0) {
            fills[entered->fills_count++] =
                (struct fill){.price_e8 = met->limit_price_e8, .quantity_e8 = part_of(met)};
            resting[entered->resting_count++] = (struct resting_fill){
                .order_id = met->id, .remaining_quantity_e8 = met->remaining_quantity_e8};
        } else if (kind == 1) {
            part_of(met);
            prevented[entered->prevented_count++] = (struct prevented){
                .order_id = met->id, .remaining_quantity_e8 = met->remaining_quantity_e8};
        } else {
            ended[entered->ended_count++] = (struct ended_order){
                .order_id = met->id, .remaining_quantity_e8 = met->remaining_quantity_e8};
            met->remaining_quantity_e8 = 0;
        }
        if (met->remaining_quantity_e8 == 0)
            model_remove(model, index);
    }
    struct order order = random_order(model);
    if (model->count > 0 && chance(5) == 0) { /* replaced */
        size_t index = (size_t)chance((int64_t)model->count);
        order.id = model->orders[index].id;
        model_remove(model, index);
        order.trigger = TRIGGER_STATE_NONE;
        order.status = ORDER_STATUS_OPEN;
    }
    entered->order = order;
    if (order.status == ORDER_STATUS_OPEN && model->count < MODEL_ORDERS_MAX)
        model->orders[model->count++] = order;
    else
        entered->order.status =
            order.status == ORDER_STATUS_OPEN ? ORDER_STATUS_CANCELED : order.status;
}

static void random_cancel(struct model *model, struct event *event)
{
    static struct order orders[3];
    *event = (struct event){.kind = EVENT_ORDERS_CANCELED, .orders_canceled = {.orders = orders}};
    struct orders_canceled *canceled = &event->orders_canceled;
    for (int64_t i = 1 + chance(3); i > 0 && model->count > 0; i--) {
        size_t index = (size_t)chance((int64_t)model->count);
        orders[canceled->orders_count] = model->orders[index];
        orders[canceled->orders_count++].status = ORDER_STATUS_CANCELED;
        model_remove(model, index);
    }
    if (canceled->orders_count == 1)
        *event =
            (struct event){.kind = EVENT_ORDER_CANCELED, .order_canceled = {.order = orders[0]}};
}

static void add_model_level(const struct model *model, enum side side, int64_t price,
                            struct buffer *json)
{
    int64_t quantity_e8 = 0, orders = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct order *order = &model->orders[i];
        if (order->side == side && order->limit_price_e8 == price * E8) {
            quantity_e8 += order->remaining_quantity_e8;
            orders++;
        }
    }
    if (orders > 0)
        buffer_printf(json, "%s{\"price\":\"%d.00\",\"quantity\":\"%d.00\",\"orders\":%d}",
                      json->data[json->size - 1] == '[' ? "" : ",", (int)price,
                      (int)(quantity_e8 / E8), (int)orders);
}

static void check_against(const struct model *model, const struct stream_book *book)
{
    struct buffer json;
    buffer_init(&json, TEXT_MAX);
    buffer_string(&json, "\"bids\":[");
    for (int64_t price = PRICES; price > 0; price--)
        add_model_level(model, SIDE_BUY, price, &json);
    buffer_string(&json, "],\"asks\":[");
    for (int64_t price = 1; price <= PRICES; price++)
        add_model_level(model, SIDE_SELL, price, &json);
    buffer_string(&json, "],");
    buffer_byte(&json, 0);
    if (strstr(text_by(book, stream_book_snapshot), (const char *)json.data) == NULL)
        fail_msg("%s\nis not in\n%s", json.data, text_by(book, stream_book_snapshot));
    buffer_free(&json);
}

static void levels_kept_up_by_events_are_those_of_all_that_rests(void **state)
{
    (void)state;
    const char *given = getenv("BOURSE_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 1;
    print_message("BOURSE_SEED=%u\n", seed);
    srand(seed);
    static struct model model;
    model = (struct model){.count = 0};
    struct stream_book *book = stream_book_new(SYMBOL);
    for (int64_t i = 0; i < OPERATIONS; i++) {
        struct event event;
        if (chance(3) == 0)
            random_cancel(&model, &event);
        else
            random_entry(&model, &event);
        stream_book_apply(book, &event, i);
        check_against(&model, book);
    }
    stream_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_the_published_one),
        cmocka_unit_test(only_the_ten_best_levels_of_a_side_are_checked),
        cmocka_unit_test(a_change_tells_whole_levels_and_zero_where_one_has_gone),
        cmocka_unit_test(an_order_whose_trigger_waits_is_in_no_level_until_it_fires),
        cmocka_unit_test(what_a_book_was_loaded_with_is_not_applied_again),
        cmocka_unit_test(events_of_other_instruments_do_not_concern_it),
        cmocka_unit_test(levels_kept_up_by_events_are_those_of_all_that_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
