#include "settings/state.h"

static void apply_registered(struct settings *settings, const struct user_registered *registered)
{
    struct settings_user user = {
        .id = registered->user_id,
        .account_id = registered->account_id,
        .email_hash = registered->email_hash,
    };
    for (size_t i = 0; i < registered->roles_count; i++)
        user.roles |= ROLE_BIT(registered->roles[i]);
    settings_add_user(settings, &user);
}

static void apply_opened(struct settings *settings, const struct session_opened *opened)
{
    settings_add_session(settings, &(struct settings_session){
                                       .id = opened->session_id,
                                       .user_id = opened->user_id,
                                       .expires_at_us = opened->expires_at,
                                   });
}

/* The oldest first, and never past one that lasts: sessions are given the same time to live, so
 * none waits long behind it, and no event costs more than a few. */
static void drop_expired(struct settings *settings, int64_t now_us)
{
    for (int i = 0; i < SETTINGS_DROPS_MAX; i++) {
        struct settings_session *oldest = settings->sessions;
        if (oldest == NULL || oldest->expires_at_us > now_us)
            return;
        settings_drop_session(settings, oldest);
    }
}

void settings_apply(void *state, const struct event *event)
{
    struct settings *settings = state;
    if (event->kind == EVENT_WRITER_CLAIMED) /* its time is not log time */
        return;
    if (event->kind == EVENT_USER_REGISTERED)
        apply_registered(settings, &event->user_registered);
    else if (event->kind == EVENT_SESSION_OPENED)
        apply_opened(settings, &event->session_opened);
    else if (event->kind == EVENT_MARKET_MAKER_NOTED)
        settings_add_market_maker(settings, &event->market_maker_noted.email_hash);
    else if (event->kind == EVENT_VENUE_RULES_CHANGED)
        settings->venue_rules = event->venue_rules_changed.rules;
    drop_expired(settings, event->meta.occurred_at);
}
