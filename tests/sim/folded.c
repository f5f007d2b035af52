#include "folded.h"

#include "eventlog/follower.h"
#include "eventlog/log_memory.h"
#include "projection/projector.h"

#include <stdio.h>
#include <string.h>

enum { LINES_SIZE_MAX = 1 << 30 };

/* The records of a partition before `end`, in another log. */
static void copy_records(struct log *from, struct log *to, const char *topic, int32_t partition,
                         int64_t end)
{
    struct log_reader *reader = log_reader_open(from, LOG_PROMPT);
    struct log_record record;
    const char *problem = NULL;
    CHECK(log_reader_assign(reader, topic, partition, 0, &problem) == OK);
    for (int64_t offset = 0; offset < end; offset++) {
        CHECK(log_reader_poll(reader, 0, &record, &problem) == OK);
        CHECK(record.offset == offset);
        log_memory_append_raw(to, topic, partition, record.key, record.value, record.headers,
                              record.headers_count);
    }
    log_reader_close(reader);
}

/* The log as it was where the tables stand. */
static struct log *log_before(struct log *log, int32_t partitions, enum service_id service,
                              const struct store_memory *memory)
{
    struct log *before = log_open_memory();
    const char *problem = NULL;
    const struct log_topic topic = {follower_events_topic(service), partitions, true};
    CHECK(log_create_topics(before, &topic, 1, 1, &problem) == OK);
    for (int32_t i = 0; i < partitions; i++) {
        struct store_position position = {0};
        (void)store_memory_position(memory, service, i, &position);
        copy_records(log, before, topic.name, i, position.next_offset);
    }
    return before;
}

static bool project(struct log *log, enum service_id service, const struct projection *projection,
                    struct store_memory *memory, char ret_problem[FOLDED_PROBLEM_SIZE])
{
    const struct projector_world world = {.log = log};
    struct projector *projector = projector_new_over(
        &world, service, projection, store_memory_connect(memory, service, projection));
    enum err err = OK;
    int64_t lag = 1;
    while (err == OK && lag > 0) {
        size_t events = 0;
        err = projector_step(projector, 0, &events);
        CHECK(projector_lag(projector, &lag) == OK);
    }
    if (err != OK)
        snprintf(ret_problem, FOLDED_PROBLEM_SIZE, "a fresh projector of %s ended with %s: %s",
                 service_name(service), err_name(err), projector_problem(projector));
    projector_free(projector);
    return err == OK;
}

/* --- comparing --- */

static void print_row(void *context, const struct store_memory_row *row)
{
    struct buffer *lines = context;
    buffer_string(lines, row->table);
    for (int i = 0; i < row->columns_count; i++) {
        buffer_printf(lines, " %s=", row->columns[i].name);
        if (row->values[i].data == NULL)
            buffer_string(lines, "null");
        else
            buffer_json_string(lines, row->values[i]);
    }
    buffer_byte(lines, '\n');
}

static struct buffer print_rows(const struct store_memory *memory, enum service_id service)
{
    struct buffer lines;
    buffer_init(&lines, LINES_SIZE_MAX);
    store_memory_visit(memory, service, print_row, &lines);
    buffer_byte(&lines, 0);
    CHECK(buffer_ok(&lines));
    return lines;
}

/* The line in which the byte at `at` stands. */
static struct text line_at(const struct buffer *lines, size_t at)
{
    const char *text = (const char *)lines->data;
    size_t start = at;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    return (struct text){.data = text + start, .size = strcspn(text + start, "\n")};
}

static bool same_rows(const struct buffer *tables, const struct buffer *folded,
                      enum service_id service, char ret_problem[FOLDED_PROBLEM_SIZE])
{
    size_t at = 0;
    while (at < tables->size && at < folded->size && tables->data[at] == folded->data[at])
        at++;
    if (at == tables->size && at == folded->size)
        return true;
    struct text is = line_at(tables, at), ought = line_at(folded, at);
    snprintf(ret_problem, FOLDED_PROBLEM_SIZE,
             "the tables of %s are not what the log says: a row is\n  %.*s\nand should be\n  %.*s",
             service_name(service), (int)is.size, is.data, (int)ought.size, ought.data);
    return false;
}

bool folded_holds(struct log *log, int32_t partitions, enum service_id service,
                  const struct projection *projection, const struct store_memory *memory,
                  char ret_problem[FOLDED_PROBLEM_SIZE])
{
    struct store_memory *fresh = store_memory_new();
    struct log *before = log_before(log, partitions, service, memory);
    bool holds = project(before, service, projection, fresh, ret_problem);
    if (holds) {
        struct buffer tables = print_rows(memory, service), folded = print_rows(fresh, service);
        holds = same_rows(&tables, &folded, service, ret_problem);
        buffer_free(&tables);
        buffer_free(&folded);
    }
    store_memory_free(fresh);
    log_close(before);
    return holds;
}
