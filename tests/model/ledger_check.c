/* Compares the ledger with the naive one, and with itself saved, loaded and replayed. */
#include "ledger_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_account(struct run *run, int account)
{
    const struct accounts_account *real =
        accounts_account(run_ledger_of(run, account)->state, run->model.ids[account]);
    for (int asset = 0; asset < ASSETS_COUNT; asset++) {
        int64_t unit_e8 = asset == EUR ? CENT : E8;
        bool due = asset == EUR && model_is_maker(account);
        const struct accounts_balance *balance =
            accounts_balance(due ? &real->proceeds : &real->balances, text_of(MODEL_ASSETS[asset]));
        int64_t locked = model_locked(&run->model, account, asset),
                total = run->model.totals[account][asset];
        assert_true(locked >= 0 && total >= locked);
        assert_int_equal(balance->locked_e8, locked * unit_e8);
        assert_int_equal(balance->available_e8, (total - locked) * unit_e8);
    }
    for (int i = 0; i < INSTRUMENTS_COUNT; i++) {
        const struct accounts_position *position =
            accounts_position(real, text_of(MODEL_SYMBOLS[i]));
        assert_int_equal(position->quantity_e8, run->model.held[account][i] * E8);
        assert_int_equal(position->cost_e8, run->model.cost_e8[account][i]);
        assert_int_equal(position->realised_pnl_e8, run->model.profit_e8[account][i]);
    }
}

static void check_orders(struct run *run)
{
    size_t live = 0, known = 0;
    for (int i = 0; i < LIVE_MAX; i++) {
        const struct naive_order *order = &run->model.orders[i];
        if (order->number == 0)
            continue;
        const struct accounts_order *real =
            accounts_order(run_ledger_of(run, order->account)->state, model_order_id(order));
        assert_non_null(real);
        assert_int_equal(real->hold_e8, model_hold(order) * (order->sells ? E8 : CENT));
        assert_int_equal(real->remaining_quantity_e8, order->remaining * E8);
        live++;
    }
    for (int i = 0; i < PARTITIONS; i++)
        known += run->ledgers[i].state->orders.count;
    assert_int_equal(known, live); /* so closed ones hold nothing */
}

static void check_sums(struct run *run)
{
    for (int asset = 0; asset < ASSETS_COUNT; asset++) {
        __int128 clearing_e8 = 0, house_e8 = 0, external_e8 = 0;
        for (int i = 0; i < PARTITIONS; i++) {
            const struct accounts_shard *shard =
                accounts_shard_at(run->ledgers[i].state, text_of(MODEL_ASSETS[asset]));
            clearing_e8 += shard->clearing_e8;
            house_e8 += shard->house_e8;
            assert_true(asset == EUR || shard->house_e8 == 0); /* fees are in the quote */
            external_e8 += shard->external_e8;
        }
        int64_t unit_e8 = asset == EUR ? CENT : E8, sum = asset == EUR ? run->model.house : 0;
        assert_true(clearing_e8 == 0);
        assert_true(house_e8 == (__int128)sum * unit_e8);
        assert_true(external_e8 == -(__int128)run->model.deposited[asset] * unit_e8);
        for (int account = 0; account < ACCOUNTS_COUNT; account++)
            sum += run->model.totals[account][asset];
        assert_int_equal(sum, run->model.deposited[asset]);
    }
}

/* The state goes on as what was loaded from its bytes. */
void run_reload(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++) {
        struct ledger *ledger = &run->ledgers[i];
        struct buffer saved = ledger_saved(ledger->state);
        struct accounts_state *loaded = accounts_state_new(&ledger->place);
        assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
        struct buffer again = ledger_saved(loaded);
        assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
        accounts_state_free(ledger->state);
        ledger->state = loaded;
        buffer_free(&saved);
        buffer_free(&again);
    }
    run->reloads++;
}

void run_check_replay(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++) {
        struct accounts_state *replayed = ledger_replayed(&run->ledgers[i]);
        struct buffer expected = ledger_saved(run->ledgers[i].state);
        struct buffer found = ledger_saved(replayed);
        assert_true(bytes_equal(buffer_bytes(&expected), buffer_bytes(&found)));
        buffer_free(&expected);
        buffer_free(&found);
        accounts_state_free(replayed);
    }
}

void run_check(struct run *run)
{
    for (int account = 0; account < ACCOUNTS_COUNT; account++)
        check_account(run, account);
    check_orders(run);
    check_sums(run);
}
