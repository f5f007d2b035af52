/* attempts.h - logins and registrations that other gateways let in, as the log tells of them: their
 * limits hold for the venue, however many gateways it has.
 *
 * What this gateway lets in, it counts at once; of what the others let in, it learns when it reads
 * what became of it, and of what was before it began, from the journal of settings. So a burst over
 * several gateways gets past the limit by what is on its way.
 */
#ifndef GATEWAY_ATTEMPTS_H
#define GATEWAY_ATTEMPTS_H
#include "gateway/gateway.h"

struct db;

/* Counts the attempts of the last windows that the projection of settings has, inside the
 * transaction of `db` in which its positions are read too; only where nobody has been let in yet.
 * An error of the database: none of them is counted. */
enum err attempts_load(struct gateway *gateway, struct db *db) MUST_CHECK;
/* Whether an event, of which only kind and meta are read, may tell of an attempt elsewhere. */
bool attempts_told_by(const struct gateway *gateway, const struct event *event);
/* Counts the attempt that such an event, read whole, tells of, if it does. */
void attempts_take(struct gateway *gateway, const struct event *event);
/* The source that attempts from an address are counted by. */
uint64_t attempts_source(const struct gateway *gateway, struct text address);

#endif
