/* market.h - the instruments as a partition of settings has heard of them, from `orders`: what a
 * watchlist may name, and the price that an alert begins from.
 *
 * Shape    by symbol. An instrument is never forgotten: the venue keeps its own for ever, too.
 * Thread   one owner, no locks. Depends on base and wire only, so replay repeats it.
 */
#ifndef SETTINGS_MARKET_H
#define SETTINGS_MARKET_H
#include "base/buffer.h"
#include "base/heap.h"
#include "base/pack.h"
#include "base/table.h"
#include "wire/messages.h"

struct settings_alert; /* alert.h */

struct settings_instrument {
    struct text symbol; /* owned */
    bool has_last;      /* something was traded in it */
    int64_t last_price_e8;
    struct heap rises, falls;        /* alerts by the price they wait for; falls by its negative */
    struct settings_alert *measured; /* alerts that measure its changes, by their turn (utlist) */
    UT_hash_handle by_symbol;
};

struct settings_market {
    struct settings_instrument *instruments;
};

/* Frees what it holds. */
void settings_market_free(struct settings_market *market);
/* NULL: none has been heard of. */
struct settings_instrument *settings_instrument(const struct settings_market *market,
                                                struct text symbol);
/* There is such an instrument; told again it does nothing. */
void settings_add_instrument(struct settings_market *market, struct text symbol);
/* A symbol in a snapshot, and the instrument of that symbol; NULL: there is none, or the bytes are
 * no symbol. */
void settings_symbol_save(struct text symbol, struct buffer *buffer);
struct settings_instrument *settings_symbol_load(const struct settings_market *market,
                                                 struct pack_reader *reader);
/* In the order of their symbols. */
void settings_market_save(const struct settings_market *market, struct buffer *buffer);
void settings_market_load(struct settings_market *market, struct pack_reader *reader);

#endif
