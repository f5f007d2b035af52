#include "gateway/cache.h"

#include "eventlog/follower.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TTL_NS = 1000 };

static const struct uuid ALICE = {{1}}, BOB = {{2}};
static const uint32_t READS = UINT32_C(1) << SERVICE_ACCOUNTS | UINT32_C(1) << SERVICE_ORDERS;

static void note(struct cache *cache, int32_t partition, int64_t offset, struct uuid account)
{
    uint64_t mark = concern_account(account);
    cache_note(cache, SERVICE_ACCOUNTS, partition, offset,
               &(struct concerns){.rows = &mark, .count = 1});
}

/* Keeps `body` under its own text, as Alice's, read at `offset` of accounts' partition 0. */
static void put(struct cache *cache, const char *body, int64_t offset)
{
    uint64_t mark = concern_account(ALICE);
    struct shown read_at = {.count = 1,
                            .rows = {{SERVICE_ACCOUNTS, SERVICE_ACCOUNTS, 0, 0, offset}}};
    cache_put(cache, text_of(body), &(struct cached){.body = text_of(body), .etag = TEXT("\"1\"")},
              &(struct concerns){.rows = &mark, .count = 1}, READS, &read_at, TTL_NS);
}

static bool has_at(struct cache *cache, const char *body, int64_t now_ns)
{
    struct arena *arena = arena_new(1 << 20);
    struct cached cached;
    bool found = cache_find(cache, text_of(body), now_ns, arena, &cached);
    if (found) {
        assert_true(text_is(cached.body, body));
        assert_true(text_is(cached.etag, "\"1\""));
    }
    arena_free(arena);
    return found;
}

static bool has(struct cache *cache, const char *body)
{
    return has_at(cache, body, 0);
}

static void an_answer_is_kept_for_its_time(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    assert_false(has(cache, "a"));
    put(cache, "a", 7);
    assert_true(has(cache, "a"));
    assert_true(has_at(cache, "a", TTL_NS - 1));
    assert_false(has_at(cache, "a", TTL_NS));
    assert_false(has(cache, "a"));
    cache_free(cache);
}

static void an_event_of_a_service_that_it_was_not_read_from_changes_nothing(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    uint64_t marks[] = {concern_account(ALICE), CONCERN_ALL};
    struct concerns concerns = {.rows = marks, .count = 2};
    cache_note(cache, SERVICE_SETTINGS, 0, 1, &concerns);
    put(cache, "a", 7);
    cache_note(cache, SERVICE_SETTINGS, 0, 2, &concerns);
    assert_true(has(cache, "a"));
    cache_free(cache);
}

static void an_event_behind_it_drops_what_it_concerns_and_nothing_else(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    put(cache, "a", 7);
    note(cache, 0, 7, ALICE); /* was read by the query already */
    note(cache, 0, 8, BOB);
    assert_true(has(cache, "a"));
    note(cache, 0, 9, ALICE);
    assert_false(has(cache, "a"));
    put(cache, "a", 9);
    cache_note(cache, SERVICE_ORDERS, 3, 0,
               &(struct concerns){.rows = &(uint64_t){CONCERN_ALL}, .count = 1});
    assert_false(has(cache, "a"));
    cache_free(cache);
}

static void what_the_reader_had_read_before_the_projection_speaks_against_an_answer(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    note(cache, 0, 8, ALICE);
    note(cache, 1, 50, BOB);
    put(cache, "a", 7);
    assert_false(has(cache, "a"));
    put(cache, "a", 8);
    assert_true(has(cache, "a"));
    cache_free(cache);
}

static void notes_that_gave_way_are_not_taken_for_nothing(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    put(cache, "a", 7);
    for (int64_t i = 0; i <= CACHE_NOTES_MAX; i++)
        note(cache, 0, 8 + i, BOB);
    assert_false(has(cache, "a")); /* the first of them may have been of Alice, for all it knows */
    put(cache, "a", 7);
    assert_false(has(cache, "a"));
    put(cache, "a", 8);
    assert_true(has(cache, "a"));
    cache_free(cache);
}

static void take(struct cache *cache, int64_t offset, int64_t now_ns)
{
    static struct event event = {.kind = EVENT_CANCEL_AFTER_SET,
                                 .meta = {.service = TEXT("accounts")},
                                 .cancel_after_set = {.account_id = {{2}}}};
    struct buffer value;
    buffer_init(&value, 1 << 16);
    event_encode(&event, &value);
    struct followed followed = {.record = {.offset = offset, .value = buffer_bytes(&value)},
                                .event = &event,
                                .arena = arena_new(1 << 20)};
    cache_take(cache, SERVICE_ACCOUNTS, &followed, now_ns);
    arena_free(followed.arena);
    buffer_free(&value);
}

static void while_nobody_asks_events_are_passed_over_and_what_was_kept_goes(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    assert_false(has(cache, "a")); /* somebody asks, at 0 */
    put(cache, "a", 7);
    take(cache, 8, CACHE_IDLE_NS - 1); /* is looked into: it is of Bob */
    assert_true(has(cache, "a"));
    take(cache, 9, CACHE_IDLE_NS);
    assert_false(has(cache, "a"));
    put(cache, "a", 8);
    assert_false(has(cache, "a"));
    put(cache, "a", 9);
    assert_true(has(cache, "a"));
    cache_free(cache);
}

static void the_answer_not_asked_for_longest_gives_way(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    char body[16];
    for (int i = 0; i < CACHE_ANSWERS_MAX; i++) {
        snprintf(body, sizeof body, "%d", i);
        put(cache, body, 7);
    }
    assert_true(has(cache, "0"));
    put(cache, "one more", 7);
    assert_true(has(cache, "0"));
    assert_false(has(cache, "1"));
    assert_true(has(cache, "2"));
    assert_true(has(cache, "one more"));
    cache_free(cache);
}

/* Against the simplest cache there is: an answer, the newest event that concerns it, and no bounds.
 */
static void it_never_gives_what_an_event_has_changed(void **state)
{
    (void)state;
    struct cache *cache = cache_new();
    srand(20261129);
    int64_t reader = 0, projection = 0, changed = -1, kept_at = -1;
    int found = 0;
    for (int step = 0; step < 200000; step++) {
        switch (rand() % 4) {
        case 0:
        case 1: { /* the reader reads; one in eight is about Alice */
            bool alice = rand() % 8 == 0;
            note(cache, 0, reader, alice ? ALICE : BOB);
            changed = alice ? reader : changed;
            reader++;
            break;
        }
        case 2: /* the projection moves, perhaps past the reader, never back */
            projection += rand() % 6;
            projection = projection > reader + 4 ? reader + 4 : projection;
            break;
        default:
            if (has(cache, "a")) {
                found++;
                assert_true(kept_at >= changed);
            } else if (projection > 0) {
                put(cache, "a", kept_at = projection - 1);
            }
        }
    }
    assert_true(found > 10000);
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_kept_for_its_time),
        cmocka_unit_test(an_event_of_a_service_that_it_was_not_read_from_changes_nothing),
        cmocka_unit_test(an_event_behind_it_drops_what_it_concerns_and_nothing_else),
        cmocka_unit_test(what_the_reader_had_read_before_the_projection_speaks_against_an_answer),
        cmocka_unit_test(notes_that_gave_way_are_not_taken_for_nothing),
        cmocka_unit_test(while_nobody_asks_events_are_passed_over_and_what_was_kept_goes),
        cmocka_unit_test(the_answer_not_asked_for_longest_gives_way),
        cmocka_unit_test(it_never_gives_what_an_event_has_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
