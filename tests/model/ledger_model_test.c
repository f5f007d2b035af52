/* 100,000 random operations on the ledger, in two partitions, and on a naive one that must agree.
 *
 * Checked after each operation: balances, holds, proceeds, positions, internal sums. At intervals:
 * saved and loaded again. At the end: the log replays to the same bytes. */
#include "ledger_run.h"

#include "base/murmur2.h"
#include "base/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { OPERATIONS_COUNT = 100000, RELOAD_EVERY = 5000 };

int64_t run_below(struct run *run, int64_t bound)
{
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return (int64_t)((run->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

int run_partition_of(const struct run *run, int account)
{
    return partition_of_hash(uuid_owner_hash(run->model.ids[account]), PARTITIONS);
}

struct ledger *run_ledger_of(struct run *run, int account)
{
    return &run->ledgers[run_partition_of(run, account)];
}

/* Tells each partition that has a party. */
void run_tell(struct run *run, const struct event *event, const bool concerned[PARTITIONS])
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (concerned[i])
            run_guard(run, ledger_follow(&run->ledgers[i], event));
    }
}

/* The order comes to its book, or is replaced there. */
static void enter(struct run *run, struct naive_order *incoming)
{
    static struct entering entering;
    bool replaces = incoming->replacing && incoming->in_book;
    bool concerned[PARTITIONS] = {false};
    for (int i = 0; i < LIVE_MAX; i++) { /* too many at worst: a stranger's partition is told */
        const struct naive_order *order = &run->model.orders[i];
        if (order->number != 0 && order->instrument == incoming->instrument)
            concerned[run_partition_of(run, order->account)] = true;
    }
    (replaces ? model_replace : model_enter)(&run->model, incoming, &entering);
    run_tell(run, &entering.event, concerned);
}

/* --- operations --- */

static void transact(struct run *run)
{
    int account = (int)run_below(run, ACCOUNTS_COUNT);
    enum transaction_type type = (enum transaction_type)run_below(run, 3);
    int asset = type == TRANSACTION_TYPE_PAYOUT ? EUR : (int)run_below(run, ASSETS_COUNT);
    int64_t amount = run_below(run, asset == EUR ? 200000 : 300) + 1;
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction =
        (struct record_asset_transaction){.account_id = run->model.ids[account],
                                          .asset = text_of(MODEL_ASSETS[asset]),
                                          .type = type,
                                          .amount_e8 = amount * (asset == EUR ? CENT : E8)};
    bool deposit = type == TRANSACTION_TYPE_DEPOSIT, payout = type == TRANSACTION_TYPE_PAYOUT;
    bool expected = model_is_maker(account) ? payout == (asset == EUR) : !payout;
    if (!deposit &&
        run->model.totals[account][asset] - model_locked(&run->model, account, asset) < amount)
        expected = false;
    enum event_kind kind = ledger_command(run_ledger_of(run, account), &command)->kind;
    assert_int_equal(kind, expected ? EVENT_ASSET_TRANSACTION_RECORDED : EVENT_COMMAND_REJECTED);
    run->refusals += !expected;
    if (expected) {
        run->model.totals[account][asset] += deposit ? amount : -amount;
        run->model.deposited[asset] += deposit ? amount : -amount;
    }
}

static struct naive_order random_order(struct run *run)
{
    struct naive_order order = {.number = ++run->next_number,
                                .account = (int)run_below(run, ACCOUNTS_COUNT),
                                .instrument = (int)run_below(run, INSTRUMENTS_COUNT),
                                .market = run_below(run, 5) == 0,
                                .ioc = run_below(run, 5) == 0,
                                .decrements = run_below(run, 2) == 0,
                                .remaining = run_below(run, 60) + 1};
    order.sells = model_is_maker(order.account) || run_below(run, 2) == 0;
    int64_t held = run->model.held[order.account][order.instrument];
    if (order.sells && held > 0 && run_below(run, 3) == 0)
        order.remaining = held; /* all of the position */
    order.taker_bps = run->model.taker_bps[order.instrument];
    order.maker_bps = run->model.maker_bps[order.instrument];
    if (order.market && !order.sells)
        order.budget = run_below(run, 60000) + 1;
    if (!order.market)
        order.price = 990 + run_below(run, 21);
    order.quantity = order.remaining;
    order.guarded = !order.sells && run_below(run, 2) == 0;
    return order;
}

static void place(struct run *run)
{
    struct naive_order *slot = model_free_slot(&run->model);
    if (model_live_count(&run->model) >= PLACED_MAX)
        return;
    struct naive_order order = random_order(run);
    struct ledger *ledger = run_ledger_of(run, order.account);
    struct command command =
        limit_order(ledger, model_order_id(&order), run->model.ids[order.account],
                    MODEL_SYMBOLS[order.instrument], order.sells ? SIDE_SELL : SIDE_BUY,
                    order.remaining * E8, order.price * CENT);
    struct place_order *wanted = &command.place_order;
    wanted->type = order.market ? ORDER_TYPE_MARKET : ORDER_TYPE_LIMIT;
    wanted->time_in_force = order.ioc ? TIME_IN_FORCE_IOC : TIME_IN_FORCE_GTC;
    wanted->has_limit_price_e8 = !order.market;
    wanted->has_max_notional_e8 = order.market && !order.sells;
    wanted->max_notional_e8 = order.budget * CENT;
    wanted->has_stop_loss_price_e8 = order.guarded;
    wanted->stop_loss_price_e8 = order.guarded ? 500 * CENT : 0;
    char client_order_id[16];
    wanted->has_client_order_id = true;
    wanted->client_order_id =
        (struct text){client_order_id, (size_t)snprintf(client_order_id, sizeof client_order_id,
                                                        "%08" PRIx32, order.number)};

    int asset = order.sells ? order.instrument : EUR;
    bool allowed = model_risk_allows(&run->model, &order, NULL);
    bool expected =
        allowed && model_hold(&order) <= run->model.totals[order.account][asset] -
                                             model_locked(&run->model, order.account, asset);
    enum event_kind kind = ledger_command(ledger, &command)->kind;
    assert_int_equal(kind, expected ? EVENT_ORDER_AUTHORIZED : EVENT_COMMAND_REJECTED);
    run->refusals += !expected;
    run->limited += !allowed;
    if (!expected)
        return;
    *slot = order;
    if (!order.sells)
        run->model.bought[order.account] += model_added(&order, NULL);
}

static void end_some(struct run *run)
{
    struct order ended[3] = {0};
    struct event event = {.kind = EVENT_ORDERS_CANCELED, .orders_canceled.orders = ended};
    bool concerned[PARTITIONS] = {false};
    for (int i = 0; i < 3; i++) {
        struct naive_order *order = &run->model.orders[run_below(run, PLACED_MAX)];
        if (order->number == 0)
            continue;
        ended[event.orders_canceled.orders_count++] = (struct order){
            .id = model_order_id(order), .account_id = run->model.ids[order->account]};
        concerned[run_partition_of(run, order->account)] = true;
        order->number = 0;
    }
    run_tell(run, &event, concerned);
}

/* The oldest order that is on its way arrives, or its book refuses it. */
static void arrive(struct run *run)
{
    struct naive_order *oldest = NULL;
    for (int i = 0; i < LIVE_MAX; i++) {
        struct naive_order *order = &run->model.orders[i];
        if (order->number != 0 && !order->in_book && !order->guards &&
            (oldest == NULL || order->number < oldest->number))
            oldest = order;
    }
    if (oldest == NULL)
        return;
    if (run_below(run, 20) > 0) {
        enter(run, oldest);
        return;
    }
    const struct event refused = {
        .kind = EVENT_ORDER_REFUSED,
        .order_refused.order = {.id = model_order_id(oldest),
                                .account_id = run->model.ids[oldest->account]}};
    (void)ledger_follow(run_ledger_of(run, oldest->account), &refused);
    oldest->number = 0;
}

/* Somebody asks for other terms; where that is authorised, its book hears of it some time later. */
static void ask_to_replace(struct run *run)
{
    struct naive_order *order = &run->model.orders[run_below(run, PLACED_MAX)];
    if (order->number == 0 || order->market)
        return;
    struct naive_order after = *order;
    after.replacing = true;
    after.new_quantity = run_below(run, 3) == 0 ? order->quantity : run_below(run, 80) + 1;
    after.new_price = run_below(run, 3) == 0 ? order->price : 980 + run_below(run, 41);
    struct uuid account_id = run->model.ids[order->account];
    struct command command = model_is_maker(order->account)
                                 ? command_by_operator(COMMAND_REPLACE_ORDER)
                                 : command_by_user(COMMAND_REPLACE_ORDER, account_id);
    command.replace_order = (struct replace_order){.order_id = model_order_id(order),
                                                   .account_id = account_id,
                                                   .has_quantity_e8 = true,
                                                   .quantity_e8 = after.new_quantity * E8,
                                                   .has_limit_price_e8 = true,
                                                   .limit_price_e8 = after.new_price * CENT};
    int asset = order->sells ? order->instrument : EUR;
    int64_t available =
        run->model.totals[order->account][asset] - model_locked(&run->model, order->account, asset);
    const struct naive_order wanted = model_replaced(&after);
    bool expected = !order->replacing && model_risk_allows(&run->model, &wanted, order) &&
                    model_hold(&after) - model_hold(order) <= available;
    enum event_kind kind = ledger_command(run_ledger_of(run, order->account), &command)->kind;
    assert_int_equal(kind, expected ? EVENT_REPLACE_AUTHORIZED : EVENT_COMMAND_REJECTED);
    run->refusals += !expected;
    if (!expected)
        return;
    if (!order->sells)
        run->model.bought[order->account] += model_added(&wanted, order);
    *order = after;
}

/* A book hears of a replace. */
static void replace(struct run *run)
{
    struct naive_order *order = NULL;
    for (int64_t i = 0, first = run_below(run, PLACED_MAX); order == NULL && i < LIVE_MAX; i++) {
        struct naive_order *at = &run->model.orders[(first + i) % LIVE_MAX];
        if (at->number != 0 && at->replacing && at->in_book)
            order = at;
    }
    if (order == NULL)
        return;
    if (run_below(run, 4) > 0) {
        run->replaced++;
        enter(run, order);
        return;
    }
    const struct event refused = {
        .kind = EVENT_REPLACE_REFUSED,
        .replace_refused = {.order_id = model_order_id(order),
                            .account_id = run->model.ids[order->account]}};
    (void)ledger_follow(run_ledger_of(run, order->account), &refused);
    order->replacing = false;
    run->not_replaced++;
}

static void set_limits(struct run *run)
{
    int account = (int)run_below(run, ACCOUNTS_COUNT);
    bool unlimited = run_below(run, 3) == 0;
    const struct naive_limits limits = {.has_order = !unlimited && run_below(run, 2) == 0,
                                        .has_day = !unlimited && run_below(run, 2) == 0,
                                        .has_percent = !unlimited && run_below(run, 2) == 0,
                                        .has_open = !unlimited && run_below(run, 2) == 0,
                                        .order = run_below(run, 70000),
                                        .day = run->model.bought[account] + run_below(run, 200000),
                                        .percent = run_below(run, 101),
                                        .open = run_below(run, 15)};
    struct command command = command_by_operator(COMMAND_SET_RISK_LIMITS);
    command.set_risk_limits =
        (struct set_risk_limits){.account_id = run->model.ids[account],
                                 .has_max_order_notional_e8 = limits.has_order,
                                 .max_order_notional_e8 = limits.order * CENT,
                                 .has_max_daily_notional_e8 = limits.has_day,
                                 .max_daily_notional_e8 = limits.day * CENT,
                                 .has_max_concentration_percent_e8 = limits.has_percent,
                                 .max_concentration_percent_e8 = limits.percent * E8,
                                 .has_max_open_orders = limits.has_open,
                                 .max_open_orders = limits.open};
    assert_int_equal(ledger_command(run_ledger_of(run, account), &command)->kind,
                     EVENT_RISK_LIMITS_SET);
    run->model.limits[account] = limits;
}

static void begin_a_day(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++)
        run->ledgers[i].now_us += DAY_US;
    memset(run->model.bought, 0, sizeof run->model.bought);
}

static void change_instrument(struct run *run)
{
    int i = (int)run_below(run, INSTRUMENTS_COUNT);
    run->model.taker_bps[i] = run_below(run, 300);
    run->model.maker_bps[i] = run_below(run, 300);
    run->model.mark[i] = 900 + run_below(run, 200);
    const struct event changed = {
        .kind = EVENT_INSTRUMENT_CHANGED,
        .instrument_changed.instrument = {.symbol = text_of(MODEL_SYMBOLS[i]),
                                          .base = text_of(MODEL_ASSETS[i]),
                                          .quote = TEXT("EUR"),
                                          .currency = TEXT("EUR"),
                                          .quote_scale = 2,
                                          .has_mark_price_e8 = true,
                                          .mark_price_e8 = run->model.mark[i] * CENT,
                                          .taker_fee_bps = (int32_t)run->model.taker_bps[i],
                                          .maker_fee_bps = (int32_t)run->model.maker_bps[i]}};
    run_tell(run, &changed, (const bool[PARTITIONS]){true, true});
}

static void begin(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++)
        ledger_open(&run->ledgers[i], i, PARTITIONS);
    for (int i = 0; i < ACCOUNTS_COUNT; i++) {
        run->model.ids[i] = id_of((uint32_t)(100 + i));
        if (model_is_maker(i))
            ledger_open_maker(run_ledger_of(run, i), run->model.ids[i]);
        else
            ledger_open_account(run_ledger_of(run, i), run->model.ids[i]);
    }
}

static void operate(struct run *run)
{
    int64_t dice = run_below(run, 100);
    if (dice < 15)
        transact(run);
    else if (dice < 55)
        place(run);
    else if (dice < 80)
        arrive(run);
    else if (dice < 87)
        ask_to_replace(run);
    else if (dice < 94)
        replace(run);
    else if (dice < 97)
        end_some(run);
    else if (dice < 98)
        run_fire_guard(run);
    else if (dice < 99)
        set_limits(run);
    else if (run_below(run, 4) > 0)
        change_instrument(run);
    else
        begin_a_day(run);
}

static void the_ledger_agrees_with_a_naive_one(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->random = *(const uint64_t *)*state;
    begin(run);
    for (int i = 1; i <= OPERATIONS_COUNT; i++) {
        operate(run);
        run_release_guards(run);
        run_check(run);
        if (i % RELOAD_EVERY == 0)
            run_reload(run);
    }
    run_check_replay(run);
    printf("%zu trades, %zu partial, %zu self-trades, %zu refusals, %zu of them by limits, "
           "%zu replaces, %zu refused, "
           "%zu guards, %zu larger, %zu fired, %zu flat\n",
           run->model.trades, run->model.partial, run->model.self_trades, run->refusals,
           run->limited, run->replaced, run->not_replaced, run->guards, run->larger, run->fired,
           run->flat);
    assert_true(run->model.trades > 1000 && run->model.partial > 500 &&
                run->model.self_trades > 100 && run->refusals > 1000 && run->limited > 1000 &&
                run->reloads > 1 && run->replaced > 1000 && run->not_replaced > 100 &&
                run->larger > 50 && run->fired > 100 && run->flat > 0);
    for (int i = 0; i < PARTITIONS; i++)
        ledger_close(&run->ledgers[i]);
    free(run);
}

int main(void)
{
    const char *given = getenv("BOURSE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    seed |= 1; /* the generator must not start from zero */
    printf("BOURSE_SEED=%" PRIu64 "\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_ledger_agrees_with_a_naive_one, &seed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
