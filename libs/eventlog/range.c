#include "eventlog/range.h"

enum { POLL_MS = 200, AWAY_POLLS_MAX = 150 };

enum err range_read(struct log *log, const char *topic, int32_t partition, int64_t from, int64_t to,
                    range_take *take, void *context)
{
    const char *problem = NULL;
    int64_t next = from;
    int away = 0;
    if (from >= to)
        return OK;
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    enum err err = log_reader_assign(reader, topic, partition, from, &problem);
    while (err == OK && next < to && away < AWAY_POLLS_MAX) {
        struct log_record record;
        err = log_reader_poll(reader, POLL_MS, &record, &problem);
        away = err == OK ? 0 : away + 1;
        if (err == OK) {
            next = record.offset + 1;
            err = record.offset < to ? take(context, &record) : OK;
        } else if (err == ERR_TIMEOUT || err == ERR_BUSY) {
            err = OK;
        }
    }
    log_reader_close(reader);
    return err == OK && next < to ? ERR_TIMEOUT : err;
}
