/* events_test.c - what happened at a venue, as one history and in every form. */
#include "cli/events.h"

#include "books.h"
#include "commands.h"
#include "ledger.h"

#include "eventlog/log_memory.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 24, PLACES_MAX = 4096 };

/* A record that was shown. */
struct shown {
    enum service_id service;
    int32_t partition;
    int64_t offset;
};

/* What was shown, in its order. */
struct history {
    struct shown places[PLACES_MAX];
    size_t count;
    int64_t released[SERVICES][VENUE_PARTITIONS_MAX];
    int64_t now_us; /* of the last of them */
    bool whole;     /* all partitions are asked for, from their start */
};

/* A venue of three partitions where somebody has bought. */
static struct venue *open_venue(struct uuid *ret_command)
{
    struct venue_client maker, client;
    struct uuid order;
    struct venue *venue = venue_new(3);
    venue_appoint(venue);
    (void)venue_create_maker(venue, 1000 * E8, &maker);
    (void)venue_register(venue, 1, &client);
    venue_settle(venue);
    (void)venue_set_status(venue, client.account_id, ACCOUNT_STATUS_ACTIVE);
    (void)venue_book(venue, client.account_id, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"), 10000 * E8);
    venue_settle(venue);
    (void)venue_limit(venue, &maker, SIDE_SELL, 2 * E8, 10 * E8, &order);
    venue_settle(venue);
    venue->clock_us += 1000000;
    *ret_command = venue_limit(venue, &client, SIDE_BUY, E8, 10 * E8, &order);
    venue_settle(venue);
    return venue;
}

static struct events_query everything(void)
{
    struct events_query query;
    events_query_init(&query);
    for (int s = 0; s < SERVICES; s++)
        query.services[s] = true;
    return query;
}

static void check_causes(const struct history *history, const struct event_meta *meta)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        enum service_id service;
        if (follower_topic_service(run->topic, &service) == OK)
            assert_true(run->last_offset < history->released[service][run->partition]);
    }
}

static enum err note(void *context, const struct followed *followed)
{
    struct history *history = context;
    const struct fold *fold = followed->fold;
    assert_true(history->count < PLACES_MAX);
    assert_true(fold->occurred_at >= history->now_us); /* a venue has one clock */
    history->now_us = fold->occurred_at;
    history->places[history->count++] =
        (struct shown){fold->service, fold->partition, followed->record.offset};
    if (history->whole && followed->event != NULL)
        check_causes(history, &followed->event->meta);
    if (history->whole)
        assert_int_equal(history->released[fold->service][fold->partition],
                         followed->record.offset);
    history->released[fold->service][fold->partition] = followed->record.offset + 1;
    return OK;
}

static struct history *history_of(struct venue *venue, const struct events_query *query, bool whole)
{
    char problem[EVENTS_PROBLEM_SIZE];
    struct history *history = calloc(1, sizeof *history);
    assert_non_null(history);
    history->whole = whole;
    assert_int_equal(events_replay(venue->log, query, note, history, problem), OK);
    return history;
}

/* --- the order --- */

static void nothing_is_replayed_before_what_caused_it_and_nothing_is_missing(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    const struct events_query query = everything();
    struct history *history = history_of(venue, &query, true);
    for (int s = 0; s < SERVICES; s++) {
        for (int32_t p = 0; p < venue->partition_counts[s]; p++) {
            int64_t start = 0, end = 0;
            assert_int_equal(
                log_ends(venue->log, follower_events_topic((enum service_id)s), p, &start, &end),
                OK);
            assert_int_equal(history->released[s][p], end);
        }
    }
    free(history);
    venue_free(venue);
}

static void a_replay_is_the_same_each_time(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    const struct events_query query = everything();
    struct history *once = history_of(venue, &query, true);
    struct history *again = history_of(venue, &query, true);
    assert_int_equal(once->count, again->count);
    assert_memory_equal(once->places, again->places, once->count * sizeof once->places[0]);
    free(once);
    free(again);
    venue_free(venue);
}

static void a_time_cuts_a_history_in_two(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct events_query query = everything();
    venue->clock_us += 1000000;
    struct venue_client later;
    (void)venue_register(venue, 2, &later);
    venue_settle(venue);
    struct history *all = history_of(venue, &query, true);
    query.to = (struct events_edge){EVENTS_AT_TIME, venue->clock_us};
    struct history *before = history_of(venue, &query, true);
    query.to.kind = EVENTS_AT_END;
    query.from = (struct events_edge){EVENTS_AT_TIME, venue->clock_us};
    struct history *after = history_of(venue, &query, false);
    assert_true(before->count > 0 && after->count > 0);
    assert_int_equal(before->count + after->count, all->count);
    free(all);
    free(before);
    free(after);
    venue_free(venue);
}

static void what_a_cut_leaves_without_its_cause_is_left_out(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct events_query query = everything();
    for (int64_t offset = 1; offset < 12; offset++) {
        query.to = (struct events_edge){EVENTS_AT_OFFSET, offset};
        struct history *history = history_of(venue, &query, true);
        assert_true(history->count > 0);
        free(history);
    }
    venue_free(venue);
}

/* --- what is asked for --- */

static enum err count_types(void *context, const struct followed *followed)
{
    size_t *counts = context;
    counts[followed->event->kind]++;
    return OK;
}

static void the_story_of_a_command_is_what_came_of_it_in_every_service(void **state)
{
    (void)state;
    static size_t counts[EVENT_KINDS];
    char problem[EVENTS_PROBLEM_SIZE];
    struct events_query query = everything();
    struct venue *venue = open_venue(&query.command_id);
    query.has_command = true;
    memset(counts, 0, sizeof counts);
    assert_int_equal(events_replay(venue->log, &query, count_types, counts, problem), OK);
    assert_int_equal(counts[EVENT_ORDER_AUTHORIZED], 1);
    assert_int_equal(counts[EVENT_ORDER_ENTERED], 1);
    assert_true(counts[EVENT_FILLS_SETTLED] > 0);
    assert_int_equal(counts[EVENT_ACCOUNT_OPENED], 0);
    venue_free(venue);
}

static void types_keys_partitions_and_counts_narrow_what_is_shown(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct events_query query = everything();
    query.types[query.types_count++] = &WIRE_EVENTS[EVENT_ORDER_ENTERED];
    struct history *history = history_of(venue, &query, false);
    assert_int_equal(history->count, 2);
    free(history);
    query.has_key = true;
    query.key = TEXT("nobody's");
    history = history_of(venue, &query, false);
    assert_int_equal(history->count, 0);
    free(history);
    query = everything();
    query.services[SERVICE_AUDIT] = false; /* which has only one */
    query.only_partition = 1;
    history = history_of(venue, &query, false);
    assert_true(history->count > 0);
    for (size_t i = 0; i < history->count; i++)
        assert_int_equal(history->places[i].partition, 1);
    free(history);
    query = everything();
    query.count_max = 3;
    history = history_of(venue, &query, true);
    assert_int_equal(history->count, 3);
    free(history);
    venue_free(venue);
}

static void a_void_record_is_shown_only_where_it_is_asked_for(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct events_query query = everything();
    struct history *before = history_of(venue, &query, true);
    const char garbage[] = "no event";
    (void)log_memory_append_raw(venue->log, follower_events_topic(SERVICE_DESK), 0,
                                (struct bytes){0}, (struct bytes){(const uint8_t *)garbage, 8},
                                NULL, 0);
    struct history *valid = history_of(venue, &query, false);
    query.all = true;
    struct history *all = history_of(venue, &query, false);
    assert_int_equal(valid->count, before->count);
    assert_int_equal(all->count, before->count + 1);
    free(before);
    free(valid);
    free(all);
    venue_free(venue);
}

static void a_topic_that_is_not_there_is_named(void **state)
{
    (void)state;
    char problem[EVENTS_PROBLEM_SIZE];
    struct events_query query = everything();
    struct log *log = log_open_memory();
    assert_int_equal(events_replay(log, &query, note, NULL, problem), ERR_NOT_FOUND);
    assert_non_null(strstr(problem, "bourse.accounts.events"));
    log_close(log);
}

/* --- the forms --- */

static enum err print(void *context, const struct followed *followed)
{
    return events_print(context, followed);
}

/* What is printed of the trade at a venue, to be freed. */
static char *printed(const struct events_query *query, struct venue *venue)
{
    char *text = NULL, problem[EVENTS_PROBLEM_SIZE];
    size_t size = 0;
    struct events_printer printer;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    events_printer_init(&printer, query, out);
    assert_int_equal(events_replay(venue->log, query, print, &printer, problem), OK);
    events_printer_free(&printer);
    fclose(out);
    return text;
}

static struct text member(const struct json_value *object, const char *name)
{
    const struct json_value *found = json_value_member(object, name);
    assert_non_null(found);
    return found->text;
}

static void a_cloudevent_has_the_attributes_of_the_specification_and_the_event_as_data(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct arena *arena = arena_new(ARENA_SIZE);
    struct events_query query = everything();
    query.form = EVENTS_CLOUDEVENTS;
    query.types[query.types_count++] = &WIRE_EVENTS[EVENT_ORDER_ENTERED];
    query.count_max = 1;
    char *text = printed(&query, venue);
    const struct json_value *event;
    struct json_error error;
    assert_int_equal(json_parse(text_of(text), strlen(text), arena, &event, &error), OK);
    assert_true(text_is(member(event, "specversion"), "1.0"));
    assert_true(text_is(member(event, "type"), "bourse.orders.OrderEntered"));
    assert_memory_equal(member(event, "source").data, "/bourse/orders/", 15);
    assert_int_equal(member(event, "id").size, UUID_TEXT_SIZE);
    assert_int_equal(member(event, "time").size, 27);
    assert_true(text_is(member(event, "datacontenttype"), "application/json"));
    const struct json_value *data = json_value_member(event, "data");
    assert_true(
        text_equal(member(json_value_member(data, "meta"), "event_id"), member(event, "id")));
    free(text);
    arena_free(arena);
    venue_free(venue);
}

static void csv_of_one_type_has_a_column_for_each_of_its_fields(void **state)
{
    (void)state;
    struct uuid command;
    struct venue *venue = open_venue(&command);
    struct events_query query = everything();
    query.form = EVENTS_CSV;
    query.types[query.types_count++] = &WIRE_EVENTS[EVENT_ORDER_ENTERED];
    char *text = printed(&query, venue);
    const char head[] = "topic,partition,offset,occurred_at,key,type,order,entry,keeps_place,"
                        "maker_fee_bps,taker_fee_bps,fills,resting,ended,prevented,last_price,"
                        "crossed_by\n";
    assert_memory_equal(text, head, sizeof head - 1);
    assert_non_null(strstr(text, ",OrderEntered,\"{\"\"id\"\":"));
    assert_non_null(strstr(text, "\"\"price\"\":\"\"10.00\"\""));
    free(text);
    query.types_count = 0;
    text = printed(&query, venue);
    assert_memory_equal(text, "topic,partition,offset,occurred_at,key,type,event\n", 50);
    free(text);
    venue_free(venue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_replayed_before_what_caused_it_and_nothing_is_missing),
        cmocka_unit_test(a_replay_is_the_same_each_time),
        cmocka_unit_test(a_time_cuts_a_history_in_two),
        cmocka_unit_test(what_a_cut_leaves_without_its_cause_is_left_out),
        cmocka_unit_test(the_story_of_a_command_is_what_came_of_it_in_every_service),
        cmocka_unit_test(types_keys_partitions_and_counts_narrow_what_is_shown),
        cmocka_unit_test(a_void_record_is_shown_only_where_it_is_asked_for),
        cmocka_unit_test(a_topic_that_is_not_there_is_named),
        cmocka_unit_test(
            a_cloudevent_has_the_attributes_of_the_specification_and_the_event_as_data),
        cmocka_unit_test(csv_of_one_type_has_a_column_for_each_of_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
