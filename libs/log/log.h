/* log.h - one JSON object a line: when, how grave, what happened, who says it, then typed fields.
 *
 *     log_warn("order.load_failed", LOG_UUID("order_id", id), LOG_ERR(err));
 *
 * gives {"ts":"2026-11-22T09:30:00.000001Z","level":"warn","event":"order.load_failed",
 * "service":"orders","instance":"orders-0","order_id":"...","error":"ERR_BUSY"}.
 *
 * Use      services log, once, at the edge that handles the matter; libraries return errors. The
 *          event's name is a fixed text with dots, never built. No tokens, bodies or personal data.
 * Bounds   a line is at most LOG_LINE_MAX bytes, a text in it LOG_TEXT_MAX; what does not fit is
 *          left out whole or cut between characters, and "left_out" counts such fields. The line
 *          stays valid JSON: bytes that are not UTF-8 become U+FFFD.
 * Losses   what cannot be written (a full disk) stops nobody: the line is lost and counted, and the
 *          next one that is written says in "lines_lost" how many were before it.
 * Thread   any; one write() a line, so that lines of processes sharing a pipe do not mix.
 */
#ifndef LOG_H
#define LOG_H
#include "base/base.h"
#include "base/uuid.h"

enum {
    LOG_LINE_MAX = 4096, /* what a pipe takes in one piece */
    LOG_TEXT_MAX = 1024
};

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVELS };

struct log_field {
    const char *name;
    enum { LOG_FIELD_TEXT, LOG_FIELD_I64, LOG_FIELD_U64, LOG_FIELD_BOOL, LOG_FIELD_UUID } kind;
    union {
        struct text text;
        int64_t i64;
        uint64_t u64;
        bool boolean;
        struct uuid uuid;
    };
};

/* Who speaks from now on, what is the least grave line to write, and the file descriptor it goes
 * to (1 in services). Both names are copied, up to 63 bytes. Call it before threads start. */
void log_init(const char *service, const char *instance, enum log_level least, int fd);

/* Writes one line, if `level` is grave enough. Use the macros below. */
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t fields_count);

/* How many lines of this level were written, or lost because the descriptor took no more. */
uint64_t log_count(enum log_level level);
/* How many lines were lost, or a part of them. */
uint64_t log_lost(void);

/* "debug", "info", "warn", "error". */
const char *log_level_name(enum log_level level);

#define LOG_FIELDS(...)                                                                            \
    (const struct log_field[]){__VA_ARGS__},                                                       \
        sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define log_debug(event, ...) log_write(LOG_LEVEL_DEBUG, (event), LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...)  log_write(LOG_LEVEL_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_write(LOG_LEVEL_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_LEVEL_ERROR, (event), LOG_FIELDS(__VA_ARGS__))

/* The fields. Names are fixed texts in snake_case with their unit last. */
#define LOG_TEXT(key, value)                                                                       \
    ((struct log_field){.name = (key), .kind = LOG_FIELD_TEXT, .text = (value)})
#define LOG_STR(key, value) LOG_TEXT(key, text_of(value))
#define LOG_I64(key, value)                                                                        \
    ((struct log_field){.name = (key), .kind = LOG_FIELD_I64, .i64 = (value)})
#define LOG_U64(key, value)                                                                        \
    ((struct log_field){.name = (key), .kind = LOG_FIELD_U64, .u64 = (value)})
#define LOG_BOOL(key, value)                                                                       \
    ((struct log_field){.name = (key), .kind = LOG_FIELD_BOOL, .boolean = (value)})
#define LOG_UUID(key, value)                                                                       \
    ((struct log_field){.name = (key), .kind = LOG_FIELD_UUID, .uuid = (value)})
#define LOG_ERR(err) LOG_STR("error", err_name(err))

#endif
