/* log_copy.c - appends a record once more, byte for byte: what a retry below the client does.
 *
 *     log_copy BROKERS TOPIC PARTITION OFFSET
 */
#include "eventlog/log.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 10000 };

static enum err copy(struct log *log, const char *topic, int32_t partition, int64_t offset)
{
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_writer *writer = log_writer_open(log);
    struct log_record record;
    const char *problem = "";
    enum err err = log_reader_assign(reader, topic, partition, offset, &problem);
    if (err == OK)
        err = log_reader_poll(reader, WAIT_MS, &record, &problem);
    if (err == OK)
        err = log_writer_append(writer, topic, partition, record.key, record.value, record.headers,
                                record.headers_count);
    if (err == OK)
        err = log_writer_flush(writer, WAIT_MS);
    log_writer_close(writer);
    log_reader_close(reader);
    return err;
}

int main(int argc, char **argv)
{
    struct log *log = NULL;
    const char *problem = "";
    if (argc != 5 || log_open_kafka(argv[1], "log-copy", &log, &problem) != OK)
        return 2;
    enum err err =
        copy(log, argv[2], (int32_t)strtol(argv[3], NULL, 10), strtoll(argv[4], NULL, 10));
    if (err != OK)
        fprintf(stderr, "log_copy: %s\n", err_text(err));
    log_close(log);
    return err == OK ? 0 : 1;
}
