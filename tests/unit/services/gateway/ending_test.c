#include "gateway/ending.h"

#include "eventlog/follower.h"
#include "gateway/answers.h"
#include "gateway/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct gateway gateway;

/* Somebody who waits for an event that never comes. */
struct somebody {
    struct waiter waiter;
    struct shown shown;
    int told;
};

static void is_never_called(void *context, struct uuid command_id)
{
    (void)context, (void)command_id;
    abort();
}

static void never_breaks(void *context)
{
    (void)context;
    abort();
}

/* There is no database here, so no projection shows anything. */
static void begin(void)
{
    static char nowhere[] = "host=/nowhere";
    struct log_topic topics[SERVICES + 1] = {{"bourse.accounts.commands", 1, false}};
    const char *problem = NULL;
    gateway = (struct gateway){.log = log_open_memory(), .pending = pending_new(10)};
    gateway.config.pg = nowhere;
    for (int i = 0; i < SERVICES; i++) {
        gateway.place.partition_counts[i] = 1;
        topics[i + 1] = (struct log_topic){follower_events_topic((enum service_id)i), 1, true};
    }
    assert_int_equal(log_create_topics(gateway.log, topics, COUNT_OF(topics), 1, &problem), OK);
    gateway.progress = progress_start(gateway.config.pg, gateway.place.partition_counts);
    gateway.streams = streams_start(&gateway, never_breaks, NULL);
    assert_int_equal(
        answers_start(&gateway, (struct answers_events){.broken = never_breaks}, &gateway.answers),
        OK);
    gateway.sender = sender_start(
        gateway.log, (struct sender_events){.not_sent = is_never_called, .broken = never_breaks});
}

/* As a read of the past, an answer that is kept, and a probe of the next service do. */
static void look_around(struct waiter *waiter, bool in_time)
{
    struct somebody *somebody = (struct somebody *)(void *)waiter;
    struct command command = {.kind = COMMAND_PROBE_COMMAND, .key = TEXT("whose")};
    assert_false(in_time);
    assert_int_equal(answers_next_offset(gateway.answers, SERVICE_ACCOUNTS, 0), 0);
    assert_false(answers_have_read(gateway.answers, &somebody->shown));
    assert_int_equal(progress_offset(gateway.progress, SERVICE_ACCOUNTS, 0), -1);
    assert_int_equal(sender_send(gateway.sender, SERVICE_ACCOUNTS, 0, &command, NULL), ERR_FULL);
    somebody->told++;
}

static void begin_to_wait(struct somebody *somebody)
{
    *somebody = (struct somebody){.waiter = {.services = UINT32_C(1) << SERVICE_ACCOUNTS,
                                             .deadline_ns = INT64_MAX,
                                             .ready = look_around}};
    shown_add(&somebody->shown, (struct shown_position){.service = SERVICE_ACCOUNTS,
                                                        .source = SERVICE_ACCOUNTS,
                                                        .offset = 5});
    somebody->waiter.shown = &somebody->shown;
}

static void whoever_still_waits_finds_all_that_it_looks_at(void **state)
{
    (void)state;
    struct somebody writes, reads;
    begin();
    begin_to_wait(&writes);
    begin_to_wait(&reads);
    answers_await(gateway.answers, &writes.waiter);
    progress_await(gateway.progress, &reads.waiter);
    streams_shutdown(gateway.streams);
    ending_of_waiting(&gateway);
    assert_int_equal(writes.told, 1);
    assert_int_equal(reads.told, 1);
    pending_free(gateway.pending);
    log_close(gateway.log);
}

static void what_never_began_ends(void **state)
{
    (void)state;
    gateway = (struct gateway){.log = NULL};
    ending_of_waiting(&gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_still_waits_finds_all_that_it_looks_at),
        cmocka_unit_test(what_never_began_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
