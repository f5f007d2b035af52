/* Invariants 1, 2 and 15 of options: the ledger hears what one is worth when it has expired; then,
 * by the clock and before anything else, everybody who has contracts is paid, some accounts at a
 * time, whoever has some on hold when the last of them is free. */
#include "check_ledger.h"

#include <string.h>

enum { PAID_MAX = 1000 /* accounts of one event */ };

/* What one contract is worth. */
static __int128 value_e8(const struct check_item *expired)
{
    const struct check_item *option = GET(expired, asset);
    int64_t inside_e8 = NUMBER(expired, settlement_price_e8) - NUMBER(option, strike_e8);
    if (SAME_SYMBOL(option, right, "put"))
        inside_e8 = -inside_e8;
    return inside_e8 <= 0 ? 0 : (__int128)inside_e8 * (NUMBER(option, multiplier_e8) / E8);
}

/* What so many are, rounded half to even to the quote's scale. */
static int64_t worth_e8(const struct check_item *expired, const struct check_instrument *pair,
                        __int128 contracts_e8)
{
    __int128 unit_e8 = 1;
    for (int64_t place = pair->quote_scale; place < 8; place++)
        unit_e8 *= 10;
    __int128 worth = contracts_e8 / E8 * value_e8(expired);
    __int128 whole = worth / unit_e8, twice = worth % unit_e8 * 2;
    whole += twice > unit_e8 || (twice == unit_e8 && whole % 2 != 0);
    return (int64_t)(whole * unit_e8);
}

/* The expiry that the partition has heard of; NULL: it has not. */
static const struct check_item *expiry_of(const struct check_ledger *ledger, struct text instrument)
{
    const struct check_settlement *at = ledger->settlements;
    while (at != NULL && !text_equal(at->pair->symbol, instrument))
        at = at->next;
    return at == NULL ? NULL : at->expired;
}

static bool check_value(struct check_ledger *ledger, const struct check_item *expired)
{
    const struct check_item *body = ledger->fact->body;
    return (NUMBER(body, value_e8) == value_e8(expired) &&
            NUMBER(body, settlement_price_e8) == NUMBER(expired, settlement_price_e8)) ||
           check_says_at(ledger->run, 1, ledger->fact, "a contract is worth %lld; it must be %lld",
                         (long long)NUMBER(body, value_e8), (long long)value_e8(expired));
}

/* Its cause says what it is worth; who has some is another matter. */
static bool hear(struct check_ledger *ledger, const struct check_cause *cause)
{
    struct check_run *run = ledger->run;
    const struct check_fact *input =
        check_fact_at(run, cause->service, cause->partition, cause->last);
    if (input->kind != KIND_OptionExpired || GET(ledger->fact->body, postings)->count > 0)
        return check_says_at(run, 1, ledger->fact, "it pays for what has not expired");
    struct text instrument = TEXT_OF(input->body, instrument);
    if (expiry_of(ledger, instrument) != NULL)
        return check_says_at(run, 1, ledger->fact, "%.*s expires again", (int)instrument.size,
                             instrument.data);
    struct check_settlement *settlement = ARENA_NEW(run->arena, struct check_settlement, 1);
    *settlement = (struct check_settlement){.pair = check_instrument_of(run, instrument),
                                            .expired = input->body,
                                            .next = ledger->settlements};
    ledger->settlements = settlement;
    return check_value(ledger, input->body);
}

/* Looking moves nothing. */
static bool has_position(const struct check_ledger *ledger, struct uuid account_id,
                         struct text symbol)
{
    for (size_t i = 0; i < ledger->balances.max; i++) {
        const struct check_balance *at = ledger->balances.entries[i].value;
        if (at != NULL && at->book == BOOK_POSITION && at->expected_e8 > 0 &&
            text_equal(at->asset, symbol) && uuid_equal(at->account_id, account_id))
            return true;
    }
    return false;
}

/* All contracts of an account go, what they are worth comes, and its position is closed by them. */
static bool expect_payment(struct check_ledger *ledger, const struct check_item *expired,
                           struct uuid account_id)
{
    const struct check_instrument *pair =
        check_instrument_of(ledger->run, TEXT_OF(expired, instrument));
    struct check_balance *contracts =
        check_balance_at(ledger, BOOK_ACCOUNT, account_id, pair->base);
    __int128 paid_for_e8 = contracts->expected_e8;
    if (paid_for_e8 <= 0 || contracts->locked_e8 != 0)
        return check_says_at(ledger->run, 1, ledger->fact, "it pays %s for %lld, %lld of them held",
                             check_show(ledger->run, account_id), (long long)paid_for_e8,
                             (long long)contracts->locked_e8);
    contracts->expected_e8 = 0;
    int64_t paid_e8 = worth_e8(expired, pair, paid_for_e8);
    if (paid_e8 > 0)
        check_balance_at(ledger, BOOK_ACCOUNT, account_id, pair->quote)->expected_e8 += paid_e8;
    if (has_position(ledger, account_id, pair->symbol)) {
        struct check_balance *position =
            check_balance_at(ledger, BOOK_POSITION, account_id, pair->symbol);
        position->expected_e8 -=
            paid_for_e8 < position->expected_e8 ? paid_for_e8 : position->expected_e8;
    }
    return true;
}

static bool pay(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body, *postings = GET(body, postings);
    const struct check_item *expired = expiry_of(ledger, TEXT_OF(body, instrument));
    size_t paid = 0;
    if (expired == NULL)
        return check_says_at(ledger->run, 1, ledger->fact, "it pays for what has not expired");
    for (size_t i = 0; i < postings->count; i++) {
        const struct check_item *posting = &postings->items[i];
        if (!SAME_SYMBOL(posting, book, "account") ||
            !text_equal(TEXT_OF(posting, asset), TEXT_OF(body, asset)))
            continue;
        paid++;
        if (!expect_payment(ledger, expired, UUID_OF(posting, account_id)))
            return false;
    }
    ledger->run->tally->options += paid;
    ledger->run->tally->options_left += check_owes(ledger);
    if (paid == 0 || paid > PAID_MAX)
        return check_says_at(ledger->run, 1, ledger->fact, "it pays %zu accounts", paid);
    return check_value(ledger, expired);
}

bool check_option_settled(struct check_ledger *ledger)
{
    const struct check_cause *cause = &ledger->fact->causes[0];
    return cause->source == SOURCE_EVENTS ? hear(ledger, cause) : pay(ledger);
}

static bool is_for(const struct check_ledger *ledger, const struct check_balance *balance)
{
    const struct check_settlement *at = ledger->settlements;
    while (at != NULL && !text_equal(at->pair->base, balance->asset))
        at = at->next;
    return at != NULL && balance->book == BOOK_ACCOUNT &&
           check_is_here(ledger, balance->account_id);
}

/* Somebody who has contracts of an option that is over; `held`: though some are on hold. */
static const struct check_balance *owed(const struct check_ledger *ledger, bool held)
{
    for (size_t i = 0; ledger->settlements != NULL && i < ledger->balances.max; i++) {
        const struct check_balance *at = ledger->balances.entries[i].value;
        if (at != NULL && at->expected_e8 > 0 && (held || at->locked_e8 == 0) && is_for(ledger, at))
            return at;
    }
    return NULL;
}

bool check_owes(const struct check_ledger *ledger)
{
    return owed(ledger, false) != NULL;
}

bool check_no_payment_due(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_balance *due = owed(ledger, false);
    bool pays = fact->kind == KIND_OptionSettled && fact->causes[0].source == SOURCE_CLOCK;
    return due == NULL || pays ||
           check_says_at(ledger->run, 1, fact, "it comes before %s is paid for its %.*s",
                         check_show(ledger->run, due->account_id), (int)due->asset.size,
                         due->asset.data);
}

bool check_all_paid(struct check_ledger *ledger)
{
    const struct check_balance *left = owed(ledger, true);
    return left == NULL || check_says(ledger->run, 15, "%s still has %.*s, which has expired",
                                      check_show(ledger->run, left->account_id),
                                      (int)left->asset.size, left->asset.data);
}
