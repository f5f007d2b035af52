/* feed_venue.h - the venue as `bourse feed` meets it: an instrument's rules, its mark price, and
 * trades at a price.
 *
 * Trades   a maker quotes and a client takes half of the quote, selling and buying in turns, so
 *          that neither runs out. The quote stays until the next one: the book is never empty.
 * Repeats  every change has a key made of the run and the line, so that asking again does no harm.
 */
#ifndef FEED_VENUE_H
#define FEED_VENUE_H
#include "base/uuid.h"
#include "client/client.h"
#include "decimal/decimal.h"

enum { FEED_RUN_SIZE = 32 };

struct feed_venue {
    const char *instrument;
    char run[FEED_RUN_SIZE];      /* what no other run has */
    struct client *staff;         /* NULL: this run feeds trades */
    struct client *maker, *taker; /* NULL: it feeds marks */
    int64_t tick_e8;
    int64_t quantity_e8;            /* of one trade; 0: the least that the instrument takes */
    char quote[UUID_TEXT_SIZE + 1]; /* the maker's order; empty: none */
    bool maker_buys;
    int64_t trades;
};

/* All of these return NULL when it is done, else why not, for people; the text is good until the
 * next call. */

/* Learns the instrument's rules, as `caller`. */
const char *feed_venue_learn(struct feed_venue *venue, struct client *caller) MUST_CHECK;
/* Feeds in the mark price of a line of the file. */
const char *feed_venue_mark(struct feed_venue *venue, int64_t line, int64_t price_e8) MUST_CHECK;
/* Has the two accounts trade at the price of a line of the file. */
const char *feed_venue_trade(struct feed_venue *venue, int64_t line, int64_t price_e8) MUST_CHECK;
/* Takes back what is left of the last quote. */
const char *feed_venue_pull_quote(struct feed_venue *venue) MUST_CHECK;

#endif
