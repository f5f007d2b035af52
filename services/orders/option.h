/* option.h - options: which instrument trades one, and when one expires.
 *
 * Underlying  an instrument, whose price settles the option: its mark price where the venue feeds
 *             one in, else that of its last trade. Its partition fixes it, at the expiry or, while
 *             there is no price, at the first one behind it.
 * Book        one instrument trades an option: its symbol is the option's code and the currency
 *             that the underlying's symbol ends in. Orders in it expire no later than the option.
 *             Its partition is told the price and tells all of accounts, which read its log in
 *             order, so that no trade can come behind the settlement.
 * End         what is still open in the book then ends by the clock, so many orders at a time,
 * before any other input.
 */
#ifndef ORDERS_OPTION_H
#define ORDERS_OPTION_H
#include "base/arena.h"
#include "wire/messages.h"

struct orders_state;
struct orders_asset;

/* What an instrument's symbol ends in: of "CEA-EUR" it is "EUR". Empty: nothing. */
struct text orders_currency_of(struct text symbol);
/* The symbol of the instrument that trades the option, in the arena. */
struct text orders_option_symbol(const struct asset *option, struct arena *arena);

/* The option that expires next of those that are settled in this partition by a price that is
 * known. NULL: none. */
const struct orders_asset *orders_next_option(const struct orders_state *state);
/* Looks again when that is; whenever an option comes or expires, or an instrument has a price. */
void orders_refresh_options(struct orders_state *state);
/* Looks again which book of an expired option has open orders; whenever one expires or some end. */
void orders_refresh_ending(struct orders_state *state);
/* The option has expired, whether it was known or not. */
void orders_expire_option(struct orders_state *state, const struct asset *option);

#endif
