/* Orders that end because somebody wants them to. A halt stops no cancel. */
#include "orders/decide_parts.h"

#include "base/seeded_bug.h"

struct order orders_over(const struct decision *decision, const struct orders_order *open,
                         enum order_status status, enum end_reason reason)
{
    struct order order = orders_as_seen(open);
    order.status = status;
    order.lifecycle = order.filled_quantity_e8 > 0 ? LIFECYCLE_EXECUTED : LIFECYCLE_CLOSED;
    order.has_end_reason = true;
    order.end_reason = reason;
    order.updated_at = decision->input->now_us;
    return order;
}

static bool is_own(bool has_actor, const struct actor *actor, const struct orders_order *order)
{
    return has_actor && actor->has_account_id &&
           uuid_equal(actor->account_id, order->book.account_id);
}

enum end_reason orders_end_reason_by(bool has_actor, const struct actor *actor,
                                     const struct orders_order *order)
{
    return is_own(has_actor, actor, order) ? END_REASON_CANCELED_BY_USER
                                           : END_REASON_CANCELED_BY_OPERATOR;
}

/* The order a caller may cancel. NULL: there is none, or none that the caller may know of. */
static const struct orders_order *cancelable(const struct decision *decision,
                                             const struct command *command)
{
    const struct cancel_order *cancel = &command->cancel_order;
    const struct orders_order *order = orders_order(decision->state, cancel->order_id);
    if (order == NULL)
        return NULL;
    if (cancel->has_account_id && !uuid_equal(cancel->account_id, order->book.account_id))
        return NULL;
    const struct command_meta *meta = &command->meta;
    bool allowed = is_own(meta->has_actor, &meta->actor, order) || orders_by_staff(decision, meta);
    return allowed ? order : NULL;
}

void orders_cancel(const struct decision *decision, const struct command *command)
{
    struct event *event = decision->event;
    const struct orders_order *order = cancelable(decision, command);
    if (order == NULL) {
        event_reject(event, "NOT_FOUND", TEXT("There is no such order."), NULL);
        return;
    }
    struct refusal refusal = orders_check_version(decision, command->cancel_order.has_if_version,
                                                  command->cancel_order.if_version, order->version);
    if (refusal.code != NULL) {
        event_reject(event, refusal.code, refusal.message, NULL);
        return;
    }
    if (order->status == ORDER_STATUS_FILLED && !SEEDED_BUG(CANCEL_FILLED)) {
        event_reject(event, "ORDER_ALREADY_FILLED",
                     TEXT("The order was filled before it could be canceled."), NULL);
        return;
    }
    if (order->status == ORDER_STATUS_REJECTED) {
        event_reject(event, "ORDER_NOT_OPEN",
                     TEXT("The order was refused and never was in the book."), NULL);
        return;
    }
    event->kind = EVENT_ORDER_CANCELED;
    event->key = order->instrument->rules.symbol;
    bool open = orders_is_open(order) || SEEDED_BUG(CANCEL_FILLED);
    if (!open) { /* a second cancel is told the same; no money moves again */
        event->order_canceled.order = orders_as_seen(order);
        return;
    }
    const struct command_meta *meta = &command->meta;
    enum end_reason reason = orders_end_reason_by(meta->has_actor, &meta->actor, order);
    event->order_canceled.order = orders_over(decision, order, ORDER_STATUS_CANCELED, reason);
    event->order_canceled.ended = ARENA_NEW(decision->arena, struct ended_order, 1);
    orders_end_sibling(decision, order, event->order_canceled.ended,
                       &event->order_canceled.ended_count);
    orders_touch_account(decision, order->book.account_id);
}

void orders_cancel_listed(const struct decision *decision, struct uuid account_id,
                          const struct uuid *listed, size_t listed_count, enum end_reason reason)
{
    struct orders_canceled *all = &decision->event->orders_canceled;
    decision->event->kind = EVENT_ORDERS_CANCELED;
    all->orders = ARENA_NEW(decision->arena, struct order, listed_count);
    all->ended = ARENA_NEW(decision->arena, struct ended_order, listed_count);
    for (size_t i = 0; i < listed_count; i++) {
        const struct orders_order *order = orders_order(decision->state, listed[i]);
        if (order == NULL || !orders_is_open(order) ||
            !uuid_equal(order->book.account_id, account_id))
            continue;
        all->orders[all->orders_count++] =
            orders_over(decision, order, ORDER_STATUS_CANCELED, reason);
        orders_end_sibling(decision, order, all->ended, &all->ended_count);
    }
    if (all->orders_count > 0)
        orders_touch_account(decision, account_id);
}
