#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { THINGS_COUNT = 200, OPERATIONS_COUNT = 20000, KEYS_COUNT = 40, SEED = 7 };

struct thing {
    struct heap_node node;
    bool in;
};

/* By looking at each of them. */
static bool comes_before(const struct thing *a, const struct thing *b)
{
    return a->node.key != b->node.key ? a->node.key < b->node.key : a->node.turn < b->node.turn;
}

static const struct thing *least_of(const struct thing *things)
{
    const struct thing *least = NULL;
    for (size_t i = 0; i < THINGS_COUNT; i++) {
        if (things[i].in && (least == NULL || comes_before(&things[i], least)))
            least = &things[i];
    }
    return least;
}

static void an_empty_heap_has_no_first(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_node *found;

    assert_null(heap_first(&heap));
    assert_int_equal(heap_up_to(&heap, INT64_MAX, 1, &found), 0);
    heap_free(&heap);
}

static void the_least_is_first_whatever_came_and_went(void **state)
{
    (void)state;
    static struct thing things[THINGS_COUNT];
    struct heap heap = {0};
    uint64_t random = SEED;

    for (uint64_t i = 0; i < OPERATIONS_COUNT; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        struct thing *thing = &things[(random >> 33) % THINGS_COUNT];
        if (thing->in) {
            heap_remove(&heap, &thing->node);
        } else {
            thing->node.key = (int64_t)(random >> 40) % KEYS_COUNT;
            thing->node.turn = i;
            thing->node.thing = thing;
            heap_add(&heap, &thing->node);
        }
        thing->in = !thing->in;
        const struct thing *least = least_of(things);
        assert_ptr_equal(heap_first(&heap), least == NULL ? NULL : &least->node);
    }
    heap_free(&heap);
}

static void all_up_to_a_key_are_found_and_the_least_is_first(void **state)
{
    (void)state;
    static struct thing things[THINGS_COUNT];
    struct heap_node *found[THINGS_COUNT];
    struct heap heap = {0};
    for (size_t i = 0; i < THINGS_COUNT; i++) {
        things[i].node.key = (int64_t)(i * 37 % KEYS_COUNT);
        things[i].node.turn = i;
        heap_add(&heap, &things[i].node);
    }

    for (int64_t key = -1; key <= KEYS_COUNT; key++) {
        size_t expected = 0;
        for (size_t i = 0; i < THINGS_COUNT; i++)
            expected += things[i].node.key <= key;
        size_t count = heap_up_to(&heap, key, THINGS_COUNT, found);
        assert_int_equal(count, expected);
        for (size_t i = 0; i < count; i++)
            assert_true(found[i]->key <= key);
        for (size_t i = 1; i < count; i++)
            assert_true(found[i - 1]->key < found[i]->key || (found[i - 1]->key == found[i]->key &&
                                                              found[i - 1]->turn < found[i]->turn));
    }
    assert_int_equal(heap_up_to(&heap, KEYS_COUNT, 5, found), 5);
    assert_ptr_equal(found[0], heap_first(&heap));
    heap_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_heap_has_no_first),
        cmocka_unit_test(the_least_is_first_whatever_came_and_went),
        cmocka_unit_test(all_up_to_a_key_are_found_and_the_least_is_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
