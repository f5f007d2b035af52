#include "accounts/project_entry.h"

#include <stdlib.h>

static int compare_balances(const void *a, const void *b)
{
    const struct balance_after *left = a, *right = b;
    int order = uuid_compare(left->account_id, right->account_id);
    return order != 0 ? order : text_compare(left->asset, right->asset);
}

/* The totals behind each posting to a client account, worked out from the last one backwards; for
 * the caller to free(). */
static int64_t *running_totals(const struct accounts_entry *entry)
{
    int64_t *running = calloc(entry->balances_count + 1, sizeof *running);
    int64_t *totals = calloc(entry->postings_count + 1, sizeof *totals);
    CHECK(running != NULL && totals != NULL);
    for (size_t i = 0; i < entry->balances_count; i++)
        running[i] = entry->balances[i].total_e8;
    for (size_t i = entry->postings_count; i-- > 0;) {
        const struct posting *posting = &entry->postings[i];
        if (posting->book != LEDGER_BOOK_ACCOUNT)
            continue;
        const struct balance_after key = {.account_id = posting->account_id,
                                          .asset = posting->asset};
        const struct balance_after *balance =
            bsearch(&key, entry->balances, entry->balances_count, sizeof key, compare_balances);
        CHECK(balance != NULL);
        int64_t *total_e8 = &running[balance - entry->balances];
        totals[i] = *total_e8;
        *total_e8 -= posting->amount_e8;
    }
    free(running);
    return totals;
}

/* What a leg to a client is about. */
static void project_about(const struct accounts_entry *entry, size_t leg, struct rows *rows)
{
    if (entry->settled.size > 0) {
        rows_text(rows, TEXT("settlement"));
        rows_null(rows);
        return;
    }
    CHECK(entry->transactions != NULL || entry->orders != NULL);
    if (entry->transactions != NULL) {
        rows_symbol(rows, &WIRE_TRANSACTION_TYPE, entry->transactions[leg].type);
        rows_uuid(rows, entry->transactions[leg].id);
    } else {
        rows_text(rows, TEXT("trade"));
        rows_uuid(rows, entry->orders[leg / 2].order_id);
    }
}

static int compare_positions(const void *a, const void *b)
{
    const struct position_after *left = a, *right = b;
    return uuid_compare(left->account_id, right->account_id);
}

/* The position behind the event, beside the base asset that moved it. */
static void project_moved(const struct accounts_entry *entry, const struct posting *posting,
                          bool base, struct rows *rows)
{
    const struct position_after key = {.account_id = posting->account_id};
    const struct position_after *position = NULL;
    if (base && posting->book == LEDGER_BOOK_ACCOUNT && entry->positions_count > 0)
        position =
            bsearch(&key, entry->positions, entry->positions_count, sizeof key, compare_positions);
    if (position == NULL) {
        for (int i = 0; i < 4; i++)
            rows_null(rows);
        return;
    }
    rows_text(rows, position->instrument);
    rows_e8(rows, position->quantity_e8);
    rows_e8(rows, position->cost_e8);
    rows_e8(rows, position->realised_pnl_e8);
}

void accounts_project_entry(const struct accounts_entry *entry, int statement, struct rows *rows)
{
    int64_t *totals = running_totals(entry);
    size_t leg = 0;
    for (size_t i = 0; i < entry->postings_count; i++) {
        const struct posting *posting = &entry->postings[i];
        rows_begin(rows, statement);
        rows_int(rows, rows_partition(rows));
        rows_int(rows, rows_offset(rows));
        rows_int(rows, (int64_t)i);
        rows_symbol(rows, &WIRE_LEDGER_BOOK, posting->book);
        if (posting->has_account_id)
            rows_uuid(rows, posting->account_id);
        else
            rows_null(rows);
        rows_text(rows, posting->asset);
        rows_e8(rows, posting->amount_e8);
        if (posting->book == LEDGER_BOOK_ACCOUNT)
            rows_e8(rows, totals[i]);
        else
            rows_null(rows);
        bool base = entry->settled.size > 0 ? text_equal(posting->asset, entry->settled)
                                            : posting->has_account_id && leg % 2 == 0;
        if (posting->has_account_id) {
            project_about(entry, leg++, rows);
        } else { /* an internal one */
            rows_null(rows);
            rows_null(rows);
        }
        rows_time(rows, entry->event->meta.occurred_at);
        project_moved(entry, posting, base, rows);
    }
    free(totals);
}
