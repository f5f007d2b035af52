/* The log that every release wrote is replayed to the state it had: a change of code or schemas
 * that reads old events otherwise shows here. */
#include "day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const RELEASES[] = {"v0.1"};

enum { ENDS_MAX = SERVICES * VENUE_PARTITIONS_MAX };

static const char *path_in(const char *release, const char *file)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/tests/replay/%s/%s", BOURSE_SOURCE_DIR, release, file);
    return path;
}

static long long number_of(const char *digits)
{
    char *end = NULL;
    long long number = strtoll(digits, &end, 10);
    assert_true(end != digits && *end == '\0');
    return number;
}

static size_t read_ends(const char *release, struct day_end *ret_ends)
{
    FILE *file = fopen(path_in(release, "hashes.txt"), "r");
    char line[256];
    size_t count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(count < ENDS_MAX);
        struct day_end *end = &ret_ends[count++];
        char partition[16], records[24];
        assert_int_equal(sscanf(line, "%15s %15s %23s %64s %64s", end->service, partition, records,
                                end->head, end->state),
                         5);
        end->partition = (int)number_of(partition);
        end->records = number_of(records);
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static struct log *read_log(const char *release, const struct day_end *ends, size_t count)
{
    int32_t partition_counts[SERVICES] = {0};
    enum service_id service;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(service_named(text_of(ends[i].service), &service), OK);
        partition_counts[service]++;
    }
    struct log *log = venue_topics(partition_counts);
    for (size_t i = 0; i < count; i++) {
        char file[64];
        assert_int_equal(service_named(text_of(ends[i].service), &service), OK);
        snprintf(file, sizeof file, "%s-%d.log", service_name(service), ends[i].partition);
        day_read(log, service, ends[i].partition, path_in(release, file));
    }
    return log;
}

static void check_release(const char *release)
{
    struct day_end ends[ENDS_MAX];
    size_t count = read_ends(release, ends);
    assert_true(count > 0);
    struct log *log = read_log(release, ends, count);
    for (size_t i = 0; i < count; i++) {
        enum service_id service;
        assert_int_equal(service_named(text_of(ends[i].service), &service), OK);
        struct day_end end = day_replay(log, service, ends[i].partition);
        if (end.records != ends[i].records || strcmp(end.head, ends[i].head) != 0 ||
            strcmp(end.state, ends[i].state) != 0)
            fail_msg("%s of %s/%d replays to %lld records, head %s, state %s", release, end.service,
                     end.partition, end.records, end.head, end.state);
    }
    log_close(log);
}

static void the_log_of_every_release_replays_to_its_recorded_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(RELEASES); i++)
        check_release(RELEASES[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_of_every_release_replays_to_its_recorded_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
