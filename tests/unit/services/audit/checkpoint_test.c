#include "audit/state.h"
#include "proof/leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 26 };

#define LINE "\xe2\x80\x94 venue AAAA\n"

static const int64_t NOON_US = INT64_C(1795348800000000); /* 2026-11-22 */
static const int64_t MINUTE_US = 60 * SECOND_US;
static const struct place PLACE = {.service = SERVICE_AUDIT, .partition_counts = {1, 1, 1, 1}};
static const struct partition_head HEADS[] = {
    {.service = {"orders", 6}, .partition = 0, .next_offset = 9, .head = {{7}}}};
static struct text KEYS[] = {{"venue+1+A", 9}};

struct desk {
    struct audit *audit;
    struct arena *arena;
    int64_t now_us;
};

static int set_up(void **state)
{
    static struct desk desk;
    desk = (struct desk){audit_new(&PLACE), arena_new(ARENA_SIZE), NOON_US};
    *state = &desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    audit_free(desk->audit);
    arena_free(desk->arena);
    return 0;
}

/* Decides an input, applies what comes of it, and returns that. */
static struct event decide(struct desk *desk, struct input input)
{
    struct event event = {.meta.occurred_at = desk->now_us};
    input.now_us = desk->now_us;
    audit_decide(desk->audit, &input, desk->arena, &event);
    audit_apply(desk->audit, &event);
    return event;
}

/* Issues tickets for answers to commands `first`, `first` + 1, ... */
static struct tickets_issued issue(struct desk *desk, uint32_t first, size_t count)
{
    struct event *answers = ARENA_NEW(desk->arena, struct event, count);
    struct source *sources = ARENA_NEW(desk->arena, struct source, count);
    const struct event **pointers = ARENA_NEW(desk->arena, const struct event *, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t n = first + (uint32_t)i;
        answers[i].kind = EVENT_ORDER_ENTERED;
        answers[i].meta.has_command_id = true;
        memcpy(&answers[i].meta.command_id, &n, sizeof n);
        sources[i] = (struct source){.service = SERVICE_ORDERS, .offset = (int64_t)n};
        pointers[i] = &answers[i];
    }
    struct event event = decide(desk, (struct input){.kind = INPUT_EVENTS,
                                                     .events = pointers,
                                                     .sources = sources,
                                                     .events_count = count});
    return event.tickets_issued;
}

static struct event tick(struct desk *desk)
{
    return decide(
        desk, (struct input){.kind = INPUT_TIME, .heads = HEADS, .heads_count = COUNT_OF(HEADS)});
}

static struct event hand_in(struct desk *desk, int64_t number, struct text signatures)
{
    struct command command = {.kind = COMMAND_SIGN_CHECKPOINT,
                              .sign_checkpoint = {.number = number,
                                                  .signatures = signatures,
                                                  .keys = KEYS,
                                                  .keys_count = COUNT_OF(KEYS)}};
    return decide(desk, (struct input){.kind = INPUT_COMMAND, .command = &command});
}

/* --- the tree --- */

static void every_ticket_is_the_next_leaf_of_one_tree(void **state)
{
    struct desk *desk = *state;
    struct merkle expected = {0};
    struct tree_hash nodes[MERKLE_LEVELS];
    static const size_t COUNTS[] = {2, 1, 1, 5, 1};
    static const size_t MERGED[] = {0, 0, 2, 1, 1}; /* subtrees of 0, 2, 3, 4 and 9 leaves */
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        struct tickets_issued issued = issue(desk, (uint32_t)(100 * i), COUNTS[i]);
        for (size_t j = 0; j < issued.tickets_count; j++) {
            struct tree_hash leaf = leaf_hash_of_ticket(&issued.tickets[j]);
            merkle_append(&expected, &leaf, nodes);
        }
        assert_int_equal(issued.tree_size, expected.size);
        assert_int_equal(issued.subtrees_count, MERGED[i]);
        struct tree_hash root = merkle_root(&desk->audit->tree);
        struct tree_hash expected_root = merkle_root(&expected);
        assert_memory_equal(&root, &expected_root, sizeof root);
    }
}

static void a_reported_refusal_is_a_leaf_too(void **state)
{
    struct desk *desk = *state;
    struct command command = {
        .kind = COMMAND_RECORD_REFUSAL,
        .record_refusal = {.action = TEXT("placeOrder"), .code = TEXT("FORBIDDEN"), .count = 1}};
    issue(desk, 1, 3);
    struct event event = decide(desk, (struct input){.kind = INPUT_COMMAND, .command = &command});
    assert_int_equal(event.refusal_recorded.tree_size, 4);
    assert_int_equal(event.refusal_recorded.subtrees_count, 2);
    assert_int_equal(desk->audit->tree.size, 4);
}

/* --- when a checkpoint is made --- */

static void a_checkpoint_is_due_a_minute_after_the_first_ticket_behind_the_last_one(void **state)
{
    struct desk *desk = *state;
    assert_true(audit_due_us(desk->audit) == INT64_MAX);
    issue(desk, 1, 1);
    desk->now_us += 30 * SECOND_US;
    issue(desk, 2, 1);
    assert_true(audit_due_us(desk->audit) == NOON_US + MINUTE_US);
    desk->now_us = NOON_US + MINUTE_US;
    struct event made = tick(desk);
    assert_int_equal(made.kind, EVENT_CHECKPOINT_MADE);
    assert_int_equal(made.checkpoint_made.number, 1);
    assert_int_equal(made.checkpoint_made.tree_size, 2);
    assert_int_equal(made.checkpoint_made.heads_count, 1);
    struct tree_hash root = merkle_root(&desk->audit->tree);
    assert_memory_equal(&made.checkpoint_made.root_hash, &root, sizeof root);
    assert_true(audit_due_us(desk->audit) == INT64_MAX);
}

static void a_checkpoint_is_due_at_once_behind_ten_thousand_tickets(void **state)
{
    struct desk *desk = *state;
    for (uint32_t i = 1; i < AUDIT_CHECKPOINT_AFTER / AUDIT_RUN_MAX; i++) {
        issue(desk, i * AUDIT_RUN_MAX, AUDIT_RUN_MAX);
        assert_true(audit_due_us(desk->audit) == NOON_US + MINUTE_US);
    }
    issue(desk, AUDIT_CHECKPOINT_AFTER, AUDIT_RUN_MAX);
    assert_true(audit_due_us(desk->audit) == NOON_US);
}

static void one_that_waits_for_its_signature_is_replaced_after_a_minute(void **state)
{
    struct desk *desk = *state;
    issue(desk, 1, 1);
    desk->now_us += MINUTE_US;
    tick(desk);
    for (uint32_t i = 1; i <= AUDIT_CHECKPOINT_AFTER / AUDIT_RUN_MAX; i++)
        issue(desk, i * AUDIT_RUN_MAX, AUDIT_RUN_MAX);
    assert_true(audit_due_us(desk->audit) == desk->now_us + MINUTE_US);
    hand_in(desk, 1, TEXT(LINE));
    assert_true(audit_due_us(desk->audit) == desk->now_us);
}

/* --- signatures --- */

static void the_newest_checkpoint_is_signed_once(void **state)
{
    struct desk *desk = *state;
    issue(desk, 1, 1);
    tick(desk);
    assert_int_equal(hand_in(desk, 2, TEXT(LINE)).kind, EVENT_COMMAND_REJECTED);
    struct event made = hand_in(desk, 1, TEXT(LINE));
    assert_int_equal(made.kind, EVENT_CHECKPOINT_SIGNED);
    assert_int_equal(made.checkpoint_signed.number, 1);
    assert_int_equal(made.checkpoint_signed.tree_size, 1);
    static const char END[] =
        "head orders/0 9 BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" LINE;
    struct text note = made.checkpoint_signed.note;
    assert_true(note.size > sizeof END);
    assert_memory_equal(note.data + note.size - (sizeof END - 1), END, sizeof END - 1);
    assert_int_equal(hand_in(desk, 1, TEXT(LINE)).kind, EVENT_COMMAND_REJECTED);
}

static void what_are_no_lines_of_signatures_is_rejected(void **state)
{
    struct desk *desk = *state;
    static const char *const NONE[] = {"", "\n", LINE "\n", "\n" LINE, "x"};
    issue(desk, 1, 1);
    tick(desk);
    for (size_t i = 0; i < COUNT_OF(NONE); i++)
        assert_int_equal(hand_in(desk, 1, text_of(NONE[i])).kind, EVENT_COMMAND_REJECTED);
    assert_int_equal(hand_in(desk, 1, TEXT(LINE LINE)).kind, EVENT_CHECKPOINT_SIGNED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_ticket_is_the_next_leaf_of_one_tree),
        TEST(a_reported_refusal_is_a_leaf_too),
        TEST(a_checkpoint_is_due_a_minute_after_the_first_ticket_behind_the_last_one),
        TEST(a_checkpoint_is_due_at_once_behind_ten_thousand_tickets),
        TEST(one_that_waits_for_its_signature_is_replaced_after_a_minute),
        TEST(the_newest_checkpoint_is_signed_once),
        TEST(what_are_no_lines_of_signatures_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
