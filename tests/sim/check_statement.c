/* Invariant 27: a statement says all that its account has at its event, and nothing else; and from
 * the rows that readers see: what there was before its time and what moved in it come to what there
 * was behind it, which is also what each line says was there.
 */
#include "check_ledger.h"
#include "check_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- at its event ----------------------------------------------------------------------------- */

/* Every total is of a balance, once. */
static bool check_totals(struct check_ledger *ledger, struct uuid account_id,
                         const struct check_item *totals)
{
    for (size_t i = 0; i < totals->count; i++) {
        const struct check_item *total = &totals->items[i];
        const struct check_balance *balance =
            check_balance_at(ledger, BOOK_ACCOUNT, account_id, TEXT_OF(total, asset));
        for (size_t j = 0; j < i; j++) {
            if (text_equal(TEXT_OF(&totals->items[j], asset), TEXT_OF(total, asset)))
                return check_says_at(ledger->run, 27, ledger->fact, "it states an asset twice");
        }
        if (NUMBER(total, total_e8) != balance->posted_e8)
            return check_says_at(
                ledger->run, 27, ledger->fact, "it states %lld %.*s of %s; there are %lld",
                (long long)NUMBER(total, total_e8), (int)balance->asset.size, balance->asset.data,
                check_show(ledger->run, account_id), (long long)balance->posted_e8);
    }
    return true;
}

static size_t held_count(const struct check_ledger *ledger, struct uuid account_id)
{
    size_t count = 0;
    for (size_t i = 0; i < ledger->balances.max; i++) {
        const struct check_balance *at = ledger->balances.entries[i].value;
        count += at != NULL && at->book == BOOK_ACCOUNT && at->posted_e8 > 0 &&
                 uuid_equal(at->account_id, account_id);
    }
    return count;
}

bool check_statements_issued(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_item *body = fact->body, *statements = GET(body, statements);
    bool clock = fact->causes[0].source == SOURCE_CLOCK;
    if (clock != (NUMBER(body, scheduled) != 0) || NUMBER(body, from) >= NUMBER(body, to) ||
        NUMBER(body, to) > fact->occurred_at_us)
        return check_says_at(ledger->run, 27, fact, "it states a time that is not over");
    for (size_t i = 0; i < statements->count; i++) {
        const struct check_item *statement = &statements->items[i];
        struct uuid account_id = UUID_OF(statement, account_id);
        const struct check_item *totals = GET(statement, totals);
        if (!check_is_here(ledger, account_id) || totals->count != held_count(ledger, account_id))
            return check_says_at(ledger->run, 27, fact, "it states %zu of %zu assets of %s",
                                 totals->count, held_count(ledger, account_id),
                                 check_show(ledger->run, account_id));
        if (!check_totals(ledger, account_id, totals))
            return false;
    }
    ledger->run->tally->statements += statements->count;
    return true;
}

/* --- as rows ---------------------------------------------------------------------------------- */

/* "-12.5" in units of 10^-8. */
static __int128 e8_of(const char *text)
{
    bool negative = *text == '-';
    __int128 value = 0;
    int places = -1; /* before the point */
    for (text += negative; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
        if (*text == '.') {
            places = 0;
            continue;
        }
        value = value * 10 + (*text - '0');
        places += places >= 0;
    }
    for (places = places < 0 ? 0 : places; places < 8; places++)
        value *= 10;
    return negative ? -value : value;
}

/* What a statement states of an asset: {"EUR":"12.5","USD":"3"}. Zero: nothing. */
static __int128 total_of(const char *totals, const char *asset)
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", asset);
    const char *at = strstr(totals, quoted);
    return at == NULL ? 0 : e8_of(at + strlen(quoted));
}

static int64_t number_of(const struct evidence_row *row, const char *column)
{
    return strtoll(check_cell(row, column), NULL, 10);
}

/* A statement's row, and the sums of the lines of one asset around its time. */
struct sums {
    const struct evidence_row *statement;
    const char *asset;
    __int128 before_e8, within_e8, behind_e8;
    int64_t last_offset, last_line; /* of those before its end */
    __int128 last_total_e8;
};

static bool is_line_of(const struct sums *sums, const struct evidence_row *row)
{
    const char *account_id = check_cell(row, "account_id");
    return strcmp(row->table, "accounts.transactions") == 0 && account_id != NULL &&
           strcmp(check_cell(row, "book"), "account") == 0 &&
           strcmp(account_id, check_cell(sums->statement, "account_id")) == 0 &&
           strcmp(check_cell(row, "asset"), sums->asset) == 0 &&
           number_of(row, "event_offset") < number_of(sums->statement, "event_offset");
}

/* Times are printed so that they sort. */
static void add_line(struct sums *sums, const struct evidence_row *row)
{
    const char *at = check_cell(row, "occurred_at");
    __int128 amount_e8 = e8_of(check_cell(row, "amount"));
    int64_t offset = number_of(row, "event_offset"), line = number_of(row, "line");
    if (strcmp(at, check_cell(sums->statement, "period_to")) >= 0) {
        sums->behind_e8 += amount_e8;
        return;
    }
    *(strcmp(at, check_cell(sums->statement, "period_from")) < 0 ? &sums->before_e8
                                                                 : &sums->within_e8) += amount_e8;
    if (offset < sums->last_offset || (offset == sums->last_offset && line < sums->last_line))
        return;
    sums->last_offset = offset;
    sums->last_line = line;
    sums->last_total_e8 = e8_of(check_cell(row, "balance_total"));
}

static bool check_asset(struct check_run *run, const struct evidence_sample *sample,
                        const struct evidence_row *statement, const char *asset)
{
    struct sums sums = {.statement = statement, .asset = asset, .last_offset = -1};
    for (size_t i = 0; i < sample->rows_count; i++) {
        if (is_line_of(&sums, &sample->rows[i]))
            add_line(&sums, &sample->rows[i]);
    }
    __int128 closing_e8 = total_of(check_cell(statement, "totals"), asset) - sums.behind_e8;
    if (sums.before_e8 + sums.within_e8 == closing_e8 &&
        (sums.last_offset < 0 || sums.last_total_e8 == closing_e8))
        return true;
    return check_says(run, 27,
                      "statement %s: %lld %s before and %lld in its time do not come to %lld; its "
                      "last line says %lld",
                      check_cell(statement, "id"), (long long)sums.before_e8, asset,
                      (long long)sums.within_e8, (long long)closing_e8,
                      (long long)sums.last_total_e8);
}

static bool check_sample(struct check_run *run, const struct evidence_sample *sample)
{
    static const char *const ASSETS[] = {"EUR", "EUA", "CEA", "USD"};
    bool holds = true;
    for (size_t i = 0; holds && i < sample->rows_count; i++) {
        for (size_t j = 0; holds && j < COUNT_OF(ASSETS); j++)
            holds = strcmp(sample->rows[i].table, "accounts.account_statements") != 0 ||
                    check_asset(run, sample, &sample->rows[i], ASSETS[j]);
    }
    return holds;
}

/* The last sample has all rows of the others. */
bool check_statements(struct check_run *run)
{
    const struct evidence_sample *last = NULL;
    for (size_t i = 0; i < run->evidence->samples_count; i++) {
        if (run->evidence->samples[i].service == EVIDENCE_ACCOUNTS)
            last = &run->evidence->samples[i];
    }
    return last == NULL || check_sample(run, last);
}
