/* bourse access database: who may do what with the databases; the step of `bourse init` that makes
 * the tables, which their roles may not; and the doctor's look at it. */
#include "rights/rights.h"

#include "cli/doctor.h"
#include "cli/init.h"
#include "projection/store_postgres.h"

#include <stdio.h>
#include <stdlib.h>

enum { STATEMENT_TIMEOUT_MS = 60000, TOLD_MAX = 10 };

int cli_access_database(int argc, char **argv)
{
    size_t count;
    const struct right *table = rights_table(&count);
    if (argc != 1)
        return cli_usage("access database takes no argument, but got '%s'", argv[1]);
    for (size_t i = 0; i < count; i++)
        printf("%s\t%s\t%s.%s\t%s\t%s\t%s\n", table[i].role,
               table[i].database == RIGHTS_VAULT ? "vault" : "projections", table[i].schema,
               table[i].tables, table[i].but == NULL ? "" : table[i].but, table[i].privileges,
               table[i].columns == NULL ? "" : table[i].columns);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* The tables of one service, where they are missing. */
static int make_tables(const struct config *config, enum service_id service, int32_t partitions)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    struct store *store = store_postgres_new(config->pg, service, CLI_PROJECTIONS[service],
                                             TABLES_LIVE, STATEMENT_TIMEOUT_MS);
    enum err err = store_open(store, partitions, &positions, &count);
    int status = err == OK ? CLI_OK : cli_fail("%s", store->problem);
    free(positions);
    store_free(store);
    return status;
}

static int mend_vault(const struct config *config)
{
    struct db *db = db_new(config->vault_pg, STATEMENT_TIMEOUT_MS);
    enum err err = db_connect(db);
    if (err == OK)
        err = rights_mend(db, RIGHTS_VAULT);
    int status = err == OK ? CLI_OK
                           : cli_fail("cannot set rights in the vault (BOURSE_VAULT_PG): %s",
                                      db_error_text(db));
    db_free(db);
    return status;
}

int init_tables(const struct config *config, const struct init_log *found)
{
    int status = CLI_OK;
    for (int i = 0; i < SERVICES && status == CLI_OK; i++)
        status = make_tables(config, (enum service_id)i, found->place.partition_counts[i]);
    return status == CLI_OK ? mend_vault(config) : status;
}

/* --- the doctor ------------------------------------------------------------------------------- */

struct differences {
    struct doctor *doctor;
    int count;
};

static void tell(void *context, const struct rights_difference *difference)
{
    struct differences *differences = context;
    if (++differences->count > TOLD_MAX)
        return;
    doctor_finding(differences->doctor,
                   "bourse init sees to it, but for what is a superuser's to change, and for roles "
                   "that it does not know; `bourse access database` has the table",
                   difference->is_extra ? "rights: %.*s has %.*s on %.*s, and may not"
                                        : "rights: %.*s has no %.*s on %.*s, and needs it",
                   (int)difference->who.size, difference->who.data, (int)difference->what.size,
                   difference->what.data, (int)difference->on.size, difference->on.data);
}

void doctor_look_at_rights(struct doctor *doctor, struct db *db, enum rights_database database)
{
    struct differences differences = {.doctor = doctor};
    const char *name = database == RIGHTS_VAULT ? "the vault" : "the projections";
    if (rights_compare(db, database, tell, &differences) != OK)
        doctor_finding(doctor, "see the database's log", "rights in %s: %s", name,
                       db_error_text(db));
    else if (differences.count == 0)
        doctor_good("rights: in %s each role may do what it is to do, and no more", name);
    else if (differences.count > TOLD_MAX)
        doctor_finding(doctor, "bourse init", "rights: in %s %d more are not as they are to be",
                       name, differences.count - TOLD_MAX);
}
