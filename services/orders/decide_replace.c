/* A replace that accounts has authorised comes to its order: other terms, or why not. Less quantity
 * alone keeps the order's place; with any other change it arrives anew, under its id and with what
 * it has filled. */
#include "base/seeded_bug.h"
#include "orders/decide_parts.h"

static const struct refusal NONE = {0};

/* Whether the order can still be replaced: the loser of a race is told what won it. */
static struct refusal check_order(const struct decision *decision, const struct event *event,
                                  const struct orders_order *order)
{
    const struct replace_authorized *wanted = &event->replace_authorized;
    if (order == NULL)
        return (struct refusal){"NOT_FOUND", TEXT("There is no such order."), NULL};
    struct refusal refusal =
        orders_check_version(decision, wanted->has_if_version, wanted->if_version, order->version);
    if (refusal.code != NULL)
        return refusal;
    if (order->status == ORDER_STATUS_FILLED)
        return (struct refusal){"ORDER_ALREADY_FILLED",
                                TEXT("The order was filled before it could be replaced."), NULL};
    if (!orders_is_open(order) || !wanted->has_hold_e8)
        return (struct refusal){"ORDER_NOT_OPEN",
                                TEXT("The order had ended before it could be replaced."), NULL};
    if (event->meta.has_valid_until && event->meta.valid_until < decision->input->now_us)
        return (struct refusal){"COMMAND_EXPIRED",
                                TEXT("The replace expired before it reached its order."), NULL};
    bool has_stop = !book_rests(&order->book) && order->type != ORDER_TYPE_TRAILING_STOP;
    if (wanted->has_stop_price_e8 && !has_stop)
        return (struct refusal){"VALIDATION_FAILED",
                                TEXT("The order does not wait at a stop_price of its own."),
                                "stop_price"};
    return NONE;
}

/* The order with its new terms. Nothing remains where the new total is filled already. */
static struct order replaced(const struct decision *decision,
                             const struct replace_authorized *wanted,
                             const struct orders_order *order)
{
    struct order after = orders_as_seen(order);
    if (wanted->has_quantity_e8) {
        after.remaining_quantity_e8 += wanted->quantity_e8 - after.quantity_e8;
        after.quantity_e8 = wanted->quantity_e8;
    }
    if (wanted->has_limit_price_e8)
        after.limit_price_e8 = wanted->limit_price_e8;
    if (wanted->has_stop_price_e8)
        after.stop_price_e8 = wanted->stop_price_e8;
    after.updated_at = decision->input->now_us;
    return after;
}

/* Whether only the quantity is another, and not more. */
static bool keeps_place(const struct order *before, const struct order *after)
{
    return after->quantity_e8 <= before->quantity_e8 &&
           after->limit_price_e8 == before->limit_price_e8 &&
           after->stop_price_e8 == before->stop_price_e8 && !SEEDED_BUG(REPLACE_LOSES_PLACE);
}

/* What waits goes on waiting, unless the price has crossed its new stop already. A trailing one
 * follows the best price that it has seen. */
static struct refusal come_anew(const struct decision *decision, const struct coming *coming,
                                const struct orders_instrument *instrument)
{
    struct order order = *coming->order;
    struct coming anew = *coming;
    int64_t price_e8 = 0;
    anew.order = &order;
    if (order.trigger != TRIGGER_STATE_WAITING)
        return orders_match(decision, coming, instrument);
    if (orders_reference(instrument, &price_e8) && orders_is_crossed(&order, price_e8)) {
        order.trigger = TRIGGER_STATE_FIRED;
        return orders_match(decision, &anew, instrument);
    }
    orders_meet_nobody(decision, coming, instrument);
    return NONE;
}

/* A new arrival passes every check that a new order does. A stop price counts only as long as it is
 * waited for, and that of a trailing order is no client's. */
static struct refusal arrive(const struct decision *decision, const struct coming *coming,
                             const struct orders_instrument *instrument)
{
    struct order checked = *coming->order;
    if (checked.trigger != TRIGGER_STATE_WAITING || checked.type == ORDER_TYPE_TRAILING_STOP)
        checked.has_stop_price_e8 = false;
    struct refusal refusal = orders_check_rules(decision, &checked, instrument);
    return refusal.code == NULL ? come_anew(decision, coming, instrument) : refusal;
}

static struct refusal replace(const struct decision *decision, const struct event *event,
                              const struct orders_order *order)
{
    struct refusal refusal = check_order(decision, event, order);
    if (refusal.code != NULL)
        return refusal;
    const struct order before = orders_as_seen(order);
    struct order after = replaced(decision, &event->replace_authorized, order);
    const struct coming coming = {
        .order = &after,
        .maker_fee_bps = order->book.maker_fee_bps,
        .taker_fee_bps = order->book.taker_fee_bps,
        .entry = ORDER_ENTRY_REPLACED,
        .taker_notional_e8 = (int64_t)(order->book.taker_notional_e16 / E8),
    };
    if (after.remaining_quantity_e8 <= 0) {
        after = orders_over(decision, order, ORDER_STATUS_CANCELED,
                            orders_end_reason_by(event->meta.has_actor, &event->meta.actor, order));
        orders_meet_nobody(decision, &coming, order->instrument);
        return NONE;
    }
    if (!keeps_place(&before, &after))
        return arrive(decision, &coming, order->instrument);
    refusal = orders_check_quantity(decision, &after, &order->instrument->rules);
    if (refusal.code != NULL)
        return refusal;
    orders_meet_nobody(decision, &coming, order->instrument);
    decision->event->order_entered.keeps_place = true;
    return NONE;
}

void orders_replace(const struct decision *decision, const struct event *event)
{
    const struct replace_authorized *wanted = &event->replace_authorized;
    const struct orders_order *order = orders_order(decision->state, wanted->order_id);
    if (order != NULL && !uuid_equal(order->book.account_id, wanted->account_id))
        order = NULL; /* whether a stranger's order exists is not told */
    if (order != NULL)
        decision->event->key = order->instrument->rules.symbol;
    /* Of an order that has ended accounts has heard, and may have authorised its id anew by now. */
    if (wanted->has_hold_e8 && order != NULL && orders_is_open(order))
        orders_touch_account(decision, wanted->account_id);
    struct refusal refusal = replace(decision, event, order);
    if (refusal.code == NULL)
        return;
    decision->event->kind = EVENT_REPLACE_REFUSED;
    decision->event->replace_refused = (struct replace_refused){
        .order_id = wanted->order_id,
        .account_id = wanted->account_id,
        .has_order = order != NULL,
        .code = text_of(refusal.code),
        .message = refusal.message,
        .has_field = refusal.field != NULL,
        .field = text_of(refusal.field),
    };
    if (order != NULL)
        decision->event->replace_refused.order = orders_as_seen(order);
}
