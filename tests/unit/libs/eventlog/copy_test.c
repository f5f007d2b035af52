#include "eventlog/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/copy_test.XXXXXX";

static const struct log_header HEADERS[] = {{{"epoch", 5}, {"7", 1}}, {{"touches", 7}, {"", 0}}};
static const struct log_record RECORDS[] = {
    {.offset = 0, .timestamp_us = 5, .key = {(const uint8_t *)"k", 1}, .value = {NULL, 0}},
    {.offset = INT64_C(1) << 40,
     .timestamp_us = -1,
     .key = {(const uint8_t *)"", 0},
     .value = {(const uint8_t *)"v\0w", 3},
     .headers = HEADERS,
     .headers_count = COUNT_OF(HEADERS)},
};

static const struct log_copy_place PLACE = {.service = SERVICE_ORDERS, .partition = 12};

/* Writes the records, and cuts the file to `size` bytes; -1: it stays whole. Gives its size. */
static long write_copy(long size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(log_copy_begin(file, &PLACE), OK);
    for (size_t i = 0; i < COUNT_OF(RECORDS); i++)
        assert_int_equal(log_copy_add(file, &RECORDS[i]), OK);
    long whole = ftell(file);
    assert_int_equal(fclose(file), 0);
    if (size >= 0)
        assert_int_equal(truncate(path, size), 0);
    return whole;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct log_copy copy;
    struct log_record record;
    write_copy(-1);
    assert_int_equal(log_copy_open(path, &copy), OK);
    assert_int_equal(copy.place.service, SERVICE_ORDERS);
    assert_int_equal(copy.place.partition, 12);
    for (size_t i = 0; i < COUNT_OF(RECORDS); i++) {
        const struct log_record *expected = &RECORDS[i];
        assert_int_equal(log_copy_next(&copy, &record), OK);
        assert_true(text_is(record.topic, "bourse.orders.events"));
        assert_int_equal(record.partition, 12);
        assert_true(record.offset == expected->offset);
        assert_true(record.timestamp_us == expected->timestamp_us);
        assert_true(bytes_equal(record.key, expected->key));
        assert_true(bytes_equal(record.value, expected->value));
        assert_int_equal(record.headers_count, expected->headers_count);
        for (size_t k = 0; k < record.headers_count; k++) {
            assert_true(text_equal(record.headers[k].name, HEADERS[k].name));
            assert_true(text_equal(record.headers[k].value, HEADERS[k].value));
        }
    }
    assert_int_equal(log_copy_next(&copy, &record), ERR_NOT_FOUND);
    log_copy_close(&copy);
}

static void a_file_that_is_cut_says_so_where_it_ends(void **state)
{
    (void)state;
    long whole = write_copy(-1);
    size_t ends = 0;
    for (long size = 0; size <= whole; size++) {
        struct log_copy copy;
        struct log_record record;
        write_copy(size);
        enum err err = log_copy_open(path, &copy);
        if (err != OK) {
            assert_int_equal(err, ERR_POISON);
            continue;
        }
        while ((err = log_copy_next(&copy, &record)) == OK)
            continue;
        ends += err == ERR_NOT_FOUND;
        log_copy_close(&copy);
    }
    assert_int_equal(ends, COUNT_OF(RECORDS) + 1);
}

static void what_is_no_copy_is_not_opened(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"", "bourse-log 2\norders/0\n", "bourse-log 1\nothers/0\n",
                                         "bourse-log 1\norders/x\n", "bourse-log 1\norders 0\n"};
    struct log_copy copy;
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(OTHERS[i], file);
        fclose(file);
        assert_int_equal(log_copy_open(path, &copy), ERR_POISON);
    }
    assert_int_equal(log_copy_open("/nonexistent", &copy), ERR_NOT_FOUND);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_file_that_is_cut_says_so_where_it_ends),
        cmocka_unit_test(what_is_no_copy_is_not_opened),
    };
    int file = mkstemp(path);
    if (file < 0)
        return 1;
    close(file);
    return cmocka_run_group_tests(tests, NULL, remove_file);
}
