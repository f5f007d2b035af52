#include "service/clock.h"

#include "base/seeded_bug.h"

#include <time.h>

static int64_t read_us(clockid_t which)
{
    struct timespec now;
    CHECK(clock_gettime(which, &now) == 0);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t clock_boot_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

void clock_start(struct clock *clock)
{
    clock_start_at(clock, read_us(CLOCK_REALTIME), clock_boot_us());
}

int64_t clock_now_us(struct clock *clock)
{
    return clock_read(clock, read_us(CLOCK_REALTIME), clock_boot_us());
}

void clock_start_at(struct clock *clock, int64_t wall_us, int64_t boot_us)
{
    *clock = (struct clock){.offset_us = wall_us - boot_us};
}

int64_t clock_read(struct clock *clock, int64_t wall_us, int64_t boot_us)
{
    int64_t steady_us = boot_us + clock->offset_us;
    int64_t apart_us = wall_us - steady_us;
    bool agree = apart_us <= CLOCK_JUMP_MAX_US && apart_us >= -CLOCK_JUMP_MAX_US;
    if (agree || SEEDED_BUG(CLOCK_TRUSTED))
        return wall_us;
    clock->jump_us = apart_us;
    return steady_us;
}

int64_t clock_apart_us(int64_t before_us, int64_t stamp_us, int64_t after_us)
{
    if (stamp_us < before_us)
        return before_us - stamp_us;
    return stamp_us > after_us ? after_us - stamp_us : 0;
}

bool clock_is_wrong(int64_t apart_us)
{
    return apart_us > CLOCK_APART_MAX_US || apart_us < -CLOCK_APART_MAX_US;
}
