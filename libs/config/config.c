#include "config/config.h"

#include "config/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NAME_SIZE_MAX = 64,
    DISTANCE_MAX = 3, /* edits between a mistyped name and the one that was meant */
    HOST_SIZE = 256
};

static const char PREFIX[] = "BOURSE_";

const char *config_environment(char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    return NULL;
}

/* How many characters must be inserted, left out or changed (Levenshtein), row by row. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t row[NAME_SIZE_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

/* The row whose name is nearest; NULL: none is near. */
static const struct config_row *nearest(const char *name, size_t size)
{
    const struct config_row *best = NULL;
    size_t best_distance = DISTANCE_MAX + 1;
    for (size_t i = 0; i < CONFIG_ROWS_COUNT && size <= NAME_SIZE_MAX; i++) {
        const char *candidate = CONFIG_ROWS[i].name;
        size_t edits = distance(name, size, candidate, strlen(candidate));
        if (edits < best_distance) {
            best_distance = edits;
            best = &CONFIG_ROWS[i];
        }
    }
    return best;
}

/* Checks that one variable of the environment is in the table, if it is ours at all. */
static void check_known(const char *variable, struct buffer *ret_problem)
{
    size_t size = strcspn(variable, "=");
    if (strncmp(variable, PREFIX, sizeof PREFIX - 1) != 0)
        return;
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++)
        if (text_is((struct text){.data = variable, .size = size}, CONFIG_ROWS[i].name))
            return;
    buffer_printf(ret_problem, "%.*s is not a setting of Bourse", (int)size, variable);
    const struct config_row *meant = nearest(variable, size);
    if (meant != NULL)
        buffer_printf(ret_problem, ": did you mean %s?\n", meant->name);
    else
        buffer_string(ret_problem, ": unset it (--check-config lists all there are)\n");
}

/* Reads a value that is there. False: ret_fault says why not. A command may be given a password by
 * who calls it; a process that stays would show it to every other for as long as it runs. */
static bool read_row(const struct config_row *row, enum process process, const char *value,
                     struct config *config, struct buffer *ret_fault)
{
    if (*value == '\0') {
        buffer_string(ret_fault, "is set to nothing: unset it or give it a value");
        return false;
    }
    if (row->kind == CONFIG_CONNECTION && process != PROCESS_CLI &&
        config_has_password(text_of(value))) {
        buffer_string(ret_fault, "holds a password, which other processes could read here: put it "
                                 "into a file and name that with passfile=");
        return false;
    }
    return config_read_value(row, value, config, ret_fault);
}

static void say_missing(const struct config_row *row, struct buffer *ret_problem)
{
    buffer_printf(ret_problem, "%s is not set: %s. Example: %s=%s\n", row->name, row->meaning,
                  row->name, row->example);
}

static void load_row(const struct config_row *row, enum process process, char *const *environment,
                     struct config *config, struct buffer *ret_problem)
{
    const char *value = config_environment(environment, row->name);
    if (value == NULL)
        value = row->default_value;
    if (value == NULL) {
        if ((row->required_by & process) != 0)
            say_missing(row, ret_problem);
        return;
    }
    struct buffer fault;
    buffer_init(&fault, ret_problem->size_max);
    if (!read_row(row, process, value, config, &fault)) {
        buffer_printf(ret_problem, "%s ", row->name);
        buffer_text(ret_problem, buffer_as_text(&fault));
        buffer_printf(ret_problem, ". It is %s. Example: %s=%s\n", row->meaning, row->name,
                      row->example);
    }
    buffer_free(&fault);
}

/* What a gateway needs depends on who ends TLS. */
static void check_tls(const struct config *config, char *const *environment,
                      struct buffer *ret_problem)
{
    static const char *const NEEDED[][2] = {
        [TLS_ON] = {"BOURSE_TLS_CERT_FILE", "BOURSE_TLS_KEY_FILE"},
        [TLS_OFF] = {"BOURSE_TRUSTED_PROXIES", "BOURSE_PUBLIC_URL"},
    };
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        bool needed = strcmp(row->name, NEEDED[config->tls][0]) == 0 ||
                      strcmp(row->name, NEEDED[config->tls][1]) == 0;
        if (needed && config_environment(environment, row->name) == NULL)
            say_missing(row, ret_problem);
    }
}

/* The one default that is not in the table: the host's name. */
static void default_instance(struct config *config)
{
    char host[HOST_SIZE] = "";
    CHECK(gethostname(host, sizeof host - 1) == 0);
    config->instance = strdup(host);
    CHECK(config->instance != NULL);
}

enum err config_load(enum process process, char *const *environment, struct config *ret_config,
                     struct buffer *ret_problem)
{
    struct config config = {0};
    size_t before = ret_problem->size;
    for (char *const *variable = environment; *variable != NULL; variable++)
        check_known(*variable, ret_problem);
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++)
        if ((CONFIG_ROWS[i].read_by & (unsigned)process) != 0)
            load_row(&CONFIG_ROWS[i], process, environment, &config, ret_problem);
    if (process == PROCESS_GATEWAY)
        check_tls(&config, environment, ret_problem);
    if (ret_problem->size == before && config.instance == NULL)
        default_instance(&config);

    bool good = ret_problem->size == before && buffer_ok(ret_problem);
    *ret_config = config;
    if (!good)
        config_free(ret_config);
    return good ? OK : ERR_CONFIG;
}

/* --- groups ----------------------------------------------------------------------------------- */

enum err config_load_group(enum process process, enum config_group group, char *const *environment,
                           struct config *ret_config, struct buffer *ret_problem)
{
    struct config config = {0};
    size_t before = ret_problem->size;
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++)
        if (CONFIG_ROWS[i].group == group && (CONFIG_ROWS[i].read_by & (unsigned)process) != 0)
            load_row(&CONFIG_ROWS[i], process, environment, &config, ret_problem);
    bool good = ret_problem->size == before && buffer_ok(ret_problem);
    *ret_config = config;
    if (!good)
        config_free(ret_config);
    return good ? OK : ERR_CONFIG;
}

/* A field that holds an owned text; all those of groups do. */
static char **text_field(const struct config *config, const struct config_row *row)
{
    return (char **)(void *)((char *)(uintptr_t)config + row->offset);
}

void config_copy_group(const struct config *config, enum config_group group,
                       struct config *ret_config)
{
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        if (CONFIG_ROWS[i].group != group || *text_field(config, &CONFIG_ROWS[i]) == NULL)
            continue;
        char *copy = strdup(*text_field(config, &CONFIG_ROWS[i]));
        CHECK(copy != NULL);
        *text_field(ret_config, &CONFIG_ROWS[i]) = copy;
    }
}

bool config_same_group(const struct config *one, const struct config *other,
                       enum config_group group)
{
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        if (CONFIG_ROWS[i].group != group)
            continue;
        const char *a = *text_field(one, &CONFIG_ROWS[i]);
        const char *b = *text_field(other, &CONFIG_ROWS[i]);
        if (a == NULL || b == NULL ? a != b : strcmp(a, b) != 0)
            return false;
    }
    return true;
}

const char *config_group_name(enum config_group group)
{
    static const char *const NAMES[CONFIG_GROUPS] = {"at_start",  "certificate",   "token_keys",
                                                     "seal_keys", "oidc",          "payments",
                                                     "mail",      "text_messages", "signing_keys"};
    CHECK((size_t)group < COUNT_OF(NAMES));
    return NAMES[group];
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        enum config_kind kind = CONFIG_ROWS[i].kind;
        if (kind != CONFIG_TEXT && kind != CONFIG_CONNECTION && kind != CONFIG_FILE &&
            kind != CONFIG_SECRET && kind != CONFIG_IDENTITY)
            continue;
        char **field = text_field(config, &CONFIG_ROWS[i]);
        if (*field != NULL)
            explicit_bzero(*field, strlen(*field));
        free(*field);
    }
    *config = (struct config){0};
}

void config_print(const struct config *config, enum process process, char *const *environment,
                  struct buffer *ret_text)
{
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        if ((row->read_by & (unsigned)process) == 0)
            continue;
        const char *given = config_environment(environment, row->name);
        buffer_printf(ret_text, "# %s (%s%s)\n%s=", row->meaning,
                      given == NULL ? "default" : "environment",
                      row->group == CONFIG_AT_START ? "" : "; read again while it runs", row->name);
        if (row->kind == CONFIG_FILE || row->kind == CONFIG_SECRET)
            buffer_string(ret_text, given == NULL ? "" : given);
        else
            config_print_value(row, config, ret_text);
        buffer_byte(ret_text, '\n');
    }
}
