/* attack_schema_test.c - events that a writer cannot take for what they are: of a newer version, or
 * of more causes than it keeps. */
#include "forge.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *events(void)
{
    return follower_events_topic(SERVICE_ACCOUNTS);
}

/* Appends an event to the log of accounts in a schema that nobody has heard of. */
static void append_in_an_unknown_schema(struct scene *scene, const struct event *event)
{
    struct buffer value;
    buffer_init(&value, 10000);
    event_encode(event, &value);
    value.data[1] = 0x7f;
    log_memory_append_raw(scene->log, events(), 0, (struct bytes){(const uint8_t *)"key", 3},
                          buffer_bytes(&value), NULL, 0);
    buffer_free(&value);
}

/* The writer in force stops at what it reads back, and so does whoever would take its place. */
static void assert_stops_at_a_schema(struct scene *scene, struct writer *writer)
{
    assert_int_equal(forge_steps(writer, 3), ERR_LOG);
    writer_free(writer);
    writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), ERR_LOG);
    assert_non_null(strstr(writer_problem(writer), "schema"));
    writer_free(writer);
}

/* The next record of a newer version: passing over it would be to skip an event (R1). */
static void the_next_event_in_an_unknown_schema_stops_the_reader(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event_reject(&event, "X", TEXT("x"), NULL);
    forge_next(scene->log, SERVICE_ACCOUNTS, &event);
    append_in_an_unknown_schema(scene, &event);
    assert_stops_at_a_schema(scene, writer);
}

/* A newer version took over: what an older one then wrote would count for older readers alone. */
static void a_claim_in_an_unknown_schema_stops_writers(void **state)
{
    struct scene *scene = *state;
    struct writer *writer = forge_writer(&TOY, &scene->world);
    struct event claim = {.kind = EVENT_WRITER_CLAIMED};
    forge_next(scene->log, SERVICE_ACCOUNTS, &claim);
    claim.writer_claimed.code_version = TEXT("newer");
    append_in_an_unknown_schema(scene, &claim);
    assert_stops_at_a_schema(scene, writer);
}

static void an_event_whose_causes_cannot_be_kept_stops_the_reader(void **state)
{
    struct scene *scene = *state;
    static struct cause_run causes[FOLD_SOURCES_MAX + 1];
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event_reject(&event, "X", TEXT("x"), NULL);
    for (int i = 0; i <= FOLD_SOURCES_MAX; i++)
        causes[i] = (struct cause_run){.topic = TEXT("bourse.orders.events"), .partition = i};
    event.meta.cause = causes;
    for (int way = 0; way < 2; way++) {
        struct writer *writer = forge_writer(&TOY, &scene->world);
        event.meta.cause_count = way == 0 ? FOLD_SOURCES_MAX + 1 : 1;
        if (way == 1)
            causes[0].topic = TEXT("bourse.a-topic-of-a-name-too-long-for-any-of-ours.events");
        forge_next(scene->log, SERVICE_ACCOUNTS, &event);
        int64_t offset = forge_append(scene->log, SERVICE_ACCOUNTS, &event);
        assert_int_equal(forge_steps(writer, 3), ERR_LOG);
        writer_free(writer);
        log_memory_truncate(scene->log, events(), 0, offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(the_next_event_in_an_unknown_schema_stops_the_reader),
        SCENE(a_claim_in_an_unknown_schema_stops_writers),
        SCENE(an_event_whose_causes_cannot_be_kept_stops_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
