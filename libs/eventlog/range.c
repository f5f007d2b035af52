#include "eventlog/range.h"

#include <stdio.h>

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150 };

/* Our topics are neither compacted nor written in transactions, so each offset has its record;
 * where the base offset of a batch is damaged, a client library passes over the batch. */
static enum err check_due(const struct log_record *record, int64_t due, char *problem)
{
    if (record->offset == due)
        return OK;
    snprintf(problem, RANGE_PROBLEM_SIZE,
             "%.*s/%d at offset %lld: the record was not handed out, but %lld was: it is damaged, "
             "or gone",
             (int)record->topic.size, record->topic.data, record->partition, (long long)due,
             (long long)record->offset);
    return ERR_LOG;
}

static void say(const char *why, char *ret_problem)
{
    snprintf(ret_problem, RANGE_PROBLEM_SIZE, "%s", why == NULL ? "" : why);
}

/* The record at `due`. ERR_TIMEOUT: none yet. */
static enum err read_due(struct log_reader *reader, int64_t due, struct log_record *ret_record,
                         char *ret_problem)
{
    const char *why = NULL;
    enum err err = log_reader_poll(reader, POLL_MS, ret_record, &why);
    if (err == OK)
        return check_due(ret_record, due, ret_problem);
    if (err == ERR_LOG)
        say(why, ret_problem);
    return err == ERR_BUSY ? ERR_TIMEOUT : err;
}

enum err range_read(struct log *log, const char *topic, int32_t partition, int64_t from, int64_t to,
                    range_take *take, void *context, char ret_problem[RANGE_PROBLEM_SIZE])
{
    const char *why = NULL;
    int64_t next = from;
    int away = 0;
    say(NULL, ret_problem);
    if (from >= to)
        return OK;
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    enum err err = log_reader_assign(reader, topic, partition, from, &why);
    if (err != OK)
        say(why, ret_problem);
    while (err == OK && next < to && away < AWAY_POLLS_MAX) {
        struct log_record record;
        err = read_due(reader, next, &record, ret_problem);
        away = err == ERR_TIMEOUT ? away + 1 : 0;
        if (err == OK) {
            next++;
            err = take(context, &record);
        } else if (err == ERR_TIMEOUT) {
            err = OK;
        }
    }
    log_reader_close(reader);
    return err == OK && next < to ? ERR_TIMEOUT : err;
}
