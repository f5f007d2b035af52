/* API keys: made and ended by their user or an admin, and told of when they are used. */
#include "settings/decide_parts.h"

static bool is_own(const struct command_meta *meta, struct uuid user_id)
{
    return meta->has_actor && uuid_equal(meta->actor.user_id, user_id);
}

/* The user whose key it is about, where the actor may say so: his own, or anybody's by an admin.
 * NULL: it was refused. */
static const struct settings_user *owner_for(const struct settings *settings,
                                             const struct command_meta *meta, struct uuid user_id,
                                             struct event *event)
{
    const struct settings_user *user = settings_user(settings, user_id);
    if (!is_own(meta, user_id) && !staff_may(&settings->staff, meta, ROLE_BIT(ROLE_ADMIN)))
        event_reject(event, "FORBIDDEN", TEXT("Only an admin may do this for others."), NULL);
    else if (user == NULL)
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), NULL);
    else
        return user;
    return NULL;
}

/* What is asked with a key is asked by its owner, also where it waits for a second person: who had
 * made the key could consent, and would be both. So a scope of what may wait is for one's own keys,
 * whatever the rules and the owner's roles are now: both may change, and the key stays. */
static bool may_wait(enum api_key_scope scope)
{
    return scope == API_KEY_SCOPE_ADMIN || scope == API_KEY_SCOPE_FUNDING;
}

static bool refuse_scopes(const struct create_api_key *wanted, const struct command_meta *meta,
                          struct event *event)
{
    bool refused = false;
    for (size_t i = 0; i < wanted->scopes_count && !refused; i++)
        refused = may_wait(wanted->scopes[i]) && !is_own(meta, wanted->user_id);
    if (refused)
        event_reject(event, "FORBIDDEN",
                     TEXT("A key with the scope admin or funding asks for what may take a second "
                          "person, in its owner's name: its owner signs in and makes it."),
                     "scopes");
    return refused;
}

static bool refuse_key(const struct settings_user *user, const struct create_api_key *wanted,
                       int64_t now_us, struct arena *arena, struct event *event)
{
    if (settings_key(user, wanted->key_id) != NULL)
        settings_reject_value(event, "key_id", TEXT("The key's id is taken; send a fresh one."));
    else if (wanted->scopes_count == 0)
        settings_reject_value(event, "scopes", TEXT("Say what the key is to be good for."));
    else if (wanted->has_rate_limit && wanted->rate_limit <= 0)
        settings_reject_value(event, "rate_limit", TEXT("A key that may never ask is none."));
    else if (wanted->has_expires_at && wanted->expires_at <= now_us)
        settings_reject_value(event, "expires_at",
                              TEXT("The key would have expired before it began."));
    else if (settings_keys_count(user, now_us) >= SETTINGS_KEYS_MAX)
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "There are %d active keys already; revoke one first.",
                                  SETTINGS_KEYS_MAX),
                     NULL);
    else
        return false;
    return true;
}

void settings_decide_create_key(const struct settings *settings, const struct input *input,
                                struct arena *arena, struct event *event)
{
    const struct create_api_key *wanted = &input->command->create_api_key;
    const struct settings_user *user =
        owner_for(settings, &input->command->meta, wanted->user_id, event);
    if (user == NULL || refuse_scopes(wanted, &input->command->meta, event) ||
        refuse_key(user, wanted, input->now_us, arena, event))
        return;
    event->kind = EVENT_API_KEY_CREATED;
    event->api_key_created = (struct api_key_created){
        .user_id = user->id,
        .key_id = wanted->key_id,
        .key_hash = wanted->key_hash,
        .account_id = user->account_id,
        .name = wanted->name,
        .scopes = wanted->scopes,
        .scopes_count = wanted->scopes_count,
        .has_rate_limit = wanted->has_rate_limit,
        .rate_limit = wanted->rate_limit,
        .has_addresses = wanted->has_addresses,
        .addresses = wanted->addresses,
        .networks = wanted->networks,
        .networks_count = wanted->networks_count,
        .has_expires_at = wanted->has_expires_at,
        .expires_at = wanted->expires_at,
        .created_at = input->now_us,
    };
    event->api_key_created.roles =
        roles_of_bits(user->roles, arena, &event->api_key_created.roles_count);
}

void settings_decide_revoke_key(const struct settings *settings, const struct input *input,
                                struct event *event)
{
    const struct revoke_api_key *wanted = &input->command->revoke_api_key;
    const struct settings_user *user =
        owner_for(settings, &input->command->meta, wanted->user_id, event);
    if (user == NULL)
        return;
    if (settings_key(user, wanted->key_id) == NULL) {
        event_reject(event, "NOT_FOUND", TEXT("There is no such key."), "key_id");
        return;
    }
    event->kind = EVENT_API_KEY_REVOKED;
    event->api_key_revoked = (struct api_key_revoked){
        .user_id = user->id, .key_id = wanted->key_id, .revoked_at = input->now_us};
}

/* A fact, be the key revoked by now: gateways tell of it, each now and then. */
void settings_decide_key_use(const struct settings *settings, const struct input *input,
                             struct event *event)
{
    const struct report_api_key_use *use = &input->command->report_api_key_use;
    if (settings_user(settings, use->user_id) == NULL) {
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), "user_id");
        return;
    }
    event->kind = EVENT_API_KEY_USED;
    event->api_key_used = (struct api_key_used){
        .user_id = use->user_id, .key_id = use->key_id, .used_at = use->used_at};
}
