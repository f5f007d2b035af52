/* clock.h - the wall clock as a partition reads it: one that cannot jump (R7).
 *
 * It is held against CLOCK_BOOTTIME, which nobody sets. Up to CLOCK_JUMP_MAX_US apart the wall
 * clock counts; beyond, time goes on as it went before, so that no wild reading gets into an event,
 * and the jump is kept for the owner, who ends. At its start it is held against others' clocks,
 * from which it may be CLOCK_APART_MAX_US apart: the broker's and the database's.
 */
#ifndef SERVICE_CLOCK_H
#define SERVICE_CLOCK_H
#include "base/base.h"

enum { CLOCK_JUMP_MAX_US = 5000000, CLOCK_APART_MAX_US = 5000000 };

/* Plain data; one owner. */
struct clock {
    int64_t offset_us; /* from boot time to wall time, when it was started */
    int64_t jump_us;   /* by how much the wall clock was off when it last jumped; 0: never */
};

/* Microseconds since boot, sleep included. */
int64_t clock_boot_us(void);
/* Starts from what the wall clock says now. */
void clock_start(struct clock *clock);
/* Wall time now. */
int64_t clock_now_us(struct clock *clock);
/* How far our clock is ahead of another's, who was asked at `before_us` and had answered `stamp_us`
 * by `after_us`; 0 where the stamp lies between. */
int64_t clock_apart_us(int64_t before_us, int64_t stamp_us, int64_t after_us);
/* True when two clocks so far apart are not to decide anything. */
bool clock_is_wrong(int64_t apart_us);

/* The two of them for given readings, so that tests need not set the clock. */
void clock_start_at(struct clock *clock, int64_t wall_us, int64_t boot_us);
int64_t clock_read(struct clock *clock, int64_t wall_us, int64_t boot_us);

#endif
