/* bourse small-deposits: what is to be sent by payment methods that wait to be verified. Their
 * amounts stand sealed in the log and in the projection; who sends them has the vault's key.
 */
#include "cli/cli.h"
#include "db/db.h"

#include <stdio.h>

enum { STATEMENT_TIMEOUT_MS = 30000, TEXT_SIZE_MAX = 256 };

static const char PENDING[] =
    "SELECT id, user_id, kind, small_deposits, details FROM accounts.payment_methods "
    "WHERE status = 'pending' AND small_deposits IS NOT NULL AND details IS NOT NULL "
    "ORDER BY created_at, id";

/* ID, kind, both amounts, and the destination as JSON, with tabs between. */
static int print_row(struct vault *vault, const struct db_result *rows, size_t row)
{
    struct buffer amounts;
    buffer_init(&amounts, TEXT_SIZE_MAX);
    enum err err =
        vault_open_text(vault, db_get_uuid(rows, row, 1), db_get_text(rows, row, 3), &amounts);
    if (err == OK)
        printf("%s\t%s\t%.*s\t%s\n", db_get_text(rows, row, 0).data, db_get_text(rows, row, 2).data,
               (int)amounts.size, (const char *)amounts.data, db_get_text(rows, row, 4).data);
    buffer_free(&amounts);
    /* Who has been erased meanwhile is sent nothing. */
    return err == OK || err == ERR_NOT_FOUND
               ? CLI_OK
               : cli_fail("cannot open the amounts of %s: %s", db_get_text(rows, row, 0).data,
                          err_text(err));
}

static int print_all(struct db *db, struct vault *vault)
{
    AUTO_DB_RESULT rows = {NULL};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, PENDING, DB_NO_PARAMS, &rows);
    if (err != OK)
        return cli_fail("cannot read the payment methods: %s", db_error_text(db));
    int status = CLI_OK;
    for (size_t i = 0; i < db_rows(&rows) && status == CLI_OK; i++)
        status = print_row(vault, &rows, i);
    return status;
}

int cli_small_deposits(int argc, char **argv)
{
    struct config config;
    struct vault *vault = NULL;
    if (argc != 1)
        return cli_usage("small-deposits takes no argument, but got '%s'", argv[1]);
    if (!cli_config(PROCESS_PROJECTOR, &config))
        return CLI_FAILED;
    struct db *db = db_new(config.pg, STATEMENT_TIMEOUT_MS);
    int status = cli_open_vault(&config, &vault) ? print_all(db, vault) : CLI_FAILED;
    db_free(db);
    vault_free(vault);
    config_free(&config);
    return status;
}
