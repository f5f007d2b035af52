/* table.h - the rows behind config.h. For libs/config alone. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H
#include "config/config.h"

enum config_kind {
    CONFIG_TEXT,       /* char *, as it stands */
    CONFIG_CONNECTION, /* char *, a libpq connection string, which may hold a password */
    CONFIG_FILE,       /* char *, the contents of the file named */
    CONFIG_SECRET,     /* the same, but nobody else may read the file */
    CONFIG_IDENTITY,   /* char *, a folder with a certificate, its key and who vouches for others */
    CONFIG_INTEGER,    /* int64_t within min..max; a port is one */
    CONFIG_DURATION,   /* int64_t in ms within min..max, written "30m": ms, s, m, h, d */
    CONFIG_RATE,       /* struct config_rate, written "10/60s" or "off" */
    CONFIG_CHOICE,     /* an enum from 0, written as one of `choices` */
    CONFIG_OTHER       /* known by name only: somebody else reads it */
};

/* Says what is wrong with a value, to follow "it "; NULL: nothing is. The text ends with a zero. */
typedef const char *config_check(struct text value);

struct config_row {
    const char *name;
    enum config_kind kind;
    size_t offset;             /* of the field in struct config */
    const char *default_value; /* written as in the environment; NULL: none */
    int64_t min, max;
    const char *choices; /* "live|paper" */
    config_check *check; /* NULL: any */
    const char *example;
    const char *meaning;
    enum config_group group;
    unsigned read_by; /* bits of enum process */
    unsigned required_by;
};

extern const struct config_row CONFIG_ROWS[];
extern const size_t CONFIG_ROWS_COUNT;

/* The value of `name` in an environment; NULL: not set. */
const char *config_environment(char *const *environment, const char *name);

/* Reads `value` as `row` says into its field. False: it does not fit, and ret_problem got the rest
 * of the sentence that begins with the setting's name. Owned texts become the field's. */
bool config_read_value(const struct config_row *row, const char *value, struct config *config,
                       struct buffer *ret_problem) MUST_CHECK;

/* Reads the file of a CONFIG_FILE or CONFIG_SECRET row; otherwise as config_read_value(). */
bool config_read_file(const struct config_row *row, const char *path, char **ret_contents,
                      struct buffer *ret_problem) MUST_CHECK;

/* Whether the folder of a CONFIG_IDENTITY row has what it is to have: ca.crt and user.crt, as PEM,
 * and user.key, which is a secret. The last two are named as in a secret of Strimzi's. */
bool config_check_identity(const char *path, struct buffer *ret_problem) MUST_CHECK;

/* "30m", "10/60s", "paper": appends a field's value as the environment would have it. */
void config_print_value(const struct config_row *row, const struct config *config,
                        struct buffer *ret_text);

/* The most networks that a list of them has. */
enum { CONFIG_NETWORKS_MAX = 64 };

/* The most lines that a file with a secret a line has. */
enum { CONFIG_SECRETS_MAX = 4 };

/* Whether a connection string holds a password. It ends with a zero. */
bool config_has_password(struct text connection);

/* The checks of the rows. */
config_check config_check_brokers, config_check_connection, config_check_instance,
    config_check_address, config_check_networks, config_check_url, config_check_origins,
    config_check_email, config_check_seal_key, config_check_password, config_check_secrets,
    config_check_pem, config_check_smtp, config_check_sms, config_check_otlp, config_check_issuer;

#endif
