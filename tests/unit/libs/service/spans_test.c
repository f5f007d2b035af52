#include "scene.h"

#include "eventlog/headers.h"
#include "trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TRACE   "0af7651916cd43dd8448eb211c80319c"
#define PARENT  "b7ad6b7169203331"
#define SAMPLED "00-" TRACE "-" PARENT "-01"

/* Nobody listens there: what is sent is dropped. */
#define NOWHERE "http://127.0.0.1:1"

static void send_traced(struct scene *scene, uint8_t number, const char *traceparent)
{
    struct command command = toy_deposit(number, E8, scene->clock_us);
    command.meta.has_traceparent = traceparent != NULL;
    if (traceparent != NULL)
        command.meta.traceparent = text_of(traceparent);
    toy_send(scene->log, &command);
}

/* The traceparent of the event at `offset`, with its end; "" for none. */
static void traceparent_at(struct scene *scene, int64_t offset, char ret_text[64])
{
    struct follower *follower = follower_open(scene->log, LOG_PROMPT);
    struct followed followed;
    assert_int_equal(follower_begin(follower, SERVICE_ACCOUNTS, 0), OK);
    do {
        assert_int_equal(follower_poll(follower, 10, &followed), OK);
    } while (followed.record.offset < offset);
    struct text found = headers_get(&followed.record, "traceparent");
    assert_true(followed.verdict == FOLD_VALID && found.size < 64);
    memcpy(ret_text, found.data, found.size);
    ret_text[found.size] = '\0';
    follower_close(follower);
}

static void answer_three(struct scene *scene, char ret_first[64], char ret_second[64],
                         char ret_third[64])
{
    struct writer *writer = scene_writer(scene);
    int64_t offset = writer_offset(writer);
    send_traced(scene, 1, SAMPLED);
    send_traced(scene, 2, "00-" TRACE "-" PARENT "-00");
    send_traced(scene, 3, NULL);
    toy_run(writer);
    traceparent_at(scene, offset, ret_first);
    traceparent_at(scene, offset + 1, ret_second);
    traceparent_at(scene, offset + 2, ret_third);
    writer_free(writer);
}

static void
the_event_that_answers_a_traced_command_goes_on_with_its_trace_and_no_other_does(void **state)
{
    char first[64], second[64], third[64];
    trace_start(&(struct trace_options){
        .endpoint = NOWHERE, .service = "toy", .instance = "toy-0", .version = "0"});
    answer_three(*state, first, second, third);
    trace_stop();

    struct trace_context context;
    assert_true(trace_context_parse(text_of(first), &context));
    assert_true(context.sampled);
    assert_memory_equal(first + TRACE_ID_AT, TRACE, TRACE_ID_SIZE);
    assert_null(strstr(first, PARENT)); /* the span that it is below is the writer's */
    assert_string_equal(second, "");
    assert_string_equal(third, "");
}

static void where_tracing_is_off_no_event_carries_a_traceparent(void **state)
{
    char first[64], second[64], third[64];
    answer_three(*state, first, second, third);
    assert_string_equal(first, "");
    assert_string_equal(second, "");
    assert_string_equal(third, "");
}

/* The context stands beside the value, so the log's head and the state are those of any other log.
 */
static void a_traced_log_replays_to_the_same_state(void **state)
{
    struct scene *scene = *state;
    char first[64], second[64], third[64];
    trace_start(&(struct trace_options){
        .endpoint = NOWHERE, .service = "toy", .instance = "toy-0", .version = "0"});
    answer_three(scene, first, second, third);
    trace_stop();

    struct writer *writer = writer_new(&TOY, 0, &scene->world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    assert_int_equal(toy_of(writer)->sum_e8, 3 * E8);
    writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(the_event_that_answers_a_traced_command_goes_on_with_its_trace_and_no_other_does),
        SCENE(where_tracing_is_off_no_event_carries_a_traceparent),
        SCENE(a_traced_log_replays_to_the_same_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
