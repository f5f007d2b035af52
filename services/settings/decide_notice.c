/* What users are told of, by which ways, and that they have read it. */
#include "settings/decide_parts.h"
#include "wire/wire.h"

enum { CHANNELS_MAX = 3 };

void settings_address(const struct settings *settings, const struct input *input, size_t index,
                      struct arena *arena, struct notification *notification)
{
    const struct settings_user *user = settings_user(settings, notification->user_id);
    CHECK(user != NULL);
    notification->id = input_id(input, uuid_owner_hash(user->id), (uint32_t)index);
    notification->raised_at = input->now_us;
    notification->channels = ARENA_NEW(arena, enum notification_channel, CHANNELS_MAX);
    if (user->notices.by_email)
        notification->channels[notification->channels_count++] = NOTIFICATION_CHANNEL_EMAIL;
    if (user->notices.by_webhook)
        notification->channels[notification->channels_count++] = NOTIFICATION_CHANNEL_WEBHOOK;
    if (user->notices.by_sms && user->notices.has_phone)
        notification->channels[notification->channels_count++] = NOTIFICATION_CHANNEL_SMS;
    size_t browsers = user->notices.by_push ? user->notices.browsers_count : 0;
    struct uuid *push_to = ARENA_NEW(arena, struct uuid, browsers + 1);
    for (size_t i = 0; i < browsers; i++)
        push_to[i] = user->notices.browsers[i];
    notification->push_to = push_to;
    notification->push_to_count = browsers;
}

static struct notification of_fill(const struct fill_notice *notice)
{
    return (struct notification){
        .user_id = notice->user_id,
        .kind = notice->incomplete ? NOTIFICATION_KIND_CLOSE_INCOMPLETE
                                   : NOTIFICATION_KIND_ORDER_FILLED,
        .subject_id = notice->order_id,
        .has_instrument = true,
        .instrument = notice->instrument,
        .has_price_e8 = notice->has_price_e8,
        .price_e8 = notice->price_e8,
        .has_quantity_e8 = true,
        .quantity_e8 = notice->incomplete ? notice->remaining_quantity_e8 : notice->quantity_e8,
        .has_state = true,
        .state = notice->incomplete                   ? TEXT("open")
                 : notice->remaining_quantity_e8 == 0 ? TEXT("filled")
                                                      : TEXT("partially_filled"),
    };
}

static struct notification of_transfer(const struct transfer_changed *changed)
{
    const struct transfer *transfer = &changed->transfer;
    bool deposit = transfer->type == TRANSFER_TYPE_DEPOSIT;
    return (struct notification){
        .user_id = changed->notified_user_id,
        .kind = deposit ? NOTIFICATION_KIND_DEPOSIT : NOTIFICATION_KIND_WITHDRAWAL,
        .subject_id = transfer->id,
        .has_asset = true,
        .asset = transfer->asset,
        .has_amount_e8 = true,
        .amount_e8 = transfer->amount_e8,
        .has_state = true,
        .state = text_of(WIRE_TRANSFER_STATUS.symbols[transfer->status]),
    };
}

static struct notification of_conversation(const struct support_ticket_changed *changed)
{
    return (struct notification){
        .user_id = changed->user_id,
        .kind = NOTIFICATION_KIND_SUPPORT,
        .subject_id = changed->ticket.id,
        .has_state = true,
        .state = text_of(WIRE_SUPPORT_CHANGE.symbols[changed->change]),
    };
}

/* Adds one that a user of this partition is told: of others, and of who has been erased, it says
 * nothing. */
static void raise(const struct settings *settings, const struct input *input, struct arena *arena,
                  struct notification notification, struct notifications_raised *raised)
{
    if (settings_user(settings, notification.user_id) == NULL)
        return;
    struct notification *added = &raised->notifications[raised->notifications_count];
    *added = notification;
    settings_address(settings, input, raised->notifications_count++, arena, added);
}

void settings_decide_raised(const struct settings *settings, const struct input *input,
                            struct arena *arena, struct event *event)
{
    const struct event *followed = input->events[0];
    const struct fills_settled *settled = &followed->fills_settled;
    struct notifications_raised *raised = &event->notifications_raised;
    size_t fills = followed->kind == EVENT_FILLS_SETTLED ? settled->notices_count : 0;
    event->kind = EVENT_NOTIFICATIONS_RAISED;
    event->key = TEXT("nobody");
    raised->notifications = ARENA_NEW(arena, struct notification, fills + 1);
    for (size_t i = 0; i < fills; i++)
        raise(settings, input, arena, of_fill(&settled->notices[i]), raised);
    if (followed->kind == EVENT_TRANSFER_CHANGED)
        raise(settings, input, arena, of_transfer(&followed->transfer_changed), raised);
    else if (followed->kind == EVENT_SUPPORT_TICKET_CHANGED)
        raise(settings, input, arena, of_conversation(&followed->support_ticket_changed), raised);
    if (raised->notifications_count > 0)
        event->key = settings_id_text(raised->notifications[0].user_id, arena);
}

static void read_notifications(const struct settings_user *user, const struct input *input,
                               struct event *event)
{
    const struct read_notifications *wanted = &input->command->read_notifications;
    if (wanted->has_notification_id &&
        !settings_was_notified(&user->notices, wanted->notification_id)) {
        event_reject(event, "NOT_FOUND",
                     TEXT("You have no such notification among the 500 newest."), NULL);
        return;
    }
    event->kind = EVENT_NOTIFICATIONS_READ;
    event->notifications_read =
        (struct notifications_read){.user_id = user->id,
                                    .has_notification_id = wanted->has_notification_id,
                                    .notification_id = wanted->notification_id,
                                    .read_at = input->now_us};
}

static void change(const struct settings *settings, const struct settings_user *user,
                   const struct input *input, struct arena *arena, struct event *event)
{
    const struct change_notification_settings *wanted =
        &input->command->change_notification_settings;
    if (!settings_version_is(wanted->has_if_version, wanted->if_version, user->notices.version,
                             arena, event))
        return;
    if (wanted->has_webhook_url && !wanted->has_webhook_secret) {
        settings_reject_value(event, "webhook_secret",
                              TEXT("Say what the messages are to be signed with."));
        return;
    }
    event->kind = EVENT_NOTIFICATION_SETTINGS_CHANGED;
    event->notification_settings_changed = (struct notification_settings_changed){
        .user_id = user->id,
        .account_id = user->account_id,
        .order_fills = wanted->order_fills,
        .transfers = wanted->transfers,
        .has_webhook_url = wanted->has_webhook_url,
        .webhook_url = wanted->webhook_url,
        .has_webhook_secret = wanted->has_webhook_url && wanted->has_webhook_secret,
        .webhook_secret = wanted->webhook_secret,
        .has_phone_number = wanted->has_phone_number,
        .phone_number = wanted->phone_number,
        .version = user->notices.version + 1,
        .changed_at = input->now_us,
    };
    if (wanted->order_fills != user->notices.order_fills ||
        wanted->transfers != user->notices.transfers)
        event_touch(event, arena, SERVICE_ACCOUNTS,
                    place_partition_of_id(settings->place, SERVICE_ACCOUNTS, user->account_id));
}

static void subscribe(const struct settings_user *user, const struct input *input,
                      struct arena *arena, struct event *event)
{
    const struct subscribe_push *wanted = &input->command->subscribe_push;
    if (!settings_has_browser(&user->notices, wanted->subscription_id) &&
        user->notices.browsers_count >= SETTINGS_BROWSERS_MAX) {
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "There are %d of your browsers already; end one first.",
                                  SETTINGS_BROWSERS_MAX),
                     NULL);
        return;
    }
    event->kind = EVENT_PUSH_SUBSCRIBED;
    event->push_subscribed = (struct push_subscribed){
        .user_id = user->id,
        .subscription_id = wanted->subscription_id,
        .endpoint = wanted->endpoint,
        .p256dh = wanted->p256dh,
        .auth = wanted->auth,
        .subscribed_at = input->now_us,
    };
}

static void unsubscribe(const struct settings_user *user, const struct input *input,
                        struct event *event)
{
    struct uuid id = input->command->unsubscribe_push.subscription_id;
    if (!settings_has_browser(&user->notices, id)) {
        event_reject(event, "NOT_FOUND", TEXT("You have no such subscription."), NULL);
        return;
    }
    event->kind = EVENT_PUSH_UNSUBSCRIBED;
    event->push_unsubscribed = (struct push_unsubscribed){
        .user_id = user->id, .subscription_id = id, .ended_at = input->now_us};
}

/* The user that it says it is of; false: it is about something else. */
static bool user_of(const struct command *command, struct uuid *ret_user_id)
{
    switch ((int)command->kind) {
    case COMMAND_READ_NOTIFICATIONS:
        *ret_user_id = command->read_notifications.user_id;
        return true;
    case COMMAND_CHANGE_NOTIFICATION_SETTINGS:
        *ret_user_id = command->change_notification_settings.user_id;
        return true;
    case COMMAND_SUBSCRIBE_PUSH: *ret_user_id = command->subscribe_push.user_id; return true;
    case COMMAND_UNSUBSCRIBE_PUSH: *ret_user_id = command->unsubscribe_push.user_id; return true;
    default: return false;
    }
}

bool settings_decide_notice(const struct settings *settings, const struct input *input,
                            struct arena *arena, struct event *event)
{
    const struct command *command = input->command;
    struct uuid user_id;
    if (!user_of(command, &user_id))
        return false;
    const struct settings_user *user = settings_own_user(settings, &command->meta, user_id, event);
    if (user == NULL)
        return true;
    if (command->kind == COMMAND_READ_NOTIFICATIONS)
        read_notifications(user, input, event);
    else if (command->kind == COMMAND_CHANGE_NOTIFICATION_SETTINGS)
        change(settings, user, input, arena, event);
    else if (command->kind == COMMAND_SUBSCRIBE_PUSH)
        subscribe(user, input, arena, event);
    else
        unsubscribe(user, input, event);
    return true;
}
