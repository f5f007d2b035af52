/* weather.h - a log that behaves as badly as Kafka may: around a log in memory, which keeps what
 * has landed.
 *
 * Records travel: they land later than they are sent, get lost, land twice, with or without their
 * writer being told so; what a dead process has sent may land after its successor's claim. Every
 * reader sees each partition in order, but partitions late and mixed at random.
 *
 * Owner    whose call it is, and whose readers and writers: a process or a gateway. Where it is
 *          dead, its calls fail and have no effect, so that its code comes to its end.
 */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H
#include "eventlog/log.h"
#include "fate.h"

struct weather_owner {
    bool dead;
    bool doubts;     /* it has been told that an append is unknown */
    uint32_t pauses; /* how often it stood still; its readers then connect anew */
    void (*moment)(struct weather_owner *owner); /* at every call; it may yield. NULL: nothing */
};

/* What came of appends whose writer was told that nobody knows. */
struct weather_counts {
    uint64_t unknown_landed, unknown_lost;
};

struct weather_world {
    struct log *log; /* in memory; stays the caller's */
    struct fates *fates;
    struct dice *dice;
    const int64_t *now_us;
};

struct weather; /* laid out in weather_internal.h only */

struct weather *weather_new(const struct weather_world *world) MUST_CHECK;
/* Frees it with whatever is still on its way; readers and writers are closed before. */
void weather_free(struct weather *weather);
/* The log as it is seen through the weather. */
struct log *weather_log(struct weather *weather);
/* Whose calls the next ones are; NULL: nobody's, and nothing befalls them. */
void weather_set_owner(struct weather *weather, struct weather_owner *owner);
/* It dies: what it has not sent yet is gone. */
void weather_kill(struct weather *weather, struct weather_owner *owner);
/* Lets land what is due. */
void weather_tick(struct weather *weather);
/* Records on their way. */
size_t weather_travelling(const struct weather *weather);
const struct weather_counts *weather_counts(const struct weather *weather);

#endif
