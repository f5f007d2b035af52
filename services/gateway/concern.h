/* concern.h - what an event changes, as marks that answers from the projections can be kept by.
 *
 * An account or a user is concerned by each event that names it, whatever its kind: that is read
 * off the event's description, so that no event is forgotten. A book is concerned by what enters or
 * leaves it; a price by trades, and by what changes the instrument.
 *
 * Equal    two things may have the same mark, though hardly ever: then an answer goes too early.
 * Pure     events in, marks out.   Thread   one owner.
 */
#ifndef GATEWAY_CONCERN_H
#define GATEWAY_CONCERN_H
#include "wire/messages.h"

/* Everything: a new instrument may change the worth of what anybody has. */
#define CONCERN_ALL UINT64_C(0)

uint64_t concern_account(struct uuid account_id);
uint64_t concern_user(struct uuid user_id);
/* The orders of an instrument, whosever they are. */
uint64_t concern_book(struct text instrument);
/* The prices that its holders' positions are worth: of the last trade, and the mark. */
uint64_t concern_price(struct text instrument);

/* Marks; the same may be there more than once. */
struct concerns {
    uint64_t *rows;
    size_t count;
    size_t capacity;
};

void concerns_add(struct concerns *concerns, uint64_t mark);
/* Adds what a query says that its answer depends on, "price CEA-EUR,book EUA-EUR". False: that is
 * not what it says. */
bool concerns_parse(struct text depends, struct concerns *concerns) MUST_CHECK;
/* Adds what a whole event of orders, accounts or settings changes. */
void concerns_of(const struct event *event, struct concerns *concerns);
void concerns_free(struct concerns *concerns);

#endif
