/* record - lives the day with this version's code and writes it down for later ones:
 *
 *     replay_record tests/replay/v0.1
 */
#include "books.h"
#include "day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

static void record_partition(struct log *log, enum service_id service, int32_t partition,
                             FILE *hashes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%d.log", folder, service_name(service), partition);
    day_write(log, service, partition, path);
    struct day_end end = day_replay(log, service, partition);
    fprintf(hashes, "%s %d %lld %s %s\n", end.service, end.partition, end.records, end.head,
            end.state);
}

static void the_day_is_written_down(void **state)
{
    (void)state;
    char path[512];
    struct venue *venue = day_new();
    venue_check(venue);
    snprintf(path, sizeof path, "%s/hashes.txt", folder);
    FILE *hashes = fopen(path, "w");
    if (hashes == NULL)
        fail_msg("cannot write %s: make the folder first", path);
    for (int i = 0; i < SERVICES; i++)
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++)
            record_partition(venue->log, (enum service_id)i, partition, hashes);
    assert_int_equal(fclose(hashes), 0);
    venue_free(venue);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_day_is_written_down)};
    if (argc != 2) {
        fprintf(stderr, "usage: replay_record FOLDER, for example tests/replay/v0.1\n");
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
