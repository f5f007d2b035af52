#include "orders/option.h"

#include "orders/state.h"

#include <string.h>

struct text orders_currency_of(struct text symbol)
{
    const char *hyphen = memrchr(symbol.data, '-', symbol.size);
    if (hyphen == NULL)
        return TEXT("");
    size_t start = (size_t)(hyphen - symbol.data) + 1;
    return (struct text){symbol.data + start, symbol.size - start};
}

struct text orders_option_symbol(const struct asset *option, struct arena *arena)
{
    struct text currency = orders_currency_of(option->underlying);
    return arena_printf(arena, "%.*s-%.*s", (int)option->code.size, option->code.data,
                        (int)currency.size, currency.data);
}

/* The option is settled here, and could be. */
static bool is_settled_here(const struct orders_state *state, const struct orders_asset *at)
{
    if (at->expired)
        return false;
    const struct orders_instrument *underlying = orders_instrument(state, at->asset.underlying);
    int64_t price_e8 = 0;
    return underlying != NULL && orders_reference(underlying, &price_e8);
}

/* Of two that expire at once the one whose code comes first. */
static bool is_sooner(const struct orders_asset *a, const struct orders_asset *b)
{
    if (a->asset.expires_at != b->asset.expires_at)
        return a->asset.expires_at < b->asset.expires_at;
    return text_compare(a->asset.code, b->asset.code) < 0;
}

const struct orders_asset *orders_next_option(const struct orders_state *state)
{
    const struct orders_asset *next = NULL;
    for (const struct orders_asset *at = state->options; at != NULL; at = at->next_option) {
        if (is_settled_here(state, at) && (next == NULL || is_sooner(at, next)))
            next = at;
    }
    return next;
}

void orders_refresh_options(struct orders_state *state)
{
    const struct orders_asset *next = orders_next_option(state);
    state->option_due_us = next == NULL ? INT64_MAX : next->asset.expires_at;
}

static bool is_ending(const struct orders_state *state, const struct orders_instrument *instrument)
{
    const struct orders_asset *base = orders_asset(state, instrument->rules.base);
    return base != NULL && base->expired &&
           book_orders_count(instrument->book) + instrument->triggers.count > 0;
}

void orders_refresh_ending(struct orders_state *state)
{
    const struct orders_instrument *at = state->instruments;
    while (at != NULL && !is_ending(state, at))
        at = at->hh.next;
    state->ending = at;
}

void orders_expire_option(struct orders_state *state, const struct asset *option)
{
    orders_add_asset(state, option);
    orders_asset(state, option->code)->expired = true;
    orders_refresh_options(state);
    orders_refresh_ending(state);
}
