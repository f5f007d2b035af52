/* What others can do to the log of a partition, and what its writer makes of it (R1 to R5). */
#include "forge.h"
#include "scene.h"

#include "seal/seal.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *events(void)
{
    return follower_events_topic(SERVICE_ACCOUNTS);
}

static const char *commands(void)
{
    return follower_commands_topic(SERVICE_ACCOUNTS);
}

/* "1, 4, 5": what came behind a lost record is void, and decided again by the next writer. */
static void a_lost_record_is_doubt_and_the_next_writer_decides_again(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    scene_send(scene, 1, E8);
    toy_run(writer);
    scene_send(scene, 2, 2 * E8);
    scene_send(scene, 3, 4 * E8);
    log_memory_lose(scene->log, events(), 0, 1);
    assert_int_equal(forge_steps(writer, 5), ERR_DOUBT);
    assert_true(strlen(writer_problem(writer)) > 0);
    writer_free(writer);
    assert_true(forge_state(scene->log, SERVICE_ACCOUNTS).poisoned);

    writer = forge_writer(&TOY, &scene->world);
    assert_int_equal(toy_of(writer)->sum_e8, E8);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 7 * E8);
    enum event_kind kinds[10];
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 4);
    writer_free(writer);
}

/* The broker said that it has the record, and has not: nobody told the writer, the fold does. */
static void a_record_lost_in_silence_is_doubt_as_soon_as_the_next_is_read(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    size_t decided = 0;
    scene_send(scene, 1, E8);
    assert_int_equal(writer_step(writer, 5, &decided), OK);
    assert_int_equal(decided, 1);
    log_memory_truncate(scene->log, events(), 0, 2); /* LogCreated and the claim stay */
    scene_send(scene, 2, E8);
    assert_int_equal(forge_steps(writer, 3), ERR_DOUBT);
    writer_free(writer);
}

static void garbage_on_the_event_topic_does_not_end_the_writer(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    static const uint8_t GARBAGE[] = {0, 0, 0, 0, 99, 1, 2, 3};
    scene_send(scene, 1, E8);
    toy_run(writer);
    struct bytes own = forge_last_value(scene->log, SERVICE_ACCOUNTS);
    log_memory_append_raw(scene->log, events(), 0, (struct bytes){0}, (struct bytes){0}, NULL, 0);
    log_memory_append_raw(scene->log, events(), 0, (struct bytes){0},
                          (struct bytes){GARBAGE, sizeof GARBAGE}, NULL, 0);
    for (size_t size = 0; size < own.size; size++) /* an own record, cut short */
        log_memory_append_raw(scene->log, events(), 0, (struct bytes){0},
                              (struct bytes){own.data, size < 200 ? size : 200}, NULL, 0);
    assert_int_equal(forge_steps(writer, 5), OK);
    scene_send(scene, 2, E8);
    toy_run(writer);
    assert_int_equal(toy_of(writer)->sum_e8, 2 * E8);
    free((void *)(uintptr_t)own.data);
    writer_free(writer);
}

static void a_copy_of_an_own_record_is_harmless(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    scene_send(scene, 1, E8);
    toy_run(writer);
    struct bytes own = forge_last_value(scene->log, SERVICE_ACCOUNTS);
    log_memory_append_raw(scene->log, events(), 0, (struct bytes){(const uint8_t *)"key", 3}, own,
                          NULL, 0);
    assert_int_equal(forge_steps(writer, 3), OK);
    free((void *)(uintptr_t)own.data);
    writer_free(writer);
}

/* As a copied machine would: it knows the nonce and goes on where both were. */
static void a_valid_event_of_somebody_else_with_our_nonce_is_doubt(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event_reject(&event, "X", TEXT("x"), NULL);
    forge_next(scene->log, SERVICE_ACCOUNTS, &event);
    forge_append(scene->log, SERVICE_ACCOUNTS, &event);
    assert_int_equal(forge_steps(writer, 3), ERR_DOUBT);
    writer_free(writer);
}

static void a_void_record_with_our_nonce_that_is_no_copy_is_doubt(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event_reject(&event, "X", TEXT("x"), NULL);
    forge_next(scene->log, SERVICE_ACCOUNTS, &event);
    scene_send(scene, 1, E8);
    toy_run(writer);
    forge_append(scene->log, SERVICE_ACCOUNTS, &event); /* the wseq that is taken by now */
    assert_int_equal(forge_steps(writer, 3), ERR_DOUBT);
    writer_free(writer);
}

/* Its claim lands behind what the old writer was still appending, and continues that. */
static void a_claim_behind_events_of_the_old_writer_goes_on_from_them(void **state)
{
    struct scene *scene = *state;
    struct writer *old = forge_writer(&TOY, &scene->world);
    struct writer *new = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(new, (struct bytes){0}), OK);
    scene_send(scene, 1, E8);
    toy_run(old);
    assert_int_equal(writer_claim(new, 1000), OK);
    scene_send(scene, 2, 2 * E8);
    toy_run(new);
    assert_int_equal(toy_of(new)->sum_e8, 3 * E8);
    assert_false(forge_state(scene->log, SERVICE_ACCOUNTS).poisoned);
    assert_int_equal(forge_steps(old, 5), ERR_FENCED);
    writer_free(old);
    writer_free(new);
}

/* It had looked at the log, slept through another's claim and events, and claims the same epoch. */
static void a_claimant_that_was_paused_finds_that_another_was_first(void **state)
{
    struct scene *scene = *state;
    struct writer *paused = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(paused, (struct bytes){0}), OK);
    struct writer *other = forge_writer(&TOY, &scene->world);
    scene_send(scene, 1, E8);
    toy_run(other);
    assert_int_equal(writer_claim(paused, 1000), ERR_FENCED);
    scene_send(scene, 2, E8);
    toy_run(other);
    assert_int_equal(toy_of(other)->sum_e8, 2 * E8);
    writer_free(paused);
    writer_free(other);
}

struct racer {
    struct writer *writer;
    pthread_barrier_t *barrier;
    long pause_ns;
    enum err outcome;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct timespec pause = {.tv_nsec = racer->pause_ns};
    pthread_barrier_wait(racer->barrier);
    nanosleep(&pause, NULL);
    racer->outcome = writer_claim(racer->writer, 5000);
    return NULL;
}

static void true_random(void *context, void *data, size_t size)
{
    (void)context;
    seal_random(data, size);
}

static void of_writers_that_race_for_a_claim_one_wins_fifty_times(void **state)
{
    enum { RACERS = 3, ROUNDS = 50 };
    struct scene *scene = *state;
    scene->world.random = true_random;
    for (int round = 1; round <= ROUNDS; round++) {
        struct racer racers[RACERS];
        pthread_t threads[RACERS];
        pthread_barrier_t barrier;
        size_t winners = 0;
        pthread_barrier_init(&barrier, NULL, RACERS);
        for (int i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){writer_new(&TOY, 0, &scene->world), &barrier,
                                       rand() % 200000, OK}; /* NOLINT: any interleaving will do */
            assert_int_equal(writer_recover(racers[i].writer, (struct bytes){0}), OK);
        }
        for (int i = 0; i < RACERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        for (int i = 0; i < RACERS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < RACERS; i++) {
            assert_true(racers[i].outcome == OK || racers[i].outcome == ERR_FENCED);
            winners += racers[i].outcome == OK;
            writer_free(racers[i].writer);
        }
        pthread_barrier_destroy(&barrier);
        assert_int_equal(winners, 1);
        assert_int_equal(forge_state(scene->log, SERVICE_ACCOUNTS).epoch, round);
    }
}

static enum err recover_knowing(struct scene *scene, struct landmark projected,
                                const char *expected)
{
    struct writer_world world = scene->world;
    world.projected = projected;
    struct writer *writer = writer_new(&TOY, 0, &world);
    enum err err = writer_recover(writer, (struct bytes){0});
    assert_non_null(strstr(writer_problem(writer), expected));
    writer_free(writer);
    return err;
}

static struct hash hash_at(struct log *log, int64_t offset)
{
    struct log_reader *reader = log_reader_open(log, LOG_PROMPT);
    struct log_record record;
    const char *problem;
    assert_int_equal(log_reader_assign(reader, events(), 0, offset, &problem), OK);
    assert_int_equal(log_reader_poll(reader, 0, &record, &problem), OK);
    struct hash hash = fold_record_hash(record.key, record.value);
    log_reader_close(reader);
    return hash;
}

static enum err compare_knowing(struct scene *scene, struct landmark projected, const char *says)
{
    char problem[LANDMARK_PROBLEM_SIZE] = "";
    enum err err = landmark_compare(&projected, scene->log, TOY.id, 0, problem);
    assert_non_null(strstr(problem, says));
    return err;
}

/* Its own log cannot tell a writer what is missing at the end; what the projection has read can. */
static void a_log_that_ends_before_what_was_projected_of_it_is_not_claimed(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    for (uint8_t i = 1; i <= 3; i++)
        scene_send(scene, i, E8);
    toy_run(writer);
    writer_free(writer);
    struct landmark last = {.known = true, .offset = 4, .hash = hash_at(scene->log, 4)};
    struct landmark other = {.known = true, .offset = 3, .hash = last.hash};

    assert_int_equal(recover_knowing(scene, last, ""), OK);
    assert_int_equal(recover_knowing(scene, other, "another record stands"), ERR_LOG);
    assert_int_equal(compare_knowing(scene, last, ""), OK); /* and with one that goes on */
    assert_int_equal(compare_knowing(scene, other, "another record stands"), ERR_LOG);
    log_memory_truncate(scene->log, events(), 0, 4);
    assert_int_equal(recover_knowing(scene, last, "truncated"), ERR_LOG);
    assert_int_equal(compare_knowing(scene, last, "truncated"), ERR_LOG);
    assert_int_equal(compare_knowing(scene, (struct landmark){.known = false}, ""), OK);
}

static void a_log_that_is_cut_behind_a_snapshot_or_a_running_writer_stops_it(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    struct buffer snapshot;
    buffer_init(&snapshot, 1 << 20);
    for (uint8_t i = 1; i <= 3; i++)
        scene_send(scene, i, E8);
    toy_run(writer);
    writer_snapshot(writer, &snapshot);
    writer_hash_snapshot(&snapshot);
    log_memory_truncate(scene->log, events(), 0, 3);
    assert_int_equal(forge_steps(writer, 3), ERR_LOG);
    writer_free(writer);

    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, buffer_bytes(&snapshot)), ERR_LOG);
    assert_non_null(strstr(writer_problem(writer), "truncated"));
    writer_free(writer);

    writer = forge_writer(&TOY, &scene->world); /* other records take the same offsets */
    toy_run(writer);
    writer_free(writer);
    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, buffer_bytes(&snapshot)), ERR_LOG);
    writer_free(writer);
    buffer_free(&snapshot);
}

static enum err try_to_own(struct scene *scene, const struct service *service, const char *problem)
{
    struct writer *writer = writer_new(service, 0, &scene->world);
    enum err err = writer_recover(writer, (struct bytes){0});
    if (err == OK)
        err = writer_claim(writer, 1000);
    if (err == OK)
        err = forge_steps(writer, 5);
    if (err != OK)
        assert_non_null(strstr(writer_problem(writer), problem));
    writer_free(writer);
    return err;
}

/* A batch that is damaged where no checksum covers it is passed over by the client library. What
 * follows an event would then be void for this reader alone (R1), and a command have no event. */
static void a_record_that_is_passed_over_stops_its_reader(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    for (uint8_t i = 1; i <= 3; i++)
        scene_send(scene, i, E8);
    toy_run(writer);
    writer_free(writer);
    log_memory_hide(scene->log, events(), 0, 3);
    assert_int_equal(try_to_own(scene, &TOY, "events/0 at offset 3"), ERR_LOG);
}

static void a_command_that_is_passed_over_stops_the_partition(void **state)
{
    struct scene *scene = *state;
    scene_send(scene, 1, E8);
    scene_send(scene, 2, E8);
    log_memory_hide(scene->log, commands(), 0, 0);
    assert_int_equal(try_to_own(scene, &TOY, "commands/0 at offset 0"), ERR_LOG);
}

static void commands_that_are_gone_or_others_than_those_answered_stop_the_partition(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    scene_send(scene, 1, E8);
    scene_send(scene, 2, E8);
    toy_run(writer);
    writer_free(writer);
    log_memory_trim(scene->log, commands(), 0, 2); /* all of them answered: that is fine */
    assert_int_equal(try_to_own(scene, &TOY, ""), OK);

    scene_send(scene, 3, E8);
    log_memory_trim(scene->log, commands(), 0, 3);
    assert_int_equal(try_to_own(scene, &TOY, "from 2 to 2 were deleted before they"), ERR_LOG);
}

static void a_recreated_command_topic_stops_the_partition(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    scene_send(scene, 1, E8);
    scene_send(scene, 2, E8);
    toy_run(writer);
    writer_free(writer);
    log_memory_truncate(scene->log, commands(), 0, 0);
    assert_int_equal(try_to_own(scene, &TOY, "truncated"), ERR_LOG);
    for (uint8_t i = 4; i < 9; i++)
        scene_send(scene, i, E8);
    assert_int_equal(try_to_own(scene, &TOY, "another record stands"), ERR_LOG);
}

static void a_followed_log_of_another_incarnation_stops_the_partition(void **state)
{
    struct scene *scene = *state;
    log_memory_truncate(scene->log, follower_events_topic(SERVICE_ORDERS), 0, 0);
    struct event created = {.kind = EVENT_LOG_CREATED, .key = TEXT("")};
    created.meta.service = TEXT("orders");
    created.meta.incarnation.bytes[0] = 7;
    forge_append(scene->log, SERVICE_ORDERS, &created);
    assert_int_equal(try_to_own(scene, &LISTENER, "another log"), ERR_LOG);
}

/* Keys would fall into other partitions than those their events are in (R5). */
static void other_partition_counts_than_the_log_was_made_with_stop_the_partition(void **state)
{
    (void)state;
    struct scene scene = {.clock_us = SCENE_START_US};
    for (int wrong = 0; wrong < 3; wrong++) {
        struct log_topic topics[2 * SERVICES];
        const char *problem = NULL;
        scene.log = log_open_memory();
        scene.world = toy_world(scene.log, &scene.clock_us);
        struct partition_count counts[SERVICES];
        for (int i = 0; i < SERVICES; i++) {
            enum service_id service = (enum service_id)i;
            int32_t count = wrong == 0 && service == SERVICE_ACCOUNTS ? 2
                            : wrong == 1 && service == SERVICE_ORDERS ? 2
                                                                      : 1;
            topics[2 * i] = (struct log_topic){follower_events_topic(service), count, true};
            topics[2 * i + 1] = (struct log_topic){follower_commands_topic(service), count, false};
            counts[i] = (struct partition_count){.service = text_of(service_name(service)),
                                                 .count = wrong == 2 ? 1000000 : 1};
        }
        assert_int_equal(log_create_topics(scene.log, topics, COUNT_OF(topics), 1, &problem), OK);
        struct event created = {.kind = EVENT_LOG_CREATED, .key = TEXT("")};
        created.log_created.partition_counts = counts;
        created.log_created.partition_counts_count = SERVICES;
        for (int i = 0; i < SERVICES; i++) {
            created.meta.service = text_of(service_name((enum service_id)i));
            forge_append(scene.log, (enum service_id)i, &created);
        }
        assert_int_equal(try_to_own(&scene, &LISTENER, "partitions"), ERR_LOG);
        log_close(scene.log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_lost_record_is_doubt_and_the_next_writer_decides_again),
        SCENE(a_record_lost_in_silence_is_doubt_as_soon_as_the_next_is_read),
        SCENE(garbage_on_the_event_topic_does_not_end_the_writer),
        SCENE(a_copy_of_an_own_record_is_harmless),
        SCENE(a_valid_event_of_somebody_else_with_our_nonce_is_doubt),
        SCENE(a_void_record_with_our_nonce_that_is_no_copy_is_doubt),
        SCENE(a_claim_behind_events_of_the_old_writer_goes_on_from_them),
        SCENE(a_claimant_that_was_paused_finds_that_another_was_first),
        SCENE(of_writers_that_race_for_a_claim_one_wins_fifty_times),
        SCENE(a_log_that_ends_before_what_was_projected_of_it_is_not_claimed),
        SCENE(a_log_that_is_cut_behind_a_snapshot_or_a_running_writer_stops_it),
        SCENE(a_record_that_is_passed_over_stops_its_reader),
        SCENE(a_command_that_is_passed_over_stops_the_partition),
        SCENE(commands_that_are_gone_or_others_than_those_answered_stop_the_partition),
        SCENE(a_recreated_command_topic_stops_the_partition),
        SCENE(a_followed_log_of_another_incarnation_stops_the_partition),
        cmocka_unit_test(other_partition_counts_than_the_log_was_made_with_stop_the_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
