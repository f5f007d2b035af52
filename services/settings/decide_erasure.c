/* Who a user is, forgotten: his sessions and keys end with it, his address is free again. */
#include "settings/decide_parts.h"

#include <utlist.h>

static bool refuse_erasure(const struct settings *settings, const struct settings_user *user,
                           const struct command_meta *meta, struct event *event)
{
    if (!staff_may(&settings->staff, meta, ROLE_BIT(ROLE_ADMIN)))
        event_reject(event, "FORBIDDEN", TEXT("Only an admin erases a person."), NULL);
    else if (user == NULL)
        event_reject(event, "NOT_FOUND", TEXT("There is no such user, or no more."), NULL);
    else if (uuid_equal(meta->actor.user_id, user->id))
        event_reject(event, "FORBIDDEN", TEXT("Nobody erases themselves; ask another admin."),
                     NULL);
    else if (user->roles & ~ROLE_BIT(ROLE_USER))
        event_reject(event, "FORBIDDEN",
                     TEXT("Who may act for the venue is not erased; take away that role first."),
                     NULL);
    else
        return false;
    return true;
}

static void end_all(const struct settings_user *user, struct arena *arena,
                    struct person_erased *erased)
{
    const struct settings_session *session;
    const struct settings_key *key;
    size_t keys;
    DL_COUNT(user->keys, key, keys);
    erased->ended_session_ids = ARENA_NEW(arena, struct uuid, user->sessions_count + 1);
    erased->revoked_key_ids = ARENA_NEW(arena, struct uuid, keys + 1);
    DL_FOREACH2(user->sessions, session, newer)
    {
        erased->ended_session_ids[erased->ended_session_ids_count++] = session->id;
    }
    DL_FOREACH(user->keys, key)
    {
        erased->revoked_key_ids[erased->revoked_key_ids_count++] = key->id;
    }
}

void settings_decide_erasure(const struct settings *settings, const struct input *input,
                             struct arena *arena, struct event *event)
{
    const struct settings_user *user =
        settings_user(settings, input->command->erase_person.user_id);
    if (refuse_erasure(settings, user, &input->command->meta, event))
        return;
    event->kind = EVENT_PERSON_ERASED;
    event->person_erased = (struct person_erased){.user_id = user->id, .erased_at = input->now_us};
    end_all(user, arena, &event->person_erased);
}
