#include "service/landmark.h"

#include "eventlog/follower.h"
#include "eventlog/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum err landmark_before(const struct landmark *landmark, enum service_id service,
                         int32_t partition, int64_t end, char ret_problem[LANDMARK_PROBLEM_SIZE])
{
    if (!landmark->known || landmark->offset < end)
        return OK;
    snprintf(ret_problem, LANDMARK_PROBLEM_SIZE,
             "%s/%d has the offsets before %" PRId64 ", but its projection has read %" PRId64
             ": the log was truncated, recreated or restored from an older backup. If it is right, "
             "run `bourse projection rebuild %s`",
             follower_events_topic(service), partition, end, landmark->offset,
             service_name(service));
    return ERR_LOG;
}

enum err landmark_is(const struct landmark *landmark, enum service_id service,
                     const struct log_record *record, char ret_problem[LANDMARK_PROBLEM_SIZE])
{
    if (!landmark->known || landmark->offset != record->offset)
        return OK;
    struct hash hash = fold_record_hash(record->key, record->value);
    if (memcmp(&landmark->hash, &hash, sizeof hash) == 0)
        return OK;
    snprintf(ret_problem, LANDMARK_PROBLEM_SIZE,
             "%s/%d at offset %" PRId64 ": another record stands where the projection has read "
             "one: the topic was recreated, rewritten or restored",
             follower_events_topic(service), record->partition, landmark->offset);
    return ERR_LOG;
}

struct comparing {
    const struct landmark *landmark;
    enum service_id service;
    char *problem;
    bool differs;
};

static enum err compare(void *context, const struct log_record *record)
{
    struct comparing *comparing = context;
    comparing->differs =
        landmark_is(comparing->landmark, comparing->service, record, comparing->problem) != OK;
    return OK;
}

enum err landmark_compare(const struct landmark *landmark, struct log *log, enum service_id service,
                          int32_t partition, char ret_problem[LANDMARK_PROBLEM_SIZE])
{
    const char *topic = follower_events_topic(service);
    struct comparing comparing = {landmark, service, ret_problem, false};
    char why[RANGE_PROBLEM_SIZE];
    int64_t start = 0, end = 0;
    if (!landmark->known)
        return OK;
    enum err err = log_ends(log, topic, partition, &start, &end);
    if (err == OK)
        err = landmark_before(landmark, service, partition, end, ret_problem);
    if (err != OK)
        return err;
    err = range_read(log, topic, partition, landmark->offset, landmark->offset + 1, compare,
                     &comparing, why);
    if (err != OK) /* it was not shown: then it is not known to be another */
        return ERR_BUSY;
    return comparing.differs ? ERR_LOG : OK;
}
