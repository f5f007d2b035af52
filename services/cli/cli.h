/* cli.h - what the commands of `bourse` share. Data goes to stdout, talk to stderr. */
#ifndef CLI_H
#define CLI_H
#include "base/base.h"
#include "config/config.h"
#include "decision/decision.h"
#include "eventlog/log.h"
#include "geo/geo.h"
#include "seal/vault.h"

struct projection;

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_command {
    const char *name;                  /* one or two words */
    const char *arguments;             /* for the line of usage */
    const char *summary;               /* one line */
    const char *help;                  /* options and notes, lines with their ends; "" for none */
    int (*run)(int argc, char **argv); /* argv[0] is the command's last word */
};

int cli_init(int argc, char **argv);
int cli_access(int argc, char **argv);
int cli_access_database(int argc, char **argv);
int cli_events_tail(int argc, char **argv);
int cli_events_replay(int argc, char **argv);
int cli_commands_lost(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_restore(int argc, char **argv);
int cli_audit_export(int argc, char **argv);
int cli_audit_verify(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_feed(int argc, char **argv);
int cli_canary(int argc, char **argv);
int cli_news_import(int argc, char **argv);
int cli_calendar_import(int argc, char **argv);
int cli_small_deposits(int argc, char **argv);
int cli_projection_status(int argc, char **argv);
int cli_projection_rebuild(int argc, char **argv);
int cli_projection_switch(int argc, char **argv);
int cli_projection_switch_back(int argc, char **argv);
int cli_projection_drop(int argc, char **argv);
int cli_vault_rewrap(int argc, char **argv);

/* What the tables of each service are made by. */
extern const struct projection *const CLI_PROJECTIONS[SERVICES];

/* Says a line on stderr, after "bourse: ", and returns CLI_FAILED. */
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
/* Says a line on stderr: how it goes. */
void cli_say(const char *format, ...) PRINTF_LIKE(1, 2);
/* Says what is wrong with the arguments, and returns CLI_USAGE. */
int cli_usage(const char *format, ...) PRINTF_LIKE(1, 2);

/* Loads the settings as `process`. False: what is wrong has been said. */
bool cli_config(enum process process, struct config *ret_config) MUST_CHECK;
/* Opens the log of the settings. False: what is wrong has been said. */
bool cli_open_log(const struct config *config, struct log **ret_log) MUST_CHECK;
/* Opens the vault of the settings. False: what is wrong has been said. */
bool cli_open_vault(const struct config *config, struct vault **ret_vault) MUST_CHECK;
/* Opens the file of places, where one is named. False: what is wrong has been said. */
bool cli_open_geo(const struct config *config, struct geo **ret_geo) MUST_CHECK;
/* A whole number of 0 to `max`. False: `text` is something else. */
bool cli_number(const char *text, int64_t max, int64_t *ret_number) MUST_CHECK;
/* From then on SIGINT and SIGTERM end whatever waits (there is no SA_RESTART) and are told by
 * cli_stopped, instead of ending the process. */
void cli_catch_signals(void);
bool cli_stopped(void);
/* Microseconds since 1970. */
int64_t cli_now_us(void);

#endif
