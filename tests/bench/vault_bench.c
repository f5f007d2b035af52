/* How long each migration of the vault takes, down and up again, beside many keys. It is the one
 * schema of ours that is no projection, so nothing can be made anew instead.
 *
 * Usage    vault_bench [keys]; 1,000,000 where left out. BOURSE_TEST_PG, a libpq connection string,
 * names an empty database. Every tenth key has a document of two parts. Of the way down to nothing
 * the first step is left out: it drops the keys. By the wall.
 */
#include "db/db.h"
#include "seal/vault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATEMENT_MS = 600000, CONNECTIONS = 1 };

static const char MASTER[] = "0707070707070707070707070707070707070707070707070707070707070708";

static const char FILL[] =
    "INSERT INTO keys (key_id, wrapped, wrapped_by)"
    "    SELECT gen_random_uuid(), decode(repeat('ab', 72), 'hex'), decode(repeat('cd', 8), 'hex')"
    "    FROM generate_series(1, $1)";
static const char FILL_DOCUMENTS[] =
    "INSERT INTO documents (document_id, key_id, parts)"
    "    SELECT gen_random_uuid(), key_id, 2 FROM keys TABLESAMPLE SYSTEM (10)";
static const char FILL_PARTS[] = "INSERT INTO document_parts (document_id, part, sealed)"
                                 "    SELECT document_id, part, decode(repeat('ef', 500), 'hex')"
                                 "    FROM documents CROSS JOIN generate_series(0, 1) AS part";

static double seconds(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(enum err err, const char *what)
{
    if (err == OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text(err));
    exit(1);
}

static void migrate(struct vault *vault, int32_t version)
{
    double began_s = seconds();
    must(vault_migrate(vault, version), "a migration");
    printf("to version %" PRId32 "  %8.1f ms\n", version, 1000 * (seconds() - began_s));
}

static void fill(const char *conninfo, int64_t keys)
{
    struct db *db = db_new(conninfo, STATEMENT_MS);
    must(db_connect(db), "the database");
    must(db_query(db, FILL, DB_PARAMS(db_int(keys)), NULL), "keys");
    must(db_exec(db, FILL_DOCUMENTS), "documents");
    must(db_exec(db, FILL_PARTS), "their parts");
    db_free(db);
}

int main(int argc, char **argv)
{
    const char *conninfo = getenv("BOURSE_TEST_PG");
    int64_t keys = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    struct vault *vault = NULL;
    if (conninfo == NULL) {
        fprintf(stderr, "BOURSE_TEST_PG has to name an empty database\n");
        return 1;
    }
    must(vault_open(conninfo, text_of(MASTER), CONNECTIONS, &vault), "the vault");
    must(vault_migrate(vault, VAULT_VERSION), "the schema");
    fill(conninfo, keys);
    printf("%" PRId64 " keys\n", keys);
    for (int32_t version = VAULT_VERSION - 1; version >= 1; version--)
        migrate(vault, version);
    for (int32_t version = 2; version <= VAULT_VERSION; version++)
        migrate(vault, version);
    must(vault_migrate(vault, 0), "the end");
    vault_free(vault);
    return 0;
}
