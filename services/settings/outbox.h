/* outbox.h - the mails that follow from settings' events and are not known to be sent: a fold, like
 * a state, but of what leaves the venue (R16).
 *
 * What asks for one: UserRegistered (to verify the address), PasswordResetRequested of a user.
 * What ends one: DeliveryCompleted, and PersonErased all of that person. So a rebuild of
 * projections sends nothing, and a sender that begins anew knows from the log what is left to do.
 *
 * Bounds   a sealed address a user, and the mails under way.
 * Thread   one owner.
 */
#ifndef SETTINGS_OUTBOX_H
#define SETTINGS_OUTBOX_H
#include "base/base.h"
#include "base/uuid.h"
#include "wire/messages.h"

struct outbox; /* laid out in outbox.c only */

enum letter_kind { LETTER_VERIFY_EMAIL, LETTER_RESET_PASSWORD };

struct letter {
    struct uuid id; /* of the event that asks for it */
    enum letter_kind kind;
    struct uuid user_id;
    struct text email; /* sealed under the user's key; the outbox's */
    int64_t version;   /* of the password to replace */
    int64_t asked_at_us;
    int64_t expires_at_us; /* afterwards it is of no use */
};

/* The caller frees it. */
struct outbox *outbox_new(void) MUST_CHECK;
void outbox_free(struct outbox *outbox);

/* Takes a valid event of settings, read whole; each partition's in order. */
void outbox_take(struct outbox *outbox, const struct event *event);
/* The letter that is to be tried at `now_us`, asked for first. False: none. */
bool outbox_next(const struct outbox *outbox, int64_t now_us, struct letter *ret_letter);
/* It could not be sent at `now_us`: it is to be tried again, later each time. */
void outbox_retry(struct outbox *outbox, struct uuid id, int64_t now_us);
/* Its outcome was reported: it is not tried again, and dropped when that is read. */
void outbox_reported(struct outbox *outbox, struct uuid id);
size_t outbox_count(const struct outbox *outbox);

#endif
