/* A preview: the order meets its book as if it were authorised, and what came of it is only told.
 */
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

/* It would enter. */
static void tell(const struct decision *decision, const struct order_previewed *previewed,
                 const struct order_entered *entered)
{
    const struct order *order = &entered->order;
    int64_t moved_e8 = order->filled_notional_e8;
    decision->event->preview_answered = (struct preview_answered){
        .cost_e8 = decimal_sum(order->side == SIDE_BUY ? moved_e8 : -moved_e8, order->fees_e8),
        .fees_e8 = order->fees_e8,
        .has_hold = true,
        .hold = {.asset = previewed->hold_asset, .amount_e8 = previewed->hold_e8},
        .has_order = true,
        .order = {.status = order->status,
                  .trigger = order->trigger,
                  .filled_quantity_e8 = order->filled_quantity_e8,
                  .remaining_quantity_e8 = order->remaining_quantity_e8,
                  .has_average_fill_price_e8 = order->has_average_fill_price_e8,
                  .average_fill_price_e8 = order->average_fill_price_e8,
                  .has_end_reason = order->has_end_reason,
                  .end_reason = order->end_reason},
    };
    write_fills(decision, entered);
}

static void tell_refused(const struct decision *decision, struct text code, struct text message,
                         bool has_field, struct text field)
{
    decision->event->preview_answered = (struct preview_answered){.has_code = true,
                                                                  .code = code,
                                                                  .has_message = true,
                                                                  .message = message,
                                                                  .has_field = has_field,
                                                                  .field = field};
}

void orders_preview(const struct decision *decision, const struct event *event)
{
    const struct order_previewed *previewed = &event->order_previewed;
    decision->event->kind = EVENT_PREVIEW_ANSWERED;
    decision->event->key = previewed->instrument;
    if (!previewed->has_order) {
        tell_refused(decision, previewed->code, previewed->message, previewed->has_field,
                     previewed->field);
        return;
    }
    struct event *authorized = ARENA_NEW(decision->arena, struct event, 1);
    struct event *met = ARENA_NEW(decision->arena, struct event, 1);
    authorized->kind = EVENT_ORDER_AUTHORIZED;
    authorized->meta = event->meta;
    authorized->order_authorized =
        (struct order_authorized){.order = previewed->order,
                                  .hold_asset = previewed->hold_asset,
                                  .hold_e8 = previewed->hold_e8,
                                  .maker_fee_bps = previewed->maker_fee_bps,
                                  .taker_fee_bps = previewed->taker_fee_bps};
    orders_enter(&(struct decision){decision->state, decision->input, decision->arena, met},
                 authorized);
    const struct order_refused *refused = &met->order_refused;
    if (met->kind == EVENT_ORDER_ENTERED)
        tell(decision, previewed, &met->order_entered);
    else
        tell_refused(decision, refused->code, refused->message, refused->has_field, refused->field);
}
