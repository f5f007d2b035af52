/* Failures to sign in, by who tried to be whom from where. */
#include "settings/state.h"

#include <stdlib.h>

static struct settings_failures *failures_of(const struct settings *settings,
                                             const struct settings_pair *pair)
{
    struct settings_failures *found;
    HASH_FIND(by_pair, settings->failures, pair, sizeof *pair, found);
    return found;
}

static void drop(struct settings *settings, struct settings_failures *failures)
{
    HASH_DELETE(by_pair, settings->failures, failures);
    free(failures);
}

static int64_t newest_us(const struct settings_failures *failures)
{
    uint32_t newest = (failures->next + SETTINGS_FAILURES - 1) % SETTINGS_FAILURES;
    return failures->failed_at_us[newest];
}

bool settings_is_locked(const struct settings *settings, const struct settings_pair *pair,
                        int64_t now_us)
{
    const struct settings_failures *failures = failures_of(settings, pair);
    if (failures == NULL)
        return false;
    int64_t oldest_us = failures->failed_at_us[failures->next];
    return oldest_us != 0 && oldest_us > now_us - SETTINGS_FAILURES_US;
}

bool settings_restore_failures(struct settings *settings, const struct settings_failures *failures)
{
    if (failures_of(settings, &failures->pair) != NULL)
        return false;
    struct settings_failures *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *failures;
    HASH_ADD(by_pair, settings->failures, pair, sizeof copy->pair, copy);
    return true;
}

/* The pair goes to the end of the table, which so stays in the order of the newest failures. */
void settings_add_failure(struct settings *settings, const struct settings_pair *pair,
                          int64_t failed_at_us)
{
    struct settings_failures failures = {.pair = *pair};
    struct settings_failures *known = failures_of(settings, pair);
    if (known != NULL) {
        failures = *known;
        drop(settings, known);
    } else if (HASH_CNT(by_pair, settings->failures) == SETTINGS_FAILURES_MAX) {
        drop(settings, settings->failures);
    }
    failures.failed_at_us[failures.next] = failed_at_us;
    failures.next = (failures.next + 1) % SETTINGS_FAILURES;
    CHECK(settings_restore_failures(settings, &failures));
}

void settings_drop_failures(struct settings *settings, const struct settings_pair *pair)
{
    struct settings_failures *failures = failures_of(settings, pair);
    if (failures != NULL)
        drop(settings, failures);
}

void settings_drop_old_failures(struct settings *settings, int64_t now_us)
{
    for (int i = 0; i < SETTINGS_DROPS_MAX; i++) {
        struct settings_failures *oldest = settings->failures;
        if (oldest == NULL || newest_us(oldest) > now_us - SETTINGS_FAILURES_US)
            return;
        drop(settings, oldest);
    }
}

void settings_free_failures(struct settings *settings)
{
    struct settings_failures *failures = settings->failures;
    HASH_CLEAR(by_pair, settings->failures);
    for (struct settings_failures *next; failures != NULL; failures = next) {
        next = failures->by_pair.next;
        free(failures);
    }
}
