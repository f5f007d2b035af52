/* Sign-ins through an OpenID provider that have been used, for as long as they could be again. */
#include "settings/state.h"

#include <stdlib.h>

static struct settings_attempted *attempted_of(const struct settings *settings, struct uuid id)
{
    struct settings_attempted *attempted;
    HASH_FIND(by_id, settings->attempted, &id, sizeof id, attempted);
    return attempted;
}

bool settings_was_attempted(const struct settings *settings, struct uuid id)
{
    return attempted_of(settings, id) != NULL;
}

void settings_add_attempted(struct settings *settings, const struct sign_in_attempt *attempt)
{
    if (settings_was_attempted(settings, attempt->id))
        return;
    struct settings_attempted *attempted = calloc(1, sizeof *attempted);
    CHECK(attempted != NULL);
    attempted->id = attempt->id;
    attempted->expires_at_us = attempt->expires_at;
    HASH_ADD(by_id, settings->attempted, id, sizeof attempted->id, attempted);
}

static void drop(struct settings *settings, struct settings_attempted *attempted)
{
    HASH_DELETE(by_id, settings->attempted, attempted);
    free(attempted);
}

/* Used first does not mean over first, but nearly: what is kept for a moment too long does no harm.
 */
void settings_drop_old_attempted(struct settings *settings, int64_t now_us)
{
    for (int i = 0; i < SETTINGS_DROPS_MAX; i++) {
        struct settings_attempted *oldest = settings->attempted;
        if (oldest == NULL || oldest->expires_at_us > now_us)
            return;
        drop(settings, oldest);
    }
}

void settings_free_attempted(struct settings *settings)
{
    while (settings->attempted != NULL)
        drop(settings, settings->attempted);
}
