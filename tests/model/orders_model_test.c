/* A whole partition of orders, event for event, against its oracle: random orders of every type,
 * cancels, marks, halts, guards, and time that passes; how many, an argument may say. */
#include "base/murmur2.h"
#include "orders_model.h"
#include "venue.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    OPERATIONS_COUNT = 20000,
    DAY_OPERATIONS = 4000, /* then a new venue begins, one in two of them with a mark */
    ACCOUNTS_COUNT = 5,
    WAITING_MAX = 40,
    RESTING_MAX = 24, /* so that one order meets no more than the model lists */
    SEEN_MIN = 20
};
static const int64_t TICK_E8 = E8 / 100;

/* How often each case came up. */
struct seen {
    size_t waited[ORDER_TYPE_TRAILING_STOP + 1], at_once, fired, fired_rests, expired, canceled;
    size_t siblings, cascades, refused;
};

struct run {
    struct venue *venue;
    struct naive naive;
    struct seen seen;
    uint64_t random;
    uint32_t number, state_hash; /* state_hash: of all days */
    bool marks;
};

static uint32_t below(struct run *run, uint32_t bound)
{
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return (uint32_t)((run->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

static int64_t price(struct run *run, uint32_t from, uint32_t span)
{
    return ((int64_t)from + below(run, span)) * TICK_E8;
}

/* --- agreement -------------------------------------------------------------------------------- */

static void check_met(const struct order_entered *entered, const struct model_answer *answer)
{
    assert_int_equal(entered->order.filled_quantity_e8, answer->filled_e8);
    assert_int_equal(entered->order.remaining_quantity_e8, answer->remaining_e8);
    assert_int_equal(!entered->order.has_end_reason, answer->outcome == BOOK_RESTS);
    assert_int_equal(entered->fills_count, answer->fills_count);
    for (size_t i = 0; i < answer->fills_count; i++) {
        assert_true(uuid_equal(entered->resting[i].order_id, answer->fills[i].order_id));
        assert_int_equal(entered->fills[i].price_e8, answer->fills[i].price_e8);
        assert_int_equal(entered->fills[i].quantity_e8, answer->fills[i].quantity_e8);
    }
    assert_int_equal(entered->prevented_count, answer->prevented_count);
    for (size_t i = 0; i < answer->prevented_count; i++)
        assert_true(uuid_equal(entered->prevented[i].order_id, answer->prevented[i].order_id));
}

/* All that is due, one by one: what expires, then what fires. */
static void pass_time(struct run *run)
{
    struct venue *venue = run->venue;
    size_t expired = naive_expire(&run->naive, venue->now_us), cascade = 0;
    run->seen.expired += expired;
    const struct event *event;
    while ((event = venue_time(venue)) != NULL) {
        struct model_answer answer;
        if (event->kind == EVENT_ORDERS_CANCELED) {
            assert_true(event->orders_canceled.orders_count <= expired);
            expired -= event->orders_canceled.orders_count;
            continue;
        }
        assert_int_equal(expired, 0);
        uint32_t number = naive_fire(&run->naive, &answer);
        assert_true(uuid_equal(event->order_entered.order.id, order_id(CEA, number)));
        check_met(&event->order_entered, &answer);
        run->seen.fired++;
        run->seen.fired_rests += answer.outcome == BOOK_RESTS;
        run->seen.siblings +=
            event->order_entered.ended_count > 0 && event->order_entered.prevented_count == 0;
        run->seen.cascades += cascade++ > 0;
    }
    struct model_answer answer;
    assert_int_equal(expired, 0);
    assert_int_equal(naive_fire(&run->naive, &answer), 0);
}

static void check_side(struct run *run, enum side side)
{
    const struct book *book = orders_instrument(run->venue->state, TEXT(CEA))->book;
    const struct book_order *real = book_first(book, side);
    for (size_t i = 0; i < run->naive.book.count[side]; i++, real = book_next(real)) {
        const struct book_order *expected = &run->naive.book.orders[side][i];
        assert_non_null(real);
        assert_true(uuid_equal(real->order_id, expected->order_id));
        assert_int_equal(book_remaining_e8(real), book_remaining_e8(expected));
    }
    assert_null(real);
}

static void check_agreement(struct run *run)
{
    const struct orders_triggers *triggers =
        &orders_instrument(run->venue->state, TEXT(CEA))->triggers;
    check_side(run, SIDE_BUY);
    check_side(run, SIDE_SELL);
    assert_int_equal(triggers->count, naive_waiting_count(&run->naive));
    for (const struct orders_terms *at = triggers->list; at != NULL; at = at->next) {
        const struct naive_order *expected = NULL;
        for (size_t i = 0; i < NAIVE_OPEN_MAX && expected == NULL; i++) {
            if (run->naive.open[i].number != 0 &&
                uuid_equal(run->naive.open[i].id, at->order->book.order_id))
                expected = &run->naive.open[i];
        }
        assert_non_null(expected);
        assert_int_equal(at->crossed, expected->crossed != 0);
        assert_int_equal(at->has_stop_price, expected->has_stop);
        if (expected->has_stop)
            assert_int_equal(at->stop_price_e8, expected->stop_e8);
    }
}

/* --- operations ------------------------------------------------------------------------------- */

static void give_price(struct run *run, struct wish *wish)
{
    switch (wish->type) {
    case ORDER_TYPE_STOP_LIMIT: wish->price_e8 = price(run, 990, 26); /* fallthrough */
    case ORDER_TYPE_STOP:
    case ORDER_TYPE_TAKE_PROFIT: wish->stop_price_e8 = price(run, 985, 36); break;
    case ORDER_TYPE_TRAILING_STOP:
        if (below(run, 2) == 0)
            wish->trail_amount_e8 = price(run, 1, 12);
        else
            wish->trail_percent_e8 = price(run, 1, 120);
        break;
    case ORDER_TYPE_LIMIT:
        wish->price_e8 = price(run, wish->side == SIDE_BUY ? 990 : 996, 16);
        break;
    case ORDER_TYPE_MARKET: break;
    }
    bool limit = wish->type == ORDER_TYPE_LIMIT || wish->type == ORDER_TYPE_STOP_LIMIT;
    if (wish->side == SIDE_BUY && !limit)
        wish->max_notional_e8 = E8 + below(run, 400) * E8;
}

static struct wish random_wish(struct run *run)
{
    struct wish wish = {
        .number = ++run->number,
        .account = 1 + below(run, ACCOUNTS_COUNT),
        .side = below(run, 2) == 0 ? SIDE_BUY : SIDE_SELL,
        .type = below(run, 3) == 0 ? (enum order_type)below(run, ORDER_TYPE_TRAILING_STOP + 1)
                                   : ORDER_TYPE_LIMIT,
        .self_trade = (enum self_trade)below(run, SELF_TRADE_DECREMENT + 1),
        .quantity_e8 = (1 + below(run, 20)) * E8,
    };
    give_price(run, &wish);
    bool waits = orders_type_waits(wish.type);
    uint32_t time = below(run, 10);
    if (time == 0 && !waits)
        wish.time_in_force = TIME_IN_FORCE_IOC;
    else if (time == 1 && !waits)
        wish.time_in_force = TIME_IN_FORCE_FOK;
    else if (time < 4)
        wish.expires_at_us = run->venue->now_us + 1 + below(run, 300);
    wish.post_only = wish.type == ORDER_TYPE_LIMIT && time > 7;
    return wish;
}

static struct naive_order naive_of(const struct wish *wish)
{
    bool market = wish->type != ORDER_TYPE_LIMIT && wish->type != ORDER_TYPE_STOP_LIMIT;
    bool kills = wish->time_in_force == TIME_IN_FORCE_FOK;
    return (struct naive_order){
        .number = wish->number,
        .id = order_id(CEA, wish->number),
        .type = wish->type,
        .has_stop = wish->stop_price_e8 != 0,
        .stop_e8 = wish->stop_price_e8,
        .trail_e8 = wish->trail_amount_e8,
        .trail_percent_e8 = wish->trail_percent_e8,
        .expires_at = wish->expires_at_us,
        .terms = {.account_id = account_id(wish->account),
                  .side = wish->side,
                  .time_in_force = market && !kills ? TIME_IN_FORCE_IOC : wish->time_in_force,
                  .self_trade = wish->self_trade,
                  .post_only = wish->post_only,
                  .price_e8 = wish->price_e8,
                  .quantity_e8 = wish->quantity_e8,
                  .max_notional_e8 = wish->max_notional_e8,
                  .lot_size_e8 = E8},
    };
}

static void place(struct run *run)
{
    struct wish wish = random_wish(run);
    struct naive_order order = naive_of(&wish);
    struct model_answer answer;
    const struct event *event = venue_place(run->venue, &wish);
    if (run->naive.halted) {
        assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
        return;
    }
    if (naive_place(&run->naive, &order, &answer)) {
        assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
        assert_int_equal(event->order_entered.order.trigger, TRIGGER_STATE_WAITING);
        run->seen.waited[wish.type]++;
        return;
    }
    bool refused = answer.outcome == BOOK_WOULD_TRADE || answer.outcome == BOOK_NOT_FILLABLE;
    assert_int_equal(event->kind, refused ? EVENT_ORDER_REFUSED : EVENT_ORDER_ENTERED);
    run->seen.refused += refused;
    run->seen.at_once += orders_type_waits(wish.type);
    if (!refused)
        check_met(&event->order_entered, &answer);
}

/* Any that is open. NULL: none is. */
static const struct naive_order *pick(struct run *run)
{
    size_t start = below(run, NAIVE_OPEN_MAX);
    for (size_t i = 0; i < NAIVE_OPEN_MAX; i++) {
        const struct naive_order *order = &run->naive.open[(start + i) % NAIVE_OPEN_MAX];
        if (order->number != 0)
            return order;
    }
    return NULL;
}

static void cancel(struct run *run)
{
    const struct naive_order *order = pick(run);
    if (order == NULL)
        return;
    const struct event *event = venue_cancel(run->venue, order->id, 0, ROLE_OPERATOR);
    assert_int_equal(event->kind, EVENT_ORDER_CANCELED);
    assert_int_equal(event->order_canceled.ended_count,
                     naive_find(&run->naive, order->sibling) != NULL);
    naive_cancel(&run->naive, order->number);
    run->seen.canceled++;
}

static struct naive_order guard_of(uint32_t number, uint32_t account, enum order_type type,
                                   int64_t stop_e8, uint32_t sibling)
{
    struct naive_order guard = naive_of(&(struct wish){.number = number,
                                                       .account = account,
                                                       .side = SIDE_SELL,
                                                       .type = type,
                                                       .quantity_e8 = 2 * E8,
                                                       .stop_price_e8 = stop_e8});
    guard.sibling = sibling;
    return guard;
}

static void guard(struct run *run)
{
    uint32_t account = 1 + below(run, ACCOUNTS_COUNT), loss = ++run->number;
    uint32_t profit = ++run->number;
    struct bracket bracket = {.order_id = order_id(CEA, loss),
                              .has_sibling_id = true,
                              .sibling_id = order_id(CEA, profit),
                              .account_id = account_id(account),
                              .instrument = TEXT(CEA),
                              .quantity_e8 = 2 * E8,
                              .has_stop_loss_price_e8 = true,
                              .stop_loss_price_e8 = price(run, 985, 15),
                              .has_take_profit_price_e8 = true,
                              .take_profit_price_e8 = price(run, 1001, 15)};
    const struct event settled = {.kind = EVENT_FILLS_SETTLED,
                                  .fills_settled = {.brackets = &bracket, .brackets_count = 1}};
    assert_int_equal(venue_follow(run->venue, &settled)->kind, EVENT_BRACKETS_ENTERED);
    struct naive_order first =
        guard_of(loss, account, ORDER_TYPE_STOP, bracket.stop_loss_price_e8, profit);
    struct naive_order second =
        guard_of(profit, account, ORDER_TYPE_TAKE_PROFIT, bracket.take_profit_price_e8, loss);
    naive_wait(&run->naive, &first);
    naive_wait(&run->naive, &second);
}

static void mark(struct run *run)
{
    int64_t price_e8 = price(run, 985, 36);
    venue_mark(run->venue, price_e8);
    naive_mark(&run->naive, price_e8);
}

static void halt(struct run *run)
{
    run->naive.halted = !run->naive.halted && below(run, 4) == 0;
    venue_change_status(run->venue,
                        run->naive.halted ? INSTRUMENT_STATUS_HALTED : INSTRUMENT_STATUS_OPEN);
}

static void operate(struct run *run)
{
    uint32_t dice = below(run, 100);
    size_t waiting = naive_waiting_count(&run->naive);
    bool full = waiting >= WAITING_MAX ||
                run->naive.book.count[0] + run->naive.book.count[1] >= RESTING_MAX;
    run->venue->now_us += below(run, 20);
    pass_time(run); /* before what comes next, as the runtime does */
    if (full || dice < 15)
        cancel(run);
    else if (dice < 80)
        place(run);
    else if (dice < 86)
        guard(run);
    else if (dice < 92 && run->marks)
        mark(run);
    else if (dice < 96 || run->naive.halted)
        halt(run);
    pass_time(run);
    check_agreement(run);
}

/* Every build comes to the same bytes. */
static void hash_state(struct run *run)
{
    struct buffer saved;
    buffer_init(&saved, SIZE_MAX);
    orders_save(run->venue->state, &saved);
    run->state_hash = run->state_hash * 31 + murmur2(saved.data, saved.size);
    buffer_free(&saved);
}

static void live_a_day(struct run *run, size_t operations)
{
    run->naive = (struct naive){0};
    run->number = 0;
    run->marks = !run->marks;
    run->venue = venue_open(1);
    for (size_t i = 0; i < operations; i++)
        operate(run);
    venue_check_replay(run->venue);
    hash_state(run);
    venue_close(run->venue);
}

static size_t operations_wanted = OPERATIONS_COUNT;

static void the_venue_agrees_with_its_oracle(void **state)
{
    (void)state;
    const char *seed = getenv("BOURSE_SEED");
    static struct run run;
    run = (struct run){.random = seed == NULL ? 20261129 : strtoull(seed, NULL, 10) * 2 + 1};
    print_message("BOURSE_SEED=%s, %zu operations\n", seed == NULL ? "" : seed, operations_wanted);
    for (size_t done = 0; done < operations_wanted; done += DAY_OPERATIONS)
        live_a_day(&run, DAY_OPERATIONS);
    const struct seen *seen = &run.seen;
    for (int type = ORDER_TYPE_STOP; type <= ORDER_TYPE_TRAILING_STOP; type++)
        assert_true(seen->waited[type] > SEEN_MIN);
    print_message("state %08" PRIx32 "; %zu fired, %zu of them rest, %zu behind others, "
                  "%zu end siblings, %zu at once, %zu expired\n",
                  run.state_hash, seen->fired, seen->fired_rests, seen->cascades, seen->siblings,
                  seen->at_once, seen->expired);
    assert_true(seen->at_once > SEEN_MIN && seen->fired > SEEN_MIN && seen->expired > SEEN_MIN);
    assert_true(seen->fired_rests > SEEN_MIN && seen->cascades > SEEN_MIN);
    assert_true(seen->siblings > SEEN_MIN && seen->canceled > SEEN_MIN && seen->refused > SEEN_MIN);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        operations_wanted = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_venue_agrees_with_its_oracle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
