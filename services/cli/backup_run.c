/* bourse backup: all that is truth of a running venue, in a folder. */
#include "cli/backup.h"
#include "cli/cli.h"
#include "db/db.h"
#include "seal/vault_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATEMENT_TIMEOUT_MS = 600000 };

int backup_options(int argc, char **argv, struct backup_parts *ret_parts, const char **ret_folder)
{
    static const struct option OPTIONS[] = {{"only", required_argument, NULL, 'o'}, {0}};
    int option;
    *ret_parts = (struct backup_parts){.log = true, .vault = true};
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 'o')
            return CLI_USAGE; /* getopt has said why */
        *ret_parts = (struct backup_parts){.log = strcmp(optarg, "log") == 0,
                                           .vault = strcmp(optarg, "vault") == 0};
        if (!ret_parts->log && !ret_parts->vault)
            return cli_usage("--only takes log or vault");
    }
    *ret_folder = argv[optind];
    return optind + 1 == argc ? CLI_OK : cli_usage("%s takes one folder; -h says more", argv[0]);
}

/* The rows of the vault, in a file of the folder. */
static enum err copy_vault(struct backup *backup, const char *conninfo)
{
    char path[PATH_MAX];
    if (backup_path(backup, BACKUP_VAULT_FILE, sizeof path, path) != OK)
        return ERR_INPUT;
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return backup_fail(backup, ERR_BUSY, "cannot make %s: %s", path, strerror(errno));
    struct db *db = db_new(conninfo, STATEMENT_TIMEOUT_MS);
    enum err err = db_connect(db);
    if (err == OK)
        err = vault_rows_save(db, file, &backup->vault_rows);
    if (fclose(file) != 0 && err == OK)
        err = ERR_BUSY;
    if (err != OK)
        (void)backup_fail(backup, err, "cannot copy the vault into %s: %s", path,
                          err == ERR_NOT_FOUND ? "there is none"
                          : err == ERR_CONFIG ? "its schema is of another version than this program"
                                              : db_error_text(db));
    db_free(db);
    return err == OK ? backup_measure(backup, BACKUP_VAULT_FILE, &backup->vault) : err;
}

/* Has the names in the folder stored for good, too. */
static enum err store_folder(struct backup *backup)
{
    int folder = open(backup->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        (void)close(folder);
    return good ? OK
                : backup_fail(backup, ERR_BUSY, "cannot store %s: %s", backup->folder,
                              strerror(errno));
}

static enum err take_backup(struct backup *backup, const struct config *config,
                            const struct backup_parts *parts)
{
    struct log *log = NULL;
    enum err err = OK;
    backup->began_at = cli_now_us();
    if (parts->log) {
        if (!cli_open_log(config, &log))
            return backup_fail(backup, ERR_CONFIG, "there is no backup");
        err = backup_copy_log(backup, log);
        log_close(log);
    }
    if (err == OK && parts->vault) { /* behind the log: backup.h says why */
        err = copy_vault(backup, config->vault_pg);
        backup->has_vault = true;
    }
    backup->ended_at = cli_now_us();
    if (err == OK)
        err = backup_write(backup);
    return err == OK ? store_folder(backup) : err;
}

static void print_parts(const struct backup *backup)
{
    int64_t events = 0, commands = 0;
    for (size_t i = 0; i < backup->logs_count; i++) {
        const struct backup_log *log = &backup->logs[i];
        *(log->place.commands ? &commands : &events) += log->end - log->start;
    }
    if (backup->logs_count > 0)
        printf("events\t%" PRId64 "\ncommands\t%" PRId64 "\n", events, commands);
    if (backup->has_vault)
        printf("vault\t%" PRId64 " rows\n", backup->vault_rows);
}

int cli_backup(int argc, char **argv)
{
    struct config config;
    struct backup backup;
    struct backup_parts parts;
    const char *folder = NULL;
    int status = backup_options(argc, argv, &parts, &folder);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    (void)umask(077);
    backup_init(&backup, folder);
    if (parts.vault && config.vault_pg == NULL) {
        status = cli_fail("BOURSE_VAULT_PG is not set; --only log leaves the vault out");
    } else if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        status = cli_fail("cannot make %s: %s", folder, strerror(errno));
    } else if (take_backup(&backup, &config, &parts) != OK) {
        status = cli_fail("%s", backup.problem);
    } else {
        print_parts(&backup);
        printf("seconds\t%.1f\n", (double)(backup.ended_at - backup.began_at) / 1e6);
        status = fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
    }
    backup_free(&backup);
    config_free(&config);
    return status;
}
