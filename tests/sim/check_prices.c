/* Invariant 3, prices: what others hear of them is what was traded, all of it and in time. */
#include "check_order.h"

#include <string.h>

enum { PRICES_EVERY_US = 250000 };

void check_price_marked(struct check_queues *queues, const struct check_item *mark)
{
    if (!check_is_null(mark) && (!queues->has_mark || queues->mark_e8 != check_number(mark)))
        queues->moved = true;
}

void check_price_traded(struct check_queues *queues, int64_t price_e8)
{
    if (queues->has_last && queues->last_e8 == price_e8 && !queues->has_range)
        return;
    if (!queues->has_range || price_e8 > queues->high_e8)
        queues->high_e8 = price_e8;
    if (!queues->has_range || price_e8 < queues->low_e8)
        queues->low_e8 = price_e8;
    queues->moved = queues->has_range = true;
}

static bool check_told(struct check_run *run, const struct check_fact *fact,
                       struct check_queues *queues, const struct check_item *said)
{
    struct text symbol = TEXT_OF(said, instrument);
    while (queues != NULL && !text_equal(queues->instrument->symbol, symbol))
        queues = queues->next;
    if (queues == NULL || !queues->moved)
        return check_says_at(run, 3, fact, "the price of %.*s has not moved", (int)symbol.size,
                             symbol.data);
    bool range = queues->has_range;
    queues->moved = queues->has_range = false;
    if (NUMBER(said, last_price_e8) == queues->last_e8 &&
        NUMBER(said, mark_price_e8) == (queues->has_mark ? queues->mark_e8 : 0) &&
        NUMBER(said, high_price_e8) == (range ? queues->high_e8 : 0) &&
        NUMBER(said, low_price_e8) == (range ? queues->low_e8 : 0))
        return true;
    return check_says_at(
        run, 3, fact, "%.*s was at %lld, between %lld and %lld, not %lld, %lld, %lld",
        (int)symbol.size, symbol.data, (long long)queues->last_e8, (long long)queues->low_e8,
        (long long)queues->high_e8, (long long)NUMBER(said, last_price_e8),
        (long long)NUMBER(said, low_price_e8), (long long)NUMBER(said, high_price_e8));
}

bool check_prices_told(struct check_run *run, const struct check_fact *fact,
                       struct check_queues *queues, int64_t *told_us)
{
    const struct check_item *prices = GET(fact->body, prices);
    if (fact->causes[0].source != SOURCE_CLOCK || prices->count == 0 ||
        fact->occurred_at_us - *told_us < PRICES_EVERY_US)
        return check_says_at(run, 3, fact, "prices are told when they are not due");
    *told_us = fact->occurred_at_us;
    for (size_t i = 0; i < prices->count; i++) {
        if (!check_told(run, fact, queues, &prices->items[i]))
            return false;
    }
    for (; queues != NULL; queues = queues->next) {
        if (queues->moved)
            return check_says_at(run, 3, fact, "it does not tell the price of %.*s",
                                 (int)queues->instrument->symbol.size,
                                 queues->instrument->symbol.data);
    }
    return true;
}

bool check_prices_not_due(struct check_run *run, const struct check_fact *fact,
                          const struct check_queues *queues, int64_t told_us)
{
    if (fact->verdict != VERDICT_VALID || fact->causes_count == 0 ||
        fact->causes[0].source == SOURCE_CLOCK || fact->occurred_at_us - told_us < PRICES_EVERY_US)
        return true;
    for (; queues != NULL; queues = queues->next) {
        if (queues->moved)
            return check_says_at(run, 3, fact, "it comes before the price of %.*s is told",
                                 (int)queues->instrument->symbol.size,
                                 queues->instrument->symbol.data);
    }
    return true;
}
