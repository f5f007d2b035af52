/* 100,000 random inputs: a second state that only heard the events is the same, the book is never
 * crossed, previews come true, and every order's fills and fees add up. BOURSE_SEED repeats a run.
 */
#include "venue.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { INPUTS_COUNT = 100000, ACCOUNTS_COUNT = 6, SEEN_MIN = 20, CHECK_EVERY = 20000 };
static const int64_t CENT_E8 = E8 / 100;
static const char *const INSTRUMENTS[] = {"CEA-EUR", "EUA-EUR"};

/* What the events have said of an order, added up by the test itself. */
struct sums {
    __int128 taker_notional_e16, maker_notional_e16;
    int64_t quantity_e8, filled_e8, prevented_e8, fees_e8;
    int32_t maker_fee_bps, taker_fee_bps;
};

struct run {
    struct venue *venue;
    struct sums *sums; /* by order number */
    uint32_t orders_count;
    uint64_t random;
    size_t end_reasons[END_REASON_CLOSED + 1];
    size_t decremented, refused, canceled, too_late, rested, kept, moved, not_replaced;
};

static uint32_t random_below(struct run *run, uint32_t bound)
{
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return (uint32_t)((run->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

static uint32_t number_of(struct uuid id)
{
    uint32_t number;
    memcpy(&number, id.bytes + 12, sizeof number);
    return number;
}

/* Cents, to the nearest, ties to the even one: by the letter of the rule, remainder by remainder.
 */
static int64_t expected_fees_e8(const struct sums *sums)
{
    __int128 accrued_e20 = sums->taker_notional_e16 * sums->taker_fee_bps +
                           sums->maker_notional_e16 * sums->maker_fee_bps;
    __int128 cent_e20 = (__int128)CENT_E8 * E8 * 10000;
    int64_t cents = (int64_t)(accrued_e20 / cent_e20);
    __int128 twice = accrued_e20 % cent_e20 * 2;
    if (twice > cent_e20 || (twice == cent_e20 && cents % 2 == 1))
        cents++;
    return cents * CENT_E8;
}

static void check_sums(const struct sums *sums, int64_t filled_e8, int64_t remaining_e8,
                       int64_t fees_e8)
{
    assert_int_equal(sums->quantity_e8, filled_e8 + sums->prevented_e8 + remaining_e8);
    assert_int_equal(sums->filled_e8, filled_e8);
    assert_true(sums->filled_e8 <= sums->quantity_e8);
    assert_int_equal(sums->fees_e8, fees_e8);
    assert_int_equal(sums->fees_e8, expected_fees_e8(sums));
}

static void note_prevented(struct run *run, const struct order_entered *entered,
                           const struct prevented *prevented)
{
    struct sums *other = &run->sums[number_of(prevented->order_id)];
    assert_true(uuid_equal(prevented->account_id, entered->order.account_id));
    if (entered->order.self_trade == SELF_TRADE_DECREMENT) {
        run->sums[number_of(entered->order.id)].prevented_e8 += prevented->quantity_e8;
        other->prevented_e8 += prevented->quantity_e8;
        run->decremented++;
    }
    assert_int_equal(prevented->prevented_quantity_e8, other->prevented_e8);
    assert_int_equal(other->quantity_e8,
                     other->filled_e8 + other->prevented_e8 + prevented->remaining_quantity_e8);
}

static void note_entered(struct run *run, const struct order_entered *entered)
{
    struct sums *own = &run->sums[number_of(entered->order.id)];
    own->maker_fee_bps = entered->maker_fee_bps;
    own->taker_fee_bps = entered->taker_fee_bps;
    own->quantity_e8 = entered->order.quantity_e8;
    assert_int_equal(entered->fills_count, entered->resting_count);
    for (size_t i = 0; i < entered->fills_count; i++) {
        const struct fill *fill = &entered->fills[i];
        const struct resting_fill *resting = &entered->resting[i];
        struct sums *other = &run->sums[number_of(resting->order_id)];
        assert_false(uuid_equal(resting->account_id, entered->order.account_id));
        own->filled_e8 += fill->quantity_e8;
        own->fees_e8 += fill->fee_e8;
        own->taker_notional_e16 += (__int128)fill->price_e8 * fill->quantity_e8;
        other->filled_e8 += fill->quantity_e8;
        other->fees_e8 += resting->fee_e8;
        other->maker_notional_e16 += (__int128)fill->price_e8 * fill->quantity_e8;
        check_sums(other, resting->filled_quantity_e8, resting->remaining_quantity_e8,
                   resting->fees_e8);
    }
    for (size_t i = 0; i < entered->prevented_count; i++)
        note_prevented(run, entered, &entered->prevented[i]);
    check_sums(own, entered->order.filled_quantity_e8, entered->order.remaining_quantity_e8,
               entered->order.fees_e8);
    if (entered->order.has_end_reason)
        run->end_reasons[entered->order.end_reason]++;
    else
        run->rested++;
}

/* What a preview said, kept until the order has come. */
struct foretold {
    bool refused;
    char code[32];
    struct previewed_order order;
    int64_t cost_e8, fees_e8;
    size_t fills_count;
    int64_t fills_fees_e8, fills_quantity_e8;
};

static struct foretold foretell(struct run *run, const struct wish *wish)
{
    const struct event previewed = venue_previewed(run->venue, wish);
    const struct event *event = venue_follow(run->venue, &previewed);
    assert_int_equal(event->kind, EVENT_PREVIEW_ANSWERED);
    const struct preview_answered *answered = &event->preview_answered;
    struct foretold foretold = {.refused = answered->has_code,
                                .order = answered->order,
                                .cost_e8 = answered->cost_e8,
                                .fees_e8 = answered->fees_e8,
                                .fills_count = answered->fills_count};
    snprintf(foretold.code, sizeof foretold.code, "%.*s", (int)answered->code.size,
             answered->code.data);
    for (size_t i = 0; i < answered->fills_count; i++) {
        foretold.fills_fees_e8 += answered->fills[i].fee_e8;
        foretold.fills_quantity_e8 += answered->fills[i].quantity_e8;
    }
    return foretold;
}

static void check_foretold(const struct foretold *foretold, const struct event *event)
{
    assert_int_equal(event->kind, foretold->refused ? EVENT_ORDER_REFUSED : EVENT_ORDER_ENTERED);
    if (foretold->refused) {
        assert_true(text_is(event->order_refused.code, foretold->code));
        return;
    }
    const struct order *order = &event->order_entered.order;
    int64_t filled_e8 = order->filled_notional_e8;
    assert_int_equal(foretold->order.status, order->status);
    assert_int_equal(foretold->order.filled_quantity_e8, order->filled_quantity_e8);
    assert_int_equal(foretold->order.remaining_quantity_e8, order->remaining_quantity_e8);
    assert_int_equal(foretold->order.average_fill_price_e8, order->average_fill_price_e8);
    assert_int_equal(foretold->order.end_reason, order->end_reason);
    assert_int_equal(foretold->fills_count, event->order_entered.fills_count);
    assert_int_equal(foretold->fills_quantity_e8, order->filled_quantity_e8);
    assert_int_equal(foretold->fills_fees_e8, order->fees_e8);
    assert_int_equal(foretold->fees_e8, order->fees_e8);
    assert_int_equal(foretold->cost_e8,
                     order->fees_e8 + (order->side == SIDE_BUY ? filled_e8 : -filled_e8));
}

static void place(struct run *run)
{
    enum side side = random_below(run, 2) == 0 ? SIDE_BUY : SIDE_SELL;
    bool market = random_below(run, 8) == 0;
    struct wish wish = {
        .number = ++run->orders_count,
        .account = 1 + random_below(run, ACCOUNTS_COUNT),
        .instrument = INSTRUMENTS[random_below(run, 2)],
        .side = side,
        .type = market ? ORDER_TYPE_MARKET : ORDER_TYPE_LIMIT,
        .time_in_force = random_below(run, 3) == 0
                             ? (enum time_in_force)random_below(run, TIME_IN_FORCE_FOK + 1)
                             : TIME_IN_FORCE_GTC,
        .self_trade = (enum self_trade)random_below(run, SELF_TRADE_DECREMENT + 1),
        .post_only = random_below(run, 10) == 0,
        .price_e8 =
            market ? 0
                   : (side == SIDE_BUY ? 1000 : 1005) * CENT_E8 + random_below(run, 21) * CENT_E8,
        .quantity_e8 = (1 + random_below(run, 30)) * E8,
        .max_notional_e8 = market && side == SIDE_BUY ? (10 + random_below(run, 300)) * E8 : 0,
        .maker_fee_bps = (int32_t)random_below(run, 30),
        .taker_fee_bps = (int32_t)random_below(run, 60),
    };
    if (random_below(run, 50) == 0)
        wish.price_e8 += 1;
    struct foretold foretold = foretell(run, &wish);
    const struct event *event = venue_place(run->venue, &wish);
    check_foretold(&foretold, event);
    if (event->kind == EVENT_ORDER_ENTERED)
        note_entered(run, &event->order_entered);
    else
        run->refused++;
}

static void cancel(struct run *run)
{
    uint32_t back = random_below(run, 300);
    uint32_t number = run->orders_count > back ? run->orders_count - back : 1;
    struct uuid id = order_id(INSTRUMENTS[random_below(run, 2)], number);
    const struct event *event = venue_cancel(run->venue, id, 0, ROLE_OPERATOR);
    run->canceled += event->kind == EVENT_ORDER_CANCELED;
    run->too_late += event->kind == EVENT_COMMAND_REJECTED;
}

static void replace(struct run *run)
{
    uint32_t back = random_below(run, 300);
    uint32_t number = run->orders_count > back ? run->orders_count - back : 1;
    struct uuid id = order_id(INSTRUMENTS[random_below(run, 2)], number);
    const struct orders_order *order = orders_order(run->venue->state, id);
    if (order == NULL)
        return;
    int64_t quantity_e8 = random_below(run, 3) == 0 ? 0 : (1 + random_below(run, 30)) * E8;
    int64_t price_e8 = random_below(run, 2) == 0 ? 0 : (1000 + random_below(run, 26)) * CENT_E8;
    uint32_t account = 1;
    while (!uuid_equal(account_id(account), order->book.account_id))
        account++;
    const struct event *event = venue_replace(run->venue, id, account, quantity_e8, price_e8);
    run->not_replaced += event->kind == EVENT_REPLACE_REFUSED;
    if (event->kind == EVENT_REPLACE_REFUSED)
        return;
    run->kept += event->order_entered.keeps_place;
    run->moved += !event->order_entered.keeps_place;
    note_entered(run, &event->order_entered);
}

/* All orders of one account go, as when a market maker ends. */
static void end_account(struct run *run)
{
    enum { ORDERS_MAX = 400 };
    struct uuid orders[2 * ORDERS_MAX];
    uint32_t first = run->orders_count > ORDERS_MAX ? run->orders_count - ORDERS_MAX : 0;
    size_t count = 0;
    for (uint32_t number = first + 1; number <= run->orders_count; number++) {
        orders[count++] = order_id(INSTRUMENTS[0], number);
        orders[count++] = order_id(INSTRUMENTS[1], number);
    }
    struct event event = {.kind = EVENT_MARKET_MAKER_DEACTIVATED};
    event.market_maker_deactivated.market_maker.id =
        account_id(1 + random_below(run, ACCOUNTS_COUNT));
    event.market_maker_deactivated.orders = orders;
    event.market_maker_deactivated.orders_count = count;
    assert_int_equal(venue_follow(run->venue, &event)->kind, EVENT_ORDERS_CANCELED);
}

static void check_books(const struct run *run)
{
    for (size_t i = 0; i < COUNT_OF(INSTRUMENTS); i++) {
        const struct orders_instrument *at =
            orders_instrument(run->venue->state, text_of(INSTRUMENTS[i]));
        struct book_level buy;
        struct book_level sell;
        if (book_best(at->book, SIDE_BUY, &buy) && book_best(at->book, SIDE_SELL, &sell))
            assert_true(buy.price_e8 < sell.price_e8);
    }
}

static void operate(struct run *run)
{
    uint32_t dice = random_below(run, 1000);
    run->venue->now_us += random_below(run, 3);
    if (dice < 700)
        place(run);
    else if (dice < 800)
        replace(run);
    else if (dice < 985)
        cancel(run);
    else if (dice < 990)
        end_account(run);
    else
        venue_change_status(run->venue, random_below(run, 5) == 0 ? INSTRUMENT_STATUS_HALTED
                                                                  : INSTRUMENT_STATUS_OPEN);
    check_books(run);
}

/* A run means something only if it met what there is to meet. */
static void check_seen(const struct run *run)
{
    static const enum end_reason REASONS[] = {END_REASON_FILLED, END_REASON_IOC_REMAINDER,
                                              END_REASON_SELF_TRADE};
    for (size_t i = 0; i < COUNT_OF(REASONS); i++)
        assert_true(run->end_reasons[REASONS[i]] >= SEEN_MIN);
    assert_true(run->kept >= SEEN_MIN && run->moved >= SEEN_MIN && run->not_replaced >= SEEN_MIN);
    assert_true(run->decremented >= SEEN_MIN && run->refused >= SEEN_MIN);
    assert_true(run->canceled >= SEEN_MIN && run->too_late >= SEEN_MIN && run->rested >= SEEN_MIN);
}

static void the_events_alone_give_the_same_state(void **state)
{
    (void)state;
    const char *given = getenv("BOURSE_SEED");
    uint64_t seed = given == NULL ? (uint64_t)time(NULL) : strtoull(given, NULL, 10);
    printf("BOURSE_SEED=%" PRIu64 "\n", seed);
    struct run run = {.venue = venue_open(1), .random = seed * 2 + 1};
    run.sums = calloc(INPUTS_COUNT + 1, sizeof *run.sums);
    assert_non_null(run.sums);
    for (int i = 1; i <= INPUTS_COUNT; i++) {
        operate(&run);
        if (i % CHECK_EVERY == 0)
            venue_check_replay(run.venue);
    }
    check_seen(&run);
    free(run.sums);
    venue_close(run.venue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_events_alone_give_the_same_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
