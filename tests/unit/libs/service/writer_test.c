#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void each_command_gives_one_event_and_replay_gives_the_same_state(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    for (uint8_t i = 1; i <= 5; i++) {
        scene_send(scene, i, i == 3 ? -1 : i * E8);
    }
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, (1 + 2 + 4 + 5) * E8);
    struct hash live = writer_state_hash(writer);
    writer_free(writer);

    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    struct hash replayed = writer_state_hash(writer);
    assert_memory_equal(&live, &replayed, sizeof live);
    writer_free(writer);

    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 6);
    assert_int_equal(kinds[0], EVENT_LOG_CREATED);
    assert_int_equal(kinds[3], EVENT_COMMAND_REJECTED);
}

static void what_an_event_says_of_the_state_stays_said_while_the_state_changes(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    for (uint8_t i = 1; i <= 3; i++) {
        scene_send(scene, i, E8);
    }
    toy_run(writer);
    assert_int_equal(toy_of(writer)->deposits, 3);
    assert_int_equal(toy_of(writer)->last_notes, 2);
    writer_free(writer);
}

static void a_restarted_writer_goes_on_behind_the_last_answered_command(void **state)
{
    struct scene *scene = *state;
    for (uint8_t round = 1; round <= 3; round++) {
        struct writer *writer = scene_writer(scene);
        scene_send(scene, round, E8);
        toy_run(writer);
        assert_int_equal(toy_of(writer)->sum_e8, round * E8);
        writer_free(writer);
    }
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
}

/* The paused writer wakes up, appends, and nobody takes notice: it finds itself fenced. */
static void a_replaced_writers_late_events_do_not_count(void **state)
{
    struct scene *scene = *state;
    struct writer *old = scene_writer(scene);
    struct writer *new = scene_writer(scene);
    struct command command = toy_deposit(1, 7 * E8, scene->clock_us);
    size_t decided = 0;
    toy_send(scene->log, &command);
    enum err err = OK;
    for (int i = 0; i < 10 && err == OK; i++)
        err = writer_step(old, 10, &decided);
    assert_int_equal(err, ERR_FENCED);
    toy_run(new);
    assert_int_equal(toy_of(new)->sum_e8, 7 * E8);
    writer_free(old);
    writer_free(new);

    struct writer *third = scene_writer(scene);
    assert_int_equal(toy_of(third)->sum_e8, 7 * E8);
    writer_free(third);
}

static void a_command_that_comes_twice_is_answered_by_the_first_answer(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    struct command command = toy_deposit(1, E8, scene->clock_us);
    toy_send(scene->log, &command);
    toy_send(scene->log, &command);
    toy_run(writer);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 3);
    assert_int_equal(kinds[2], EVENT_COMMAND_REPEATED);
    assert_int_equal(toy_of(writer)->sum_e8, E8);

    scene->clock_us +=
        31 * INT64_C(1000000); /* its id is forgotten now, but then it is too late for it */
    toy_send(scene->log, &command);
    toy_run(writer);
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
    assert_int_equal(kinds[3], EVENT_COMMAND_REJECTED);
    assert_int_equal(toy_of(writer)->sum_e8, E8);
    writer_free(writer);
}

static struct command with_key(uint8_t number, int64_t amount_e8, int64_t time_us)
{
    struct command command = toy_deposit(number, amount_e8, time_us);
    command.meta.has_idempotency = true;
    command.meta.idempotency.key_hash.bytes[0] = 9;
    command.meta.idempotency.body_hash.bytes[0] = (uint8_t)(amount_e8 / E8);
    return command;
}

static void an_idempotency_key_gives_one_effect_and_sticks_to_its_body(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    struct command first = with_key(1, 5 * E8, scene->clock_us),
                   again = with_key(2, 5 * E8, scene->clock_us),
                   other = with_key(3, 6 * E8, scene->clock_us);
    toy_send(scene->log, &first);
    toy_send(scene->log, &again);
    toy_send(scene->log, &other);
    toy_run(writer);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
    assert_int_equal(kinds[2], EVENT_COMMAND_REPEATED);
    assert_int_equal(kinds[3], EVENT_COMMAND_REJECTED);
    assert_int_equal(toy_of(writer)->sum_e8, 5 * E8);
    writer_free(writer);
}

/* AMOUNT_RANGE is a business refusal: the key keeps it; VALIDATION_FAILED does not stick. */
static void a_business_refusal_sticks_to_its_key_a_malformed_request_does_not(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    struct command malformed = with_key(1, -1 * E8, scene->clock_us),
                   good = with_key(2, 2 * E8, scene->clock_us);
    toy_send(scene->log, &malformed);
    toy_send(scene->log, &good);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 2 * E8);

    struct command refused = with_key(3, 2000 * E8, scene->clock_us);
    struct command retried = with_key(4, 2000 * E8, scene->clock_us);
    refused.meta.idempotency.key_hash.bytes[1] = retried.meta.idempotency.key_hash.bytes[1] = 1;
    toy_send(scene->log, &refused);
    toy_send(scene->log, &retried);
    toy_run(writer);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 5);
    assert_int_equal(kinds[3], EVENT_COMMAND_REJECTED);
    assert_int_equal(kinds[4], EVENT_COMMAND_REPEATED);
    writer_free(writer);
}

static void garbage_on_the_command_topic_is_refused_and_the_next_command_served(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    static const uint8_t GARBAGE[] = {0, 0, 0, 0, 99, 1, 2, 3};
    log_memory_append_raw(scene->log, follower_commands_topic(SERVICE_ACCOUNTS), 0,
                          (struct bytes){0}, (struct bytes){GARBAGE, sizeof GARBAGE}, NULL, 0);
    log_memory_append_raw(scene->log, follower_commands_topic(SERVICE_ACCOUNTS), 0,
                          (struct bytes){0}, (struct bytes){0}, NULL, 0);
    struct command command = toy_deposit(1, E8, scene->clock_us);
    toy_send(scene->log, &command);
    toy_run(writer);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
    assert_int_equal(kinds[1], EVENT_COMMAND_REJECTED);
    assert_int_equal(kinds[2], EVENT_COMMAND_REJECTED);
    assert_int_equal(toy_of(writer)->sum_e8, E8);
    writer_free(writer);
}

static void a_snapshot_with_its_tail_gives_the_same_state_as_the_whole_log(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    struct buffer snapshot;
    buffer_init(&snapshot, 1 << 20);
    struct command first = with_key(1, E8, scene->clock_us),
                   second = toy_deposit(2, 2 * E8, scene->clock_us);
    toy_send(scene->log, &first);
    toy_run(writer);
    writer_snapshot(writer, &snapshot);
    writer_hash_snapshot(&snapshot);
    toy_send(scene->log, &second);
    toy_run(writer);
    struct hash live = writer_state_hash(writer);
    writer_free(writer);

    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, buffer_bytes(&snapshot)), OK);
    struct hash restored = writer_state_hash(writer);
    assert_memory_equal(&live, &restored, sizeof live);
    assert_int_equal(writer_claim(writer, 1000), OK);
    struct command again = with_key(3, E8, scene->clock_us);
    toy_send(scene->log, &again); /* the key it remembers came with the snapshot */
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 3 * E8);
    writer_free(writer);

    snapshot.data[snapshot.size - 1] ^= 1;
    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, buffer_bytes(&snapshot)), ERR_POISON);
    writer_free(writer);
    buffer_free(&snapshot);
}

static void log_time_never_goes_back_with_the_clock(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    struct command command = toy_deposit(1, E8, scene->clock_us);
    toy_send(scene->log, &command);
    toy_run(writer);
    scene->clock_us -= 3600 * INT64_C(1000000);
    command = toy_deposit(2, E8, scene->clock_us + 3600 * INT64_C(1000000));
    toy_send(scene->log, &command);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 2 * E8);
    writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(each_command_gives_one_event_and_replay_gives_the_same_state),
        SCENE(what_an_event_says_of_the_state_stays_said_while_the_state_changes),
        SCENE(a_restarted_writer_goes_on_behind_the_last_answered_command),
        SCENE(a_replaced_writers_late_events_do_not_count),
        SCENE(a_command_that_comes_twice_is_answered_by_the_first_answer),
        SCENE(an_idempotency_key_gives_one_effect_and_sticks_to_its_body),
        SCENE(a_business_refusal_sticks_to_its_key_a_malformed_request_does_not),
        SCENE(garbage_on_the_command_topic_is_refused_and_the_next_command_served),
        SCENE(a_snapshot_with_its_tail_gives_the_same_state_as_the_whole_log),
        SCENE(log_time_never_goes_back_with_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
