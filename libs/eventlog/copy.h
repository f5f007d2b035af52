/* copy.h - the records of a partition in a file, as they were read: for an auditor, and to restore
 * from. What counts among them is the fold's to say, as in the log.
 *
 *     "bourse-log 1\n", SERVICE "/" PARTITION "\n"; then of each record
 *     offset (8), broker's time (8), key, value, headers (4); then of each header name, value
 *
 * Numbers are big-endian, of so many bytes; a key, value, name or text of a header comes behind its
 * size (4). The file of the events of orders/2 is called orders-2.log; of its commands, which are
 * those of "orders.commands/2", orders.commands-2.log.
 */
#ifndef EVENTLOG_COPY_H
#define EVENTLOG_COPY_H
#include "base/buffer.h"
#include "decision/decision.h"
#include "eventlog/log.h"

#include <stdio.h>

enum { LOG_COPY_NAME_SIZE = 64 };

/* Which partition a file is of. */
struct log_copy_place {
    enum service_id service;
    bool commands; /* not events */
    int32_t partition;
};

/* The topic of a place. Static storage. */
const char *log_copy_topic(const struct log_copy_place *place);
/* The name of a partition's file, zero-terminated. */
void log_copy_name(const struct log_copy_place *place, char ret_name[LOG_COPY_NAME_SIZE]);
/* Begins a file, and adds a record. ERR_BUSY: it cannot be written. */
enum err log_copy_begin(FILE *file, const struct log_copy_place *place) MUST_CHECK;
enum err log_copy_add(FILE *file, const struct log_record *record) MUST_CHECK;

/* A file being read. Zeroed it is none. */
struct log_copy {
    FILE *file;
    struct log_copy_place place;
    struct buffer bytes; /* of the record */
    struct log_header headers[LOG_HEADERS_MAX];
};

/* Opens a file. ERR_NOT_FOUND: it cannot be read. ERR_POISON: it does not begin as one. */
enum err log_copy_open(const char *path, struct log_copy *ret_copy) MUST_CHECK;
/* Opens the file of a place in a folder. ERR_POISON: what has that name is not a copy of it. */
enum err log_copy_find(const char *folder, const struct log_copy_place *place,
                       struct log_copy *ret_copy) MUST_CHECK;
void log_copy_close(struct log_copy *copy);
/* The next record, until the next call. ERR_NOT_FOUND: that was all. ERR_POISON: the file ends in
 * the middle of one, or says what no record has. */
enum err log_copy_next(struct log_copy *copy, struct log_record *ret_record) MUST_CHECK;

#endif
