/* Commands that were deleted before they were read, and what an operator can say of them (R5). */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *commands(void)
{
    return follower_commands_topic(SERVICE_ACCOUNTS);
}

static void assert_stops(struct scene *scene, const char *problem)
{
    struct writer *writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    assert_int_equal(writer_claim(writer, 1000), ERR_LOG);
    assert_non_null(strstr(writer_problem(writer), problem));
    writer_free(writer);
}

/* An operator's word on what was deleted unread, of commands in partition 0. */
static struct command report(struct scene *scene, uint8_t number, int64_t from, int64_t to)
{
    static enum role admin = ROLE_ADMIN;
    struct command command = toy_deposit(number, E8, scene->clock_us);
    command.kind = COMMAND_REPORT_COMMANDS_LOST;
    command.meta.has_actor = true;
    command.meta.actor = (struct actor){.roles = &admin, .roles_count = 1};
    command.report_commands_lost =
        (struct report_commands_lost){.topic = text_of(commands()), .from = from, .to = to};
    return command;
}

static void send_report(struct scene *scene, uint8_t number, int64_t from, int64_t to)
{
    struct command command = report(scene, number, from, to);
    toy_send(scene->log, &command);
}

/* What is still there is answered behind what is gone, and the report as a repetition. */
static void commands_that_an_operator_gives_up_are_answered_with_one_event(void **state)
{
    static const enum event_kind WANTED[] = {EVENT_LOG_CREATED, EVENT_ASSET_TRANSACTION_RECORDED,
                                             EVENT_COMMANDS_LOST, EVENT_ASSET_TRANSACTION_RECORDED,
                                             EVENT_COMMAND_REPEATED};
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    enum event_kind kinds[10];
    scene_send(scene, 1, E8);
    toy_run(writer);
    writer_free(writer);
    for (uint8_t i = 2; i <= 4; i++)
        scene_send(scene, i, i * E8);
    log_memory_trim(scene->log, commands(), 0, 3);
    send_report(scene, 9, 1, 2);
    for (int again = 0; again < 2; again++) { /* the second one finds nothing missing */
        writer = scene_writer(scene);
        toy_run(writer);
        assert_int_equal(toy_of(writer)->sum_e8, 5 * E8);
        writer_free(writer);
        assert_int_equal(toy_kinds(scene->log, kinds, 10), COUNT_OF(WANTED));
        assert_memory_equal(kinds, WANTED, sizeof WANTED);
    }
}

/* Of other commands, of other places, of somebody who may not, or of long ago. */
static void a_report_of_anything_else_lifts_nothing(void **state)
{
    struct scene *scene = *state;
    scene_send(scene, 1, E8);
    scene_send(scene, 2, E8);
    log_memory_trim(scene->log, commands(), 0, 2);
    struct command wrong[6];
    for (uint8_t i = 0; i < 6; i++)
        wrong[i] = report(scene, i, 0, 1);
    wrong[0].report_commands_lost.to = 0;
    wrong[1].report_commands_lost.from = 1;
    wrong[2].report_commands_lost.partition = 1;
    wrong[3].report_commands_lost.topic = TEXT("bourse.orders.commands");
    wrong[4].meta.has_actor = false;
    wrong[5].meta.valid_until = scene->clock_us - 1;
    for (int i = 0; i < 6; i++)
        toy_send(scene->log, &wrong[i]);
    assert_stops(scene, "from 0 to 1 were deleted");
    send_report(scene, 9, 0, 1);
    writer_free(scene_writer(scene));
}

static void a_report_of_a_loss_that_there_is_not_is_refused(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = scene_writer(scene);
    enum event_kind kinds[10];
    send_report(scene, 9, 0, 1);
    toy_run(writer);
    assert_int_equal(toy_kinds(scene->log, kinds, 10), 2);
    assert_int_equal(kinds[1], EVENT_COMMAND_REJECTED);
    writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(commands_that_an_operator_gives_up_are_answered_with_one_event),
        SCENE(a_report_of_anything_else_lifts_nothing),
        SCENE(a_report_of_a_loss_that_there_is_not_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
