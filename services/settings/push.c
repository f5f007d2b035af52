#include "settings/push.h"

#include "auth/base64url.h"
#include "base/time.h"
#include "settings/webhook.h"

#include <string.h>

enum { TOKEN_S = 12 * 3600, HEADER_SIZE_MAX = 4096, TOPIC_SIZE = BASE64URL_SIZE(16) };

/* What a push service's word for itself is: "https://push.example.net" of an endpoint there. */
static struct text origin_of(struct text endpoint)
{
    const char *host = strstr(endpoint.data, "://");
    if (host == NULL)
        return endpoint;
    host += strlen("://");
    return (struct text){endpoint.data, (size_t)(host - endpoint.data) + strcspn(host, "/?#")};
}

static const char *authorization(const struct push_sender *sender, struct text endpoint,
                                 int64_t now_us, struct arena *arena)
{
    struct buffer header;
    buffer_init(&header, HEADER_SIZE_MAX);
    buffer_string(&header, "Authorization: ");
    push_authorization(sender->key, origin_of(endpoint),
                       arena_printf(arena, "mailto:%s", sender->from), now_us / SECOND_US + TOKEN_S,
                       &header);
    CHECK(buffer_ok(&header));
    const char *text = arena_text(arena, buffer_as_text(&header)).data;
    buffer_free(&header);
    return text;
}

static const char *topic(const struct letter *letter, struct arena *arena)
{
    struct buffer name;
    buffer_init(&name, TOPIC_SIZE);
    base64url_encode(&name, letter->key.id.bytes, sizeof letter->key.id.bytes);
    const char *text = arena_printf(arena, "Topic: %.*s", (int)name.size, name.data).data;
    buffer_free(&name);
    return text;
}

static enum err write_to(const struct push_address *browser, const struct letter *letter,
                         const struct push_sender *sender, int64_t now_us, struct arena *arena,
                         struct post *ret_post)
{
    struct buffer message;
    const struct push_chance chance = push_chance();
    const struct bytes content = {(const uint8_t *)letter->content.data, letter->content.size};
    buffer_init(&message, PUSH_RECORD_SIZE);
    enum err err = push_seal(browser->p256dh, browser->auth, content, &chance, &message);
    long long left_s = (letter->expires_at_us - now_us) / SECOND_US;
    if (err == OK)
        *ret_post = (struct post){
            .url = browser->endpoint.data,
            .type = "Content-Type: application/octet-stream",
            .headers = {"Content-Encoding: aes128gcm", "Urgency: high", topic(letter, arena),
                        arena_printf(arena, "TTL: %lld", left_s).data,
                        authorization(sender, browser->endpoint, now_us, arena)},
            .body = arena_text(arena, buffer_as_text(&message)),
            .anywhere = sender->anywhere};
    else
        err = ERR_DENIED; /* what it gave are no keys */
    buffer_free(&message);
    return err;
}

enum err push_write(struct vault *vault, const struct letter *letter,
                    const struct push_sender *sender, int64_t now_us, struct arena *arena,
                    struct post *ret_post)
{
    const struct push_address *sealed = &letter->browser;
    struct push_address browser;
    if (sender->key == NULL)
        return ERR_DENIED;
    enum err err = webhook_open(vault, letter->user_id, sealed->endpoint, arena, &browser.endpoint);
    if (err == OK)
        err = webhook_open(vault, letter->user_id, sealed->p256dh, arena, &browser.p256dh);
    if (err == OK)
        err = webhook_open(vault, letter->user_id, sealed->auth, arena, &browser.auth);
    return err == OK ? write_to(&browser, letter, sender, now_us, arena, ret_post) : err;
}
