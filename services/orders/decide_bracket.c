/* What guards purchases: orders that wait to sell what was filled, at a loss or with profit, of
 * which one cancels the other. */
#include "orders/decide_parts.h"

#include "base/seeded_bug.h"

/* The other one of a pair, while it is open. NULL: there is none. */
static const struct orders_order *sibling_of(const struct decision *decision,
                                             const struct orders_order *order)
{
    if (order->terms == NULL || !order->terms->has_sibling || SEEDED_BUG(SIBLING_SURVIVES))
        return NULL;
    const struct orders_order *sibling = orders_order(decision->state, order->terms->sibling_id);
    return sibling != NULL && orders_is_open(sibling) ? sibling : NULL;
}

static struct ended_order ended_of(const struct orders_order *order, enum end_reason reason)
{
    return (struct ended_order){.order_id = order->book.order_id,
                                .account_id = order->book.account_id,
                                .remaining_quantity_e8 = book_remaining_e8(&order->book),
                                .status = ORDER_STATUS_CANCELED,
                                .lifecycle = LIFECYCLE_CLOSED,
                                .end_reason = reason};
}

void orders_end_sibling(const struct decision *decision, const struct orders_order *order,
                        struct ended_order *ended, size_t *ended_count)
{
    const struct orders_order *sibling = sibling_of(decision, order);
    if (sibling != NULL)
        ended[(*ended_count)++] = ended_of(sibling, END_REASON_SIBLING);
}

static void add_guard(const struct decision *decision, const struct order *order,
                      const struct bracket *bracket)
{
    struct brackets_entered *entered = &decision->event->brackets_entered;
    struct guard *guard = &entered->guards[entered->guards_count++];
    *guard = (struct guard){.order = *order,
                            .maker_fee_bps = bracket->maker_fee_bps,
                            .taker_fee_bps = bracket->taker_fee_bps};
    guard->order.updated_at = decision->input->now_us;
}

/* What waits already guards so much more. */
static void enlarge(const struct decision *decision, const struct orders_order *waiting,
                    const struct bracket *bracket)
{
    struct order order = orders_as_seen(waiting);
    order.quantity_e8 += bracket->quantity_e8;
    order.remaining_quantity_e8 += bracket->quantity_e8;
    add_guard(decision, &order, bracket);
}

/* A guard that is new. */
static struct order guard_of(const struct decision *decision, const struct bracket *bracket,
                             bool loss)
{
    bool other = !loss && bracket->has_sibling_id;
    return (struct order){.id = other ? bracket->sibling_id : bracket->order_id,
                          .account_id = bracket->account_id,
                          .instrument = bracket->instrument,
                          .side = SIDE_SELL,
                          .type = loss ? ORDER_TYPE_STOP : ORDER_TYPE_TAKE_PROFIT,
                          .time_in_force = TIME_IN_FORCE_GTC,
                          .status = ORDER_STATUS_PENDING,
                          .lifecycle = LIFECYCLE_PENDING,
                          .quantity_e8 = bracket->quantity_e8,
                          .remaining_quantity_e8 = bracket->quantity_e8,
                          .has_stop_price_e8 = true,
                          .stop_price_e8 =
                              loss ? bracket->stop_loss_price_e8 : bracket->take_profit_price_e8,
                          .trigger = TRIGGER_STATE_WAITING,
                          .has_parent_id = true,
                          .parent_id = bracket->parent_id,
                          .has_sibling_id = bracket->has_sibling_id,
                          .sibling_id = other ? bracket->order_id : bracket->sibling_id,
                          .created_at = decision->input->now_us};
}

static void guard(const struct decision *decision, const struct bracket *bracket)
{
    struct brackets_entered *entered = &decision->event->brackets_entered;
    const struct orders_order *into =
        bracket->has_into_id ? orders_order(decision->state, bracket->into_id) : NULL;
    if (into != NULL && orders_is_open(into)) {
        const struct orders_order *sibling = sibling_of(decision, into);
        enlarge(decision, into, bracket);
        if (sibling != NULL)
            enlarge(decision, sibling, bracket);
        entered->merged[entered->merged_count++] =
            (struct merged_bracket){.order_id = bracket->order_id,
                                    .into_id = bracket->into_id,
                                    .account_id = bracket->account_id};
        orders_touch_account(decision, bracket->account_id);
        return;
    }
    if (bracket->has_stop_loss_price_e8) {
        struct order loss = guard_of(decision, bracket, true);
        add_guard(decision, &loss, bracket);
    }
    if (bracket->has_take_profit_price_e8) {
        struct order profit = guard_of(decision, bracket, false);
        add_guard(decision, &profit, bracket);
    }
}

void orders_enter_brackets(const struct decision *decision, const struct fills_settled *settled)
{
    struct brackets_entered *entered = &decision->event->brackets_entered;
    CHECK(settled->brackets_count > 0); /* else it touches no book */
    decision->event->kind = EVENT_BRACKETS_ENTERED;
    entered->guards = ARENA_NEW(decision->arena, struct guard, 2 * settled->brackets_count);
    entered->merged = ARENA_NEW(decision->arena, struct merged_bracket, settled->brackets_count);
    for (size_t i = 0; i < settled->brackets_count; i++)
        guard(decision, &settled->brackets[i]);
    decision->event->key = settled->brackets[0].instrument;
}
