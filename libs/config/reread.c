#include "config/reread.h"

#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROBLEM_MAX = 2048 };

struct group {
    struct reread_taker taker;
    struct config config;      /* the group's settings, as they were taken last */
    char problem[PROBLEM_MAX]; /* of the newest files; empty: there is none */
    struct metrics_gauge *refused;
    struct metrics_counter *taken;
};

struct reread {
    enum process process;
    char *const *environment;
    int64_t looked_ms;
    size_t groups_count;
    struct group groups[CONFIG_GROUPS];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void begin(struct group *group, const struct reread_taker *taker,
                  const struct config *config)
{
    const char *name = config_group_name(taker->group);
    group->taker = *taker;
    config_copy_group(config, taker->group, &group->config);
    group->refused =
        metrics_gauge("bourse_settings_refused",
                      "1 while the newest files of these settings are refused, so that "
                      "older ones are in use.",
                      METRICS_LABELS({"group", name}));
    group->taken = metrics_counter("bourse_settings_reread_total",
                                   "How often other settings were taken from their files.",
                                   METRICS_LABELS({"group", name}));
}

struct reread *reread_new(enum process process, char *const *environment,
                          const struct config *config, const struct reread_taker *takers,
                          size_t takers_count)
{
    struct reread *reread = calloc(1, sizeof *reread);
    CHECK(reread != NULL && takers_count <= COUNT_OF(reread->groups));
    reread->process = process;
    reread->environment = environment;
    reread->looked_ms = now_ms();
    reread->groups_count = takers_count;
    for (size_t i = 0; i < takers_count; i++)
        begin(&reread->groups[i], &takers[i], config);
    return reread;
}

void reread_free(struct reread *reread)
{
    for (size_t i = 0; reread != NULL && i < reread->groups_count; i++)
        config_free(&reread->groups[i].config);
    free(reread);
}

/* Says what is wrong when it begins to be, and not again. */
static void note(struct group *group, enum err err, struct text problem)
{
    const char *name = config_group_name(group->taker.group);
    if (err != OK && !text_is(problem, group->problem))
        log_warn("settings.not_reread", LOG_STR("group", name), LOG_ERR(err),
                 LOG_TEXT("reason", problem));
    metrics_gauge_set(group->refused, err != OK);
    snprintf(group->problem, sizeof group->problem, "%.*s", (int)problem.size, problem.data);
}

static enum err take(struct group *group, struct config *fresh, struct buffer *problem)
{
    enum err err = group->taker.take(group->taker.context, fresh, problem);
    if (err != OK)
        return err;
    struct config old = group->config;
    group->config = *fresh;
    *fresh = old;
    metrics_counter_add(group->taken, 1);
    log_info("settings.reread", LOG_STR("group", config_group_name(group->taker.group)));
    return OK;
}

static void look(const struct reread *reread, struct group *group)
{
    struct config fresh;
    struct buffer problem;
    buffer_init(&problem, PROBLEM_MAX - 1);
    enum err err = config_load_group(reread->process, group->taker.group, reread->environment,
                                     &fresh, &problem);
    if (err == OK && !config_same_group(&fresh, &group->config, group->taker.group))
        err = take(group, &fresh, &problem);
    if (err == OK)
        buffer_reset(&problem);
    else if (problem.size == 0)
        buffer_string(&problem, err_text(err));
    note(group, err, buffer_as_text(&problem));
    config_free(&fresh);
    buffer_free(&problem);
}

void reread_look(struct reread *reread)
{
    reread->looked_ms = now_ms();
    for (size_t i = 0; i < reread->groups_count; i++)
        look(reread, &reread->groups[i]);
}

void reread_look_in_time(struct reread *reread)
{
    if (now_ms() - reread->looked_ms >= REREAD_LOOK_MS)
        reread_look(reread);
}
