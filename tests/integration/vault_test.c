/* The vault against a real Postgres, named by BOURSE_TEST_PG. */
#include "config/config.h"
#include "db/db.h"
#include "seal/vault.h"
#include "seal/vault_rows.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { BEFORE_IDS = 2 }; /* the version of the schema */

static const char *conninfo;
#define MASTER "0707070707070707070707070707070707070707070707070707070707070708"
#define OTHER  "0808080808080808080808080808080808080808080808080808080808080807"
static const struct uuid ALICE = {{0xa1, 1}};
static const struct uuid BOB = {{0xb0, 2}};

static struct vault *opened(const char *master_keys)
{
    struct vault *vault = NULL;
    assert_int_equal(vault_open(conninfo, text_of(master_keys), 2, &vault), OK);
    return vault;
}

static int empty_vault(void **state)
{
    struct vault *vault = opened(MASTER);
    *state = vault;
    return vault_migrate(vault, 0) != OK || vault_migrate(vault, VAULT_VERSION) != OK;
}

static int close_vault(void **state)
{
    enum err err = vault_migrate(*state, 0);
    vault_free(*state);
    return err != OK;
}

static void keys_are_made_once_and_kept(void **state)
{
    struct seal_key first;
    struct seal_key again;
    assert_int_equal(vault_key(*state, ALICE, false, &first), ERR_NOT_FOUND);
    assert_int_equal(vault_key(*state, ALICE, true, &first), OK);
    assert_int_equal(vault_key(*state, ALICE, false, &again), OK);
    assert_memory_equal(first.bytes, again.bytes, sizeof first.bytes);

    struct vault *other = opened(MASTER); /* with an empty cache */
    assert_int_equal(vault_key(other, ALICE, true, &again), OK);
    assert_memory_equal(first.bytes, again.bytes, sizeof first.bytes);
    assert_int_equal(vault_key(other, BOB, true, &again), OK);
    assert_memory_not_equal(first.bytes, again.bytes, sizeof first.bytes);
    vault_free(other);
}

static void a_shredded_key_is_gone_and_never_made_again(void **state)
{
    struct seal_key key;
    struct vault *other = opened(MASTER);
    assert_int_equal(vault_key(*state, ALICE, true, &key), OK);
    assert_int_equal(vault_key(other, ALICE, false, &key), OK);
    assert_int_equal(vault_shred(*state, ALICE), OK);
    assert_int_equal(vault_key(*state, ALICE, true, &key), ERR_NOT_FOUND);
    vault_forget(other, ALICE);
    assert_int_equal(vault_key(other, ALICE, true, &key), ERR_NOT_FOUND);
    assert_int_equal(vault_shred(*state, BOB), OK); /* before there was one */
    assert_int_equal(vault_key(*state, BOB, true, &key), ERR_NOT_FOUND);
    vault_free(other);
}

static void another_master_key_opens_nothing_and_says_why(void **state)
{
    struct seal_key key;
    char error[VAULT_ERROR_SIZE];
    struct vault *other = opened(OTHER);
    assert_int_equal(vault_key(*state, ALICE, true, &key), OK);
    assert_int_equal(vault_key(other, ALICE, true, &key), ERR_CONFIG);
    vault_error(other, error);
    assert_non_null(strstr(error, "BOURSE_SEAL_KEY_FILE"));
    vault_free(other);
}

static struct vault_rewrap rewrapped(struct vault *vault)
{
    struct vault_rewrap rewrap;
    assert_int_equal(vault_rewrap(vault, &rewrap), OK);
    return rewrap;
}

static void take_masters(struct vault *vault, char *master_keys, enum err expected)
{
    struct buffer problem;
    const struct config fresh = {.seal_key = master_keys};
    buffer_init(&problem, 1000);
    assert_int_equal(vault_take_masters(vault, &fresh, &problem), expected);
    buffer_free(&problem);
}

static void a_master_key_is_changed_while_both_vaults_go_on(void **state)
{
    struct seal_key alice, secret, found;
    struct vault *other = opened(MASTER);
    assert_int_equal(vault_key(*state, ALICE, true, &alice), OK);
    assert_int_equal(vault_secret(*state, VAULT_HASH_SECRET, true, &secret), OK);
    assert_int_equal(vault_shred(*state, BOB), OK);
    take_masters(other, MASTER "\n" OTHER, OK);
    take_masters(*state, OTHER "\n" MASTER, OK);
    take_masters(*state, "nonsense", ERR_CONFIG);

    const struct uuid carol = {{0xca, 3}};
    assert_int_equal(vault_key(*state, carol, true, &found), OK);
    assert_int_equal(vault_key(other, carol, false, &found), OK);
    struct vault_rewrap rewrap = rewrapped(*state);
    assert_int_equal(rewrap.wrapped, 2); /* Alice's and the secret */
    assert_int_equal(rewrap.left, 0);
    assert_int_equal(rewrapped(*state).wrapped, 0);

    struct vault *later = opened(OTHER);
    assert_int_equal(vault_key(later, ALICE, false, &found), OK);
    assert_memory_equal(found.bytes, alice.bytes, sizeof found.bytes);
    assert_int_equal(vault_secret(later, VAULT_HASH_SECRET, false, &found), OK);
    assert_memory_equal(found.bytes, secret.bytes, sizeof found.bytes);
    assert_int_equal(vault_key(later, BOB, true, &found), ERR_NOT_FOUND);
    vault_free(later);
    vault_free(other);
}

static void what_no_master_key_opens_is_left_and_counted(void **state)
{
    struct seal_key alice, found;
    assert_int_equal(vault_key(*state, ALICE, true, &alice), OK);
    struct vault *other = opened(OTHER);
    struct vault_rewrap rewrap = rewrapped(other);
    assert_int_equal(rewrap.wrapped, 0);
    assert_int_equal(rewrap.left, 1);
    vault_forget(*state, ALICE);
    assert_int_equal(vault_key(*state, ALICE, false, &found), OK);
    vault_free(other);
}

static void a_vault_from_before_ids_were_kept_opens_and_is_rewrapped(void **state)
{
    struct seal_key alice, found;
    assert_int_equal(vault_key(*state, ALICE, true, &alice), OK);
    assert_int_equal(vault_migrate(*state, BEFORE_IDS), OK);
    assert_int_equal(vault_migrate(*state, VAULT_VERSION), OK);
    vault_forget(*state, ALICE);
    assert_int_equal(vault_key(*state, ALICE, false, &found), OK);
    assert_memory_equal(found.bytes, alice.bytes, sizeof found.bytes);
    assert_int_equal(rewrapped(*state).wrapped, 1);
}

static void a_sealed_text_opens_for_its_person_until_the_key_is_shredded(void **state)
{
    struct buffer token;
    struct buffer plain;
    buffer_init(&token, 1000);
    buffer_init(&plain, 1000);
    assert_int_equal(vault_seal_text(*state, ALICE, TEXT("alice@example.org"), &token), OK);
    assert_int_equal(vault_open_text(*state, ALICE, buffer_as_text(&token), &plain), OK);
    assert_true(text_is(buffer_as_text(&plain), "alice@example.org"));

    struct seal_key key;
    assert_int_equal(vault_key(*state, BOB, true, &key), OK);
    assert_int_equal(vault_open_text(*state, BOB, buffer_as_text(&token), &plain), ERR_POISON);
    assert_int_equal(vault_shred(*state, ALICE), OK);
    assert_int_equal(vault_open_text(*state, ALICE, buffer_as_text(&token), &plain), ERR_NOT_FOUND);
    buffer_free(&token);
    buffer_free(&plain);
}

static void secrets_are_found_by_name(void **state)
{
    struct seal_key first;
    struct seal_key again;
    assert_int_equal(vault_secret(*state, "keyed-hash", false, &first), ERR_NOT_FOUND);
    assert_int_equal(vault_secret(*state, "keyed-hash", true, &first), OK);
    assert_int_equal(vault_secret(*state, "keyed-hash", false, &again), OK);
    assert_memory_equal(first.bytes, again.bytes, sizeof first.bytes);
    assert_int_equal(vault_secret(*state, "other", true, &again), OK);
    assert_memory_not_equal(first.bytes, again.bytes, sizeof first.bytes);
}

static void a_missing_schema_is_a_matter_of_settings(void **state)
{
    struct seal_key key;
    assert_int_equal(vault_migrate(*state, 0), OK);
    assert_int_equal(vault_key(*state, ALICE, true, &key), ERR_CONFIG);
    assert_int_equal(vault_migrate(*state, VAULT_VERSION), OK);
    assert_int_equal(vault_migrate(*state, VAULT_VERSION), OK);
    assert_int_equal(vault_key(*state, ALICE, true, &key), OK);
}

static void a_newer_schema_is_left_alone(void **state)
{
    char error[VAULT_ERROR_SIZE];
    struct db *db = db_new(conninfo, 1000);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_exec(db, "UPDATE vault_version SET version = version + 1"), OK);
    assert_int_equal(vault_migrate(*state, VAULT_VERSION), ERR_CONFIG);
    vault_error(*state, error);
    assert_non_null(strstr(error, "newer"));
    assert_int_equal(db_exec(db, "UPDATE vault_version SET version = version - 1"), OK);
    db_free(db);
}

/* Has whoever makes a key wait, and no timeout of the server's end it, as where a commit waits for
 * a standby. */
static const char KEYS_WAIT[] =
    "CREATE FUNCTION wait_and_wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(600); END $$;"
    "CREATE TRIGGER wait BEFORE INSERT ON keys FOR EACH ROW EXECUTE FUNCTION wait_and_wait()";
static const char KEYS_WAIT_NO_MORE[] =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO keys%';"
    "DROP TRIGGER wait ON keys; DROP FUNCTION wait_and_wait()";

enum { CONNECTIONS = 4 };

struct maker {
    struct vault *vault;
    struct uuid id;
    enum err err;
};

static void *make_a_key(void *argument)
{
    struct maker *maker = argument;
    struct seal_key key;
    maker->err = vault_key(maker->vault, maker->id, true, &key);
    return NULL;
}

/* As many at once as there are connections, until none of them is waited for any more. */
static void make_keys_that_wait(struct vault *vault)
{
    pthread_t threads[CONNECTIONS];
    struct maker makers[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        makers[i] = (struct maker){vault, {{0xc0, (uint8_t)i}}, OK};
        assert_int_equal(pthread_create(&threads[i], NULL, make_a_key, &makers[i]), 0);
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(makers[i].err, ERR_TIMEOUT);
    }
}

static void changes_that_wait_keep_nobody_from_reading(void **state)
{
    char error[VAULT_ERROR_SIZE];
    struct seal_key key;
    struct vault *vault = NULL;
    struct db *db = db_new(conninfo, 10000);
    assert_int_equal(vault_open(conninfo, TEXT(MASTER), CONNECTIONS, &vault), OK);
    assert_int_equal(vault_key(*state, BOB, true, &key), OK);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_exec(db, KEYS_WAIT), OK);
    make_keys_that_wait(vault);
    for (int i = 0; i < 2 * CONNECTIONS; i++) {
        assert_int_equal(vault_key(vault, ALICE, true, &key), ERR_BUSY);
        assert_int_equal(vault_shred(vault, BOB), ERR_BUSY);
        assert_int_equal(vault_begin_document(vault, BOB, (struct uuid){{1}}), ERR_BUSY);
    }
    vault_error(vault, error);
    assert_non_null(strstr(error, "earlier change"));
    assert_int_equal(vault_key(vault, BOB, true, &key), OK); /* there is one: it is read */
    assert_int_equal(db_exec(db, KEYS_WAIT_NO_MORE), OK);
    enum err err = ERR_BUSY;
    for (int tries = 0; err == ERR_BUSY && tries < 1000000; tries++)
        err = vault_key(vault, ALICE, true, &key);
    assert_int_equal(err, OK);
    db_free(db);
    vault_free(vault);
}

static bool has_part(struct vault *vault, struct uuid document_id, int32_t part, struct text said,
                     bool is_last)
{
    struct buffer plain;
    bool last = false;
    buffer_init(&plain, VAULT_PART_SIZE);
    enum err err = vault_document_part(vault, ALICE, document_id, part, &plain, &last);
    bool as_said = err == OK && last == is_last && text_equal(buffer_as_text(&plain), said);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    buffer_free(&plain);
    return as_said;
}

static enum err put(struct vault *vault, struct uuid document_id, int32_t part, struct text text)
{
    return vault_put_part(vault, ALICE, document_id, part,
                          (struct bytes){(const uint8_t *)text.data, text.size});
}

static void a_document_is_there_once_all_its_parts_are(void **state)
{
    const struct uuid passport = {{1}};
    assert_int_equal(vault_begin_document(*state, ALICE, passport), OK);
    assert_int_equal(put(*state, passport, 0, TEXT("I am ")), OK);
    assert_int_equal(put(*state, passport, 1, TEXT("Alice")), OK);
    assert_false(has_part(*state, passport, 0, TEXT("I am "), false));
    assert_int_equal(vault_end_document(*state, passport, 2), OK);
    assert_true(has_part(*state, passport, 0, TEXT("I am "), false));
    assert_true(has_part(*state, passport, 1, TEXT("Alice"), true));
    assert_int_equal(vault_drop_document(*state, passport), OK);
    assert_false(has_part(*state, passport, 0, TEXT("I am "), false));
}

static void what_was_begun_an_hour_ago_is_dropped_and_what_has_ended_is_not(void **state)
{
    const struct uuid whole = {{1}}, half = {{2}}, younger = {{3}}, next = {{4}};
    const struct uuid *const begun[] = {&whole, &half, &younger};
    for (size_t i = 0; i < COUNT_OF(begun); i++) {
        assert_int_equal(vault_begin_document(*state, ALICE, *begun[i]), OK);
        assert_int_equal(put(*state, *begun[i], 0, TEXT("Alice")), OK);
    }
    assert_int_equal(vault_end_document(*state, whole, 1), OK);
    struct db *db = db_new(conninfo, 1000);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_query(db,
                              "UPDATE documents SET created_at = now() - interval '61 minutes' "
                              "WHERE document_id <> $1::uuid",
                              DB_PARAMS(db_uuid(younger)), NULL),
                     OK);
    db_free(db);
    assert_int_equal(vault_begin_document(*state, ALICE, next), OK);
    assert_true(has_part(*state, whole, 0, TEXT("Alice"), true));
    assert_int_equal(put(*state, younger, 1, TEXT("goes on")), OK);
    assert_int_not_equal(put(*state, half, 1, TEXT("goes on")), OK);
}

/* --- rows in a file --- */

static struct db *connected(void)
{
    struct db *db = db_new(conninfo, 10000);
    assert_int_equal(db_connect(db), OK);
    return db;
}

/* A vault with a document and a key of each of two persons, in a file; the vault is empty then. */
static FILE *saved_vault(struct vault *vault, struct uuid passport, int64_t *ret_rows)
{
    struct seal_key key;
    struct db *db = connected();
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(vault_secret(vault, "keyed-hash", true, &key), OK);
    assert_int_equal(vault_key(vault, BOB, true, &key), OK);
    assert_int_equal(vault_begin_document(vault, ALICE, passport), OK);
    assert_int_equal(put(vault, passport, 0, TEXT("I am \n\t\\Alice")), OK);
    assert_int_equal(vault_end_document(vault, passport, 1), OK);
    assert_int_equal(vault_rows_save(db, file, ret_rows), OK);
    assert_int_equal(vault_migrate(vault, 0), OK);
    rewind(file);
    db_free(db);
    return file;
}

static void what_is_loaded_is_the_vault_that_was_saved(void **state)
{
    const struct uuid passport = {{1}};
    int64_t saved = 0, loaded = 0;
    struct seal_key key;
    FILE *file = saved_vault(*state, passport, &saved);
    struct db *db = connected();
    assert_int_equal(vault_rows_load(db, file, NULL, 0, &loaded), OK);
    assert_int_equal(loaded, saved);
    assert_int_equal(saved, 5);
    assert_true(has_part(*state, passport, 0, TEXT("I am \n\t\\Alice"), true));
    struct vault *fresh = opened(MASTER);
    assert_int_equal(vault_key(fresh, BOB, false, &key), OK);
    assert_int_equal(vault_secret(fresh, "keyed-hash", false, &key), OK);
    vault_free(fresh);
    db_free(db);
    fclose(file);
}

static void who_is_erased_has_no_key_in_an_older_vault_either(void **state)
{
    const struct uuid passport = {{1}};
    int64_t rows = 0;
    struct seal_key key;
    FILE *file = saved_vault(*state, passport, &rows);
    struct db *db = connected();
    assert_int_equal(vault_rows_load(db, file, &ALICE, 1, &rows), OK);
    struct vault *fresh = opened(MASTER);
    assert_int_equal(vault_key(fresh, ALICE, true, &key), ERR_NOT_FOUND);
    assert_false(has_part(fresh, passport, 0, TEXT("I am \n\t\\Alice"), true));
    assert_int_equal(vault_key(fresh, BOB, false, &key), OK);
    vault_free(fresh);
    db_free(db);
    fclose(file);
}

static void a_vault_is_never_loaded_over_another(void **state)
{
    const struct uuid passport = {{1}};
    int64_t rows = 0;
    bool none = false;
    FILE *file = saved_vault(*state, passport, &rows);
    struct db *db = connected();
    assert_int_equal(vault_rows_none(db, &none), OK);
    assert_true(none);
    assert_int_equal(vault_migrate(*state, VAULT_VERSION), OK);
    assert_int_equal(vault_rows_none(db, &none), OK);
    assert_true(none);
    assert_int_equal(vault_shred(*state, BOB), OK);
    assert_int_equal(vault_rows_none(db, &none), OK);
    assert_false(none);
    assert_int_equal(vault_rows_load(db, file, NULL, 0, &rows), ERR_DENIED);
    db_free(db);
    fclose(file);
}

static void a_file_that_is_cut_loads_nothing(void **state)
{
    const struct uuid passport = {{1}};
    int64_t rows = 0;
    bool none = false;
    FILE *file = saved_vault(*state, passport, &rows);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(file), ftell(file)), 0);
    rewind(file);
    struct db *db = connected();
    assert_int_equal(vault_rows_load(db, file, NULL, 0, &rows), ERR_POISON);
    assert_int_equal(vault_rows_none(db, &none), OK);
    assert_true(none);
    db_free(db);
    fclose(file);
}

static void *make_keys(void *argument)
{
    struct seal_key *keys = calloc(20, sizeof *keys);
    for (uint8_t i = 0; i < 20; i++)
        if (vault_key(argument, (struct uuid){{i, 9}}, true, &keys[i]) != OK)
            seal_wipe(&keys[i], sizeof keys[i]);
    return keys;
}

static void threads_that_race_get_the_same_keys(void **state)
{
    pthread_t threads[4];
    struct seal_key *keys[4];
    const struct seal_key none = {{0}};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_keys, *state), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        keys[i] = result;
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_memory_equal(keys[i], keys[0], 20 * sizeof *keys[0]);
        assert_memory_not_equal(&keys[i][19], &none, sizeof none);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        free(keys[i]);
}

int main(void)
{
    conninfo = getenv("BOURSE_TEST_PG");
    if (conninfo == NULL || seal_init() != OK) {
        fputs("vault_test: set BOURSE_TEST_PG to the connection string of a scratch database\n",
              stderr);
        return 1;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_vault, close_vault)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_made_once_and_kept),
        TEST(a_shredded_key_is_gone_and_never_made_again),
        TEST(another_master_key_opens_nothing_and_says_why),
        TEST(a_master_key_is_changed_while_both_vaults_go_on),
        TEST(what_no_master_key_opens_is_left_and_counted),
        TEST(a_vault_from_before_ids_were_kept_opens_and_is_rewrapped),
        TEST(a_sealed_text_opens_for_its_person_until_the_key_is_shredded),
        TEST(secrets_are_found_by_name),
        TEST(a_missing_schema_is_a_matter_of_settings),
        TEST(a_newer_schema_is_left_alone),
        TEST(changes_that_wait_keep_nobody_from_reading),
        TEST(a_document_is_there_once_all_its_parts_are),
        TEST(what_was_begun_an_hour_ago_is_dropped_and_what_has_ended_is_not),
        TEST(what_is_loaded_is_the_vault_that_was_saved),
        TEST(who_is_erased_has_no_key_in_an_older_vault_either),
        TEST(a_vault_is_never_loaded_over_another),
        TEST(a_file_that_is_cut_loads_nothing),
        TEST(threads_that_race_get_the_same_keys),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
