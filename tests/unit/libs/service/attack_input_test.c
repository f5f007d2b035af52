/* What can come in at a partition, and what its writer makes of it (R6, R7, R12, R13). */
#include "forge.h"
#include "scene.h"

#include "base/time.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t append_raw(struct scene *scene, struct bytes key, const struct command *command)
{
    struct buffer value;
    buffer_init(&value, 8 << 20);
    command_encode(command, &value);
    assert_true(buffer_ok(&value));
    int64_t offset = log_memory_append_raw(scene->log, follower_commands_topic(SERVICE_ACCOUNTS), 0,
                                           key, buffer_bytes(&value), NULL, 0);
    buffer_free(&value);
    return offset;
}

/* --- poison --- */

static jmp_buf death;
static int deaths;
static int64_t last_sum_e8;

/* Dies of a certain amount, as a failed CHECK would: the process is gone, its appends with it. */
static void mortal_decide(const void *state, const struct input *input, struct arena *arena,
                          struct event *event)
{
    if (input->command->record_asset_transaction.amount_e8 == 666 * E8) {
        deaths++;
        longjmp(death, 1);
    }
    TOY.decide(state, input, arena, event);
}

/* Runs one life of a process. True: it has answered all there was. */
static bool live(struct scene *scene, const struct service *mortal)
{
    struct writer *volatile writer = forge_writer(mortal, &scene->world);
    bool lived = false;
    if (setjmp(death) == 0) {
        toy_run(writer);
        lived = true;
        last_sum_e8 = toy_of(writer)->sum_e8;
    }
    writer_free(writer);
    return lived;
}

static void poison_commands_amid_others_are_refused_after_three_deaths_each(void **state)
{
    struct scene *scene = *state;
    struct service mortal = TOY;
    char path[] = "/tmp/bourse-attempts-XXXXXX";
    mortal.decide = mortal_decide;
    close(mkstemp(path));
    scene->world.attempts_path = path;
    deaths = 0;
    for (uint8_t i = 1; i <= 9; i++)
        scene_send(scene, i, i % 4 == 0 ? 666 * E8 : E8);
    int lives = 1;
    while (lives < 20 && !live(scene, &mortal))
        lives++;
    unlink(path);
    assert_int_equal(deaths, 2 * 3);
    assert_int_equal(lives, 7);
    assert_int_equal(last_sum_e8, 7 * E8);
    assert_int_equal(forge_rejections(scene->log, "COMMAND_POISON"), 2);
}

/* --- sizes --- */

static void a_command_too_large_to_be_answered_whole_is_refused_and_the_next_served(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    char *large = calloc(1, 7 << 20);
    memset(large, 'x', 7 << 20);
    struct bytes key = {(const uint8_t *)"key", 3};
    struct command command = toy_deposit(1, E8, scene->clock_us);
    append_raw(scene, (struct bytes){(const uint8_t *)large, 7 << 20}, &command);
    command = toy_deposit(2, E8, scene->clock_us);
    command.meta.has_reply_to = true;
    command.meta.reply_to = (struct text){large, 6 << 20};
    append_raw(scene, key, &command);
    command = toy_deposit(3, E8, scene->clock_us);
    command.record_asset_transaction.asset = (struct text){large, 7 << 20};
    append_raw(scene, key, &command);
    scene_send(scene, 4, E8);
    assert_int_equal(forge_steps(writer, 5), OK);
    assert_int_equal(toy_of(writer)->sum_e8, E8);
    assert_int_equal(forge_rejections(scene->log, "VALIDATION_FAILED"), 3);
    free(large);
    writer_free(writer);
}

static void a_burst_larger_than_one_step_takes_is_answered_whole(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    for (int i = 0; i < 2500; i++) {
        struct command command = toy_deposit(1, E8, scene->clock_us);
        command.meta.command_id.bytes[0] = (uint8_t)i;
        command.meta.command_id.bytes[1] = (uint8_t)(i >> 8);
        toy_send(scene->log, &command);
    }
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 2500 * E8);
    writer_free(writer);
}

/* --- times --- */

static void send_times(struct scene *scene, uint8_t number, int64_t received_at,
                       int64_t valid_until)
{
    struct command command = toy_deposit(number, E8, scene->clock_us);
    command.meta.received_at = received_at;
    command.meta.valid_until = valid_until;
    toy_send(scene->log, &command);
}

static void the_bounds_of_a_commands_time_hold_on_both_sides(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    int64_t now_us = scene->clock_us, day_us = 24 * 3600 * SECOND_US;
    send_times(scene, 1, now_us, now_us); /* just in time */
    send_times(scene, 2, now_us - 1, now_us - 1);
    send_times(scene, 3, now_us, now_us + day_us); /* just short enough */
    send_times(scene, 4, now_us - 1, now_us + day_us);
    send_times(scene, 5, now_us + 1, now_us + day_us + 1);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 2 * E8);
    assert_int_equal(forge_rejections(scene->log, "COMMAND_EXPIRED"), 1);
    assert_int_equal(forge_rejections(scene->log, "VALIDATION_FAILED"), 2);
    writer_free(writer);
}

static void times_at_the_ends_of_what_there_is_are_refused(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    send_times(scene, 1, TIME_MAX_US, TIME_MAX_US);
    send_times(scene, 2, TIME_MIN_US, TIME_MAX_US);
    send_times(scene, 3, TIME_MAX_US, TIME_MIN_US);
    send_times(scene, 4, TIME_MIN_US, TIME_MIN_US);
    send_times(scene, 5, TIME_MIN_US, scene->clock_us + SECOND_US);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 0);
    assert_int_equal(forge_rejections(scene->log, "COMMAND_EXPIRED"), 2);
    assert_int_equal(forge_rejections(scene->log, "VALIDATION_FAILED"), 3);
    writer_free(writer);
}

static int64_t brokers_clock(void *context)
{
    return *(const int64_t *)context;
}

static void a_clock_that_differs_from_the_brokers_decides_nothing(void **state)
{
    struct scene *scene = *state;
    const int64_t wrong_us[] = {-3600 * SECOND_US, 10 * 365 * 24 * 3600 * SECOND_US};
    static int64_t broker_us;
    broker_us = scene->clock_us;
    log_memory_set_clock(scene->log, brokers_clock, &broker_us);
    for (size_t i = 0; i < COUNT_OF(wrong_us); i++) {
        struct writer *writer = writer_new(&TOY, 0, &scene->world);
        assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
        scene->clock_us += wrong_us[i];
        assert_int_equal(writer_claim(writer, 1000), ERR_CONFIG);
        assert_non_null(strstr(writer_problem(writer), "clock"));
        scene->clock_us -= wrong_us[i];
        writer_free(writer);
    }
}

static int64_t hasty_clock(void *context)
{
    int64_t *clock_us = context;
    return *clock_us += 8 * SECOND_US;
}

/* The claim took its time to come back: between append and read-back lies the broker's stamp. */
static void a_slow_read_back_of_the_claim_is_not_taken_for_a_wrong_clock(void **state)
{
    struct scene *scene = *state;
    int64_t stamp_us = scene->clock_us + 9 * SECOND_US;
    log_memory_set_clock(scene->log, brokers_clock, &stamp_us);
    scene->world.clock_us = hasty_clock;
    struct writer *writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    stamp_us = scene->clock_us + 9 * SECOND_US;
    assert_int_equal(writer_claim(writer, 600000), OK);
    writer_free(writer);
}

/* --- waiting for others --- */

static void send_after(struct scene *scene, uint8_t number, int64_t amount_e8, int64_t offset)
{
    struct command command = toy_deposit(number, amount_e8, scene->clock_us);
    struct position after = {
        .topic = text_of(follower_events_topic(SERVICE_ORDERS)), .partition = 0, .offset = offset};
    command.meta.after = &after;
    command.meta.after_count = 1;
    toy_send(scene->log, &command);
}

static void a_command_waits_for_what_its_caller_has_seen_and_those_behind_it_too(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&LISTENER, &scene->world);
    send_after(scene, 1, E8, 2); /* LogCreated 0, claim 1, the event it waits for 2 */
    scene_send(scene, 2, 2 * E8);
    assert_int_equal(forge_steps(writer, 5), OK);
    assert_int_equal(toy_of(writer)->sum_e8, 0);
    forge_followed(scene->log, SERVICE_ORDERS, 1);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 3 * E8);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
    assert_int_equal(kinds[1], EVENT_COMMAND_REJECTED); /* SEEN came first */
    assert_int_equal(kinds[2], EVENT_ASSET_TRANSACTION_RECORDED);
    writer_free(writer);
}

static void a_command_that_waits_too_long_is_told_overloaded(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&LISTENER, &scene->world);
    send_after(scene, 1, E8, 2);
    scene_send(scene, 2, 2 * E8);
    assert_int_equal(forge_steps(writer, 3), OK);
    scene->clock_us += 2 * SECOND_US - 1;
    assert_int_equal(forge_steps(writer, 3), OK);
    assert_int_equal(forge_rejections(scene->log, "OVERLOADED"), 0);
    scene->clock_us += 1;
    toy_run(writer);
    assert_int_equal(forge_rejections(scene->log, "OVERLOADED"), 1);
    assert_int_equal(toy_of(writer)->sum_e8, 2 * E8);
    writer_free(writer);
}

/* Appends events of orders that answer what accounts/0 has not written yet. */
static void forge_premature(struct scene *scene, int count, int64_t cause_offset)
{
    struct touch touch = {.service = TEXT("accounts"), .partition = 0};
    forge_followed(scene->log, SERVICE_ORDERS, 0);
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event_reject(&event, "X", TEXT("x"), NULL);
    for (int i = 0; i < count; i++) {
        struct cause_run cause = {.topic = TEXT("bourse.accounts.events"),
                                  .first_offset = cause_offset + i,
                                  .last_offset = cause_offset + i};
        if (i == 0)
            forge_next(scene->log, SERVICE_ORDERS, &event);
        event.meta.cause = &cause;
        event.meta.cause_count = 1;
        event.meta.touches = &touch;
        event.meta.touches_count = 1;
        struct buffer value;
        buffer_init(&value, 10000);
        event_encode(&event, &value);
        forge_append(scene->log, SERVICE_ORDERS, &event);
        event.meta.wseq++;
        event.meta.prev_hash = fold_hash(
            &event.meta.prev_hash, (struct bytes){(const uint8_t *)"key", 3}, buffer_bytes(&value));
        buffer_free(&value);
    }
}

static void an_event_that_answers_what_is_not_read_back_yet_waits_for_that(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&LISTENER, &scene->world);
    forge_premature(scene, 1, 2); /* LogCreated 0, claim 1: the deposit will be 2 */
    assert_int_equal(forge_steps(writer, 5), OK);
    assert_int_equal(forge_rejections(scene->log, "SEEN"), 0);
    scene_send(scene, 1, E8);
    toy_run(writer);
    assert_int_equal(forge_steps(writer, 3), OK);
    assert_int_equal(forge_rejections(scene->log, "SEEN"), 1);
    writer_free(writer);
}

static void any_number_of_such_events_is_kept_by_the_broker_not_here(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&LISTENER, &scene->world);
    forge_premature(scene, 6000, 1000000);
    assert_int_equal(forge_steps(writer, 12), OK);
    assert_int_equal(forge_rejections(scene->log, "SEEN"), 0);
    writer_free(writer);
}

static void a_run_of_large_events_is_answered_in_several(void **state)
{
    enum { COUNT = 70, SIZE = 4 << 20 };
    struct scene *scene = *state;
    struct service gatherer = LISTENER;
    gatherer.run_max = 500;
    struct touch touch = {.service = TEXT("accounts"), .partition = 0};
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    struct buffer value;
    uint8_t *large = calloc(1, SIZE);
    forge_followed(scene->log, SERVICE_ORDERS, 0);
    buffer_init(&value, 8 << 20);
    event_reject(&event, "X", TEXT("x"), NULL);
    forge_next(scene->log, SERVICE_ORDERS, &event);
    event.meta.touches = &touch;
    event.meta.touches_count = 1;
    event.meta.has_request = true;
    event.meta.request = (struct bytes){large, SIZE};
    for (int i = 0; i < COUNT; i++) {
        buffer_reset(&value);
        event_encode(&event, &value);
        forge_append(scene->log, SERVICE_ORDERS, &event);
        event.meta.wseq++;
        event.meta.prev_hash = fold_hash(
            &event.meta.prev_hash, (struct bytes){(const uint8_t *)"key", 3}, buffer_bytes(&value));
    }
    struct writer *writer = forge_writer(&gatherer, &scene->world);
    assert_int_equal(forge_steps(writer, 5), OK);
    assert_in_range(forge_rejections(scene->log, "SEEN"), 2, COUNT / 2);
    writer_free(writer);
    buffer_free(&value);
    free(large);
}

/* --- stopping --- */

static bool stop;

static bool asked_to_stop(void *context)
{
    (void)context;
    return stop;
}

static void a_writer_that_is_asked_to_stop_gives_up_reading_the_log(void **state)
{
    struct scene *scene = *state;
    scene->world.stopping = asked_to_stop;
    stop = true;
    struct writer *writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), ERR_TIMEOUT);
    writer_free(writer);
    stop = false;
    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    stop = true;
    assert_int_equal(writer_claim(writer, 1000000), ERR_TIMEOUT);
    writer_free(writer);
}

static void a_writer_that_drains_decides_nothing_more_and_settles(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&LISTENER, &scene->world);
    size_t decided = 0;
    scene_send(scene, 1, E8);
    send_after(scene, 2, E8, 2);
    assert_int_equal(writer_step(writer, 5, &decided), OK);
    assert_false(writer_settled(writer));
    writer_drain(writer, true);
    scene_send(scene, 3, E8);
    forge_followed(scene->log, SERVICE_ORDERS, 1);
    scene->clock_us += 3 * SECOND_US; /* too long for what the second waits for */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(writer_step(writer, 5, &decided), OK);
        assert_int_equal(decided, 0);
    }
    assert_true(writer_settled(writer));
    writer_drain(writer, false);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 3 * E8);
    writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(poison_commands_amid_others_are_refused_after_three_deaths_each),
        SCENE(a_command_too_large_to_be_answered_whole_is_refused_and_the_next_served),
        SCENE(a_burst_larger_than_one_step_takes_is_answered_whole),
        SCENE(the_bounds_of_a_commands_time_hold_on_both_sides),
        SCENE(times_at_the_ends_of_what_there_is_are_refused),
        SCENE(a_clock_that_differs_from_the_brokers_decides_nothing),
        SCENE(a_slow_read_back_of_the_claim_is_not_taken_for_a_wrong_clock),
        SCENE(a_command_waits_for_what_its_caller_has_seen_and_those_behind_it_too),
        SCENE(a_command_that_waits_too_long_is_told_overloaded),
        SCENE(an_event_that_answers_what_is_not_read_back_yet_waits_for_that),
        SCENE(any_number_of_such_events_is_kept_by_the_broker_not_here),
        SCENE(a_run_of_large_events_is_answered_in_several),
        SCENE(a_writer_that_is_asked_to_stop_gives_up_reading_the_log),
        SCENE(a_writer_that_drains_decides_nothing_more_and_settles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
