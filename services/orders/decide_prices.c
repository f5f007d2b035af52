/* Prices as others hear of them: those that moved since they were last told, by the clock, so that
 * a thousand trades cost no more than one; and nothing where nothing moves. */
#include "orders/decide_parts.h"

enum { PRICES_EVERY_US = 250000, PRICES_MAX = 10000 /* in one event; the rest is told next */ };

int64_t orders_prices_due_us(const struct orders_state *state)
{
    return state->moved_count > 0 ? state->prices_told_us + PRICES_EVERY_US : INT64_MAX;
}

static struct price price_of(const struct orders_instrument *instrument)
{
    return (struct price){
        .instrument = instrument->rules.symbol,
        .has_last_price_e8 = instrument->has_last_price,
        .last_price_e8 = instrument->last_price_e8,
        .has_high_price_e8 = instrument->has_range,
        .high_price_e8 = instrument->high_price_e8,
        .has_low_price_e8 = instrument->has_range,
        .low_price_e8 = instrument->low_price_e8,
        .has_mark_price_e8 = instrument->rules.has_mark_price_e8,
        .mark_price_e8 = instrument->rules.mark_price_e8,
    };
}

void orders_tell_prices(const struct decision *decision)
{
    const struct orders_state *state = decision->state;
    struct prices_moved *moved = &decision->event->prices_moved;
    decision->event->kind = EVENT_PRICES_MOVED;
    moved->prices = ARENA_NEW(decision->arena, struct price, state->moved_count);
    const struct orders_instrument *at = state->instruments;
    for (; at != NULL && moved->prices_count < PRICES_MAX; at = at->hh.next) {
        if (at->moved)
            moved->prices[moved->prices_count++] = price_of(at);
    }
    CHECK(moved->prices_count > 0);
    decision->event->key = moved->prices[0].instrument;
    event_touch_all(decision->event, decision->arena, SERVICE_ACCOUNTS);
    event_touch_all(decision->event, decision->arena, SERVICE_SETTINGS);
}
