/* Time that passes is an input, too, and comes before what comes later. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_US INT64_C(1000000)

static void set_bell(struct scene *scene, uint8_t number, int64_t strikes)
{
    struct command command = toy_bell(number, strikes, scene->clock_us);
    toy_send(scene->log, &command);
}

/* Where valid event `index` stands in time. */
static struct event event_at(struct scene *scene, size_t index)
{
    struct follower *follower = follower_open(scene->log, LOG_PROMPT);
    struct followed followed;
    struct event found = {0};
    size_t count = 0;
    assert_int_equal(follower_begin(follower, SERVICE_ACCOUNTS, 0), OK);
    while (follower_poll(follower, 10, &followed) == OK) {
        if (followed.verdict != FOLD_VALID || count++ != index)
            continue;
        found.kind = followed.event->kind;
        found.meta.occurred_at = followed.event->meta.occurred_at;
        found.meta.has_command_id = followed.event->meta.has_command_id;
    }
    follower_close(follower);
    assert_true(count > index);
    return found;
}

static void nothing_happens_before_it_is_due(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    set_bell(scene, 1, 1);
    toy_run(writer);
    scene->clock_us += SECOND_US - 1;
    toy_run(writer);
    assert_int_equal(toy_of(writer)->strikes, 0);
    scene->clock_us++;
    toy_run(writer); /* nobody sends anything */
    assert_int_equal(toy_of(writer)->strikes, 1);
    assert_int_equal(toy_of(writer)->struck_us, scene->clock_us);
    writer_free(writer);
}

static void what_is_due_is_answered_before_a_command_that_comes_later(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    set_bell(scene, 1, 3);
    toy_run(writer);
    scene->clock_us += 2 * SECOND_US;
    scene_send(scene, 2, E8);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->strikes, 3);
    for (size_t i = 2; i < 5; i++)
        assert_false(event_at(scene, i).meta.has_command_id);
    struct event answer = event_at(scene, 5);
    assert_true(answer.meta.has_command_id);
    assert_int_equal(answer.meta.occurred_at, event_at(scene, 4).meta.occurred_at);
    writer_free(writer);
}

static void a_restarted_writer_counts_the_clock_on(void **state)
{
    struct scene *scene = *state;
    struct buffer snapshot;
    buffer_init(&snapshot, 1 << 20);
    for (uint8_t round = 1; round <= 3; round++) {
        struct writer *writer = writer_new(&TOY, 0, &scene->world);
        assert_int_equal(writer_recover(writer, buffer_bytes(&snapshot)), OK);
        assert_int_equal(writer_claim(writer, 1000), OK);
        set_bell(scene, round, 2);
        toy_run(writer);
        scene->clock_us += SECOND_US;
        toy_run(writer);
        assert_int_equal(toy_of(writer)->strikes, 2 * round);
        buffer_reset(&snapshot);
        if (round == 2) { /* the third goes on from what was saved */
            writer_snapshot(writer, &snapshot);
            writer_hash_snapshot(&snapshot);
        }
        writer_free(writer);
    }
    buffer_free(&snapshot);
}

/* More than may be appended before the log is read back: the rest, and the command behind it, wait
 * for that. */
static void very_much_that_is_due_waits_for_the_log_to_be_read_back(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    const int64_t strikes = 70000;
    set_bell(scene, 1, strikes);
    toy_run(writer);
    scene->clock_us += SECOND_US;
    scene_send(scene, 2, E8);
    size_t decided = 0;
    assert_int_equal(writer_step(writer, 10, &decided), OK);
    assert_true(decided > 1000 && decided < (size_t)strikes);
    assert_int_equal(toy_of(writer)->sum_e8, 0);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->strikes, strikes);
    assert_int_equal(toy_of(writer)->sum_e8, E8);
    writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(nothing_happens_before_it_is_due),
        SCENE(what_is_due_is_answered_before_a_command_that_comes_later),
        SCENE(a_restarted_writer_counts_the_clock_on),
        SCENE(very_much_that_is_due_waits_for_the_log_to_be_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
