/* access_test.c - the table of who may do what says what the services do, and no more. */
#include "service/access.h"

#include "eventlog/follower.h"
#include "service/service.h"
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct log_rule rules[ACCESS_RULES_MAX];
static size_t rules_count;

static int load(void **state)
{
    (void)state;
    rules_count = access_rules(rules);
    return 0;
}

static bool may(const char *principal, enum log_right right, const char *name)
{
    for (size_t i = 0; i < rules_count; i++) {
        if (rules[i].right == right && strcmp(rules[i].principal, principal) == 0 &&
            strcmp(rules[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool follows(enum service_id service, enum service_id followed)
{
    const struct service *row = venue_service(service);
    for (size_t i = 0; i < row->follows_count; i++) {
        if (row->follows[i] == followed)
            return true;
    }
    return service == followed;
}

static void a_service_reads_what_it_follows_and_writes_its_own_events_alone(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICES; i++) {
        const char *name = service_name((enum service_id)i);
        for (int other = 0; other < SERVICES; other++) {
            const char *events = follower_events_topic((enum service_id)other);
            const char *commands = follower_commands_topic((enum service_id)other);
            assert_int_equal(may(name, LOG_MAY_READ, events),
                             follows((enum service_id)i, (enum service_id)other));
            assert_int_equal(may(name, LOG_MAY_WRITE, events), i == other);
            assert_int_equal(may(name, LOG_MAY_READ, commands), i == other);
            assert_false(may(name, LOG_MAY_WRITE, commands));
        }
    }
}

static void a_projector_reads_the_events_of_its_service_and_writes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s-projector", service_name((enum service_id)i));
        for (size_t j = 0; j < rules_count; j++) {
            if (strcmp(rules[j].principal, name) != 0 || rules[j].of_group)
                continue;
            assert_int_equal(rules[j].right, LOG_MAY_READ);
            assert_string_equal(rules[j].name, follower_events_topic((enum service_id)i));
        }
        assert_true(access_knows(text_of(name)));
    }
}

static void a_gateway_writes_all_commands_and_no_event(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICES; i++) {
        const char *events = follower_events_topic((enum service_id)i);
        const char *commands = follower_commands_topic((enum service_id)i);
        assert_true(access_may_write(TEXT("gateway"), commands));
        assert_false(access_may_write(TEXT("gateway"), events));
        assert_true(may("gateway", LOG_MAY_READ, events));
        assert_false(may("gateway", LOG_MAY_READ, commands));
    }
}

static void a_reader_reads_events_and_writes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < rules_count; i++) {
        if (strcmp(rules[i].principal, "reader") == 0 && !rules[i].of_group) {
            assert_int_equal(rules[i].right, LOG_MAY_READ);
            assert_non_null(strstr(rules[i].name, ".events"));
        }
    }
    assert_true(access_knows(TEXT("reader")));
    assert_false(access_knows(TEXT("operator")));
}

/* Whoever else may write events is believed by every reader. */
static void each_event_topic_has_one_writer(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICES; i++) {
        int writers = 0;
        for (size_t j = 0; j < rules_count; j++)
            writers += rules[j].right == LOG_MAY_WRITE &&
                       strcmp(rules[j].name, follower_events_topic((enum service_id)i)) == 0;
        assert_int_equal(writers, 1);
    }
}

static void no_rule_is_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < rules_count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_false(rules[i].right == rules[j].right &&
                         rules[i].of_group == rules[j].of_group &&
                         strcmp(rules[i].principal, rules[j].principal) == 0 &&
                         strcmp(rules[i].name, rules[j].name) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_reads_what_it_follows_and_writes_its_own_events_alone),
        cmocka_unit_test(a_projector_reads_the_events_of_its_service_and_writes_nothing),
        cmocka_unit_test(a_gateway_writes_all_commands_and_no_event),
        cmocka_unit_test(a_reader_reads_events_and_writes_nothing),
        cmocka_unit_test(each_event_topic_has_one_writer),
        cmocka_unit_test(no_rule_is_there_twice),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
