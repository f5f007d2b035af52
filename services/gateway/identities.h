/* identities.h - which sessions are over and which API keys are good, in memory: what a token that
 * is still good in itself is held against with every request. There is no cache to forget and no
 * database to ask; what settings has decided is in its log, and every gateway reads that.
 *
 * From     the rows of its projection as it stands at some position, then each event behind that
 *          (answers.c); read twice, an event changes nothing.
 * Bounds   a session that ended is remembered for longer than any access token lives.
 * Thread   identities_apply() on one thread, the others on any.
 */
#ifndef GATEWAY_IDENTITIES_H
#define GATEWAY_IDENTITIES_H
#include "base/base.h"
#include "base/uuid.h"
#include "gateway/api_keys.h"
#include "wire/messages.h"

/* An hour more than BOURSE_ACCESS_TTL may be, by log time. */
#define IDENTITIES_REMEMBERED_US (INT64_C(25) * 3600 * 1000000)

struct db;
struct identities; /* laid out in identities.c only */

struct identities *identities_new(void) MUST_CHECK;
/* NULL does nothing. */
void identities_free(struct identities *identities);

/* Adds what the projection of settings has, inside the transaction of `db` in which its positions
 * are read too. An error of the database: some of it may be missing. */
enum err identities_load(struct identities *identities, struct db *db) MUST_CHECK;
/* Whether an event of this kind says anything here. */
bool identities_want(enum event_kind kind);
/* What a valid event, read whole, says. How many sessions are over with it. */
size_t identities_apply(struct identities *identities, const struct event *event);

/* The part of it that knows API keys; lives as long. */
struct api_keys *identities_api_keys(struct identities *identities);
/* Whether a session has been ended, or an API key with this id revoked or its owner locked, as far
 * as has been read. */
bool identities_session_is_over(struct identities *identities, struct uuid session_id);

#endif
