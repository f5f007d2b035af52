/* settings_table: prints the rows of libs/config/table.c for the contract tests, one a line, fields
 * with tabs between: name, kind, default, values, example, who reads it, who requires it, whether
 * its file is read again, meaning. */
#include "config/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const KINDS[] = {
    [CONFIG_TEXT] = "text",         [CONFIG_CONNECTION] = "connection",
    [CONFIG_FILE] = "file",         [CONFIG_SECRET] = "secret file",
    [CONFIG_IDENTITY] = "folder",   [CONFIG_INTEGER] = "number",
    [CONFIG_DURATION] = "duration", [CONFIG_RATE] = "rate",
    [CONFIG_CHOICE] = "choice",     [CONFIG_OTHER] = "other",
};

static void print_processes(unsigned bits)
{
    static const struct {
        enum process bit;
        const char *name;
    } PROCESSES[] = {
        {PROCESS_GATEWAY, "gateway"},
        {PROCESS_SERVICE, "writer"},
        {PROCESS_PROJECTOR, "projector"},
        {PROCESS_DELIVERER, "deliverer"},
        {PROCESS_SIGNER, "signer"},
        {PROCESS_INIT, "init"},
        {PROCESS_CLI, "cli"},
        {PROCESS_CALLER, "caller"},
        {PROCESS_DOCTOR, "doctor"},
        {PROCESS_CLIENT, "client"},
    };
    const char *between = "";
    for (size_t i = 0; i < COUNT_OF(PROCESSES); i++) {
        if ((bits & PROCESSES[i].bit) == 0)
            continue;
        printf("%s%s", between, PROCESSES[i].name);
        between = ",";
    }
    putchar('\t');
}

static void print_values(const struct config_row *row)
{
    if (row->kind == CONFIG_CHOICE)
        printf("%s", row->choices);
    else if (row->kind == CONFIG_INTEGER)
        printf("%" PRId64 " to %" PRId64, row->min, row->max);
    putchar('\t');
}

int main(void)
{
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        printf("%s\t%s\t%s\t", row->name, KINDS[row->kind],
               row->default_value != NULL ? row->default_value : "");
        print_values(row);
        printf("%s\t", row->example != NULL ? row->example : "");
        print_processes(row->read_by);
        print_processes(row->required_by);
        printf("%s\t%s\n", row->group != CONFIG_AT_START ? "reread" : "", row->meaning);
    }
    return 0;
}
