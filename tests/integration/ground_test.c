/* What the projection has read is compared with the log (R5) also where the database comes back
 * only when a partition has its owner; on a Postgres named by BOURSE_TEST_PG. */
#include "eventlog/fold.h"
#include "log/log.h"
#include "projection/tables.h"
#include "seal/seal.h"
#include "service/partition.h"
#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 10, WAITS_MAX = 3000 };

struct scene {
    struct log *log;
    struct db *server;
    struct partition *partition;
    char away[1024]; /* where the partition looks: there is no such database yet */
};

static void rest(void)
{
    struct timespec time = {.tv_nsec = WAIT_MS * 1000000};
    nanosleep(&time, NULL);
}

static void drop_databases(struct scene *scene)
{
    assert_int_equal(db_exec(scene->server, "DROP DATABASE IF EXISTS bourse_ground WITH (FORCE)"),
                     OK);
    assert_int_equal(db_exec(scene->server, "DROP DATABASE IF EXISTS bourse_made WITH (FORCE)"),
                     OK);
}

/* A partition that has taken over with the database away. */
static int make(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    *state = scene;
    scene->log = toy_log(1);
    scene->server = db_new(getenv("BOURSE_TEST_PG"), 0);
    assert_int_equal(db_connect(scene->server), OK);
    drop_databases(scene);
    snprintf(scene->away, sizeof scene->away, "%s dbname=bourse_ground", getenv("BOURSE_TEST_PG"));
    struct partition_world world = {.log = scene->log, .pg = scene->away};
    scene->partition = partition_start(&TOY, 0, &world);
    for (int i = 0; i < WAITS_MAX && !partition_is_owner(scene->partition); i++)
        rest();
    assert_true(partition_is_owner(scene->partition));
    return 0;
}

static int unmake(void **state)
{
    struct scene *scene = *state;
    partition_stop(scene->partition);
    drop_databases(scene);
    db_free(scene->server);
    log_close(scene->log);
    free(scene);
    return 0;
}

/* The database comes, and says that the record at `offset` has been read. */
static void come_back(struct scene *scene, int64_t offset)
{
    char made[1024];
    const uint8_t hash[32] = {1};
    snprintf(made, sizeof made, "%s dbname=bourse_made", getenv("BOURSE_TEST_PG"));
    assert_int_equal(db_exec(scene->server, "CREATE DATABASE bourse_made"), OK);
    struct db *db = db_new(made, 0);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(tables_create(db), OK);
    assert_int_equal(db_query(db,
                              "INSERT INTO bourse.positions (service, partition, generation, "
                              "schema_hash, next_offset, record_hash) "
                              "VALUES ($1, 0, 1, '', $2, $3)",
                              DB_PARAMS(db_string(service_name(TOY.id)), db_int(offset + 1),
                                        db_bytes((struct bytes){hash, sizeof hash})),
                              NULL),
                     OK);
    db_free(db);
    assert_int_equal(db_exec(scene->server, "ALTER DATABASE bourse_made RENAME TO bourse_ground"),
                     OK);
}

static void assert_ends(struct scene *scene)
{
    for (int i = 0; i < WAITS_MAX && partition_failure(scene->partition) == OK; i++)
        rest();
    assert_int_equal(partition_failure(scene->partition), ERR_LOG);
}

static void an_owner_ends_once_it_is_told_of_records_that_its_log_lacks(void **state)
{
    come_back(*state, 100);
    assert_ends(*state);
}

static void an_owner_ends_once_it_is_told_of_another_record(void **state)
{
    come_back(*state, 0);
    assert_ends(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_owner_ends_once_it_is_told_of_records_that_its_log_lacks,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(an_owner_ends_once_it_is_told_of_another_record, make,
                                        unmake),
    };
    if (getenv("BOURSE_TEST_PG") == NULL) {
        fprintf(stderr, "this test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    log_init("test", "test", LOG_LEVEL_ERROR, STDOUT_FILENO);
    return seal_init() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
