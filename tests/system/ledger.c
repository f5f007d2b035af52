#include "ledger.h"

#include "accounts/funding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <utlist.h>

#include <cmocka.h>

static const struct accounts_state *ledger(const struct venue *venue, int32_t partition)
{
    return venue_state(venue, SERVICE_ACCOUNTS, partition);
}

static const struct accounts_account *find_account(const struct venue *venue, struct uuid id)
{
    return accounts_account(ledger(venue, venue_partition_of_id(venue, SERVICE_ACCOUNTS, id)), id);
}

struct venue_balance venue_balance(const struct venue *venue, struct uuid account_id,
                                   struct text asset)
{
    const struct accounts_account *account = find_account(venue, account_id);
    if (account == NULL)
        return (struct venue_balance){0};
    const struct accounts_balance *balance = accounts_balance(&account->balances, asset);
    return (struct venue_balance){
        .available_e8 = balance->available_e8,
        .locked_e8 = balance->locked_e8,
        .due_e8 = accounts_balance(&account->proceeds, asset)->available_e8,
    };
}

int64_t venue_position_e8(const struct venue *venue, struct uuid account_id, struct text instrument)
{
    return accounts_position(find_account(venue, account_id), instrument)->quantity_e8;
}

bool venue_hold(const struct venue *venue, struct uuid account_id, struct uuid order_id,
                int64_t *ret_hold_e8, int64_t *ret_remaining_e8)
{
    int32_t partition = venue_partition_of_id(venue, SERVICE_ACCOUNTS, account_id);
    const struct accounts_order *order = accounts_order(ledger(venue, partition), order_id);
    if (order == NULL)
        return false;
    assert_true(uuid_equal(order->account->about.id, account_id));
    *ret_hold_e8 = order->hold_e8;
    *ret_remaining_e8 = order->remaining_quantity_e8;
    return true;
}

size_t venue_holds_count(const struct venue *venue)
{
    size_t count = 0;
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ACCOUNTS]; i++)
        count += ledger(venue, i)->orders.count;
    return count;
}

static __int128 sum_of_list(const struct text_list *list, struct text asset)
{
    const struct accounts_balance *balance = accounts_balance(list, asset);
    assert_true(balance->available_e8 >= 0 && balance->locked_e8 >= 0);
    return (__int128)balance->available_e8 + balance->locked_e8;
}

static void check_asset(const struct venue *venue, struct text asset)
{
    __int128 clearing_e8 = 0, others_e8 = 0;
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ACCOUNTS]; i++) {
        const struct accounts_state *state = ledger(venue, i);
        const struct accounts_account *account;
        size_t cursor = 0;
        while ((account = id_table_next(&state->accounts, &cursor)) != NULL) {
            others_e8 += sum_of_list(&account->balances, asset);
            others_e8 += sum_of_list(&account->proceeds, asset);
        }
        const struct accounts_shard *shard, *next_shard;
        HASH_ITER(hh, state->shards, shard, next_shard)
        {
            if (!text_equal(shard->asset, asset))
                continue;
            clearing_e8 += shard->clearing_e8;
            others_e8 += shard->house_e8 + shard->external_e8;
        }
    }
    assert_true(clearing_e8 == 0);
    assert_true(others_e8 == 0);
}

static void check_locks(const struct accounts_account *account)
{
    for (uint32_t i = 0; i < account->balances.count; i++) {
        const struct accounts_balance *balance = account->balances.entries[i].thing;
        int64_t held_e8 = 0;
        const struct accounts_order *order;
        DL_FOREACH(account->orders, order)
        {
            if (text_equal(accounts_hold_asset(order), balance->asset))
                held_e8 += order->hold_e8;
        }
        const struct accounts_transfer *transfer;
        DL_FOREACH(account->transfers, transfer)
        {
            if (transfer->about.type == TRANSFER_TYPE_WITHDRAWAL &&
                text_equal(transfer->about.asset, balance->asset))
                held_e8 += transfer->about.amount_e8;
        }
        assert_int_equal(balance->locked_e8, held_e8);
    }
}

void venue_check_ledger(const struct venue *venue)
{
    const struct accounts_asset *asset, *next_asset;
    HASH_ITER(hh, ledger(venue, 0)->assets, asset, next_asset)
    {
        check_asset(venue, asset->code);
    }
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ACCOUNTS]; i++) {
        const struct accounts_account *account;
        size_t cursor = 0;
        while ((account = id_table_next(&ledger(venue, i)->accounts, &cursor)) != NULL)
            check_locks(account);
    }
}
