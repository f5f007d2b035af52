#include "settings/outbox.h"

#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US    INT64_C(1000000)
#define RETRY_MAX_US (60 * SECOND_US)
#define RESET_US     (30 * 60 * SECOND_US)
#define VERIFY_US    (7 * 24 * 3600 * SECOND_US)

struct recipient {
    struct uuid user_id;
    struct text email; /* sealed; owned */
    UT_hash_handle by_user;
};

struct entry {
    struct letter letter;
    int64_t wait_us;   /* before the next try, once this one fails */
    int64_t try_at_us; /* INT64_MAX: its outcome was reported */
    UT_hash_handle by_id;
};

struct outbox {
    struct recipient *recipients;
    struct entry *entries; /* in the order they were asked for */
};

struct outbox *outbox_new(void)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    CHECK(outbox != NULL);
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    struct entry *entry = outbox->entries;
    HASH_CLEAR(by_id, outbox->entries);
    for (struct entry *next; entry != NULL; entry = next) {
        next = entry->by_id.next;
        free(entry);
    }
    struct recipient *recipient = outbox->recipients;
    HASH_CLEAR(by_user, outbox->recipients);
    for (struct recipient *next; recipient != NULL; recipient = next) {
        next = recipient->by_user.next;
        free((char *)(uintptr_t)recipient->email.data);
        free(recipient);
    }
    free(outbox);
}

static struct entry *entry_of(const struct outbox *outbox, struct uuid id)
{
    struct entry *entry;
    HASH_FIND(by_id, outbox->entries, &id, sizeof id, entry);
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
    char *copy = malloc(email.size + 1);
    CHECK(recipient != NULL && copy != NULL);
    memcpy(copy, email.data, email.size);
    recipient->user_id = user_id;
    recipient->email = (struct text){.data = copy, .size = email.size};
    HASH_ADD(by_user, outbox->recipients, user_id, sizeof recipient->user_id, recipient);
}

static void ask(struct outbox *outbox, struct letter letter, int64_t lifetime_us)
{
    const struct recipient *recipient = recipient_of(outbox, letter.user_id);
    struct entry *entry = calloc(1, sizeof *entry);
    CHECK(recipient != NULL && entry != NULL);
    letter.email = recipient->email;
    letter.expires_at_us = letter.asked_at_us + lifetime_us;
    *entry = (struct entry){.letter = letter, .wait_us = SECOND_US};
    HASH_ADD(by_id, outbox->entries, letter.id, sizeof entry->letter.id, entry);
}

static void drop(struct outbox *outbox, struct uuid id)
{
    struct entry *entry = entry_of(outbox, id);
    if (entry == NULL)
        return; /* told twice: a sender ended between the mail and its report */
    HASH_DELETE(by_id, outbox->entries, entry);
    free(entry);
}

/* Nothing is sent to a person who was erased; the address, sealed under no key any more, stays. */
static void drop_letters_to(struct outbox *outbox, struct uuid user_id)
{
    struct entry *entry = outbox->entries;
    for (struct entry *next; entry != NULL; entry = next) {
        next = entry->by_id.next;
        if (uuid_equal(entry->letter.user_id, user_id))
            drop(outbox, entry->letter.id);
    }
}

void outbox_take(struct outbox *outbox, const struct event *event)
{
    struct letter letter = {.id = event->meta.event_id, .asked_at_us = event->meta.occurred_at};
    if (event->kind == EVENT_USER_REGISTERED) {
        letter.kind = LETTER_VERIFY_EMAIL;
        letter.user_id = event->user_registered.user_id;
        add_recipient(outbox, letter.user_id, event->user_registered.email);
        ask(outbox, letter, VERIFY_US);
    } else if (event->kind == EVENT_PASSWORD_RESET_REQUESTED &&
               event->password_reset_requested.has_user_id) {
        letter.kind = LETTER_RESET_PASSWORD;
        letter.user_id = event->password_reset_requested.user_id;
        letter.version = event->password_reset_requested.credentials_version;
        ask(outbox, letter, RESET_US);
    } else if (event->kind == EVENT_DELIVERY_COMPLETED) {
        drop(outbox, event->delivery_completed.delivery_id);
    } else if (event->kind == EVENT_PERSON_ERASED) {
        drop_letters_to(outbox, event->person_erased.user_id);
    }
}

bool outbox_next(const struct outbox *outbox, int64_t now_us, struct letter *ret_letter)
{
    for (const struct entry *entry = outbox->entries; entry != NULL; entry = entry->by_id.next) {
        if (entry->try_at_us <= now_us) {
            *ret_letter = entry->letter;
            return true;
        }
    }
    return false;
}

void outbox_retry(struct outbox *outbox, struct uuid id, int64_t now_us)
{
    struct entry *entry = entry_of(outbox, id);
    CHECK(entry != NULL);
    entry->try_at_us = now_us + entry->wait_us;
    entry->wait_us = 2 * entry->wait_us < RETRY_MAX_US ? 2 * entry->wait_us : RETRY_MAX_US;
}

void outbox_reported(struct outbox *outbox, struct uuid id)
{
    struct entry *entry = entry_of(outbox, id);
    CHECK(entry != NULL);
    entry->try_at_us = INT64_MAX;
}

size_t outbox_count(const struct outbox *outbox)
{
    return HASH_CNT(by_id, outbox->entries);
}
