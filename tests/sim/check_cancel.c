/* Invariant 22: a cancel of many orders means all that are open, and no other; a dead man's switch
 * goes off when its time has come, once, and not while its ledger stood still. */
#include "check_ledger.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
enum { LATE_S_MAX = 5 };

static struct check_switch *switch_of(struct check_ledger *ledger, struct uuid account_id)
{
    struct check_switch *at = ledger->switches;
    while (at != NULL && !uuid_equal(at->account_id, account_id))
        at = at->next;
    if (at != NULL)
        return at;
    at = ARENA_NEW(ledger->run->arena, struct check_switch, 1);
    *at = (struct check_switch){.account_id = account_id, .next = ledger->switches};
    ledger->switches = at;
    return at;
}

static bool by_clock(const struct check_fact *fact)
{
    return fact->causes_count > 0 && fact->causes[0].source == SOURCE_CLOCK;
}

bool check_no_switch_due(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    for (const struct check_switch *at = ledger->switches; at != NULL && !by_clock(fact);
         at = at->next) {
        if (at->cancel_at != 0 && at->cancel_at <= fact->occurred_at_us)
            return check_says_at(ledger->run, 22, fact, "it comes before the switch of %s goes off",
                                 check_show(ledger->run, at->account_id));
    }
    return true;
}

bool check_cancel_after_set(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    const struct check_item *body = fact->body;
    struct check_switch *known = switch_of(ledger, UUID_OF(body, account_id));
    int64_t timeout_s = NUMBER(body, timeout_s), asked_s = known->timeout_s;
    int64_t late_us = fact->occurred_at_us - known->cancel_at;
    if (by_clock(fact) && (known->cancel_at == 0 || late_us <= LATE_S_MAX * SECOND_US))
        return check_says_at(ledger->run, 22, fact, "a switch starts anew that was not late");
    if (!by_clock(fact))
        asked_s = NUMBER(fact->command, timeout_s);
    known->timeout_s = timeout_s;
    known->cancel_at = timeout_s == 0 ? 0 : fact->occurred_at_us + timeout_s * SECOND_US;
    return (timeout_s == asked_s && NUMBER(body, cancel_at) == known->cancel_at) ||
           check_says_at(ledger->run, 22, fact, "a switch is due at %lld; it must be at %lld",
                         (long long)NUMBER(body, cancel_at), (long long)known->cancel_at);
}

static bool is_meant(const struct check_item *asked, const struct check_order *order)
{
    return check_is_held(order) && uuid_equal(order->account_id, UUID_OF(asked, account_id)) &&
           (check_is_null(GET(asked, instrument)) ||
            text_equal(TEXT_OF(asked, instrument), order->instrument->symbol)) &&
           (check_is_null(GET(asked, side)) ||
            SAME_SYMBOL(asked, side, order->buys ? "buy" : "sell"));
}

static bool is_listed(const struct check_item *orders, struct uuid id)
{
    for (size_t i = 0; i < orders->count; i++) {
        if (uuid_equal(check_uuid(&orders->items[i]), id))
            return true;
    }
    return false;
}

/* `asked`: a command, or where the clock asks what it says itself. */
static bool check_list(struct check_ledger *ledger, const struct check_item *asked)
{
    const struct check_map *known = &ledger->run->orders;
    const struct check_item *orders = GET(ledger->fact->body, orders);
    size_t meant = 0;
    for (size_t i = 0; i < known->max; i++) {
        const struct check_order *order = known->entries[i].value;
        if (order == NULL || !is_meant(asked, order))
            continue;
        meant++;
        if (!is_listed(orders, order->id))
            return check_says_at(ledger->run, 22, ledger->fact, "order %s is open and left out",
                                 check_show(ledger->run, order->id));
    }
    return (meant == orders->count && NUMBER(ledger->fact->body, left) == 0) ||
           check_says_at(ledger->run, 22, ledger->fact, "it lists %zu orders; %zu are meant",
                         orders->count, meant);
}

bool check_cancel_requested(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    struct check_switch *known = switch_of(ledger, UUID_OF(fact->body, account_id));
    int64_t late_us = fact->occurred_at_us - known->cancel_at;
    bool expected = known->cancel_at != 0 && late_us >= 0 && late_us <= LATE_S_MAX * SECOND_US;
    if (by_clock(fact) != (bool)SAME_SYMBOL(fact->body, reason, "cancel_after") ||
        (by_clock(fact) && !expected))
        return check_says_at(ledger->run, 22, fact, "orders go by a switch that is not due");
    if (by_clock(fact))
        known->cancel_at = known->timeout_s = 0;
    ledger->run->tally->switched += by_clock(fact);
    return check_list(ledger, by_clock(fact) ? fact->body : fact->command);
}
