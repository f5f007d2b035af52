/* A preview: the order, replace or close meets its book as if it were authorised, and what came of
 * it is only told. */
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

static void write_fills(const struct decision *decision, const struct order_entered *entered)
{
    struct preview_answered *answered = &decision->event->preview_answered;
    answered->fills = ARENA_NEW(decision->arena, struct previewed_fill, entered->fills_count);
    answered->fills_count = entered->fills_count;
    for (size_t i = 0; i < entered->fills_count; i++) {
        const struct fill *fill = &entered->fills[i];
        answered->fills[i] = (struct previewed_fill){
            .price_e8 = fill->price_e8, .quantity_e8 = fill->quantity_e8, .fee_e8 = fill->fee_e8};
    }
}

/* What of the quote asset its fills would take; a replaced order's earlier ones are paid. */
static int64_t cost_e8(const struct order_entered *entered, int64_t fees_e8)
{
    int64_t moved_e8 = 0;
    for (size_t i = 0; i < entered->fills_count; i++) {
        int64_t notional_e8 = 0;
        CHECK(decimal_product(entered->fills[i].price_e8, entered->fills[i].quantity_e8, DECIMAL_UP,
                              &notional_e8) == OK);
        moved_e8 = decimal_sum(moved_e8, notional_e8);
    }
    return decimal_sum(entered->order.side == SIDE_BUY ? moved_e8 : -moved_e8, fees_e8);
}

static int64_t fees_e8(const struct order_entered *entered)
{
    int64_t sum_e8 = 0;
    for (size_t i = 0; i < entered->fills_count; i++)
        sum_e8 = decimal_sum(sum_e8, entered->fills[i].fee_e8);
    return sum_e8;
}

/* It would enter. */
static void tell(const struct decision *decision, const struct order_previewed *previewed,
                 const struct order_entered *entered)
{
    const struct order *order = &entered->order;
    int64_t charged_e8 = fees_e8(entered);
    decision->event->preview_answered = (struct preview_answered){
        .cost_e8 = cost_e8(entered, charged_e8),
        .fees_e8 = charged_e8,
        .has_hold = true,
        .hold = {.asset = previewed->hold_asset, .amount_e8 = previewed->hold_e8},
        .has_order = true,
        .order = {.status = order->status,
                  .trigger = order->trigger,
                  .filled_quantity_e8 = order->filled_quantity_e8,
                  .remaining_quantity_e8 = order->remaining_quantity_e8,
                  .has_limit_price_e8 = order->has_limit_price_e8,
                  .limit_price_e8 = order->limit_price_e8,
                  .has_average_fill_price_e8 = order->has_average_fill_price_e8,
                  .average_fill_price_e8 = order->average_fill_price_e8,
                  .has_end_reason = order->has_end_reason,
                  .end_reason = order->end_reason,
                  .has_keeps_place = previewed->has_change,
                  .keeps_place = entered->keeps_place},
    };
    write_fills(decision, entered);
}

static void tell_refused(const struct decision *decision, const struct refused *refused)
{
    decision->event->preview_answered =
        (struct preview_answered){.has_code = true,
                                  .code = refused->code,
                                  .has_message = true,
                                  .message = refused->message,
                                  .has_field = refused->field.size > 0,
                                  .field = refused->field};
}

static struct order_authorized order_of(const struct order_previewed *previewed)
{
    return (struct order_authorized){.order = previewed->order,
                                     .hold_asset = previewed->hold_asset,
                                     .hold_e8 = previewed->hold_e8,
                                     .maker_fee_bps = previewed->maker_fee_bps,
                                     .taker_fee_bps = previewed->taker_fee_bps,
                                     .sells = previewed->sells,
                                     .sells_count = previewed->sells_count,
                                     .room_e8 = previewed->room_e8};
}

static struct replace_authorized replace_of(const struct order_previewed *previewed)
{
    const struct order_change *change = &previewed->change;
    return (struct replace_authorized){.order_id = change->order_id,
                                       .account_id = change->account_id,
                                       .has_quantity_e8 = change->has_quantity_e8,
                                       .quantity_e8 = change->quantity_e8,
                                       .has_limit_price_e8 = change->has_limit_price_e8,
                                       .limit_price_e8 = change->limit_price_e8,
                                       .has_stop_price_e8 = change->has_stop_price_e8,
                                       .stop_price_e8 = change->stop_price_e8,
                                       .has_if_version = change->has_if_version,
                                       .if_version = change->if_version,
                                       .has_hold_e8 = previewed->hold_asset.size > 0,
                                       .hold_e8 = previewed->hold_e8};
}

/* What would be written of it. Where the ledger refuses, that is the ledger's own event. */
static const struct event *outcome(const struct decision *decision, const struct event *event)
{
    const struct order_previewed *previewed = &event->order_previewed;
    if (!previewed->has_order && !previewed->has_change)
        return event;
    struct event *authorized = ARENA_NEW(decision->arena, struct event, 1);
    struct event *met = ARENA_NEW(decision->arena, struct event, 1);
    const struct decision meeting = {decision->state, decision->input, decision->arena, met};
    authorized->meta = event->meta;
    if (previewed->has_change) {
        authorized->kind = EVENT_REPLACE_AUTHORIZED;
        authorized->replace_authorized = replace_of(previewed);
        orders_replace(&meeting, authorized);
    } else {
        authorized->kind = EVENT_ORDER_AUTHORIZED;
        authorized->order_authorized = order_of(previewed);
        orders_enter(&meeting, authorized);
    }
    return met;
}

void orders_preview(const struct decision *decision, const struct event *event)
{
    const struct order_previewed *previewed = &event->order_previewed;
    const struct event *met = outcome(decision, event);
    struct refused refused;
    decision->event->kind = EVENT_PREVIEW_ANSWERED;
    if (previewed->instrument.size > 0)
        decision->event->key = previewed->instrument;
    if (event_refuses(met, &refused))
        tell_refused(decision, &refused);
    else
        tell(decision, previewed, &met->order_entered);
}
