/* bourse restore: a backup into a broker and databases that have nothing yet. */
#include "cli/backup.h"
#include "cli/init.h"
#include "db/db.h"
#include "projection/tables.h"
#include "seal/vault_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

enum { STATEMENT_TIMEOUT_MS = 600000 };

struct restore {
    struct config config;
    struct backup_parts parts;
    struct backup backup;
    struct log *log;
    struct db *projections, *vault;
};

static int failed(const struct restore *restore)
{
    return cli_fail("%s", restore->backup.problem);
}

/* --- nothing is written over --- */

static int refuse_projections(struct restore *restore)
{
    bool have = false;
    int status = init_lock_out_others(restore->projections);
    if (status != CLI_OK)
        return status;
    if (tables_have_schema(restore->projections, "bourse", &have) != OK)
        return cli_fail("cannot use the projection database: %s",
                        db_error_text(restore->projections));
    return !have ? CLI_OK
                 : cli_fail("the projection database is not empty: it has read another log; drop "
                            "it, for it is made again from the log, and make it anew");
}

static int refuse_vault(struct restore *restore)
{
    bool none = false;
    enum err err = db_connect(restore->vault);
    if (err == OK)
        err = vault_rows_none(restore->vault, &none);
    if (err != OK)
        return cli_fail("cannot use the vault's database: %s", db_error_text(restore->vault));
    return none ? CLI_OK
                : cli_fail("the vault is not empty, and nothing is ever written over; --only log "
                           "leaves it as it is");
}

static int refuse_what_is_there(struct restore *restore)
{
    int status = CLI_OK;
    if (restore->parts.log)
        status = refuse_projections(restore);
    if (status == CLI_OK && restore->parts.vault)
        status = refuse_vault(restore);
    if (status == CLI_OK && restore->parts.log &&
        restore_is_empty(&restore->backup, restore->log) != OK)
        status = failed(restore);
    return status;
}

/* --- the parts --- */

static int restore_log(struct restore *restore)
{
    static struct init_log found; /* large */
    struct backup *backup = &restore->backup;
    restore->config.partitions = backup->partitions;
    int status = init_topics(restore->log, &restore->config, &found);
    if (status != CLI_OK)
        return status;
    cli_say("writing the log");
    if (restore_write(backup, restore->log) != OK)
        return failed(restore);
    cli_say("reading it back");
    return restore_compare(backup, restore->log) == OK ? CLI_OK : failed(restore);
}

/* Whether the settings have the key that it was written with. */
static int try_seal_key(const struct restore *restore)
{
    struct vault *vault = NULL;
    struct seal_key key;
    if (!cli_open_vault(&restore->config, &vault))
        return CLI_FAILED;
    enum err err = vault_secret(vault, VAULT_HASH_SECRET, false, &key);
    seal_wipe(&key, sizeof key);
    vault_free(vault);
    return err == OK ? CLI_OK
                     : cli_fail("everything is restored, but BOURSE_SEAL_KEY_FILE is not the one "
                                "that the vault was written with: nothing starts with another");
}

static int restore_vault(struct restore *restore)
{
    char path[PATH_MAX];
    int64_t rows = 0;
    struct backup *backup = &restore->backup;
    if (backup_path(backup, BACKUP_VAULT_FILE, sizeof path, path) != OK)
        return failed(restore);
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return cli_fail("cannot read %s: %s", path, strerror(errno));
    enum err err =
        vault_rows_load(restore->vault, file, backup->erased, backup->erased_count, &rows);
    (void)fclose(file);
    if (err == ERR_POISON || (err == OK && rows != backup->vault_rows))
        return cli_fail("%s is not a vault that this version can read", path);
    if (err != OK)
        return cli_fail("cannot write the vault: %s", db_error_text(restore->vault));
    return try_seal_key(restore);
}

/* --- all --- */

static int check(struct restore *restore)
{
    const struct backup_parts *parts = &restore->parts;
    struct backup *backup = &restore->backup;
    if (backup_read(backup) != OK)
        return failed(restore);
    if ((parts->log && backup->logs_count == 0) || (parts->vault && !backup->has_vault))
        return cli_fail("%s has no %s: --only %s restores what it has", backup->folder,
                        backup->has_vault ? "log" : "vault", backup->has_vault ? "vault" : "log");
    backup->has_vault = parts->vault; /* else its file may be gone by now: older ones should be */
    return backup_check(backup) == OK ? CLI_OK : failed(restore);
}

static int run_steps(struct restore *restore)
{
    int status = check(restore);
    if (status == CLI_OK)
        status = refuse_what_is_there(restore);
    if (status == CLI_OK && restore->parts.log)
        status = restore_log(restore);
    if (status == CLI_OK && restore->parts.vault) /* last: without it no gateway starts */
        status = restore_vault(restore);
    if (status != CLI_OK)
        return status;
    printf("restored\t%s\nerased\t%zu\n", restore->backup.folder, restore->backup.erased_count);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int cli_restore(int argc, char **argv)
{
    static struct restore restore;
    const char *folder = NULL;
    int status = backup_options(argc, argv, &restore.parts, &folder);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_INIT, &restore.config))
        return CLI_FAILED;
    backup_init(&restore.backup, folder);
    restore.projections = db_new(restore.config.pg, STATEMENT_TIMEOUT_MS);
    restore.vault = db_new(restore.config.vault_pg, STATEMENT_TIMEOUT_MS);
    status = cli_open_log(&restore.config, &restore.log) ? run_steps(&restore) : CLI_FAILED;
    db_free(restore.vault);
    db_free(restore.projections);
    log_close(restore.log);
    backup_free(&restore.backup);
    config_free(&restore.config);
    return status;
}
