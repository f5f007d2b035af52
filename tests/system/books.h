/* books.h - the books of all partitions, and what must be true of them at rest. */
#ifndef SYSTEM_BOOKS_H
#define SYSTEM_BOOKS_H
#include "venue.h"

/* Orders that rest in a book or wait for their trigger. */
size_t venue_open_count(const struct venue *venue);
/* No book is crossed; every order that rests has its hold, for what remains of it; and there is no
 * other hold. */
void venue_check_books(const struct venue *venue);
/* Takes their versions from all orders: these name the epoch of the last event about an order, and
 * what stands in for a writer that ended has another one. */
void venue_forget_versions(struct venue *venue);
/* Everything that must be true at rest: log, ledgers, books. */
void venue_check(const struct venue *venue);

#endif
