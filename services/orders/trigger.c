#include "orders/trigger.h"

#include "base/seeded_bug.h"
#include "orders/state.h"

#include <utlist.h>

#define PERCENT_E8 (100 * E8)

/* What a trailing order has seen that has seen no price yet: whatever comes is better. */
#define TRAIL_UNSEEN INT64_MIN

bool orders_type_waits(enum order_type type)
{
    return type != ORDER_TYPE_LIMIT && type != ORDER_TYPE_MARKET;
}

/* A buy stop waits for the price to rise, a sell stop for it to fall; taking profit is the reverse.
 */
static int way_of(enum side side, enum order_type type)
{
    bool rising = (side == SIDE_BUY) != (type == ORDER_TYPE_TAKE_PROFIT);
    return rising != SEEDED_BUG(WRONG_TRIGGER_SIDE) ? TRIGGER_RISING : TRIGGER_FALLING;
}

/* Prices as they are crossed on their way: the lower, the earlier. */
static int64_t along(int way, int64_t price_e8)
{
    return way == TRIGGER_RISING ? price_e8 : -price_e8;
}

bool orders_reference(const struct orders_instrument *instrument, int64_t *ret_price_e8)
{
    const struct instrument *rules = &instrument->rules;
    *ret_price_e8 = rules->has_mark_price_e8 ? rules->mark_price_e8 : instrument->last_price_e8;
    return rules->has_mark_price_e8 || instrument->has_last_price;
}

bool orders_is_crossed(const struct order *order, int64_t price_e8)
{
    int way = way_of(order->side, order->type);
    return order->has_stop_price_e8 && along(way, order->stop_price_e8) <= along(way, price_e8);
}

/* How far behind the best price a trailing stop stays; never nothing. */
static int64_t distance_e8(const struct order *order, int64_t best_e8)
{
    if (order->has_trail_amount_e8)
        return order->trail_amount_e8;
    __int128 product = (__int128)best_e8 * order->trail_percent_e8;
    return (int64_t)((product + PERCENT_E8 - 1) / PERCENT_E8);
}

void orders_trail(struct order *order, int64_t best_e8)
{
    int64_t distance = distance_e8(order, best_e8), stop_e8 = 0;
    if (order->side == SIDE_SELL)
        distance = -distance;
    order->has_stop_price_e8 = !__builtin_add_overflow(best_e8, distance, &stop_e8) && stop_e8 > 0;
    order->stop_price_e8 = order->has_stop_price_e8 ? stop_e8 : 0;
}

void orders_refresh(struct orders_state *state, struct orders_instrument *instrument)
{
    struct orders_triggers *triggers = &instrument->triggers;
    bool fires = triggers->crossed != NULL && instrument->rules.status == INSTRUMENT_STATUS_OPEN;
    if (fires == triggers->fires)
        return;
    triggers->fires = fires;
    if (fires)
        DL_APPEND2(state->firing, instrument, triggers.prev, triggers.next);
    else
        DL_DELETE2(state->firing, instrument, triggers.prev, triggers.next);
}

const struct orders_order *orders_next_to_fire(const struct orders_state *state)
{
    return state->firing == NULL ? NULL : state->firing->triggers.crossed->order;
}

/* Where it waits, by its stop price; without one it only follows. */
static void wait_at_price(struct orders_order *order)
{
    struct orders_terms *terms = order->terms;
    int way = way_of(order->book.side, (enum order_type)order->type);
    if (!terms->has_stop_price)
        return;
    terms->cross.key = along(way, terms->stop_price_e8);
    heap_add(&order->instrument->triggers.waiting[way], &terms->cross);
}

static void leave_price(struct orders_order *order)
{
    int way = way_of(order->book.side, (enum order_type)order->type);
    if (order->terms->cross.place > 0)
        heap_remove(&order->instrument->triggers.waiting[way], &order->terms->cross);
}

/* A sell follows the price up, and waits for it to fall. */
static struct heap *trailing(struct orders_order *order)
{
    return &order->instrument->triggers
                .trailing[order->book.side == SIDE_SELL ? TRIGGER_RISING : TRIGGER_FALLING];
}

static void leave_trail(struct orders_order *order)
{
    if (order->terms->trail.place > 0)
        heap_remove(trailing(order), &order->terms->trail);
}

void orders_cross(struct orders_order *order, struct uuid trade_id)
{
    struct orders_terms *terms = order->terms;
    CHECK(terms->waits && !terms->crossed);
    leave_price(order);
    leave_trail(order);
    terms->crossed = true;
    terms->crossed_by = trade_id;
    DL_APPEND2(order->instrument->triggers.crossed, terms, crossed_before, crossed_behind);
}

/* The best price that a trailing order has seen is a better one now. */
static void follow(struct orders_order *order, int64_t price_e8)
{
    struct orders_terms *terms = order->terms;
    struct order shown = orders_as_seen(order);
    leave_price(order);
    leave_trail(order);
    orders_trail(&shown, price_e8);
    terms->has_stop_price = shown.has_stop_price_e8;
    terms->stop_price_e8 = shown.stop_price_e8;
    terms->trail.key =
        along(order->book.side == SIDE_SELL ? TRIGGER_RISING : TRIGGER_FALLING, price_e8);
    heap_add(trailing(order), &terms->trail);
    wait_at_price(order);
}

void orders_price_seen(struct orders_state *state, struct orders_instrument *instrument,
                       int64_t price_e8, struct uuid trade_id)
{
    struct orders_triggers *triggers = &instrument->triggers;
    for (int way = 0; way < TRIGGER_WAYS; way++) {
        struct heap_node *first;
        while ((first = heap_first(&triggers->trailing[way])) != NULL &&
               first->key < along(way, price_e8))
            follow(first->thing, price_e8);
    }
    for (int way = 0; way < TRIGGER_WAYS; way++) {
        struct heap_node *first;
        while ((first = heap_first(&triggers->waiting[way])) != NULL &&
               first->key <= along(way, price_e8))
            orders_cross(first->thing, trade_id);
    }
    orders_refresh(state, instrument);
}

void orders_wait_on(struct orders_order *order, int32_t maker_fee_bps, int32_t taker_fee_bps,
                    int64_t best)
{
    struct orders_triggers *triggers = &order->instrument->triggers;
    struct orders_terms *terms = order->terms;
    CHECK(terms != NULL && !terms->waits);
    order->book.maker_fee_bps = maker_fee_bps;
    order->book.taker_fee_bps = taker_fee_bps;
    terms->waits = true;
    triggers->count++;
    DL_APPEND(triggers->list, terms);
    terms->cross.turn = terms->trail.turn = terms->turn;
    terms->trail.key = best;
    wait_at_price(order);
    if (order->type == ORDER_TYPE_TRAILING_STOP)
        heap_add(trailing(order), &terms->trail);
}

int64_t orders_best_seen(const struct orders_order *order)
{
    bool follows = order != NULL && order->terms != NULL && order->terms->waits;
    return follows ? order->terms->trail.key : TRAIL_UNSEEN;
}

void orders_wait(struct orders_state *state, struct orders_order *order, int32_t maker_fee_bps,
                 int32_t taker_fee_bps, int64_t best)
{
    int64_t price_e8 = 0;
    orders_wait_on(order, maker_fee_bps, taker_fee_bps, best);
    orders_await_expiry(state, order);
    if (orders_reference(order->instrument, &price_e8))
        orders_price_seen(state, order->instrument, price_e8, (struct uuid){{0}});
}

void orders_stop_waiting(struct orders_state *state, struct orders_order *order)
{
    struct orders_triggers *triggers = &order->instrument->triggers;
    struct orders_terms *terms = order->terms;
    if (terms == NULL || !terms->waits)
        return;
    leave_price(order);
    leave_trail(order);
    if (terms->crossed)
        DL_DELETE2(triggers->crossed, terms, crossed_before, crossed_behind);
    DL_DELETE(triggers->list, terms);
    terms->crossed = terms->waits = false;
    triggers->count--;
    orders_refresh(state, order->instrument);
}

void orders_await_expiry(struct orders_state *state, struct orders_order *order)
{
    struct orders_terms *terms = order->terms;
    if (terms == NULL || !terms->has_expires_at || terms->expiry.place > 0 ||
        SEEDED_BUG(EXPIRED_TRADES))
        return;
    terms->expiry.key = terms->expires_at;
    terms->expiry.turn = terms->turn;
    heap_add(&state->expiries, &terms->expiry);
}

void orders_forget_expiry(struct orders_state *state, struct orders_order *order)
{
    if (order->terms != NULL && order->terms->expiry.place > 0)
        heap_remove(&state->expiries, &order->terms->expiry);
}
