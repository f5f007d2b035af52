/* Invariant 22: a cancel of many orders means all that are open, and no other; what one event does
 * not list, what guards a position that is flat, and what its account's status does not allow any
 * more goes by the clock before anything else comes;
 * a dead man's switch goes off when its time has come, once, and not while its ledger stood still.
 */
#include "check_ledger.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
enum { LATE_S_MAX = 5, LISTED_MAX = 1000 };

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

/* --- what one event has no room for ----------------------------------------------------------- */

void check_mark(struct check_ledger *ledger, struct check_order *order, const char *reason)
{
    order->mark = reason;
    ledger->marks = true;
}

/* Who is restricted buys nothing more, and who is closed trades nothing more. */
bool check_status_changed(struct check_ledger *ledger)
{
    const struct check_map *known = &ledger->run->orders;
    const struct check_item *body = ledger->fact->body, *account = GET(body, account);
    bool ends = !SAME_SYMBOL(account, status, "active");
    if (ends != (NUMBER(body, cancel_orders) != 0))
        return check_says_at(ledger->run, 22, ledger->fact,
                             "its orders are to be canceled, or are not, of an account that is %s",
                             SYMBOL(account, status));
    for (size_t i = 0; ends && i < known->max; i++) {
        struct check_order *order = known->entries[i].value;
        if (order != NULL && check_is_held(order) &&
            uuid_equal(order->account_id, UUID_OF(account, id)) &&
            (order->buys || SAME_SYMBOL(account, status, "closed")))
            check_mark(ledger, order, "canceled_by_operator");
    }
    return check_person_event(ledger);
}

/* Of the ledger's own partition: orders of others are no business of it. */
static bool is_marked(const struct check_ledger *ledger, const struct check_order *order)
{
    return order != NULL && order->mark != NULL && check_is_held(order) &&
           check_is_here(ledger, order->account_id);
}

bool check_no_cancel_due(struct check_ledger *ledger)
{
    const struct check_map *known = &ledger->run->orders;
    if (!ledger->marks || by_clock(ledger->fact))
        return true;
    for (size_t i = 0; i < known->max; i++) {
        const struct check_order *order = known->entries[i].value;
        if (is_marked(ledger, order))
            return check_says_at(ledger->run, 22, ledger->fact,
                                 "it comes before order %s is to be canceled",
                                 check_show(ledger->run, order->id));
    }
    ledger->marks = false;
    return true;
}

/* Those that are listed go, and those that are left are marked for the next event. */
static bool check_taken(struct check_ledger *ledger, size_t meant, size_t taken)
{
    const struct check_item *body = ledger->fact->body;
    size_t listed = GET(body, orders)->count;
    ledger->run->tally->cancels_left += NUMBER(body, left) > 0;
    return (taken == listed && listed <= LISTED_MAX && (listed > 0 || meant == 0) &&
            NUMBER(body, left) == (int64_t)(meant - taken)) ||
           check_says_at(ledger->run, 22, ledger->fact,
                         "it lists %zu orders, %zu of them meant, of %zu that are", listed, taken,
                         meant);
}

/* `asked`: a command, or where a switch asks what it says itself. */
static bool check_list(struct check_ledger *ledger, const struct check_item *asked)
{
    const struct check_map *known = &ledger->run->orders;
    const struct check_item *body = ledger->fact->body;
    size_t meant = 0, taken = 0;
    for (size_t i = 0; i < known->max; i++) {
        struct check_order *order = known->entries[i].value;
        if (order == NULL || !is_meant(asked, order))
            continue;
        meant++;
        if (is_listed(GET(body, orders), order->id))
            taken++;
        else
            check_mark(ledger, order, SYMBOL(body, reason));
    }
    return check_taken(ledger, meant, taken);
}

/* Some of those that are marked, all for one reason. */
static bool check_goes_on(struct check_ledger *ledger)
{
    const struct check_map *known = &ledger->run->orders;
    const struct check_item *body = ledger->fact->body;
    size_t meant = 0, taken = 0;
    for (size_t i = 0; i < known->max; i++) {
        struct check_order *order = known->entries[i].value;
        if (!is_marked(ledger, order) ||
            !uuid_equal(order->account_id, UUID_OF(body, account_id)) ||
            !SAME_SYMBOL(body, reason, order->mark))
            continue;
        meant++;
        if (!is_listed(GET(body, orders), order->id))
            continue;
        taken++;
        order->mark = NULL;
        ledger->run->tally->released += SAME_SYMBOL(body, reason, "closed");
    }
    return check_taken(ledger, meant, taken);
}

bool check_cancel_requested(struct check_ledger *ledger)
{
    const struct check_fact *fact = ledger->fact;
    struct check_switch *known = switch_of(ledger, UUID_OF(fact->body, account_id));
    int64_t late_us = fact->occurred_at_us - known->cancel_at;
    bool expected = known->cancel_at != 0 && late_us >= 0 && late_us <= LATE_S_MAX * SECOND_US;
    bool switched = SAME_SYMBOL(fact->body, reason, "cancel_after");
    if (by_clock(fact) && NUMBER(fact->body, goes_on) != 0)
        return check_goes_on(ledger);
    if (by_clock(fact) != switched || (switched && !expected))
        return check_says_at(ledger->run, 22, fact, "orders go by a switch that is not due");
    if (switched)
        known->cancel_at = known->timeout_s = 0;
    ledger->run->tally->switched += switched;
    return check_list(ledger, switched ? fact->body : fact->command);
}
