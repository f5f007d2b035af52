/* Rows of alerts and notifications. */
#include "settings/project_statements.h"

static void project_state(struct uuid alert_id, enum alert_status status, struct rows *rows)
{
    rows_begin(rows, ALERT_STATES);
    rows_uuid(rows, alert_id);
    rows_symbol(rows, &WIRE_ALERT_STATUS, status);
}

/* Its status comes once more, behind what fired or expired before it in the same batch. */
static void project_alert(const struct alert *alert, struct rows *rows)
{
    rows_begin(rows, ALERTS);
    rows_uuid(rows, alert->id);
    rows_uuid(rows, alert->user_id);
    rows_text(rows, alert->instrument);
    rows_symbol(rows, &WIRE_ALERT_CONDITION, alert->condition);
    rows_e8_or_null(rows, alert->has_price_e8, alert->price_e8);
    rows_e8_or_null(rows, alert->has_percent_e8, alert->percent_e8);
    if (alert->has_window_s)
        rows_int(rows, alert->window_s);
    else
        rows_null(rows);
    rows_bool(rows, alert->recurring);
    rows_time_or_null(rows, alert->has_expires_at, alert->expires_at);
    rows_symbol(rows, &WIRE_ALERT_STATUS, alert->status);
    rows_int(rows, alert->version);
    rows_time(rows, alert->created_at);
    rows_time(rows, alert->updated_at);
    project_state(alert->id, alert->status, rows);
}

/* Pending where the notification goes that way. */
static void rows_channel(const struct notification *notification, enum notification_channel channel,
                         struct rows *rows)
{
    for (size_t i = 0; i < notification->channels_count; i++) {
        if (notification->channels[i] == channel) {
            rows_text(rows, TEXT("pending"));
            return;
        }
    }
    rows_null(rows);
}

static void project_push(int statement, struct uuid notification_id, struct uuid subscription_id,
                         struct text state, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, notification_id);
    rows_uuid(rows, subscription_id);
    rows_text(rows, state);
}

static void project_subscription_end(struct uuid id, int64_t ended_at, struct rows *rows)
{
    rows_begin(rows, PUSH_SUBSCRIPTION_ENDS);
    rows_uuid(rows, id);
    rows_time(rows, ended_at);
}

static void project_subscription(const struct push_subscribed *subscribed, struct rows *rows)
{
    rows_begin(rows, PUSH_SUBSCRIPTIONS);
    rows_uuid(rows, subscribed->subscription_id);
    rows_uuid(rows, subscribed->user_id);
    rows_sealed(rows, subscribed->endpoint, subscribed->user_id);
    rows_time(rows, subscribed->subscribed_at);
    rows_null(rows);
}

static void project_notification(const struct notification *notification, struct rows *rows)
{
    rows_begin(rows, NOTIFICATIONS);
    rows_uuid(rows, notification->id);
    rows_uuid(rows, notification->user_id);
    rows_symbol(rows, &WIRE_NOTIFICATION_KIND, notification->kind);
    rows_uuid(rows, notification->subject_id);
    rows_text_or_null(rows, notification->has_instrument, notification->instrument);
    rows_e8_or_null(rows, notification->has_price_e8, notification->price_e8);
    rows_e8_or_null(rows, notification->has_quantity_e8, notification->quantity_e8);
    rows_text_or_null(rows, notification->has_asset, notification->asset);
    rows_e8_or_null(rows, notification->has_amount_e8, notification->amount_e8);
    rows_text_or_null(rows, notification->has_state, notification->state);
    rows_channel(notification, NOTIFICATION_CHANNEL_EMAIL, rows);
    rows_channel(notification, NOTIFICATION_CHANNEL_WEBHOOK, rows);
    rows_channel(notification, NOTIFICATION_CHANNEL_SMS, rows);
    rows_time(rows, notification->raised_at);
    for (size_t i = 0; i < notification->push_to_count; i++)
        project_push(NOTIFICATION_PUSHES, notification->id, notification->push_to[i],
                     TEXT("pending"), rows);
}

static void project_fired(const struct alerts_fired *fired, struct rows *rows)
{
    for (size_t i = 0; i < fired->alerts_count; i++) {
        const struct fired_alert *alert = &fired->alerts[i];
        project_state(alert->alert_id, alert->status, rows);
        rows_begin(rows, ALERTS_MET);
        rows_uuid(rows, alert->alert_id);
        rows_time(rows, alert->notification.raised_at);
        rows_e8_or_null(rows, alert->notification.has_price_e8, alert->notification.price_e8);
        rows_e8(rows, E8);
        project_notification(&alert->notification, rows);
    }
}

static void project_read(const struct notifications_read *read, struct rows *rows)
{
    rows_begin(rows, read->has_notification_id ? NOTIFICATIONS_READ : NOTIFICATIONS_ALL_READ);
    rows_uuid(rows, read->has_notification_id ? read->notification_id : read->user_id);
    rows_time(rows, read->read_at);
}

static void project_delivery(const struct delivery_completed *delivery, struct rows *rows)
{
    struct text state = delivery->outcome == DELIVERY_OUTCOME_SENT ? TEXT("sent") : TEXT("failed");
    if (delivery->has_subscription_id)
        project_push(NOTIFICATION_PUSH_ENDS, delivery->delivery_id, delivery->subscription_id,
                     state, rows);
    if (delivery->gone)
        project_subscription_end(delivery->subscription_id, delivery->completed_at, rows);
    if (!delivery->has_channel)
        return;
    static const int STATEMENTS[] = {[NOTIFICATION_CHANNEL_EMAIL] = NOTIFICATION_EMAILS,
                                     [NOTIFICATION_CHANNEL_WEBHOOK] = NOTIFICATION_WEBHOOKS,
                                     [NOTIFICATION_CHANNEL_SMS] = NOTIFICATION_TEXTS};
    rows_begin(rows, STATEMENTS[delivery->channel]);
    rows_uuid(rows, delivery->delivery_id);
    rows_text(rows, state);
}

static void project_settings(const struct notification_settings_changed *changed, struct rows *rows)
{
    rows_begin(rows, NOTIFICATION_SETTINGS);
    rows_uuid(rows, changed->user_id);
    rows_bool(rows, changed->order_fills);
    rows_bool(rows, changed->transfers);
    rows_sealed_or_null(rows, changed->has_webhook_url, changed->webhook_url, changed->user_id);
    rows_sealed_or_null(rows, changed->has_phone_number, changed->phone_number, changed->user_id);
    rows_int(rows, changed->version);
    rows_time(rows, changed->changed_at);
}

/* What has neither of these to say says nothing here. */
static bool project_alerts(const struct event *event, struct rows *rows)
{
    const struct alerts_expired *expired = &event->alerts_expired;
    if (event->kind == EVENT_ALERT_CHANGED) {
        project_alert(&event->alert_changed.alert, rows);
    } else if (event->kind == EVENT_ALERT_DELETED) {
        rows_begin(rows, ALERT_ENDS);
        rows_uuid(rows, event->alert_deleted.alert_id);
        rows_time(rows, event->alert_deleted.deleted_at);
    } else if (event->kind == EVENT_ALERTS_FIRED) {
        project_fired(&event->alerts_fired, rows);
    } else if (event->kind == EVENT_ALERTS_EXPIRED) {
        for (size_t i = 0; i < expired->alerts_count; i++)
            project_state(expired->alerts[i].alert_id, ALERT_STATUS_EXPIRED, rows);
    } else {
        return false;
    }
    return true;
}

bool settings_project_notice(const struct event *event, struct rows *rows)
{
    const struct notifications_raised *raised = &event->notifications_raised;
    if (project_alerts(event, rows))
        return true;
    if (event->kind == EVENT_NOTIFICATIONS_RAISED) {
        for (size_t i = 0; i < raised->notifications_count; i++)
            project_notification(&raised->notifications[i], rows);
    } else if (event->kind == EVENT_NOTIFICATIONS_READ) {
        project_read(&event->notifications_read, rows);
    } else if (event->kind == EVENT_DELIVERY_COMPLETED) {
        project_delivery(&event->delivery_completed, rows);
    } else if (event->kind == EVENT_PUSH_SUBSCRIBED) {
        project_subscription(&event->push_subscribed, rows);
    } else if (event->kind == EVENT_PUSH_UNSUBSCRIBED) {
        project_subscription_end(event->push_unsubscribed.subscription_id,
                                 event->push_unsubscribed.ended_at, rows);
    } else if (event->kind == EVENT_NOTIFICATION_SETTINGS_CHANGED) {
        project_settings(&event->notification_settings_changed, rows);
    } else {
        return false;
    }
    return true;
}
