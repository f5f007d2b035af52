/* push.h - browser push: a message that one browser alone can open (RFC 8291, aes128gcm of RFC
 * 8188), and the word of the venue that it is its own (VAPID, RFC 8292).
 *
 * The push service of the browser's maker carries it, and learns how long it is and when it came.
 * Pure but for push_chance().
 */
#ifndef AUTH_PUSH_H
#define AUTH_PUSH_H
#include "base/base.h"
#include "base/buffer.h"

struct push_key; /* laid out in push.c only */

enum {
    PUSH_RECORD_SIZE = 4096, /* a push service takes no more */
    PUSH_HEAD_SIZE = 16 + 4 + 1 + 65,
    PUSH_TEXT_MAX = PUSH_RECORD_SIZE - PUSH_HEAD_SIZE - 1 - 16
};

/* The venue's key, an EC P-256 private key as PEM; the caller frees it. ERR_CONFIG: it is none. */
enum err push_key_open(struct text pem, struct push_key **ret_key) MUST_CHECK;
/* NULL does nothing. */
void push_key_free(struct push_key *key);
/* Appends what a page subscribes with (applicationServerKey), as base64url. */
void push_key_public(const struct push_key *key, struct buffer *text);
/* Appends the value of the header Authorization for a push service of that origin
 * ("https://push.example.net"), good until then; `subject` says whom to write to where it goes
 * wrong, as a mailto: or https: URL. */
void push_authorization(const struct push_key *key, struct text origin, struct text subject,
                        int64_t expires_at_s, struct buffer *header);

/* What of a message nobody foresees: for one message only. */
struct push_chance {
    uint8_t salt[16];
    uint8_t scalar[32]; /* a private key */
};
struct push_chance push_chance(void);
/* Appends the message as it goes to the push service. `p256dh` and `auth` are what the browser gave
 * (PushSubscription.toJSON), as base64url. ERR_INPUT: they are no such keys; ERR_RANGE: the text is
 * longer than PUSH_TEXT_MAX. */
enum err push_seal(struct text p256dh, struct text auth, struct bytes text,
                   const struct push_chance *chance, struct buffer *message) MUST_CHECK;

#endif
