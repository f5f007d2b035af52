/* rewrap.c - `bourse vault rewrap`: nothing stays wrapped under a master key that is to go. */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

static int rewrap_all(struct vault *vault)
{
    char reason[VAULT_ERROR_SIZE];
    struct vault_rewrap rewrap = {.wrapped = 0};
    enum err err = vault_rewrap(vault, &rewrap);
    printf("wrapped\t%" PRId64 "\nleft\t%" PRId64 "\n", rewrap.wrapped, rewrap.left);
    if (err != OK) {
        vault_error(vault, reason);
        return cli_fail("it did not get further: %s", reason);
    }
    return rewrap.left == 0 ? CLI_OK
                            : cli_fail("the keys that wrapped those left are not in "
                                       "BOURSE_SEAL_KEY_FILE: give none of its lines up");
}

int cli_vault_rewrap(int argc, char **argv)
{
    struct config config;
    struct vault *vault = NULL;
    int status = CLI_FAILED;
    if (argc != 1)
        return cli_usage("vault rewrap takes no argument, but got '%s'", argv[1]);
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (config.vault_pg == NULL || config.seal_key == NULL)
        cli_fail("BOURSE_VAULT_PG and BOURSE_SEAL_KEY_FILE are not both set");
    else if (cli_open_vault(&config, &vault))
        status = rewrap_all(vault);
    vault_free(vault);
    config_free(&config);
    return status;
}
