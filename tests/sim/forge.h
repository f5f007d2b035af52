/* forge.h - evidence for the tests of the checkers: a venue's log as it is, and the same with a lie
 * in it.
 *
 * A lie told by a writer is in the chain like the truth, so whatever follows from the changed event
 * is forged, too: heads, hashes of causes, states of folds, headers.
 */
#ifndef SIM_FORGE_H
#define SIM_FORGE_H
#include "evidence.h"
#include "venue.h"
#include "wire/wire.h"

/* A day of `commands_count` random commands with kills, replaced writers and lost records. At rest.
 * `look` may then see more of the venue before it goes; NULL: nobody does. The caller frees it. */
struct evidence *forge_day(uint64_t seed, int32_t partitions, int commands_count,
                           void (*look)(struct venue *venue, struct evidence *evidence)) MUST_CHECK;

/* Changes an event that counts; returns whether it did. Texts and arrays may be replaced by others
 * in `arena`. */
typedef bool (*forge_lie)(struct event *event, struct arena *arena);
/* The evidence with the `nth` (from 0) lie told. False: there was no event to lie about;
 * *ret_forged is then not set. The caller frees it. */
bool forge(const struct evidence *truth, forge_lie lie, size_t nth,
           struct evidence **ret_forged) MUST_CHECK;

/* A copy of the records alone, without one of a partition; the rest moves up. `commands`: of its
 * command topic. */
struct evidence *forge_without(const struct evidence *truth, bool commands,
                               enum evidence_service service, int32_t partition,
                               size_t index) MUST_CHECK;
/* A copy of the records alone. */
struct evidence *forge_copy(const struct evidence *truth) MUST_CHECK;

#endif
