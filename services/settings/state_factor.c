/* Second factors, and logins that wait for one. */
#include "settings/state.h"

#include <stdlib.h>
#include <string.h>

void settings_fail_factor(struct settings_factor *factor, int64_t failed_at_us)
{
    factor->failed_at_us[factor->next] = failed_at_us;
    factor->next = (factor->next + 1) % SETTINGS_FACTOR_FAILURES;
}

void settings_forgive_factor(struct settings_factor *factor)
{
    memset(factor->failed_at_us, 0, sizeof factor->failed_at_us);
    factor->next = 0;
}

bool settings_factor_is_locked(const struct settings_factor *factor, int64_t now_us)
{
    int64_t oldest_us = factor->failed_at_us[factor->next];
    return oldest_us != 0 && oldest_us > now_us - SETTINGS_FACTOR_FAILURES_US;
}

void settings_use_factor(struct settings_user *user, const struct second_factor *shown)
{
    struct settings_factor *known = &user->factor;
    settings_forgive_factor(known);
    if (shown->has_step && shown->step > known->last_step)
        known->last_step = shown->step;
    for (size_t i = 0; shown->has_backup_hash && i < known->backups_count; i++) {
        if (memcmp(&known->backups[i], &shown->backup_hash, sizeof shown->backup_hash) == 0)
            known->backups[i] = known->backups[--known->backups_count];
    }
}

void settings_set_backups(struct settings_user *user, const struct keyed_hash *hashes, size_t count)
{
    CHECK(count <= SETTINGS_BACKUPS);
    if (count > 0)
        memcpy(user->factor.backups, hashes, count * sizeof *hashes);
    user->factor.backups_count = (uint32_t)count;
}

struct settings_challenge *settings_challenge_of(const struct settings *settings, struct uuid id)
{
    struct settings_challenge *challenge;
    HASH_FIND(by_id, settings->challenges, &id, sizeof id, challenge);
    return challenge;
}

void settings_add_challenge(struct settings *settings, const struct settings_challenge *challenge)
{
    CHECK(settings_challenge_of(settings, challenge->id) == NULL);
    struct settings_challenge *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *challenge;
    HASH_ADD(by_id, settings->challenges, id, sizeof copy->id, copy);
}

void settings_drop_challenge(struct settings *settings, struct uuid id)
{
    struct settings_challenge *challenge = settings_challenge_of(settings, id);
    if (challenge == NULL)
        return;
    HASH_DELETE(by_id, settings->challenges, challenge);
    free(challenge);
}

/* They are given the same time, so the oldest end first. */
void settings_drop_old_challenges(struct settings *settings, int64_t now_us)
{
    for (int i = 0; i < SETTINGS_DROPS_MAX; i++) {
        struct settings_challenge *oldest = settings->challenges;
        if (oldest == NULL || oldest->expires_at_us > now_us)
            return;
        settings_drop_challenge(settings, oldest->id);
    }
}

void settings_free_challenges(struct settings *settings)
{
    while (settings->challenges != NULL)
        settings_drop_challenge(settings, settings->challenges->id);
}
