#include "log/log.h"

#include "base/buffer.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_SIZE = 64,
    TAIL_SIZE = 72 /* kept free for ,"left_out":N,"lines_lost":N} and the newline */
};

static struct {
    char service[NAME_SIZE];
    char instance[NAME_SIZE];
    enum log_level least;
    int fd;
    atomic_uint_fast64_t counts[LOG_LEVELS];
    atomic_uint_fast64_t lost;
    pthread_mutex_t mutex; /* guards what follows, and the order of lines */
    struct buffer line;
    uint64_t untold; /* lines lost since the last one that was written */
    bool torn;       /* of the last line that something was written of, the end is missing */
} logger = {.service = "bourse",
            .instance = "",
            .least = LOG_LEVEL_INFO,
            .fd = STDOUT_FILENO,
            .mutex = PTHREAD_MUTEX_INITIALIZER,
            .line = {.size_max = LOG_LINE_MAX - TAIL_SIZE}};

void log_init(const char *service, const char *instance, enum log_level least, int fd)
{
    snprintf(logger.service, sizeof logger.service, "%s", service);
    snprintf(logger.instance, sizeof logger.instance, "%s", instance);
    logger.least = least;
    logger.fd = fd;
}

const char *log_level_name(enum log_level level)
{
    static const char *const NAMES[LOG_LEVELS] = {"debug", "info", "warn", "error"};
    CHECK(level < LOG_LEVELS);
    return NAMES[level];
}

uint64_t log_count(enum log_level level)
{
    CHECK(level < LOG_LEVELS);
    return atomic_load_explicit(&logger.counts[level], memory_order_relaxed);
}

uint64_t log_lost(void)
{
    return atomic_load_explicit(&logger.lost, memory_order_relaxed);
}

/* The size of the UTF-8 character at `at`; 0: there is none (RFC 3629, table 3-7 of Unicode). */
static size_t character_size(struct text text, size_t at)
{
    const unsigned char *c = (const unsigned char *)text.data + at;
    size_t left = text.size - at;
    if (c[0] < 0x80)
        return 1;
    size_t size = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xed && c[1] > 0x9f;
    bool too_large = c[0] == 0xf4 && c[1] > 0x8f;
    return overlong || surrogate || too_large ? 0 : size;
}

/* Appends a text as a JSON string. Returns whether it was cut. */
static bool append_text(struct buffer *line, struct text text)
{
    char valid[LOG_TEXT_MAX];
    size_t size = 0;
    size_t at = 0;
    while (at < text.size) {
        size_t character = character_size(text, at);
        struct text piece = {.data = text.data + at, .size = character};
        if (character == 0)
            piece = TEXT("\xef\xbf\xbd");
        if (size + piece.size > sizeof valid)
            break;
        for (size_t i = 0; i < piece.size; i++)
            valid[size++] = piece.data[i];
        at += character == 0 ? 1 : character;
    }
    buffer_json_string(line, (struct text){.data = valid, .size = size});
    return at < text.size;
}

/* Appends the value of one field. Returns whether it was cut. */
static bool append_value(struct buffer *line, const struct log_field *field)
{
    char uuid[UUID_TEXT_SIZE];
    switch (field->kind) {
    case LOG_FIELD_TEXT: return append_text(line, field->text);
    case LOG_FIELD_I64: buffer_printf(line, "%lld", (long long)field->i64); break;
    case LOG_FIELD_U64: buffer_printf(line, "%llu", (unsigned long long)field->u64); break;
    case LOG_FIELD_BOOL: buffer_string(line, field->boolean ? "true" : "false"); break;
    case LOG_FIELD_UUID:
        uuid_print(field->uuid, uuid);
        return append_text(line, (struct text){.data = uuid, .size = sizeof uuid});
    }
    return false;
}

/* Appends `,"name":value` or, where the line is full, nothing. Returns whether all of it is in. */
static bool append_field(struct buffer *line, const struct log_field *field)
{
    size_t size = line->size;
    buffer_byte(line, ',');
    append_text(line, text_of(field->name));
    buffer_byte(line, ':');
    bool cut = append_value(line, field);
    if (buffer_ok(line))
        return !cut;
    line->size = size;
    line->full = false;
    return false;
}

static void append_head(struct buffer *line, enum log_level level, const char *event)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char ts[TIME_TEXT_SIZE];
    time_print(now.tv_sec * SECOND_US + now.tv_nsec / 1000, ts);
    buffer_printf(line, "{\"ts\":\"%.*s\"", TIME_TEXT_SIZE, ts);
    const struct log_field head[] = {LOG_STR("level", log_level_name(level)),
                                     LOG_STR("event", event), LOG_STR("service", logger.service),
                                     LOG_STR("instance", logger.instance)};
    for (size_t i = 0; i < COUNT_OF(head); i++)
        CHECK(append_field(line, &head[i]));
}

/* One write(); more only where the descriptor took a part. A line it refuses is lost: a log that
 * cannot be written must not stop the service. */
static void write_out(struct text line)
{
    size_t whole = line.size;
    while (line.size > 0) {
        ssize_t written = write(logger.fd, line.data, line.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        line.data += written;
        line.size -= (size_t)written;
    }
    bool lost = line.size > 0;
    if (line.size < whole)
        logger.torn = lost;
    logger.untold = lost ? logger.untold + 1 : 0;
    if (lost)
        atomic_fetch_add_explicit(&logger.lost, 1, memory_order_relaxed);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t fields_count)
{
    CHECK(level < LOG_LEVELS);
    if (level < logger.least)
        return;
    int error_before = errno;
    atomic_fetch_add_explicit(&logger.counts[level], 1, memory_order_relaxed);
    pthread_mutex_lock(&logger.mutex);
    struct buffer *line = &logger.line;
    line->size_max = LOG_LINE_MAX - TAIL_SIZE;
    buffer_reset(line);
    if (logger.torn)
        buffer_byte(line, '\n'); /* so that this one is a line */
    append_head(line, level, event);
    unsigned left_out = 0;
    for (size_t i = 0; i < fields_count; i++)
        left_out += append_field(line, &fields[i]) ? 0 : 1;
    line->size_max = LOG_LINE_MAX;
    if (left_out > 0)
        buffer_printf(line, ",\"left_out\":%u", left_out);
    if (logger.untold > 0)
        buffer_printf(line, ",\"lines_lost\":%llu", (unsigned long long)logger.untold);
    buffer_string(line, "}\n");
    write_out(buffer_as_text(line));
    pthread_mutex_unlock(&logger.mutex);
    errno = error_before;
}
