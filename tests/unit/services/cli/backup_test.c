/* backup_test.c - a venue's log into a folder and back, while it goes on. */
#include "cli/backup.h"

#include "books.h"
#include "commands.h"
#include "ledger.h"
#include "transcript.h"

#include "eventlog/follower.h"
#include "eventlog/log_internal.h"
#include "eventlog/log_memory.h"
#include "eventlog/range.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 24 };

#define CENTS(count) ((count) * (E8 / 100))

/* A market maker with 1,000 CEA, a client with 10,000 EUR, and a folder. */
struct floor {
    struct venue *venue;
    struct venue_client maker, client;
    struct backup backup;
    char folder[64];
};

static struct floor *open_floor(int32_t partitions)
{
    struct floor *floor = calloc(1, sizeof *floor);
    assert_non_null(floor);
    snprintf(floor->folder, sizeof floor->folder, "/tmp/backup_test.XXXXXX");
    assert_non_null(mkdtemp(floor->folder));
    backup_init(&floor->backup, floor->folder);
    floor->venue = venue_new(partitions);
    venue_appoint(floor->venue);
    (void)venue_create_maker(floor->venue, 1000 * E8, &floor->maker);
    (void)venue_register(floor->venue, 1, &floor->client);
    venue_settle(floor->venue);
    (void)venue_set_status(floor->venue, floor->client.account_id, ACCOUNT_STATUS_ACTIVE);
    (void)venue_book(floor->venue, floor->client.account_id, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"),
                     10000 * E8);
    venue_settle(floor->venue);
    return floor;
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found;
    (void)kind;
    (void)where;
    return remove(path);
}

static void close_floor(struct floor *floor)
{
    venue_free(floor->venue);
    backup_free(&floor->backup);
    assert_int_equal(nftw(floor->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(floor);
}

static void trade(struct floor *floor)
{
    struct uuid order;
    (void)venue_limit(floor->venue, &floor->maker, SIDE_SELL, 2 * E8, CENTS(1250), &order);
    (void)venue_limit(floor->venue, &floor->client, SIDE_BUY, E8, CENTS(1250), &order);
    venue_settle(floor->venue);
}

static void must(const struct floor *floor, enum err err)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), floor->backup.problem);
}

static void take(struct floor *floor)
{
    must(floor, backup_copy_log(&floor->backup, floor->venue->log));
    must(floor, backup_write(&floor->backup));
}

/* Reads the backup, and makes a log of it. */
static struct log *restored(struct floor *floor)
{
    struct log *log = venue_topics(floor->venue->partition_counts);
    backup_free(&floor->backup);
    must(floor, backup_read(&floor->backup));
    must(floor, backup_check(&floor->backup));
    must(floor, restore_is_empty(&floor->backup, log));
    must(floor, restore_write(&floor->backup, log));
    must(floor, restore_compare(&floor->backup, log));
    return log;
}

/* --- one moment --- */

/* A log where something happens behind each of the first questions for an end. */
static struct floor *busy;
static size_t busy_questions;
static const struct log_ops *quiet_ops;
static struct log_ops busy_ops;

static enum err busy_partition_count(struct log *log, const char *topic, int32_t *ret_count)
{
    log->ops = quiet_ops;
    enum err err = log_partition_count(log, topic, ret_count);
    log->ops = &busy_ops;
    return err;
}

static enum err busy_ends(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                          int64_t *ret_end)
{
    log->ops = quiet_ops;
    enum err err = log_ends(log, topic, partition, ret_start, ret_end);
    trade(busy);
    if (--busy_questions > 0)
        log->ops = &busy_ops;
    return err;
}

static enum err is_caused_within(void *context, const struct log_record *record)
{
    static struct event event;
    const struct backup *backup = context;
    struct event_rest rest;
    struct arena *arena = arena_new(ARENA_SIZE);
    assert_int_equal(event_decode_meta(record->value, arena, &event, &rest), OK);
    for (size_t i = 0; i < event.meta.cause_count; i++) {
        const struct cause_run *run = &event.meta.cause[i];
        struct log_copy_place place = {.partition = run->partition};
        if (follower_topic_service(run->topic, &place.service) == OK)
            assert_true(run->last_offset < backup_find(backup, &place)->end);
    }
    arena_free(arena);
    return OK;
}

static void what_caused_a_record_is_in_the_backup_with_it_however_busy_the_venue(void **state)
{
    (void)state;
    struct floor *floor = busy = open_floor(3);
    backup_places(&floor->backup, 3);
    busy_questions = floor->backup.logs_count;
    quiet_ops = floor->venue->log->ops;
    busy_ops = *quiet_ops;
    busy_ops.ends = busy_ends;
    busy_ops.partition_count = busy_partition_count;
    floor->venue->log->ops = &busy_ops;
    must(floor, backup_copy_log(&floor->backup, floor->venue->log));
    assert_int_equal(busy_questions, 0);
    must(floor, backup_write(&floor->backup));
    struct log *log = restored(floor);
    for (size_t i = 0; i < floor->backup.logs_count / 2; i++) {
        const struct backup_log *at = &floor->backup.logs[i];
        char why[RANGE_PROBLEM_SIZE];
        assert_int_equal(range_read(log, log_copy_topic(&at->place), at->place.partition, 0,
                                    at->end, is_caused_within, &floor->backup, why),
                         OK);
    }
    venue_move(floor->venue, log);
    trade(floor);
    venue_check(floor->venue);
    close_floor(floor);
}

/* --- back --- */

static void a_restored_venue_goes_on_where_it_was(void **state)
{
    (void)state;
    struct floor *floor = open_floor(3);
    trade(floor);
    take(floor);
    venue_move(floor->venue, restored(floor));
    trade(floor);
    venue_check(floor->venue);
    struct venue_balance balance =
        venue_balance(floor->venue, floor->client.account_id, TEXT("CEA"));
    assert_int_equal(balance.available_e8, 2 * E8);
    close_floor(floor);
}

static void offsets_stay_where_commands_had_been_deleted(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    int64_t start = 0, end = 0, all = 0;
    const char *accounts = follower_commands_topic(SERVICE_ACCOUNTS);
    const char *desk = follower_commands_topic(SERVICE_DESK);
    assert_int_equal(log_ends(floor->venue->log, accounts, 0, &start, &all), OK);
    assert_true(all > 2);
    log_memory_trim(floor->venue->log, accounts, 0, 2);
    take(floor);
    struct log *log = restored(floor);
    assert_int_equal(log_ends(log, accounts, 0, &start, &end), OK);
    assert_int_equal(start, 2);
    assert_int_equal(end, all);
    assert_int_equal(log_ends(log, desk, 0, &start, &end), OK);
    assert_int_equal(end, 0);
    venue_move(floor->venue, log);
    trade(floor);
    venue_check(floor->venue);
    close_floor(floor);
}

static void a_partition_of_which_all_is_deleted_keeps_its_end(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    int64_t start = 0, end = 0, all = 0;
    const char *orders = follower_commands_topic(SERVICE_ACCOUNTS);
    assert_int_equal(log_ends(floor->venue->log, orders, 0, &start, &all), OK);
    log_memory_trim(floor->venue->log, orders, 0, all);
    take(floor);
    struct log *log = restored(floor);
    assert_int_equal(log_ends(log, orders, 0, &start, &end), OK);
    assert_int_equal(start, all);
    assert_int_equal(end, all);
    log_close(log);
    close_floor(floor);
}

static void nothing_is_written_where_anything_is(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    take(floor);
    assert_int_equal(restore_is_empty(&floor->backup, floor->venue->log), ERR_DENIED);
    struct log *log = venue_topics(floor->venue->partition_counts);
    assert_int_equal(restore_is_empty(&floor->backup, log), OK);
    const char *topic = follower_commands_topic(SERVICE_DESK);
    log_memory_append_raw(log, topic, 0, (struct bytes){0}, (struct bytes){0}, NULL, 0);
    log_memory_trim(log, topic, 0, 1);
    assert_int_equal(restore_is_empty(&floor->backup, log), ERR_DENIED);
    log_close(log);
    close_floor(floor);
}

static void what_is_read_back_otherwise_is_found(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    take(floor);
    struct log *log = restored(floor);
    const struct backup_log last = floor->backup.logs[1];
    log_memory_truncate(log, log_copy_topic(&last.place), 0, last.end - 1);
    assert_int_equal(restore_compare(&floor->backup, log), ERR_LOG);
    log_memory_append_raw(log, log_copy_topic(&last.place), 0, (struct bytes){0}, (struct bytes){0},
                          NULL, 0);
    assert_int_equal(restore_compare(&floor->backup, log), ERR_LOG);
    log_close(log);
    log = restored(floor);
    log_memory_append_raw(log, log_copy_topic(&last.place), 0, (struct bytes){0}, (struct bytes){0},
                          NULL, 0);
    assert_int_equal(restore_compare(&floor->backup, log), ERR_LOG);
    log_close(log);
    close_floor(floor);
}

/* --- a hole --- */

static void assert_hole_is_found(const struct log_copy_place *place, bool late)
{
    struct floor *floor = open_floor(1);
    const char *topic = log_copy_topic(place);
    char where[128];
    int64_t start = 0, end = 0;
    trade(floor);
    assert_int_equal(log_ends(floor->venue->log, topic, 0, &start, &end), OK);
    int64_t hidden = late ? end - 2 : start + 1;
    log_memory_hide(floor->venue->log, topic, 0, hidden);
    assert_int_equal(backup_copy_log(&floor->backup, floor->venue->log), ERR_LOG);
    snprintf(where, sizeof where, "%s/0 at offset %lld", topic, (long long)hidden);
    assert_non_null(strstr(floor->backup.problem, where));
    close_floor(floor);
}

static void a_log_whose_reader_passes_over_a_record_is_not_backed_up(void **state)
{
    (void)state;
    static const struct log_copy_place PLACES[] = {
        {.service = SERVICE_ACCOUNTS},
        {.service = SERVICE_ACCOUNTS, .commands = true},
        {.service = SERVICE_ORDERS},
    };
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        assert_hole_is_found(&PLACES[i], false);
        assert_hole_is_found(&PLACES[i], true);
    }
}

/* What an older version made of such a log: the fold of the copy passes over what is behind the
 * hole, and the chain is as it was told. */
static void make_hole(struct floor *floor, size_t index, int64_t missing)
{
    struct backup_log *at = &floor->backup.logs[index];
    char name[LOG_COPY_NAME_SIZE], path[160], other[192];
    struct log_copy copy;
    struct log_record record;
    log_copy_name(&at->place, name);
    snprintf(path, sizeof path, "%s/%s", floor->folder, name);
    snprintf(other, sizeof other, "%s.other", path);
    FILE *file = fopen(other, "wbe");
    assert_non_null(file);
    assert_int_equal(log_copy_open(path, &copy), OK);
    assert_int_equal(log_copy_begin(file, &at->place), OK);
    while (log_copy_next(&copy, &record) == OK) {
        if (record.offset != missing)
            assert_int_equal(log_copy_add(file, &record), OK);
    }
    log_copy_close(&copy);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(backup_measure(&floor->backup, name, &at->file), OK);
}

static void a_backup_with_a_hole_is_not_restored(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) { /* in the middle, at the start, at the end */
        struct floor *floor = open_floor(1);
        struct log_copy_place place = {.service = SERVICE_ACCOUNTS, .commands = true};
        trade(floor);
        log_memory_trim(floor->venue->log, log_copy_topic(&place), 0, 2);
        take(floor);
        const struct backup_log *at = backup_find(&floor->backup, &place);
        int64_t missing = way == 0 ? at->start + 1 : way == 1 ? at->start : at->end - 1;
        make_hole(floor, (size_t)(at - floor->backup.logs), missing);
        char said[64];
        snprintf(said, sizeof said, "has no record %lld:", (long long)missing);
        assert_int_equal(backup_check(&floor->backup), ERR_POISON);
        assert_non_null(strstr(floor->backup.problem, said));
        struct log *log = venue_topics(floor->venue->partition_counts);
        assert_int_equal(restore_write(&floor->backup, log), ERR_POISON);
        log_close(log);
        close_floor(floor);
    }
}

/* --- the folder --- */

static void flip_last_byte(const char *folder, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    int byte = getc(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    putc(byte ^ 1, file);
    fclose(file);
}

static void a_changed_byte_is_found_before_anything_is_written(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    take(floor);
    assert_int_equal(backup_check(&floor->backup), OK);
    for (size_t i = 0; i < floor->backup.logs_count; i++) {
        char name[LOG_COPY_NAME_SIZE];
        log_copy_name(&floor->backup.logs[i].place, name);
        flip_last_byte(floor->folder, name);
        assert_int_equal(backup_check(&floor->backup), ERR_POISON);
        assert_non_null(strstr(floor->backup.problem, name));
        flip_last_byte(floor->folder, name);
    }
    floor->backup.logs[0].head.bytes[0] ^= 1;
    assert_int_equal(backup_check(&floor->backup), ERR_POISON);
    close_floor(floor);
}

static void a_backup_that_did_not_end_is_none(void **state)
{
    (void)state;
    struct floor *floor = open_floor(1);
    must(floor, backup_copy_log(&floor->backup, floor->venue->log));
    assert_int_equal(backup_read(&floor->backup), ERR_NOT_FOUND);
    must(floor, backup_write(&floor->backup));
    assert_int_equal(backup_write(&floor->backup), ERR_BUSY);
    close_floor(floor);
}

static void what_is_said_of_a_backup_is_read_back(void **state)
{
    (void)state;
    struct backup told, read;
    struct buffer text, again;
    backup_init(&told, "/nowhere");
    backup_init(&read, "/nowhere");
    backup_places(&told, 3);
    told.began_at = 1;
    told.ended_at = 2000000;
    told.has_vault = true;
    told.vault_rows = 9;
    told.logs[5].end = told.logs[5].file.size = INT64_MAX;
    told.logs[6].head.bytes[31] = 7;
    buffer_init(&text, 1 << 20);
    buffer_init(&again, 1 << 20);
    backup_print(&told, &text);
    assert_int_equal(backup_parse(&read, buffer_as_text(&text)), OK);
    backup_print(&read, &again);
    assert_true(bytes_equal(buffer_bytes(&text), buffer_bytes(&again)));
    for (size_t size = 0; size + 1 < text.size; size++)
        assert_int_equal(backup_parse(&read, (struct text){(const char *)text.data, size}),
                         ERR_POISON);
    buffer_free(&text);
    buffer_free(&again);
    backup_free(&told);
    backup_free(&read);
}

static void a_newer_backup_is_not_guessed_at(void **state)
{
    (void)state;
    struct backup backup;
    backup_init(&backup, "/nowhere");
    assert_int_equal(backup_parse(&backup, TEXT("{\"bourse_backup\":2}")), ERR_POISON);
    assert_int_equal(backup_parse(&backup, TEXT("[]")), ERR_POISON);
    backup_free(&backup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_caused_a_record_is_in_the_backup_with_it_however_busy_the_venue),
        cmocka_unit_test(a_restored_venue_goes_on_where_it_was),
        cmocka_unit_test(offsets_stay_where_commands_had_been_deleted),
        cmocka_unit_test(a_partition_of_which_all_is_deleted_keeps_its_end),
        cmocka_unit_test(nothing_is_written_where_anything_is),
        cmocka_unit_test(what_is_read_back_otherwise_is_found),
        cmocka_unit_test(a_log_whose_reader_passes_over_a_record_is_not_backed_up),
        cmocka_unit_test(a_backup_with_a_hole_is_not_restored),
        cmocka_unit_test(a_changed_byte_is_found_before_anything_is_written),
        cmocka_unit_test(a_backup_that_did_not_end_is_none),
        cmocka_unit_test(what_is_said_of_a_backup_is_read_back),
        cmocka_unit_test(a_newer_backup_is_not_guessed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
