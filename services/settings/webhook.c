#include "settings/webhook.h"

#include "base/buffer.h"
#include "base/time.h"
#include "seal/seal.h"
#include "settings/letter.h"

enum { OPENED_SIZE_MAX = 1024, BODY_SIZE_MAX = 8192 };

enum err webhook_open(struct vault *vault, struct uuid user_id, struct text sealed,
                      struct arena *arena, struct text *ret_text)
{
    struct buffer opened;
    if (sealed.size == 0)
        return ERR_DENIED;
    buffer_init(&opened, OPENED_SIZE_MAX);
    enum err err = vault_open_text(vault, user_id, sealed, &opened);
    if (err == OK)
        *ret_text = arena_text(arena, buffer_as_text(&opened));
    buffer_free(&opened);
    return err == ERR_NOT_FOUND || err == ERR_POISON ? ERR_DENIED : err;
}

static struct text signature_of(struct text secret, struct text signed_text, struct arena *arena)
{
    static const char DIGITS[] = "0123456789abcdef";
    uint8_t mac[SEAL_SHA256_SIZE];
    char *text = arena_alloc(arena, 2 * sizeof mac + 1);
    seal_hmac_sha256(secret, signed_text, mac);
    for (size_t i = 0; i < sizeof mac; i++) {
        text[2 * i] = DIGITS[mac[i] >> 4];
        text[2 * i + 1] = DIGITS[mac[i] & 15];
    }
    return (struct text){.data = text, .size = 2 * sizeof mac};
}

enum err webhook_write(struct vault *vault, const struct letter *letter, bool anywhere,
                       int64_t now_us, struct arena *arena, struct post *ret_post)
{
    struct text url, secret;
    enum err err = webhook_open(vault, letter->user_id, letter->url, arena, &url);
    if (err == OK)
        err = webhook_open(vault, letter->user_id, letter->secret, arena, &secret);
    if (err != OK)
        return err;
    char id[UUID_TEXT_SIZE];
    uuid_print(letter->key.id, id);
    long long now_s = (long long)(now_us / SECOND_US);
    struct text all = arena_printf(arena, "%.*s.%lld.%.*s", (int)sizeof id, id, now_s,
                                   (int)letter->content.size, letter->content.data);
    struct text signature = signature_of(secret, all, arena);
    *ret_post =
        (struct post){.url = url.data,
                      .headers = {arena_printf(arena, "Webhook-Id: %.*s", (int)sizeof id, id).data,
                                  arena_printf(arena, "Webhook-Timestamp: %lld", now_s).data,
                                  arena_printf(arena, "Webhook-Signature: v1=%.*s",
                                               (int)signature.size, signature.data)
                                      .data},
                      .body = letter->content,
                      .anywhere = anywhere};
    return OK;
}

static struct text sms_body(struct text phone, struct text words, struct arena *arena)
{
    struct buffer json;
    buffer_init(&json, BODY_SIZE_MAX);
    buffer_string(&json, "{\"to\":");
    buffer_json_string(&json, phone);
    buffer_string(&json, ",\"text\":");
    buffer_json_string(&json, words);
    buffer_byte(&json, '}');
    CHECK(buffer_ok(&json));
    struct text body = arena_text(arena, buffer_as_text(&json));
    buffer_free(&json);
    return body;
}

enum err sms_write(struct vault *vault, const struct letter *letter,
                   const struct sms_gateway *gateway, struct arena *arena, struct post *ret_post)
{
    struct text phone;
    if (gateway->url == NULL)
        return ERR_DENIED;
    enum err err = webhook_open(vault, letter->user_id, letter->phone, arena, &phone);
    if (err != OK)
        return err;
    char id[UUID_TEXT_SIZE];
    uuid_print(letter->key.id, id);
    const char *token = gateway->token;
    *ret_post = (struct post){
        .url = gateway->url,
        .headers = {arena_printf(arena, "Idempotency-Key: %.*s", (int)sizeof id, id).data,
                    token == NULL ? NULL
                                  : arena_printf(arena, "Authorization: Bearer %s", token).data},
        .body = sms_body(phone, letter_short(letter, arena), arena),
        .anywhere = true /* the operator's own word for where it is */
    };
    return OK;
}
