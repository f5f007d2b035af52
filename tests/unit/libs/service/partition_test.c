#include "service/partition.h"

#include "log/log.h"
#include "seal/seal.h"
#include "service/clock.h"
#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void rest_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int64_t wall_us(void)
{
    struct clock clock;
    clock_start(&clock);
    return clock_now_us(&clock);
}

static void a_partition_takes_over_serves_and_stops(void **state)
{
    (void)state;
    struct log *log = toy_log(1);
    struct partition_world world = {.log = log};
    struct partition *partition = partition_start(&TOY, 0, &world);
    struct command command = toy_deposit(1, E8, wall_us());
    enum event_kind kinds[10];
    toy_send(log, &command);
    for (int i = 0; i < 500 && toy_kinds(log, kinds, 10) < 2; i++)
        rest_ms(10);
    assert_int_equal(toy_kinds(log, kinds, 10), 2);
    assert_true(partition_is_owner(partition));
    assert_int_equal(partition_failure(partition), OK);
    partition_stop(partition);
    log_close(log);
}

/* Nobody answers at that port: it is neither to wait for the broker nor for a claim for ever. */
static void a_partition_whose_broker_is_away_stops_within_seconds(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it does not know the C11 threads of librdkafka, and crashes */
#endif
    struct partition_world world = {0};
    const char *problem = NULL;
    assert_int_equal(log_open_kafka("127.0.0.1:1", NULL, "test", &world.log, &problem), OK);
    struct partition *partition = partition_start(&TOY, 0, &world);
    rest_ms(200);
    int64_t asked_us = clock_boot_us();
    partition_stop(partition);
    assert_true(clock_boot_us() - asked_us < 12 * INT64_C(1000000));
    log_close(world.log);
}

static int setup(void **state)
{
    (void)state;
    log_init("test", "test", LOG_LEVEL_ERROR, STDOUT_FILENO);
    return seal_init() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_takes_over_serves_and_stops),
        cmocka_unit_test(a_partition_whose_broker_is_away_stops_within_seconds),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
