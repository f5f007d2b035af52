/* Snapshots and the memory of commands that are not what they should be (R13, R15). */
#include "forge.h"
#include "scene.h"

#include "base/time.h"
#include "seal/seal.h"
#include "service/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A snapshot with sources, remembered ids and keys, of a log that is left in *ret_log. */
static void make_snapshot(struct log **ret_log, int64_t *clock_us, struct buffer *ret_snapshot)
{
    *clock_us = SCENE_START_US;
    *ret_log = toy_log(1);
    struct writer_world world = toy_world(*ret_log, clock_us);
    struct writer *writer = forge_writer(&TOY, &world);
    for (uint8_t i = 1; i <= 3; i++) {
        struct command command = toy_deposit(i, E8, *clock_us);
        command.meta.has_idempotency = true;
        command.meta.idempotency.key_hash.bytes[0] = i;
        toy_send(*ret_log, &command);
    }
    toy_run(writer);
    buffer_init(ret_snapshot, 1 << 20);
    writer_snapshot(writer, ret_snapshot);
    writer_hash_snapshot(ret_snapshot);
    writer_free(writer);
}

static enum err recover(struct log *log, int64_t *clock_us, struct bytes snapshot)
{
    struct writer_world world = toy_world(log, clock_us);
    struct writer *writer = writer_new(&TOY, 0, &world);
    enum err err = writer_recover(writer, snapshot);
    writer_free(writer);
    return err;
}

static void a_snapshot_cut_anywhere_is_passed_over(void **state)
{
    (void)state;
    struct log *log;
    struct buffer snapshot;
    int64_t clock_us;
    make_snapshot(&log, &clock_us, &snapshot);
    assert_int_equal(recover(log, &clock_us, buffer_bytes(&snapshot)), OK);
    for (size_t size = 1; size < snapshot.size; size++) {
        uint8_t *cut = malloc(size); /* so that a read behind it is seen */
        memcpy(cut, snapshot.data, size);
        assert_int_equal(recover(log, &clock_us, (struct bytes){cut, size}), ERR_POISON);
        free(cut);
    }
    buffer_free(&snapshot);
    log_close(log);
}

static void a_snapshot_with_any_byte_changed_is_passed_over(void **state)
{
    (void)state;
    struct log *log;
    struct buffer snapshot;
    int64_t clock_us;
    make_snapshot(&log, &clock_us, &snapshot);
    for (size_t i = 0; i < snapshot.size; i++) {
        snapshot.data[i] ^= 0x10;
        assert_int_equal(recover(log, &clock_us, buffer_bytes(&snapshot)), ERR_POISON);
        snapshot.data[i] ^= 0x10;
    }
    buffer_free(&snapshot);
    log_close(log);
}

static struct event decided(uint8_t number, int64_t occurred_at, int64_t valid_until)
{
    static struct cause_run cause = {.topic = TEXT("bourse.accounts.commands")};
    struct event event = {.kind = EVENT_ASSET_TRANSACTION_RECORDED};
    event.meta.occurred_at = occurred_at;
    event.meta.has_command_id = true;
    event.meta.command_id.bytes[0] = number;
    event.meta.has_valid_until = true;
    event.meta.valid_until = valid_until;
    event.meta.has_idempotency = true;
    event.meta.idempotency.key_hash.bytes[0] = number;
    event.meta.cause = &cause;
    event.meta.cause_count = 1;
    return event;
}

static enum memory_verdict judge(const struct memory *memory, uint8_t command, uint8_t key)
{
    struct command_meta meta = {.has_idempotency = key != 0};
    struct uuid first;
    meta.command_id.bytes[0] = command;
    meta.idempotency.key_hash.bytes[0] = key;
    return memory_judge(memory, &meta, &first);
}

static void ids_are_kept_to_the_end_of_their_validity_and_keys_for_a_day(void **state)
{
    (void)state;
    const int64_t day_us = 24 * 3600 * SECOND_US;
    struct memory *memory = memory_new();
    struct event first = decided(1, 0, 30), at_end = decided(2, 30, 31), past = decided(3, 31, 32);
    memory_apply(memory, &first);
    memory_apply(memory, &at_end);
    assert_int_equal(judge(memory, 1, 0), MEMORY_REPEATED);
    memory_apply(memory, &past);
    assert_int_equal(judge(memory, 1, 0), MEMORY_NEW);
    struct event last_moment = decided(4, day_us, day_us), over = decided(5, day_us + 1, day_us);
    memory_apply(memory, &last_moment);
    assert_int_equal(judge(memory, 9, 1), MEMORY_REPEATED);
    memory_apply(memory, &over);
    assert_int_equal(judge(memory, 9, 1), MEMORY_NEW);
    memory_free(memory);
}

/* A refused command with an absurd valid_until must not keep all that came behind it. */
static void nothing_is_kept_for_more_than_a_day(void **state)
{
    (void)state;
    const int64_t day_us = 24 * 3600 * SECOND_US;
    struct memory *memory = memory_new();
    struct event endless = decided(1, 0, INT64_MAX), other = decided(2, 0, 30);
    struct event later = decided(3, day_us + 1, day_us + 2);
    memory_apply(memory, &endless);
    memory_apply(memory, &other);
    memory_apply(memory, &later);
    assert_int_equal(judge(memory, 1, 0), MEMORY_NEW);
    assert_int_equal(judge(memory, 2, 0), MEMORY_NEW);
    memory_free(memory);
}

static void a_memory_cut_anywhere_is_none(void **state)
{
    (void)state;
    struct memory *memory = memory_new();
    struct buffer saved;
    buffer_init(&saved, 10000);
    for (uint8_t i = 1; i <= 3; i++) {
        struct event event = decided(i, 0, 30);
        memory_apply(memory, &event);
    }
    memory_save(memory, &saved);
    memory_free(memory);
    for (size_t size = 0; size <= saved.size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, saved.data, size);
        struct bytes input = {cut, size};
        memory = memory_new();
        assert_int_equal(memory_load(memory, &input), size == saved.size ? OK : ERR_POISON);
        memory_free(memory);
        free(cut);
    }
    buffer_free(&saved);
}

static int setup(void **state)
{
    (void)state;
    return seal_init() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_cut_anywhere_is_passed_over),
        cmocka_unit_test(a_snapshot_with_any_byte_changed_is_passed_over),
        cmocka_unit_test(ids_are_kept_to_the_end_of_their_validity_and_keys_for_a_day),
        cmocka_unit_test(nothing_is_kept_for_more_than_a_day),
        cmocka_unit_test(a_memory_cut_anywhere_is_none),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
