/* 100,000 random operations on the book and on its oracle, which must agree after each. */
#include "base/id_table.h"
#include "book_model.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    OPERATIONS_COUNT = 100000,
    ACCOUNTS_COUNT = 6,
    OUTCOMES_COUNT = BOOK_NOT_FILLABLE + 1,
    TIMES_IN_FORCE_COUNT = TIME_IN_FORCE_FOK + 1,
    SELF_TRADES_COUNT = SELF_TRADE_DECREMENT + 1,
    SEEN_MIN = 5, /* how often a case must have come up for the run to mean something */
    RESTING_SEEN_MIN = 50,
    RESTING_MAX = 150 /* from here on only cancels, so that a run stays short */
};
static const int64_t TICK_E8 = E8 / 100;
static const int64_t LOT_E8 = E8 / 2;

/* How often each case came up. */
struct seen {
    size_t outcomes[TIMES_IN_FORCE_COUNT][OUTCOMES_COUNT];
    size_t prevented[SELF_TRADES_COUNT];
    size_t fok_past_own; /* fill-or-kill filled behind own orders it cancels */
    size_t decrement_ends_resting, decrement_ends_incoming;
    size_t market, market_with_budget, post_only_rests, partial_then_rests;
    size_t removed, unknown, reduced, replaced, restored, same_price;
    size_t resting_max;
};

struct run {
    struct book *book;
    struct id_table orders; /* that rest in it; owned */
    struct model model;
    struct seen seen;
    uint64_t random;
    uint32_t next_id;
};

static uint32_t random_below(struct run *run, uint32_t bound)
{
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return (uint32_t)((run->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

static struct uuid id_of(uint32_t kind, uint32_t number)
{
    uint8_t rest[12] = {0};
    memcpy(rest + 8, &number, sizeof number);
    return uuid_make(kind, rest);
}

static struct book_order *find(const struct run *run, struct uuid order_id)
{
    return id_table_find(&run->orders, order_id);
}

/* Rests a copy, which drop_ended() frees once it is out of the book. */
static void add(struct run *run, const struct book_order *order)
{
    struct book_order *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    *copy = *order;
    book_add(run->book, copy);
    id_table_add(&run->orders, copy);
}

static void drop_ended(struct run *run, struct book_order *order)
{
    if (book_rests(order))
        return;
    id_table_remove(&run->orders, order);
    free(order);
}

static void take_out(struct run *run, struct uuid order_id)
{
    struct book_order *order = find(run, order_id);
    assert_non_null(order);
    book_remove(run->book, order);
    drop_ended(run, order);
}

static void check_same(const struct book_order *real, const struct book_order *expected)
{
    assert_true(uuid_equal(real->order_id, expected->order_id));
    assert_true(uuid_equal(real->account_id, expected->account_id));
    assert_int_equal(real->side, expected->side);
    assert_int_equal(real->price_e8, expected->price_e8);
    assert_int_equal(real->quantity_e8, expected->quantity_e8);
    assert_int_equal(real->filled_quantity_e8, expected->filled_quantity_e8);
    assert_int_equal(real->prevented_quantity_e8, expected->prevented_quantity_e8);
    assert_true(real->filled_notional_e16 == expected->filled_notional_e16);
}

/* Everything an outsider can ask, on one side. */
static void check_side(const struct run *run, enum side side)
{
    static struct book_level levels[MODEL_ORDERS_MAX];
    size_t levels_count = book_levels(run->book, side, MODEL_ORDERS_MAX, levels);
    size_t level = 0;
    const struct book_order *real = book_first(run->book, side);
    for (size_t i = 0; i < run->model.count[side]; i++, real = book_next(real)) {
        const struct book_order *expected = &run->model.orders[side][i];
        assert_non_null(real);
        check_same(real, expected);
        assert_true(book_remaining_e8(real) > 0);
        assert_ptr_equal(find(run, expected->order_id), real);
        assert_true(level < levels_count);
        assert_int_equal(levels[level].price_e8, expected->price_e8);
        levels[level].quantity_e8 -= book_remaining_e8(expected);
        if (--levels[level].orders_count == 0)
            assert_int_equal(levels[level++].quantity_e8, 0);
    }
    assert_null(real);
    assert_int_equal(level, levels_count);
}

static void check_agreement(const struct run *run)
{
    check_side(run, SIDE_BUY);
    check_side(run, SIDE_SELL);
    assert_int_equal(book_orders_count(run->book), run->model.count[0] + run->model.count[1]);
    assert_int_equal(book_orders_count(run->book), run->orders.count);
    struct book_level buy;
    struct book_level sell;
    if (book_best(run->book, SIDE_BUY, &buy) && book_best(run->book, SIDE_SELL, &sell))
        assert_true(buy.price_e8 < sell.price_e8);
}

static void check_answer(const struct model_answer *answer, const struct book_fill *fills,
                         const struct book_prevented *prevented, const struct book_match *match)
{
    assert_int_equal(match->outcome, answer->outcome);
    assert_int_equal(match->filled_quantity_e8, answer->filled_e8);
    assert_int_equal(match->prevented_quantity_e8, answer->taken_e8);
    assert_int_equal(match->remaining_quantity_e8, answer->remaining_e8);
    assert_true(match->filled_notional_e16 == answer->notional_e16);
    assert_int_equal(match->fills_count, answer->fills_count);
    for (size_t i = 0; i < match->fills_count; i++) {
        assert_true(uuid_equal(fills[i].resting->order_id, answer->fills[i].order_id));
        assert_int_equal(fills[i].resting->price_e8, answer->fills[i].price_e8);
        assert_int_equal(fills[i].quantity_e8, answer->fills[i].quantity_e8);
    }
    assert_int_equal(match->prevented_count, answer->prevented_count);
    for (size_t i = 0; i < match->prevented_count; i++) {
        assert_true(uuid_equal(prevented[i].resting->order_id, answer->prevented[i].order_id));
        assert_int_equal(prevented[i].quantity_e8, answer->prevented[i].quantity_e8);
        assert_int_equal(prevented[i].decrements, answer->prevented[i].decrements);
        assert_int_equal(prevented[i].ends_resting, answer->prevented[i].ends_resting);
    }
}

/* Applies to the book what the oracle has said, as a replay applies an event. */
static void apply_answer(struct run *run, const struct model_answer *answer)
{
    for (size_t i = 0; i < answer->prevented_count; i++) {
        struct book_order *order = find(run, answer->prevented[i].order_id);
        assert_non_null(order);
        if (answer->prevented[i].decrements)
            assert_int_equal(book_decrement(run->book, order, answer->prevented[i].quantity_e8) ==
                                 0,
                             answer->prevented[i].ends_resting);
        else if (answer->prevented[i].ends_resting)
            book_remove(run->book, order);
        drop_ended(run, order);
    }
    for (size_t i = 0; i < answer->fills_count; i++) {
        struct book_order *order = find(run, answer->fills[i].order_id);
        assert_non_null(order);
        book_fill(run->book, order, answer->fills[i].quantity_e8, 0);
        drop_ended(run, order);
    }
}

static void note(struct seen *seen, const struct book_incoming *incoming,
                 const struct model_answer *answer)
{
    seen->outcomes[incoming->time_in_force][answer->outcome]++;
    seen->prevented[incoming->self_trade] += answer->prevented_count > 0;
    seen->fok_past_own +=
        incoming->time_in_force == TIME_IN_FORCE_FOK && answer->prevented_count > 0;
    for (size_t i = 0; i < answer->prevented_count; i++)
        seen->decrement_ends_resting +=
            answer->prevented[i].decrements && answer->prevented[i].ends_resting;
    seen->decrement_ends_incoming += answer->taken_e8 > 0 && answer->remaining_e8 == 0;
    seen->market += incoming->price_e8 == 0 && answer->fills_count > 0;
    seen->market_with_budget += incoming->price_e8 == 0 && answer->outcome == BOOK_BUDGET_SPENT;
    seen->post_only_rests += incoming->post_only && answer->outcome == BOOK_RESTS;
    seen->partial_then_rests += answer->fills_count > 0 && answer->outcome == BOOK_RESTS;
}

/* Sends an order through both; `order` is what would rest, not yet or partly filled. */
static void enter(struct run *run, const struct book_incoming *incoming, struct book_order *order)
{
    struct book_fill fills[MODEL_LIST_MAX];
    struct book_prevented prevented[MODEL_LIST_MAX];
    struct book_match match;
    struct model_answer answer;
    size_t fills_max = random_below(run, 8) == 0 ? random_below(run, 4) : MODEL_LIST_MAX;
    size_t prevented_max = random_below(run, 8) == 0 ? random_below(run, 3) : MODEL_LIST_MAX;
    book_match(run->book, incoming, fills_max, prevented_max, fills, prevented, &match);
    check_agreement(run); /* deciding has changed nothing */
    model_place(&run->model, incoming, fills_max, prevented_max, &answer);
    check_answer(&answer, fills, prevented, &match);
    apply_answer(run, &answer);
    note(&run->seen, incoming, &answer);
    if (answer.outcome != BOOK_RESTS)
        return;
    order->filled_quantity_e8 += answer.filled_e8;
    order->filled_notional_e16 += answer.notional_e16;
    order->prevented_quantity_e8 += answer.taken_e8;
    add(run, order);
    model_add(&run->model, order);
}

/* Buys lie lower than sells, but not so much that they never meet. */
static int64_t random_price_e8(struct run *run, enum side side)
{
    return ((side == SIDE_BUY ? 1000 : 1005) + random_below(run, 21)) * TICK_E8;
}

static enum time_in_force random_time_in_force(struct run *run)
{
    static const enum time_in_force CHOICES[] = {TIME_IN_FORCE_GTC, TIME_IN_FORCE_IOC,
                                                 TIME_IN_FORCE_FOK};
    uint32_t dice = random_below(run, 9);
    return CHOICES[dice < 7 ? 0 : dice - 6];
}

static void place(struct run *run)
{
    enum side side = random_below(run, 2) == 0 ? SIDE_BUY : SIDE_SELL;
    struct book_incoming incoming = {.account_id = id_of(1, random_below(run, ACCOUNTS_COUNT)),
                                     .side = side,
                                     .time_in_force = random_time_in_force(run),
                                     .self_trade =
                                         (enum self_trade)random_below(run, SELF_TRADES_COUNT),
                                     .price_e8 = random_price_e8(run, side),
                                     .quantity_e8 = (1 + random_below(run, 30)) * LOT_E8,
                                     .lot_size_e8 = LOT_E8};
    if (incoming.time_in_force >= TIME_IN_FORCE_IOC)
        incoming.price_e8 *= random_below(run, 2);
    else
        incoming.post_only = random_below(run, 4) == 0;
    if (incoming.side == SIDE_BUY && random_below(run, 3) == 0)
        incoming.max_notional_e8 = 1 + random_below(run, 1000) * (E8 / 7);
    struct book_order order = {.order_id = id_of(2, ++run->next_id),
                               .account_id = incoming.account_id,
                               .price_e8 = incoming.price_e8,
                               .quantity_e8 = incoming.quantity_e8,
                               .side = incoming.side,
                               .guarded = random_below(run, 3) == 0};
    enter(run, &incoming, &order);
}

/* A resting order, any of them as likely. NULL: the book is empty. */
static struct book_order *pick(struct run *run)
{
    size_t buys = run->model.count[SIDE_BUY];
    size_t all = buys + run->model.count[SIDE_SELL];
    if (all == 0)
        return NULL;
    size_t at = random_below(run, (uint32_t)all);
    return at < buys ? &run->model.orders[SIDE_BUY][at] : &run->model.orders[SIDE_SELL][at - buys];
}

static void cancel(struct run *run)
{
    const struct book_order *order = pick(run);
    bool known = order != NULL && random_below(run, 8) > 0;
    struct uuid order_id = known ? order->order_id : id_of(3, run->next_id);
    assert_int_equal(find(run, order_id) != NULL, known);
    if (known)
        take_out(run, order_id);
    assert_int_equal(model_remove(&run->model, order_id), known);
    run->seen.removed += known;
    run->seen.unknown += !known;
}

static void reduce(struct run *run)
{
    struct book_order *order = pick(run);
    if (order == NULL || book_remaining_e8(order) == LOT_E8)
        return;
    int64_t ahead_e8 = model_quantity_ahead_e8(&run->model, order);
    run->seen.same_price += ahead_e8 > 0;
    struct book_order *real = find(run, order->order_id);
    assert_int_equal(book_quantity_ahead_e8(real), ahead_e8);
    int64_t lots = book_remaining_e8(order) / LOT_E8;
    order->quantity_e8 -= (1 + random_below(run, (uint32_t)lots - 1)) * LOT_E8;
    book_reduce(real, order->quantity_e8);
    assert_int_equal(book_quantity_ahead_e8(real), ahead_e8);
    run->seen.reduced++;
}

/* A replace that loses its place: out, and in again with what remains at another price. */
static void replace(struct run *run)
{
    const struct book_order *picked = pick(run);
    if (picked == NULL)
        return;
    struct book_order order = *picked;
    order.price_e8 = random_price_e8(run, order.side);
    const struct book_incoming incoming = {
        .account_id = order.account_id,
        .side = order.side,
        .self_trade = (enum self_trade)random_below(run, SELF_TRADES_COUNT),
        .price_e8 = order.price_e8,
        .quantity_e8 = book_remaining_e8(&order),
        .lot_size_e8 = LOT_E8};
    take_out(run, order.order_id);
    assert_true(model_remove(&run->model, order.order_id));
    enter(run, &incoming, &order);
    run->seen.replaced++;
}

static void drop_all(struct run *run)
{
    size_t cursor = 0;
    for (void *order; (order = id_table_next(&run->orders, &cursor)) != NULL;)
        free(order);
    id_table_free(&run->orders);
    book_free(run->book);
}

/* A second book from the orders of the first, as a snapshot restores it. */
static void restore(struct run *run)
{
    struct run restored = {.book = book_new()};
    for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
        const struct book_order *order = book_first(run->book, (enum side)side);
        for (; order != NULL; order = book_next(order)) {
            struct book_order copy = *order;
            copy.queue = NULL;
            add(&restored, &copy);
        }
    }
    drop_all(run);
    run->book = restored.book;
    run->orders = restored.orders;
    run->seen.restored++;
}

static void operate(struct run *run)
{
    uint32_t dice = random_below(run, 1000);
    bool full = book_orders_count(run->book) >= RESTING_MAX;
    if (dice < 700 && !full)
        place(run);
    else if (dice < 850 || full)
        cancel(run);
    else if (dice < 920)
        reduce(run);
    else if (dice < 998)
        replace(run);
    else
        restore(run);
    check_agreement(run);
    size_t resting = book_orders_count(run->book);
    if (resting > run->seen.resting_max)
        run->seen.resting_max = resting;
}

/* Each way an order may end, for each time in force that can end so. */
static void check_outcomes_seen(const struct seen *seen)
{
    for (int force = TIME_IN_FORCE_GTC; force <= TIME_IN_FORCE_FOK; force++) {
        const size_t *outcomes = seen->outcomes[force];
        bool stays = force < TIME_IN_FORCE_IOC;
        bool kills = force == TIME_IN_FORCE_FOK;
        assert_true(outcomes[BOOK_FILLED] >= SEEN_MIN);
        assert_int_equal(outcomes[BOOK_RESTS] >= SEEN_MIN, stays);
        assert_int_equal(outcomes[BOOK_WOULD_TRADE] >= SEEN_MIN, stays);
        assert_int_equal(outcomes[BOOK_NOT_FILLABLE] >= SEEN_MIN, kills);
        assert_int_equal(outcomes[BOOK_REMAINDER] >= SEEN_MIN, force == TIME_IN_FORCE_IOC);
        assert_int_equal(outcomes[BOOK_SELF_TRADE] >= SEEN_MIN, !kills);
        assert_int_equal(outcomes[BOOK_FILL_LIMIT] >= SEEN_MIN, !kills);
        assert_int_equal(outcomes[BOOK_BUDGET_SPENT] >= SEEN_MIN, !kills);
    }
}

static void check_all_seen(const struct seen *seen)
{
    check_outcomes_seen(seen);
    for (size_t i = 0; i < SELF_TRADES_COUNT; i++)
        assert_true(seen->prevented[i] >= SEEN_MIN);
    const size_t counts[] = {seen->fok_past_own,
                             seen->decrement_ends_resting,
                             seen->decrement_ends_incoming,
                             seen->market,
                             seen->market_with_budget,
                             seen->post_only_rests,
                             seen->partial_then_rests,
                             seen->removed,
                             seen->unknown,
                             seen->reduced,
                             seen->replaced,
                             seen->restored,
                             seen->same_price};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        assert_true(counts[i] >= SEEN_MIN);
    assert_true(seen->resting_max >= RESTING_SEEN_MIN);
}

static void the_book_does_what_its_oracle_does(void **state)
{
    (void)state;
    static struct run run; /* too large for a stack */
    const char *given = getenv("BOURSE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("BOURSE_SEED=%" PRIu64 "\n", seed);
    run.random = seed * 2 + 1; /* xorshift must not begin at 0 */
    run.book = book_new();
    for (size_t i = 0; i < OPERATIONS_COUNT; i++)
        operate(&run);
    check_all_seen(&run.seen);
    drop_all(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_book_does_what_its_oracle_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
