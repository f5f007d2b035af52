/* Alerts and notifications: what waits, what was met, and what users were told. */
#include "settings/apply_notice.h"

static void apply_alert(struct settings *settings, const struct alert *about, int64_t now_us)
{
    struct settings_user *user = settings_user(settings, about->user_id);
    CHECK(user != NULL);
    settings_set_alert(&settings->alerts, &user->alerts, &settings->market, about, now_us);
}

static void apply_deleted(struct settings *settings, const struct alert_deleted *deleted)
{
    struct settings_user *user = settings_user(settings, deleted->user_id);
    struct settings_alert *alert = settings_alert(&settings->alerts, deleted->alert_id);
    CHECK(user != NULL && alert != NULL);
    settings_drop_alert(&settings->alerts, &user->alerts, alert);
}

static void note(struct settings *settings, const struct notification *notification)
{
    struct settings_user *user = settings_user(settings, notification->user_id);
    CHECK(user != NULL);
    settings_note(&user->notices, notification->id);
}

static void apply_fired(struct settings *settings, const struct alerts_fired *fired)
{
    for (size_t i = 0; i < fired->alerts_count; i++) {
        struct settings_alert *alert = settings_alert(&settings->alerts, fired->alerts[i].alert_id);
        CHECK(alert != NULL);
        settings_alert_told(&settings->alerts, alert, fired->alerts[i].status);
        note(settings, &fired->alerts[i].notification);
    }
}

static void apply_expired(struct settings *settings, const struct alerts_expired *expired)
{
    for (size_t i = 0; i < expired->alerts_count; i++) {
        struct settings_alert *alert =
            settings_alert(&settings->alerts, expired->alerts[i].alert_id);
        CHECK(alert != NULL);
        settings_alert_expired(&settings->alerts, alert);
    }
}

static void apply_raised(struct settings *settings, const struct notifications_raised *raised)
{
    for (size_t i = 0; i < raised->notifications_count; i++)
        note(settings, &raised->notifications[i]);
}

static void apply_settings(struct settings *settings,
                           const struct notification_settings_changed *changed)
{
    struct settings_user *user = settings_user(settings, changed->user_id);
    CHECK(user != NULL);
    user->notices.version = changed->version;
    user->notices.order_fills = changed->order_fills;
    user->notices.transfers = changed->transfers;
    user->notices.by_webhook = changed->has_webhook_url;
    user->notices.has_phone = changed->has_phone_number;
}

/* A browser that is gone, or whose user was erased meanwhile. */
static void drop_browser(struct settings *settings, struct uuid user_id, struct uuid id)
{
    struct settings_user *user = settings_user(settings, user_id);
    if (user != NULL)
        settings_drop_browser(&user->notices, id);
}

static bool apply_push(struct settings *settings, const struct event *event)
{
    const struct push_subscribed *subscribed = &event->push_subscribed;
    const struct push_unsubscribed *ended = &event->push_unsubscribed;
    const struct delivery_completed *delivery = &event->delivery_completed;
    if (event->kind == EVENT_PUSH_SUBSCRIBED) {
        struct settings_user *user = settings_user(settings, subscribed->user_id);
        CHECK(user != NULL);
        settings_add_browser(&user->notices, subscribed->subscription_id);
    } else if (event->kind == EVENT_PUSH_UNSUBSCRIBED) {
        drop_browser(settings, ended->user_id, ended->subscription_id);
    } else if (event->kind == EVENT_DELIVERY_COMPLETED) {
        if (delivery->gone)
            drop_browser(settings, delivery->user_id, delivery->subscription_id);
    } else {
        return false;
    }
    return true;
}

bool settings_apply_notice(struct settings *settings, const struct event *event)
{
    if (event->kind == EVENT_ALERT_CHANGED)
        apply_alert(settings, &event->alert_changed.alert, event->meta.occurred_at);
    else if (event->kind == EVENT_ALERT_DELETED)
        apply_deleted(settings, &event->alert_deleted);
    else if (event->kind == EVENT_ALERTS_FIRED)
        apply_fired(settings, &event->alerts_fired);
    else if (event->kind == EVENT_ALERTS_EXPIRED)
        apply_expired(settings, &event->alerts_expired);
    else if (event->kind == EVENT_NOTIFICATIONS_RAISED)
        apply_raised(settings, &event->notifications_raised);
    else if (event->kind == EVENT_NOTIFICATION_SETTINGS_CHANGED)
        apply_settings(settings, &event->notification_settings_changed);
    else
        return apply_push(settings, event);
    return true;
}
