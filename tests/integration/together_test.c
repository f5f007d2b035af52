/* What a gateway asks its database together, against a real Postgres, named by BOURSE_TEST_PG. */
#include "db/db.h"
#include "gateway/query.h"
#include "gateway/work.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ASKERS = 40, FAILS = 5, BATCH = 16 };
#define FAILS_NUMBER "05"

static const char FILE[] = "-- shape: one\n-- reads: orders\n-- params: number:text, divisor:text\n"
                           "SELECT $1::text AS item WHERE 1 / $2::int = 1\n";

/* Who asks for its own number back; FAILS, FAILS_NUMBER in text, divides by zero. */
struct asker {
    struct work_item work;
    char number[4];
    struct query_asked *asked;
    enum err err;
    bool right;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct arena *arena;
static struct query query;
static int askings; /* by one thread, as all of these */

static bool find(void *context, struct text name, struct text *ret_value)
{
    const struct asker *asker = context;
    bool fails = text_is(text_of(asker->number), FAILS_NUMBER);
    *ret_value = !text_is(name, "divisor") ? text_of(asker->number) : fails ? TEXT("0") : TEXT("1");
    return true;
}

static struct query_values values_of(struct asker *asker)
{
    return (struct query_values){.context = asker, .find = find};
}

static void ask(struct work_item *item, struct db *db)
{
    struct asker *asker = (struct asker *)(void *)item;
    askings++;
    asker->asked = query_ask(&query, db, values_of(asker), arena);
}

static void run(struct work_item *item, struct db *db)
{
    struct asker *asker = (struct asker *)(void *)item;
    struct query_answer answer;
    struct text wrong;
    asker->err = query_run(&query, asker->asked, db, values_of(asker), arena, &answer, &wrong);
    if (asker->err != OK)
        return;
    asker->right = text_equal(buffer_as_text(&answer.body), text_of(asker->number));
    buffer_free(&answer.body);
}

static enum err ask_behind(struct db *db, struct db_result *ret_rows)
{
    return db_batch_query(db, "SELECT 17", DB_NO_PARAMS, ret_rows);
}

static void take_behind(void *context, const struct db_result *rows)
{
    *(int *)context += db_get_int(rows, 0, 0) == 17;
}

static void hold(struct work_item *item, struct db *db)
{
    (void)item;
    (void)db;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void each_gets_its_own_answer_and_only_who_fails_fails(void **state)
{
    (void)state;
    static struct asker askers[ASKERS];
    struct work_item first = {.run = hold};
    struct text problem;
    arena = arena_new(16 << 20);
    assert_int_equal(query_parse(text_of(FILE), arena, &query, &problem), OK);
    assert_false(query_is_quick(&query)); /* it has shown nothing yet */
    int behind = 0;
    struct work *work = work_start(1, ASKERS + 1, 0, getenv("BOURSE_TEST_PG"));
    work_ask_together(work, (struct work_behind){ask_behind, take_behind, &behind});

    pthread_mutex_lock(&gate);
    assert_true(work_submit(work, &first));
    for (int i = 0; i < ASKERS; i++) {
        struct asker *asker = &askers[i];
        *asker = (struct asker){.work = {.ask = ask, .run = run}};
        asker->number[0] = (char)('0' + i / 10);
        asker->number[1] = (char)('0' + i % 10);
        assert_true(work_submit(work, &asker->work));
    }
    pthread_mutex_unlock(&gate);
    work_stop(work);

    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(askers[i].err, i == FAILS ? ERR_INPUT : OK);
        assert_int_equal(askers[i].right, i != FAILS);
        assert_int_equal(askers[i].work.behind, i >= BATCH); /* who fails fails it for all of his */
    }
    assert_int_equal(behind, (ASKERS - 1) / BATCH);
    assert_int_equal(askings, ASKERS);
    assert_true(query_is_quick(&query));
    work_free(work);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_own_answer_and_only_who_fails_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
