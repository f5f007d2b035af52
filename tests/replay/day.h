/* day.h - the day that every release records: random trades from a fixed seed on two partitions,
 * with a few writers restarted and replaced, so that the log has claims and inert records too. And
 * its form on disk.
 *
 * Files of a release, in tests/replay/<version>/:
 *   <service>-<partition>.log   the records of an event partition: key, value, header count, then
 *                               each header's name and value; every part after its length, lengths
 *                               and counts being 4 bytes big-endian
 *   hashes.txt                  a line each: service, partition, records, head of the fold, hash of
 *                               the service's state
 */
#ifndef REPLAY_DAY_H
#define REPLAY_DAY_H
#include "venue.h"

enum { DAY_PARTITIONS = 2, DAY_HEX_SIZE = 2 * sizeof(struct hash) + 1 };

/* Where a replay of one partition ends. */
struct day_end {
    char service[16];
    int partition;
    long long records;
    char head[DAY_HEX_SIZE];
    char state[DAY_HEX_SIZE];
};

/* Lives the day. Free the venue. */
struct venue *day_new(void);
/* Replays a partition of a log with this version's code. Fails the test where it cannot. */
struct day_end day_replay(struct log *log, enum service_id service, int32_t partition);

/* Writes the records of an event partition. */
void day_write(struct log *log, enum service_id service, int32_t partition, const char *path);
/* Appends the records of such a file to the partition. */
void day_read(struct log *log, enum service_id service, int32_t partition, const char *path);

#endif
