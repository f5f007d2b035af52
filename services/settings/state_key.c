/* API keys, by the user they belong to. */
#include "settings/state.h"

#include <stdlib.h>
#include <utlist.h>

static bool has_expired(const struct settings_key *key, int64_t now_us)
{
    return key->expires_at_us != 0 && key->expires_at_us <= now_us;
}

struct settings_key *settings_key(const struct settings_user *user, struct uuid id)
{
    struct settings_key *key;
    DL_FOREACH(user->keys, key)
    {
        if (uuid_equal(key->id, id))
            return key;
    }
    return NULL;
}

size_t settings_keys_count(const struct settings_user *user, int64_t now_us)
{
    size_t count = 0;
    const struct settings_key *key;
    DL_FOREACH(user->keys, key)
    {
        count += !has_expired(key, now_us);
    }
    return count;
}

void settings_add_key(struct settings_user *user, const struct settings_key *key)
{
    CHECK(settings_key(user, key->id) == NULL);
    struct settings_key *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *key;
    DL_APPEND(user->keys, copy);
}

void settings_drop_key(struct settings_user *user, struct settings_key *key)
{
    DL_DELETE(user->keys, key);
    free(key);
}

void settings_drop_expired_keys(struct settings_user *user, int64_t now_us)
{
    struct settings_key *key, *next;
    DL_FOREACH_SAFE(user->keys, key, next)
    {
        if (has_expired(key, now_us))
            settings_drop_key(user, key);
    }
}

void settings_free_keys(struct settings_user *user)
{
    while (user->keys != NULL)
        settings_drop_key(user, user->keys);
}
