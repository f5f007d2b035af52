/* webhook.h - a notification as it is posted to the address that its user gave, signed. */
#ifndef SETTINGS_WEBHOOK_H
#define SETTINGS_WEBHOOK_H
#include "client/post.h"
#include "seal/vault.h"
#include "settings/outbox.h"

/* A letter of kind LETTER_WEBHOOK as it is posted at `now_us`, in the arena. The headers Webhook-Id
 * (the same however often it is tried), Webhook-Timestamp (seconds since 1970) and
 * Webhook-Signature, "v1=" and HMAC-SHA256 in hexadecimal digits, by the user's secret, of
 * "ID.TIMESTAMP.BODY". ERR_DENIED: there is no address any more; ERR_BUSY: the vault is away. */
enum err webhook_write(struct vault *vault, const struct letter *letter, bool anywhere,
                       int64_t now_us, struct arena *arena, struct post *ret_post) MUST_CHECK;

/* What a text that is sealed for a person says, in the arena. ERR_DENIED: there is none, or the
 * person was erased. */
enum err webhook_open(struct vault *vault, struct uuid user_id, struct text sealed,
                      struct arena *arena, struct text *ret_text) MUST_CHECK;

/* The venue's gateway for text messages. */
struct sms_gateway {
    const char *url;   /* NULL: there is none */
    const char *token; /* NULL: it wants none */
};

/* A letter as it is posted to it: {"to", "text"}, with the notification's id as Idempotency-Key,
 * the same with each try. As above; ERR_DENIED: there is no gateway, or no number any more. */
enum err sms_write(struct vault *vault, const struct letter *letter,
                   const struct sms_gateway *gateway, struct arena *arena,
                   struct post *ret_post) MUST_CHECK;

#endif
