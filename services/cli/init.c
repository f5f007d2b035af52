/* bourse init: everything the services need before they can start. */
#include "cli/init.h"

#include "seal/password.h"

#include <unistd.h>

enum { STATEMENT_TIMEOUT_MS = 60000 };

int init_lock_out_others(struct db *db)
{
    int64_t give_up_us = cli_now_us() + INIT_WAIT_US;
    enum err err = db_connect(db);
    while (err == ERR_BUSY && cli_now_us() < give_up_us) {
        usleep(INIT_RETRY_US);
        err = db_connect(db);
    }
    if (err == OK)
        err = db_query(db, "SELECT FROM pg_advisory_lock(hashtext('bourse.init'))", DB_NO_PARAMS,
                       NULL);
    return err == OK ? CLI_OK
                     : cli_fail("cannot use the projection database: %s", db_error_text(db));
}

static int run_steps(const struct config *config, struct log *log, struct vault *vault)
{
    static struct init_log found; /* zeroed, and large */
    struct seal_key hash_key;
    int status = init_topics(log, config, &found);
    if (status == CLI_OK)
        status = init_access(log, config);
    if (status == CLI_OK)
        status = init_find_log(log, &found);
    if (status == CLI_OK)
        status = init_vault(vault, found.exists, &hash_key);
    if (status == CLI_OK)
        status = init_tables(config, &found);
    if (status == CLI_OK)
        status = init_create_log(log, &found);
    if (status == CLI_OK)
        status = init_admin(log, vault, config, &hash_key, &found);
    seal_wipe(&hash_key, sizeof hash_key);
    return status;
}

int cli_init(int argc, char **argv)
{
    struct config config;
    struct log *log = NULL;
    struct vault *vault = NULL;
    if (argc != 1)
        return cli_usage("init takes no argument, but got '%s'", argv[1]);
    if (!cli_config(PROCESS_INIT, &config))
        return CLI_FAILED;
    const char *weakness =
        config.admin_password != NULL ? password_weakness(text_of(config.admin_password)) : NULL;
    if (weakness != NULL) { /* before anything is made */
        config_free(&config);
        return cli_fail("BOURSE_ADMIN_PASSWORD_FILE: %s", weakness);
    }
    struct db *db = db_new(config.pg, STATEMENT_TIMEOUT_MS);
    int status = CLI_FAILED;
    if (cli_open_log(&config, &log) && cli_open_vault(&config, &vault))
        status = init_lock_out_others(db);
    if (status == CLI_OK)
        status = run_steps(&config, log, vault);
    db_free(db);
    vault_free(vault);
    log_close(log);
    config_free(&config);
    return status;
}
