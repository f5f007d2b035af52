/* letter.h - what is written in a mail of the venue. Pure. */
#ifndef SETTINGS_LETTER_H
#define SETTINGS_LETTER_H
#include "base/arena.h"
#include "seal/seal.h"
#include "settings/outbox.h"

/* What the letters of a venue have in common. */
struct letter_head {
    const struct seal_key *hash_key; /* tokens are made with it */
    const char *public_url;
    const char *from; /* the address whose domain Message-IDs end with */
};

struct text letter_subject(const struct letter *letter);
/* The same for the same letter, however often it is written. In the arena. */
struct text letter_body(const struct letter *letter, const struct letter_head *head,
                        struct arena *arena);
struct text letter_message_id(const struct letter *letter, const struct letter_head *head,
                              struct arena *arena);

/* A notification in the fewest words, for a text message. */
struct text letter_short(const struct letter *letter, struct arena *arena);

#endif
