#include "accounts/journal.h"

#include "decimal/decimal.h"

#include <stdlib.h>
#include <string.h>

/* The most that a balance can be, in whole units whatever its asset's places are. */
#define BALANCE_MAX_E8 (INT64_MAX / E8 * E8)

enum { INTERNAL_POSTINGS = 6 }; /* of an order, in two assets; initial balances have more */

struct accounts_change {
    const struct accounts_account *account;
    struct text asset;
    bool due; /* of the proceeds, not of the balance */
    int64_t amount_e8;
    int64_t locked_e8;
};

void accounts_journal_init(struct accounts_journal *journal, struct arena *arena,
                           size_t changes_max)
{
    size_t postings_max = changes_max + INTERNAL_POSTINGS;
    *journal = (struct accounts_journal){
        .arena = arena,
        .changes = ARENA_NEW(arena, struct accounts_change, changes_max),
        .changes_max = changes_max,
        .postings = ARENA_NEW(arena, struct posting, postings_max),
        .postings_max = postings_max,
    };
}

/* Makes room for more postings than were foreseen. */
static void grow(struct accounts_journal *journal)
{
    size_t postings_max = 2 * journal->postings_max;
    struct posting *postings = ARENA_NEW(journal->arena, struct posting, postings_max);
    memcpy(postings, journal->postings, journal->postings_count * sizeof *postings);
    journal->postings = postings;
    journal->postings_max = postings_max;
}

static void add_posting(struct accounts_journal *journal, enum ledger_book book,
                        const struct accounts_account *account, struct text asset,
                        int64_t amount_e8)
{
    if (journal->postings_count == journal->postings_max)
        grow(journal);
    struct posting *posting = &journal->postings[journal->postings_count++];
    *posting = (struct posting){.book = book, .asset = asset, .amount_e8 = amount_e8};
    if (account != NULL) {
        posting->has_account_id = true;
        posting->account_id = account->about.id;
    }
}

static void add_change(struct accounts_journal *journal, struct accounts_change change)
{
    CHECK(journal->changes_count < journal->changes_max);
    journal->changes[journal->changes_count++] = change;
}

void accounts_journal_move(struct accounts_journal *journal, const struct accounts_account *account,
                           struct text asset, int64_t amount_e8, int64_t locked_e8)
{
    add_posting(journal, LEDGER_BOOK_ACCOUNT, account, asset, amount_e8);
    add_change(journal, (struct accounts_change){.account = account,
                                                 .asset = asset,
                                                 .amount_e8 = amount_e8,
                                                 .locked_e8 = locked_e8});
}

void accounts_journal_lock(struct accounts_journal *journal, const struct accounts_account *account,
                           struct text asset, int64_t locked_e8)
{
    add_change(journal, (struct accounts_change){
                            .account = account, .asset = asset, .locked_e8 = locked_e8});
}

void accounts_journal_due(struct accounts_journal *journal, const struct accounts_account *maker,
                          struct text asset, int64_t amount_e8)
{
    add_posting(journal, LEDGER_BOOK_MARKET_MAKER_PAYABLE, maker, asset, amount_e8);
    add_change(journal, (struct accounts_change){
                            .account = maker, .asset = asset, .due = true, .amount_e8 = amount_e8});
}

static struct accounts_shard *internal_at(struct accounts_journal *journal, struct text asset)
{
    struct accounts_shard **list = &journal->internal;
    while (*list != NULL && text_compare((*list)->asset, asset) < 0)
        list = &(*list)->next;
    if (*list != NULL && text_equal((*list)->asset, asset))
        return *list;
    struct accounts_shard *shard = ARENA_NEW(journal->arena, struct accounts_shard, 1);
    shard->asset = asset;
    shard->next = *list;
    *list = shard;
    return shard;
}

void accounts_journal_internal(struct accounts_journal *journal, enum ledger_book book,
                               struct text asset, int64_t amount_e8)
{
    struct accounts_shard *sums = internal_at(journal, asset);
    switch (book) {
    case LEDGER_BOOK_CLEARING: sums->clearing_e8 += amount_e8; break;
    case LEDGER_BOOK_HOUSE: sums->house_e8 += amount_e8; break;
    case LEDGER_BOOK_EXTERNAL: sums->external_e8 += amount_e8; break;
    case LEDGER_BOOK_ACCOUNT:
    case LEDGER_BOOK_MARKET_MAKER_PAYABLE: CHECK(false); break;
    }
}

/* A sum may pass 64 bits where its parts did not: then it is posted in several. */
static void add_internal_postings(struct accounts_journal *journal, enum ledger_book book,
                                  struct text asset, __int128 amount_e8)
{
    while (amount_e8 != 0) {
        __int128 part_e8 = amount_e8;
        if (part_e8 > INT64_MAX)
            part_e8 = INT64_MAX;
        if (part_e8 < INT64_MIN)
            part_e8 = INT64_MIN;
        add_posting(journal, book, NULL, asset, (int64_t)part_e8);
        amount_e8 -= part_e8;
    }
}

static int compare_changes(const void *a, const void *b)
{
    const struct accounts_change *left = a, *right = b;
    int order = uuid_compare(left->account->about.id, right->account->about.id);
    if (order == 0)
        order = text_compare(left->asset, right->asset);
    if (order == 0)
        order = (left->due ? 1 : 0) - (right->due ? 1 : 0);
    return order;
}

/* What a balance cannot hold of what comes in goes to the house, leg by leg, so that applying them
 * one after the other fits, too. Returns what is had behind the legs. */
static __int128 keep_what_fits(struct accounts_journal *journal,
                               const struct accounts_change *change, __int128 total_e8)
{
    enum ledger_book book = change->due ? LEDGER_BOOK_MARKET_MAKER_PAYABLE : LEDGER_BOOK_ACCOUNT;
    for (size_t i = 0; i < journal->postings_count; i++) {
        struct posting *leg = &journal->postings[i];
        if (leg->book != book || !uuid_equal(leg->account_id, change->account->about.id) ||
            !text_equal(leg->asset, change->asset))
            continue;
        __int128 over_e8 = total_e8 + leg->amount_e8 - BALANCE_MAX_E8;
        if (over_e8 > 0) {
            leg->amount_e8 -= (int64_t)over_e8;
            accounts_journal_internal(journal, LEDGER_BOOK_HOUSE, leg->asset, (int64_t)over_e8);
        }
        total_e8 += leg->amount_e8;
    }
    return total_e8;
}

/* The changes of one balance, or of what is due in one asset, all told. */
struct run {
    const struct accounts_change *change; /* one of them */
    __int128 amount_e8, gained_e8, locked_e8;
};

/* Writes the balance behind them. */
static void close_run(struct accounts_journal *journal, const struct run *run)
{
    const struct accounts_change *change = run->change;
    const struct accounts_account *account = change->account;
    const struct accounts_balance *before =
        accounts_balance(change->due ? &account->proceeds : &account->balances, change->asset);
    __int128 before_e8 = (__int128)before->available_e8 + before->locked_e8;
    __int128 total_e8 = before_e8 + run->gained_e8 > BALANCE_MAX_E8
                            ? keep_what_fits(journal, change, before_e8)
                            : before_e8 + run->amount_e8;
    __int128 locked_after_e8 = before->locked_e8 + run->locked_e8;
    CHECK(total_e8 <= BALANCE_MAX_E8 && locked_after_e8 >= 0 && locked_after_e8 <= total_e8);
    if (change->due) {
        journal->proceeds[journal->proceeds_count++] =
            (struct proceeds_after){.market_maker_id = account->about.id,
                                    .asset = change->asset,
                                    .amount_e8 = (int64_t)total_e8};
        return;
    }
    journal->balances[journal->balances_count++] =
        (struct balance_after){.account_id = account->about.id,
                               .asset = change->asset,
                               .available_e8 = (int64_t)(total_e8 - locked_after_e8),
                               .locked_e8 = (int64_t)locked_after_e8,
                               .total_e8 = (int64_t)total_e8};
}

/* The postings to internal accounts, netted. */
static void close_internal(struct accounts_journal *journal)
{
    for (struct accounts_shard *sums = journal->internal; sums != NULL; sums = sums->next) {
        add_internal_postings(journal, LEDGER_BOOK_CLEARING, sums->asset, sums->clearing_e8);
        add_internal_postings(journal, LEDGER_BOOK_HOUSE, sums->asset, sums->house_e8);
        add_internal_postings(journal, LEDGER_BOOK_EXTERNAL, sums->asset, sums->external_e8);
    }
}

void accounts_journal_close(struct accounts_journal *journal)
{
    size_t count = journal->changes_count;
    struct accounts_change *changes = journal->changes;
    journal->balances = ARENA_NEW(journal->arena, struct balance_after, count);
    journal->proceeds = ARENA_NEW(journal->arena, struct proceeds_after, count);
    qsort(changes, count, sizeof *changes, compare_changes);
    struct run run = {0};
    for (size_t i = 0; i < count; i++) {
        run.change = &changes[i];
        run.amount_e8 += changes[i].amount_e8;
        run.gained_e8 += changes[i].amount_e8 > 0 ? changes[i].amount_e8 : 0;
        run.locked_e8 += changes[i].locked_e8;
        if (i + 1 < count && compare_changes(&changes[i], &changes[i + 1]) == 0)
            continue;
        close_run(journal, &run);
        run = (struct run){0};
    }
    close_internal(journal);
}
