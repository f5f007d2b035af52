/* shown.h - what a caller has been shown: positions that later reads and writes must not overtake.
 *
 * A position says that a projection must contain something. Either an event: `accounts/0:55`, the
 * record 55 of accounts' events; or that a follower answered one: `accounts/0<orders/2:77`,
 * accounts' partition 0 has followed record 77 of orders' partition 2. The text form, several of
 * them after a space each, is the X-Position header.
 *
 * Bounds   SHOWN_MAX positions a set (the one added last gives way to none: past it the set keeps
 *          what it has); SHOWN_CALLERS sessions, the one silent longest gives way.
 * Thread   any, for the store; a set has one owner.
 */
#ifndef GATEWAY_SHOWN_H
#define GATEWAY_SHOWN_H
#include "base/buffer.h"
#include "base/uuid.h"
#include "decision/decision.h"

enum { SHOWN_MAX = 128, SHOWN_CALLERS = 4096 };

struct shown_position {
    uint8_t service; /* enum service_id, whose projection */
    uint8_t source;  /* whose event; the same: the event itself */
    int16_t partition;
    int16_t source_partition;
    int64_t offset;
};

struct shown {
    size_t count;
    struct shown_position rows[SHOWN_MAX];
};

/* Adds a position, or moves the one of the same partitions on. */
void shown_add(struct shown *shown, struct shown_position position);
void shown_add_all(struct shown *shown, const struct shown *more);
/* Reads the text form and adds what it says. ERR_INPUT: not that form; some may have been added. */
enum err shown_parse(struct text text, struct shown *shown) MUST_CHECK;
/* Reads the position of one event as it is shown in answers, "accounts/0/55". ERR_INPUT: not that.
 */
enum err shown_parse_event(struct text text, struct shown_position *ret_position) MUST_CHECK;
/* Appends the text form. */
void shown_print(const struct shown *shown, struct buffer *buffer);

/* Sets the `after` of a command whose caller was shown these: all events but audit's, which nobody
 * follows. A partition of the service that decides counts too, for one follows the other; each
 * writer leaves aside what it does not follow. */
void shown_after(const struct shown *shown, struct arena *arena, struct command_meta *meta);

/* Sets by caller. */
struct shown_store; /* laid out in shown.c only */
struct shown_store *shown_store_new(void) MUST_CHECK;
void shown_store_free(struct shown_store *store);
/* What this caller has been shown: *ret_shown gets a copy, empty where there is nothing. */
void shown_store_get(struct shown_store *store, struct uuid caller, struct shown *ret_shown);
void shown_store_add(struct shown_store *store, struct uuid caller, const struct shown *more);

#endif
