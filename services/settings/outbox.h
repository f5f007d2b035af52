/* outbox.h - the messages that follow from settings' events and are not known to be sent: a fold,
 * like a state, but of what leaves the venue (R16).
 *
 * What asks for one: UserRegistered (to verify the address), PasswordResetRequested of a user, and
 * each notification with a way out, once for each of them. What ends one: DeliveryCompleted, and
 * PersonErased all of that person. So a rebuild of projections sends nothing, and a sender that
 * begins anew knows from the log what is left to do.
 *
 * Bounds   sealed addresses and the quiet hours a user, those of his browsers, the messages about
 *          signing in, and so many others as its owner says: where there are more, some expire at
 *          once, and are kept without their content until that is reported, up to as many again.
 * Thread   one owner.
 */
#ifndef SETTINGS_OUTBOX_H
#define SETTINGS_OUTBOX_H
#include "base/base.h"
#include "base/uuid.h"
#include "settings/turns.h"
#include "wire/messages.h"

struct outbox; /* laid out in outbox.c only */

enum letter_kind {
    LETTER_VERIFY_EMAIL,
    LETTER_RESET_PASSWORD,
    LETTER_NOTIFICATION, /* as a mail */
    LETTER_WEBHOOK,      /* a notification, posted to its user's address */
    LETTER_SMS,          /* a notification, as a text message */
    LETTER_PUSH          /* a notification, to a browser */
};

/* What an entry is found by: a notification may go all ways. */
struct letter_key {
    struct uuid id; /* of the event that asks for it, or of the notification */
    enum letter_kind kind;
    struct uuid subscription_id; /* LETTER_PUSH: to which browser; nil otherwise */
};

/* Where a browser is to be reached: sealed under its user's key. Empty: it is not any more. */
struct push_address {
    struct text endpoint, p256dh, auth;
};

/* When a user wants no notifications. */
struct quiet_hours {
    bool on;
    struct text start, end; /* HH:MM */
    struct text time_zone;  /* by its IANA name */
};

struct letter {
    struct letter_key key;
    struct uuid user_id;
    struct text email;       /* sealed under the user's key; texts are the outbox's */
    struct text url, secret; /* of a webhook, likewise; empty: there is none any more */
    struct text phone;       /* likewise */
    struct push_address browser;
    const struct quiet_hours *quiet;
    struct text content; /* of a notification: JSON */
    int64_t version;     /* of the password to replace */
    int64_t asked_at_us;
    int64_t expires_at_us; /* afterwards it is of no use */
};

/* With so many notices at most. The caller frees it. */
struct outbox *outbox_new(size_t notices_max) MUST_CHECK;
void outbox_free(struct outbox *outbox);

/* Whether an event of this kind says something here. */
bool outbox_concerns(enum event_kind kind);
/* Takes a valid event of settings, read whole; each partition's in order. */
void outbox_take(struct outbox *outbox, const struct event *event);
/* The letter of that lane whose turn it is at `now_us` (turns.h). False: none's. */
bool outbox_next(const struct outbox *outbox, enum lane lane, int64_t now_us,
                 struct letter *ret_letter);
/* It is under way from now on, until one of those below is said of it. */
void outbox_begin(struct outbox *outbox, const struct letter_key *key, int64_t now_us);
/* It could not be sent at `now_us`: it is to be tried again, later each time. */
void outbox_retry(struct outbox *outbox, const struct letter_key *key, int64_t now_us);
/* It is not to be sent before then. */
void outbox_hold(struct outbox *outbox, const struct letter_key *key, int64_t until_us);
/* Its outcome was reported: it is not tried again, and dropped when that is read. */
void outbox_reported(struct outbox *outbox, const struct letter_key *key);
/* Whether it still counts: while it is under way its person may be erased. */
bool outbox_has(const struct outbox *outbox, const struct letter_key *key);
size_t outbox_count(const struct outbox *outbox);

#endif
