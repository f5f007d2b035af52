/* notices.h - what a user is told of, by which ways, and which notifications he has been sent.
 *
 * Bounds   SETTINGS_NOTIFIED_MAX ids a user: the newest. Which of them were read, only the
 *          projection knows. SETTINGS_BROWSERS_MAX browsers.   Thread   one owner, no locks.
 */
#ifndef SETTINGS_NOTICES_H
#define SETTINGS_NOTICES_H
#include "base/buffer.h"
#include "base/pack.h"
#include "base/uuid.h"
#include "wire/messages.h"

enum { SETTINGS_NOTIFIED_MAX = 500, SETTINGS_BROWSERS_MAX = 10 };

struct settings_notices {
    int64_t version; /* of what he is told of; from 1 */
    bool order_fills, transfers;
    bool by_email, by_webhook;
    bool by_sms, has_phone; /* text messages need both: that he wants them, and where to */
    struct uuid *notified;  /* a ring, from `oldest`; owned */
    size_t notified_count, oldest;
    bool by_push; /* to all of the next */
    struct uuid
        *browsers; /* ids of subscriptions, as they came; NULL: there never was one; owned */
    size_t browsers_count;
};

/* What everybody begins with. */
struct settings_notices settings_notices_new(void);
void settings_free_notices(struct settings_notices *notices);
/* He was sent this one; the oldest gives way. */
void settings_note(struct settings_notices *notices, struct uuid id);
bool settings_was_notified(const struct settings_notices *notices, struct uuid id);

bool settings_has_browser(const struct settings_notices *notices, struct uuid id);
/* One that is there already stays where it is. CHECKs that there is room. */
void settings_add_browser(struct settings_notices *notices, struct uuid id);
/* None does nothing. */
void settings_drop_browser(struct settings_notices *notices, struct uuid id);

void settings_notices_save(const struct settings_notices *notices, struct buffer *buffer);
void settings_notices_load(struct settings_notices *notices, struct pack_reader *reader);

#endif
