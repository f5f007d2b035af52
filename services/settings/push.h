/* push.h - a notification as it is sent to a browser, by the push service of its maker. */
#ifndef SETTINGS_PUSH_H
#define SETTINGS_PUSH_H
#include "auth/push.h"
#include "client/post.h"
#include "seal/vault.h"
#include "settings/outbox.h"

/* What all messages of a venue have in common. */
struct push_sender {
    const struct push_key *key; /* NULL: it sends none */
    const char *from;           /* its address, for push services that want to write to it */
    bool anywhere;              /* plain HTTP and private networks, too */
};

/* A letter of kind LETTER_PUSH as it is posted at `now_us`, in the arena: its content, sealed for
 * that browser alone, under the same Topic however often it is tried, so that one replaces the
 * other. ERR_DENIED: it will never be taken; ERR_BUSY: the vault is away. */
enum err push_write(struct vault *vault, const struct letter *letter,
                    const struct push_sender *sender, int64_t now_us, struct arena *arena,
                    struct post *ret_post) MUST_CHECK;

#endif
