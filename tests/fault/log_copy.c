/* log_copy.c - appends a record once more, byte for byte: what a retry below the client does.
 *
 *     log_copy BROKERS IDENTITY TOPIC PARTITION OFFSET
 *
 * IDENTITY is a folder (BOURSE_KAFKA_TLS_DIR), or empty.
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
    if (argc != 6)
        return 2;
    const char *identity = argv[2][0] == '\0' ? NULL : argv[2];
    if (log_open_kafka(argv[1], identity, "log-copy", &log, &problem) != OK)
        return 2;
    enum err err =
        copy(log, argv[3], (int32_t)strtol(argv[4], NULL, 10), strtoll(argv[5], NULL, 10));
    if (err != OK)
        fprintf(stderr, "log_copy: %s\n", err_text(err));
    log_close(log);
    return err == OK ? 0 : 1;
}
