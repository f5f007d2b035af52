/* Erasure outside the log against a real Postgres, named by BOURSE_TEST_PG: with the tables of all
 * services, which the test switches, and logs in memory. */
#include "settings/forget.h"

#include "eventlog/follower.h"
#include "eventlog/log_memory.h"
#include "log/log.h"
#include "projection/position.h"
#include "projection/projection.h"
#include "projection/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MASTER   "0707070707070707070707070707070707070707070707070707070707070708"
#define SECOND   INT64_C(1000000)
#define THIS_ONE "this version"

static const struct uuid ADA = {{0xad, 0xa}};

extern const struct projection ACCOUNTS_PROJECTION, ORDERS_PROJECTION, AUDIT_PROJECTION,
    SETTINGS_PROJECTION, DESK_PROJECTION;
static const struct projection *const PROJECTIONS[SERVICES] = {
    [SERVICE_ACCOUNTS] = &ACCOUNTS_PROJECTION, [SERVICE_ORDERS] = &ORDERS_PROJECTION,
    [SERVICE_AUDIT] = &AUDIT_PROJECTION,       [SERVICE_SETTINGS] = &SETTINGS_PROJECTION,
    [SERVICE_DESK] = &DESK_PROJECTION,
};

static const char CLEAN[] =
    "DROP SCHEMA IF EXISTS accounts, orders, audit, settings, desk, accounts_next, "
    "accounts_previous, bourse CASCADE";

struct scene {
    struct log *log;
    struct vault *vault;
    struct db *db;
    struct forgetter *forgetter;
    int64_t now_us;
};

/* --- the scene -------------------------------------------------------------------------------- */

static void have_topic(struct scene *scene, enum service_id service)
{
    const char *problem = NULL;
    const struct log_topic topic = {follower_events_topic(service), 1, true};
    assert_int_equal(log_create_topics(scene->log, &topic, 1, 1, &problem), OK);
}

static void have_tables(struct scene *scene, enum service_id service, const char *schema,
                        const char *version)
{
    assert_int_equal(db_begin(scene->db), OK);
    assert_int_equal(tables_create_schema(scene->db, schema, PROJECTIONS[service]->schema_sql), OK);
    assert_int_equal(position_reset(scene->db, service, schema, 1, version), OK);
    assert_int_equal(db_commit(scene->db), OK);
}

static int make(void **state)
{
    const char *conninfo = getenv("BOURSE_TEST_PG");
    struct scene *scene = calloc(1, sizeof *scene);
    *state = scene;
    scene->log = log_open_memory();
    scene->db = db_new(conninfo, 0);
    assert_int_equal(db_connect(scene->db), OK);
    assert_int_equal(vault_open(conninfo, TEXT(MASTER), 1, &scene->vault), OK);
    assert_int_equal(vault_migrate(scene->vault, 0), OK);
    assert_int_equal(vault_migrate(scene->vault, VAULT_VERSION), OK);
    assert_int_equal(db_exec(scene->db, CLEAN), OK);
    assert_int_equal(tables_create(scene->db), OK);
    for (int i = 0; i < SERVICES; i++)
        have_tables(scene, (enum service_id)i, service_name((enum service_id)i), THIS_ONE);
    scene->forgetter = forgetter_new(scene->log, scene->vault, conninfo, conninfo);
    forgetter_begin(scene->forgetter);
    return 0;
}

static int unmake(void **state)
{
    struct scene *scene = *state;
    forgetter_free(scene->forgetter);
    assert_int_equal(db_exec(scene->db, CLEAN), OK);
    assert_int_equal(vault_migrate(scene->vault, 0), OK);
    vault_free(scene->vault);
    db_free(scene->db);
    log_close(scene->log);
    free(scene);
    return 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void erase(struct scene *scene)
{
    const struct event event = {.kind = EVENT_PERSON_ERASED, .person_erased = {.user_id = ADA}};
    forgetter_take(scene->forgetter, &event);
}

/* A turn of the deliverer, a second behind the last. */
static void work(struct scene *scene)
{
    scene->now_us += SECOND;
    forgetter_work(scene->forgetter, scene->now_us);
}

/* What a projection knows of her, having opened it by her key. */
static void know(struct scene *scene, const char *schema)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO %s.kyc_profiles (user_id, account_id, status, level, has_profile, name, "
             "version, created_at, updated_at) VALUES ($1, $1, 'approved', 1, true, "
             "'Ada Lovelace', 1, now(), now()) ON CONFLICT (user_id) DO UPDATE SET name = "
             "excluded.name",
             schema);
    assert_int_equal(db_query(scene->db, sql, DB_PARAMS(db_uuid(ADA)), NULL), OK);
}

static bool knows(struct scene *scene, const char *schema)
{
    char sql[128];
    AUTO_DB_RESULT rows = {0};
    snprintf(sql, sizeof sql, "SELECT 1 FROM %s.kyc_profiles WHERE name IS NOT NULL", schema);
    assert_int_equal(db_query(scene->db, sql, DB_NO_PARAMS, &rows), OK);
    return db_rows(&rows) > 0;
}

/* As `bourse projection switch accounts` does it. */
static void switch_accounts(struct scene *scene)
{
    assert_int_equal(db_begin(scene->db), OK);
    assert_int_equal(tables_rename_schema(scene->db, "accounts", "accounts_previous"), OK);
    assert_int_equal(position_rename(scene->db, "accounts", "accounts_previous"), OK);
    assert_int_equal(tables_rename_schema(scene->db, "accounts_next", "accounts"), OK);
    assert_int_equal(position_rename(scene->db, "accounts_next", "accounts"), OK);
    assert_int_equal(position_renew(scene->db, SERVICE_ACCOUNTS, "accounts"), OK);
    assert_int_equal(db_commit(scene->db), OK);
}

static void have_all_topics(struct scene *scene)
{
    for (int i = 0; i < SERVICES; i++)
        have_topic(scene, (enum service_id)i);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void who_is_known_to_tables_that_become_live_is_forgotten_there(void **state)
{
    struct scene *scene = *state;
    have_all_topics(scene);
    have_tables(scene, SERVICE_ACCOUNTS, "accounts_next", "another version");
    know(scene, "accounts");
    know(scene, "accounts_next");
    erase(scene);
    work(scene);
    assert_false(knows(scene, "accounts"));
    assert_true(knows(scene, "accounts_next")); /* whose columns nobody here knows */
    switch_accounts(scene);
    work(scene);
    assert_false(knows(scene, "accounts"));
}

static void who_is_erased_is_taken_out_of_the_tables_beside_at_once(void **state)
{
    struct scene *scene = *state;
    have_all_topics(scene);
    have_tables(scene, SERVICE_ACCOUNTS, "accounts_next", THIS_ONE);
    have_tables(scene, SERVICE_ACCOUNTS, "accounts_previous", THIS_ONE);
    know(scene, "accounts_next");
    know(scene, "accounts_previous");
    erase(scene);
    work(scene);
    assert_false(knows(scene, "accounts_next"));
    assert_false(knows(scene, "accounts_previous"));
}

/* The first time the end of no log is known but of those before desk's, as where the broker is away
 * for one call. */
static void
nobody_is_forgotten_before_all_have_passed_ends_that_were_asked_for_in_vain(void **state)
{
    struct scene *scene = *state;
    const struct bytes some = {(const uint8_t *)"some", 4};
    for (int i = 0; i < SERVICE_DESK; i++)
        have_topic(scene, (enum service_id)i);
    log_memory_append_raw(scene->log, follower_events_topic(SERVICE_ACCOUNTS), 0, some, some, NULL,
                          0);
    know(scene, "accounts");
    erase(scene);
    work(scene);
    assert_false(knows(scene, "accounts")); /* whatever the broker says */
    have_topic(scene, SERVICE_DESK);
    work(scene);
    know(scene, "accounts"); /* of what was sealed before, read only now */
    work(scene);
    assert_true(knows(scene, "accounts"));
    assert_int_equal(db_exec(scene->db, "UPDATE bourse.positions SET next_offset = 1 "
                                        "WHERE service = 'accounts'"),
                     OK);
    work(scene);
    assert_false(knows(scene, "accounts"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_known_to_tables_that_become_live_is_forgotten_there,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(who_is_erased_is_taken_out_of_the_tables_beside_at_once,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(
            nobody_is_forgotten_before_all_have_passed_ends_that_were_asked_for_in_vain, make,
            unmake),
    };
    if (getenv("BOURSE_TEST_PG") == NULL) {
        fprintf(stderr, "this test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    log_init("test", "test", LOG_LEVEL_ERROR, STDOUT_FILENO);
    return seal_init() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
