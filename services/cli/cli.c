#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROBLEM_SIZE_MAX = 1 << 16, VAULT_CONNECTIONS = 1 };

extern char **environ;

static void say(const char *format, va_list arguments)
{
    fputs("bourse: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int cli_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return CLI_FAILED;
}

int cli_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return CLI_USAGE;
}

void cli_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

bool cli_config(enum process process, struct config *ret_config)
{
    struct buffer problem;
    buffer_init(&problem, PROBLEM_SIZE_MAX);
    bool loaded = config_load(process, environ, ret_config, &problem) == OK;
    if (!loaded)
        fwrite(problem.data, 1, problem.size, stderr);
    buffer_free(&problem);
    return loaded;
}

bool cli_open_log(const struct config *config, struct log **ret_log)
{
    const char *problem = NULL;
    if (log_open_kafka(config->kafka, config->kafka_identity, "bourse-cli", ret_log, &problem) ==
        OK)
        return true;
    cli_fail("cannot use the broker at %s: %s", config->kafka, problem);
    return false;
}

bool cli_open_vault(const struct config *config, struct vault **ret_vault)
{
    if (vault_open(config->vault_pg, text_of(config->seal_key), VAULT_CONNECTIONS, ret_vault) == OK)
        return true;
    cli_fail("BOURSE_SEAL_KEY_FILE does not hold a key");
    return false;
}

bool cli_open_geo(const struct config *config, struct geo **ret_geo)
{
    const char *problem = NULL;
    if (config->geo_db == NULL || geo_open(config->geo_db, ret_geo, &problem) == OK)
        return true;
    cli_fail("BOURSE_GEO_DB, %s: %s", config->geo_db, problem);
    return false;
}

bool cli_number(const char *text, int64_t max, int64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0 || number > max)
        return false;
    *ret_number = number;
    return true;
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

void cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool cli_stopped(void)
{
    return stopped != 0;
}

int64_t cli_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
