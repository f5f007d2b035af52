#include "day.h"

#include "eventlog/log_memory.h"
#include "market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 2026, COMMANDS_COUNT = 120, ROUGH_MOMENT = 40 };

/* --- the day --- */

struct venue *day_new(void)
{
    struct market market;
    struct venue *venue = venue_new(DAY_PARTITIONS);
    market_open(&market, venue, SEED);
    for (int i = 0; i < COMMANDS_COUNT; i++) {
        market_send(&market);
        venue->clock_us += market_below(&market, 1000000);
        enum service_id service = (enum service_id)market_below(&market, SERVICES);
        int32_t partition =
            (int32_t)market_below(&market, (uint32_t)venue->partition_counts[service]);
        if (i % ROUGH_MOMENT == 0)
            venue_restart(venue, service, partition);
        if (i % ROUGH_MOMENT == ROUGH_MOMENT / 2) {
            venue->struck = false;
            venue->accident = (struct venue_accident){
                VENUE_USURPED, SERVICE_ACCOUNTS, 0, venue->seats[SERVICE_ACCOUNTS][0].readings + 3};
        }
        venue_settle(venue);
    }
    return venue;
}

/* --- replaying --- */

static void print_hash(const struct hash *hash, char ret_text[DAY_HEX_SIZE])
{
    for (size_t i = 0; i < sizeof hash->bytes; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", hash->bytes[i]);
}

static int64_t stopped_clock(void *context)
{
    (void)context;
    return VENUE_START_US;
}

/* The fold of a partition, behind its last record. */
static struct hash head_of(struct log *log, enum service_id service, int32_t partition)
{
    struct follower *follower = follower_open(log, LOG_PROMPT);
    struct followed followed;
    enum err err = follower_begin(follower, service, partition);
    while (err == OK)
        err = follower_poll(follower, 0, &followed);
    if (err != ERR_TIMEOUT)
        fail_msg("%s", follower_problem(follower));
    struct hash head = follower_fold(follower, service, partition)->state.head;
    follower_close(follower);
    return head;
}

struct day_end day_replay(struct log *log, enum service_id service, int32_t partition)
{
    const struct writer_world world = {.log = log, .clock_us = stopped_clock};
    struct day_end end = {.partition = partition};
    struct writer *writer = writer_new(venue_service(service), partition, &world);
    venue_must(writer, writer_recover(writer, (struct bytes){0}));
    struct hash state = writer_state_hash(writer), head = head_of(log, service, partition);
    snprintf(end.service, sizeof end.service, "%s", service_name(service));
    end.records = writer_offset(writer);
    print_hash(&head, end.head);
    print_hash(&state, end.state);
    writer_free(writer);
    return end;
}

/* --- on disk --- */

static void write_count(FILE *file, size_t count)
{
    const uint8_t bytes[] = {(uint8_t)(count >> 24), (uint8_t)(count >> 16), (uint8_t)(count >> 8),
                             (uint8_t)count};
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
}

static void write_part(FILE *file, const void *data, size_t size)
{
    write_count(file, size);
    if (size > 0)
        assert_int_equal(fwrite(data, 1, size, file), size);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (file == NULL)
        fail_msg("cannot open %s", path);
    return file;
}

void day_write(struct log *log, enum service_id service, int32_t partition, const char *path)
{
    FILE *file = open_file(path, "wb");
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    const char *problem = NULL;
    const char *topic = follower_events_topic(service);
    assert_int_equal(log_reader_assign(reader, topic, partition, 0, &problem), OK);
    while (log_reader_poll(reader, 0, &record, &problem) == OK) {
        write_part(file, record.key.data, record.key.size);
        write_part(file, record.value.data, record.value.size);
        write_count(file, record.headers_count);
        for (size_t i = 0; i < record.headers_count; i++) {
            write_part(file, record.headers[i].name.data, record.headers[i].name.size);
            write_part(file, record.headers[i].value.data, record.headers[i].value.size);
        }
    }
    log_reader_close(reader);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; the caller frees the buffer. */
static struct buffer read_file(const char *path)
{
    FILE *file = open_file(path, "rb");
    struct buffer content;
    uint8_t block[4096];
    size_t size;
    buffer_init(&content, SIZE_MAX);
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&content, block, size);
    assert_int_equal(ferror(file), 0);
    assert_int_equal(fclose(file), 0);
    return content;
}

static size_t take_count(struct bytes *rest)
{
    assert_true(rest->size >= 4);
    const uint8_t *data = rest->data;
    size_t count = (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    rest->data += 4;
    rest->size -= 4;
    return count;
}

static struct bytes take_part(struct bytes *rest)
{
    size_t size = take_count(rest);
    assert_true(size <= rest->size);
    struct bytes part = {rest->data, size};
    rest->data += size;
    rest->size -= size;
    return part;
}

static struct text as_text(struct bytes bytes)
{
    return (struct text){(const char *)bytes.data, bytes.size};
}

void day_read(struct log *log, enum service_id service, int32_t partition, const char *path)
{
    struct buffer content = read_file(path);
    struct bytes rest = buffer_bytes(&content);
    while (rest.size > 0) {
        struct log_header headers[LOG_HEADERS_MAX];
        struct bytes key = take_part(&rest), value = take_part(&rest);
        size_t headers_count = take_count(&rest);
        assert_true(headers_count <= LOG_HEADERS_MAX);
        for (size_t i = 0; i < headers_count; i++) {
            headers[i].name = as_text(take_part(&rest));
            headers[i].value = as_text(take_part(&rest));
        }
        (void)log_memory_append_raw(log, follower_events_topic(service), partition, key, value,
                                    headers, headers_count);
    }
    buffer_free(&content);
}
