#include "gateway/work.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>

#include <cmocka.h>

enum { ITEMS = 100 };

static atomic_int done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void count(struct work_item *item, struct db *db)
{
    (void)item;
    assert_null(db);
    pthread_mutex_lock(&gate);
    done++;
    pthread_mutex_unlock(&gate);
}

static void all_that_was_taken_is_done_before_the_end(void **state)
{
    (void)state;
    static struct work_item items[ITEMS];
    struct work *work = work_start(3, ITEMS, 0, NULL);
    done = 0;
    for (int i = 0; i < ITEMS; i++) {
        items[i].run = count;
        assert_true(work_submit(work, &items[i]));
    }
    work_stop(work);
    assert_int_equal(done, ITEMS);
    assert_false(work_submit(work, &items[0])); /* stopped */
    work_free(work);
}

static void a_full_queue_takes_no_more(void **state)
{
    (void)state;
    static struct work_item items[ITEMS];
    struct work *work = work_start(1, 10, 0, NULL);
    int taken = 0;
    done = 0;
    pthread_mutex_lock(&gate); /* the one thread cannot get past its first item */
    for (int i = 0; i < ITEMS; i++) {
        items[i].run = count;
        taken += work_submit(work, &items[i]);
    }
    pthread_mutex_unlock(&gate);
    assert_in_range(taken, 10, 11);
    work_stop(work);
    assert_int_equal(done, taken);
    work_free(work);
}

/* What was begun has to be ended, or undone. */
static void a_full_queue_takes_what_goes_on(void **state)
{
    (void)state;
    static struct work_item items[ITEMS];
    struct work *work = work_start(1, 10, 0, NULL);
    done = 0;
    pthread_mutex_lock(&gate);
    int taken = 0;
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (struct work_item){.run = count, .needed = true};
        taken += work_submit(work, &items[i]);
    }
    struct work_item late = {.run = count};
    bool late_taken = work_submit(work, &late);
    pthread_mutex_unlock(&gate);
    work_stop(work);
    assert_int_equal(taken, ITEMS);
    assert_false(late_taken);
    assert_int_equal(done, ITEMS);
    assert_false(work_submit(work, &items[0])); /* but not one that is stopped */
    work_free(work);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void a_queue_that_is_too_slow_takes_only_what_goes_on(void **state)
{
    (void)state;
    enum { WAIT_MAX_MS = 2 };
    struct work_item items[ITEMS] = {{.run = count}};
    struct work *work = work_start(1, ITEMS, WAIT_MAX_MS, NULL);
    int taken = 0;
    pthread_mutex_lock(&gate);
    done = 0;
    for (int i = 0; i < 3; i++) { /* one for the thread */
        items[i].run = count;
        taken += work_submit(work, &items[i]);
    }
    int64_t began_ns = now_ns();
    while (now_ns() < began_ns + 2 * WAIT_MAX_MS * 1000000)
        ;
    struct work_item late = {.run = count}, needed = {.run = count, .needed = true};
    assert_true(work_submit(work, &needed));
    assert_false(work_submit(work, &late));
    pthread_mutex_unlock(&gate);
    work_stop(work);
    assert_int_equal(done, taken + 1);
    work_free(work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_taken_is_done_before_the_end),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(a_full_queue_takes_what_goes_on),
        cmocka_unit_test(a_queue_that_is_too_slow_takes_only_what_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
