#include "settings/outbox.h"

#include "base/buffer.h"
#include "base/table.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define SECOND_US    INT64_C(1000000)
#define RETRY_MAX_US (60 * SECOND_US)
#define RESET_US     (30 * 60 * SECOND_US)
#define VERIFY_US    (7 * 24 * 3600 * SECOND_US)
#define NOTIFICATION_US                                                                            \
    (24 * 3600 * SECOND_US) /* what waits for the end of quiet hours included                      \
                             */

enum { CONTENT_SIZE_MAX = 4096 };

/* Texts are owned. */
struct browser {
    struct uuid id; /* of its subscription */
    struct push_address address;
    struct browser *next; /* of the same user (utlist) */
};

struct recipient {
    struct uuid user_id;
    struct text email, url, secret, phone; /* sealed */
    struct quiet_hours quiet;
    struct browser *browsers;
    struct queue *queues[LANES]; /* NULL: nothing waits there */
    UT_hash_handle by_user;
};

struct entry {
    struct letter letter; /* but for what its recipient has */
    int64_t wait_us;      /* before the next try, once this one fails */
    struct turn turn;     /* TURNS_NEVER: its outcome was reported */
    UT_hash_handle by_key;
};

struct outbox {
    struct recipient *recipients;
    struct entry *entries; /* in the order they were asked for */
    struct turns turns;
};

struct outbox *outbox_new(size_t notices_max)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    CHECK(outbox != NULL);
    outbox->turns.notices_max = notices_max;
    return outbox;
}

/* Makes *owned a copy of `text`. */
static void set_text(struct text *owned, struct text text)
{
    char *copy = malloc(text.size + 1);
    CHECK(copy != NULL);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    free((char *)(uintptr_t)owned->data);
    *owned = (struct text){.data = copy, .size = text.size};
}

static void free_text(struct text text)
{
    free((char *)(uintptr_t)text.data);
}

static void free_entry(struct outbox *outbox, struct entry *entry)
{
    turns_remove(&outbox->turns, &entry->turn);
    free_text(entry->letter.content);
    free(entry);
}

static void free_browser(struct browser *browser)
{
    free_text(browser->address.endpoint);
    free_text(browser->address.p256dh);
    free_text(browser->address.auth);
    free(browser);
}

static void free_recipient(struct recipient *recipient)
{
    struct browser *browser, *next;
    LL_FOREACH_SAFE(recipient->browsers, browser, next)
    {
        free_browser(browser);
    }
    const struct text texts[] = {
        recipient->email,       recipient->url,       recipient->secret,         recipient->phone,
        recipient->quiet.start, recipient->quiet.end, recipient->quiet.time_zone};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free_text(texts[i]);
    free(recipient);
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    struct entry *entry = outbox->entries;
    HASH_CLEAR(by_key, outbox->entries);
    for (struct entry *next; entry != NULL; entry = next) {
        next = entry->by_key.next;
        free_entry(outbox, entry);
    }
    turns_free(&outbox->turns);
    struct recipient *recipient = outbox->recipients;
    HASH_CLEAR(by_user, outbox->recipients);
    for (struct recipient *next; recipient != NULL; recipient = next) {
        next = recipient->by_user.next;
        free_recipient(recipient);
    }
    free(outbox);
}

static struct entry *entry_of(const struct outbox *outbox, const struct letter_key *key)
{
    struct entry *entry;
    HASH_FIND(by_key, outbox->entries, key, sizeof *key, entry);
    return entry;
}

static struct recipient *recipient_of(const struct outbox *outbox, struct uuid user_id)
{
    struct recipient *recipient;
    HASH_FIND(by_user, outbox->recipients, &user_id, sizeof user_id, recipient);
    return recipient;
}

static void add_recipient(struct outbox *outbox, struct uuid user_id, struct text email)
{
    struct recipient *recipient = calloc(1, sizeof *recipient);
    CHECK(recipient != NULL);
    recipient->user_id = user_id;
    set_text(&recipient->email, email);
    HASH_ADD(by_user, outbox->recipients, user_id, sizeof recipient->user_id, recipient);
}

static void drop_entry(struct outbox *outbox, struct entry *entry)
{
    HASH_DELETE(by_key, outbox->entries, entry);
    free_entry(outbox, entry);
}

static void drop(struct outbox *outbox, const struct letter_key *key)
{
    struct entry *entry = entry_of(outbox, key);
    if (entry != NULL) /* else told twice: a sender ended between the message and its report */
        drop_entry(outbox, entry);
}

/* It expires now; who is to report that needs nothing of what it says. */
static void give_up(struct outbox *outbox, struct entry *entry)
{
    bool too_many = outbox_count(outbox) > 2 * outbox->turns.notices_max;
    if (entry->turn.node.key == TURNS_NEVER || too_many) {
        drop_entry(outbox, entry);
        return;
    }
    set_text(&entry->letter.content, TEXT(""));
    entry->letter.expires_at_us = entry->letter.asked_at_us;
    turns_give_up(&outbox->turns, &entry->turn);
}

static enum lane lane_of(enum letter_kind kind)
{
    static const enum lane LANES_BY_KIND[] = {
        [LETTER_VERIFY_EMAIL] = LANE_SIGN_IN, [LETTER_RESET_PASSWORD] = LANE_SIGN_IN,
        [LETTER_NOTIFICATION] = LANE_MAIL,    [LETTER_WEBHOOK] = LANE_POST,
        [LETTER_SMS] = LANE_TEXT_MESSAGE,     [LETTER_PUSH] = LANE_POST};
    return LANES_BY_KIND[kind];
}

static void ask(struct outbox *outbox, const struct letter *letter, int64_t lifetime_us)
{
    struct entry *entry = calloc(1, sizeof *entry), *surplus;
    struct recipient *recipient = recipient_of(outbox, letter->user_id);
    enum lane lane = lane_of(letter->key.kind);
    CHECK(recipient != NULL && entry != NULL);
    entry->letter = *letter;
    entry->wait_us = SECOND_US;
    entry->letter.expires_at_us = letter->asked_at_us + lifetime_us;
    HASH_ADD(by_key, outbox->entries, letter.key, sizeof entry->letter.key, entry);
    turns_add(&outbox->turns, &recipient->queues[lane], lane, &entry->turn, entry);
    while ((surplus = turns_surplus(&outbox->turns)) != NULL)
        give_up(outbox, surplus);
}

/* By which a notification goes each way. */
static const enum letter_kind LETTER_BY_CHANNEL[] = {
    [NOTIFICATION_CHANNEL_EMAIL] = LETTER_NOTIFICATION,
    [NOTIFICATION_CHANNEL_WEBHOOK] = LETTER_WEBHOOK,
    [NOTIFICATION_CHANNEL_SMS] = LETTER_SMS,
};

static struct browser *browser_of(const struct recipient *recipient, struct uuid id)
{
    struct browser *browser = recipient != NULL ? recipient->browsers : NULL;
    while (browser != NULL && !uuid_equal(browser->id, id))
        browser = browser->next;
    return browser;
}

static void take_subscription(struct outbox *outbox, const struct push_subscribed *subscribed)
{
    struct recipient *recipient = recipient_of(outbox, subscribed->user_id);
    struct browser *browser = browser_of(recipient, subscribed->subscription_id);
    CHECK(recipient != NULL);
    if (browser == NULL) {
        browser = calloc(1, sizeof *browser);
        CHECK(browser != NULL);
        browser->id = subscribed->subscription_id;
        LL_PREPEND(recipient->browsers, browser);
    }
    set_text(&browser->address.endpoint, subscribed->endpoint);
    set_text(&browser->address.p256dh, subscribed->p256dh);
    set_text(&browser->address.auth, subscribed->auth);
}

static void drop_subscription(struct outbox *outbox, struct uuid user_id, struct uuid id)
{
    struct recipient *recipient = recipient_of(outbox, user_id);
    struct browser *browser = browser_of(recipient, id);
    if (browser == NULL)
        return; /* told twice, as below */
    LL_DELETE(recipient->browsers, browser);
    free_browser(browser);
}

static void drop_completed(struct outbox *outbox, const struct delivery_completed *completed)
{
    struct uuid id = completed->delivery_id;
    if (completed->gone)
        drop_subscription(outbox, completed->user_id, completed->subscription_id);
    if (completed->has_subscription_id) {
        drop(outbox, &(struct letter_key){id, LETTER_PUSH, completed->subscription_id});
        return;
    }
    if (completed->has_channel) {
        drop(outbox, &(struct letter_key){.id = id, .kind = LETTER_BY_CHANNEL[completed->channel]});
        return;
    }
    for (int kind = LETTER_VERIFY_EMAIL; kind < LETTER_NOTIFICATION; kind++)
        drop(outbox, &(struct letter_key){.id = id, .kind = (enum letter_kind)kind});
}

/* Nothing is sent to a person who was erased; addresses, sealed under no key any more, stay. */
static void drop_letters_to(struct outbox *outbox, struct uuid user_id)
{
    struct entry *entry = outbox->entries;
    for (struct entry *next; entry != NULL; entry = next) {
        next = entry->by_key.next;
        if (uuid_equal(entry->letter.user_id, user_id))
            drop_entry(outbox, entry);
    }
}

static void take_notification(struct outbox *outbox, const struct notification *notification)
{
    struct buffer content;
    buffer_init(&content, CONTENT_SIZE_MAX);
    wire_json(&WIRE_NOTIFICATION, notification, &content);
    CHECK(buffer_ok(&content));
    size_t channels = notification->channels_count;
    for (size_t i = 0; i < channels + notification->push_to_count; i++) {
        struct letter letter = {.key = {.id = notification->id, .kind = LETTER_PUSH},
                                .user_id = notification->user_id,
                                .asked_at_us = notification->raised_at};
        if (i < channels)
            letter.key.kind = LETTER_BY_CHANNEL[notification->channels[i]];
        else
            letter.key.subscription_id = notification->push_to[i - channels];
        set_text(&letter.content, buffer_as_text(&content));
        ask(outbox, &letter, NOTIFICATION_US);
    }
    buffer_free(&content);
}

static void take_settings(struct outbox *outbox,
                          const struct notification_settings_changed *changed)
{
    struct recipient *recipient = recipient_of(outbox, changed->user_id);
    CHECK(recipient != NULL);
    set_text(&recipient->url, changed->has_webhook_url ? changed->webhook_url : TEXT(""));
    set_text(&recipient->secret, changed->has_webhook_secret ? changed->webhook_secret : TEXT(""));
    set_text(&recipient->phone, changed->has_phone_number ? changed->phone_number : TEXT(""));
}

static void take_preferences(struct outbox *outbox, const struct preferences_changed *changed)
{
    struct recipient *recipient = recipient_of(outbox, changed->user_id);
    const struct preferences *liked = &changed->preferences;
    CHECK(recipient != NULL);
    recipient->quiet.on = liked->notification_quiet_hours;
    set_text(&recipient->quiet.start,
             liked->has_quiet_start_time ? liked->quiet_start_time : TEXT(""));
    set_text(&recipient->quiet.end, liked->has_quiet_end_time ? liked->quiet_end_time : TEXT(""));
    set_text(&recipient->quiet.time_zone, liked->timezone);
}

bool outbox_concerns(enum event_kind kind)
{
    return kind == EVENT_USER_REGISTERED || kind == EVENT_PASSWORD_RESET_REQUESTED ||
           kind == EVENT_DELIVERY_COMPLETED || kind == EVENT_PERSON_ERASED ||
           kind == EVENT_ALERTS_FIRED || kind == EVENT_NOTIFICATIONS_RAISED ||
           kind == EVENT_NOTIFICATION_SETTINGS_CHANGED || kind == EVENT_PREFERENCES_CHANGED ||
           kind == EVENT_PUSH_SUBSCRIBED || kind == EVENT_PUSH_UNSUBSCRIBED;
}

static void take_notifications(struct outbox *outbox, const struct event *event)
{
    const struct alerts_fired *fired = &event->alerts_fired;
    const struct notifications_raised *raised = &event->notifications_raised;
    if (event->kind == EVENT_ALERTS_FIRED) {
        for (size_t i = 0; i < fired->alerts_count; i++)
            take_notification(outbox, &fired->alerts[i].notification);
    } else if (event->kind == EVENT_NOTIFICATIONS_RAISED) {
        for (size_t i = 0; i < raised->notifications_count; i++)
            take_notification(outbox, &raised->notifications[i]);
    } else if (event->kind == EVENT_NOTIFICATION_SETTINGS_CHANGED) {
        take_settings(outbox, &event->notification_settings_changed);
    } else if (event->kind == EVENT_PREFERENCES_CHANGED) {
        take_preferences(outbox, &event->preferences_changed);
    } else if (event->kind == EVENT_PUSH_SUBSCRIBED) {
        take_subscription(outbox, &event->push_subscribed);
    } else if (event->kind == EVENT_PUSH_UNSUBSCRIBED) {
        drop_subscription(outbox, event->push_unsubscribed.user_id,
                          event->push_unsubscribed.subscription_id);
    }
}

void outbox_take(struct outbox *outbox, const struct event *event)
{
    struct letter letter = {.key.id = event->meta.event_id, .asked_at_us = event->meta.occurred_at};
    if (event->kind == EVENT_USER_REGISTERED) {
        letter.key.kind = LETTER_VERIFY_EMAIL;
        letter.user_id = event->user_registered.user_id;
        add_recipient(outbox, letter.user_id, event->user_registered.email);
        ask(outbox, &letter, VERIFY_US);
    } else if (event->kind == EVENT_PASSWORD_RESET_REQUESTED &&
               event->password_reset_requested.has_user_id) {
        letter.key.kind = LETTER_RESET_PASSWORD;
        letter.user_id = event->password_reset_requested.user_id;
        letter.version = event->password_reset_requested.credentials_version;
        ask(outbox, &letter, RESET_US);
    } else if (event->kind == EVENT_DELIVERY_COMPLETED) {
        drop_completed(outbox, &event->delivery_completed);
    } else if (event->kind == EVENT_PERSON_ERASED) {
        drop_letters_to(outbox, event->person_erased.user_id);
    } else {
        take_notifications(outbox, event);
    }
}

bool outbox_next(const struct outbox *outbox, enum lane lane, int64_t now_us,
                 struct letter *ret_letter)
{
    const struct entry *entry = turns_next(&outbox->turns, lane, now_us);
    if (entry == NULL)
        return false;
    const struct recipient *recipient = recipient_of(outbox, entry->letter.user_id);
    *ret_letter = entry->letter;
    ret_letter->email = recipient->email;
    ret_letter->url = recipient->url;
    ret_letter->secret = recipient->secret;
    ret_letter->phone = recipient->phone;
    const struct browser *browser = browser_of(recipient, entry->letter.key.subscription_id);
    ret_letter->browser = browser != NULL ? browser->address : (struct push_address){0};
    ret_letter->quiet = &recipient->quiet;
    return true;
}

void outbox_begin(struct outbox *outbox, const struct letter_key *key, int64_t now_us)
{
    struct entry *entry = entry_of(outbox, key);
    CHECK(entry != NULL);
    turns_begin(&outbox->turns, &entry->turn, now_us);
}

void outbox_retry(struct outbox *outbox, const struct letter_key *key, int64_t now_us)
{
    struct entry *entry = entry_of(outbox, key);
    CHECK(entry != NULL);
    turns_wait(&outbox->turns, &entry->turn, entry->turn.given_up ? 0 : now_us + entry->wait_us);
    entry->wait_us = 2 * entry->wait_us < RETRY_MAX_US ? 2 * entry->wait_us : RETRY_MAX_US;
}

void outbox_hold(struct outbox *outbox, const struct letter_key *key, int64_t until_us)
{
    struct entry *entry = entry_of(outbox, key);
    CHECK(entry != NULL);
    turns_wait(&outbox->turns, &entry->turn, until_us);
}

void outbox_reported(struct outbox *outbox, const struct letter_key *key)
{
    outbox_hold(outbox, key, TURNS_NEVER);
}

bool outbox_has(const struct outbox *outbox, const struct letter_key *key)
{
    return entry_of(outbox, key) != NULL;
}

size_t outbox_count(const struct outbox *outbox)
{
    return HASH_CNT(by_key, outbox->entries);
}
