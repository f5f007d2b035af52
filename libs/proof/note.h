/* note.h - C2SP signed notes with Ed25519: a text, an empty line, a line for each signature. What
 * witnesses and monitors of other transparency logs read.
 *
 *     — NAME base64(key id, signature)
 *
 * A signing key is a seed of 32 bytes and the name that its signatures go by. Its verifier key is
 * the text NAME+ID+KEY: the id as 8 hex digits, the key as base64(0x01, public key).
 */
#ifndef PROOF_NOTE_H
#define PROOF_NOTE_H
#include "base/buffer.h"
#include "seal/seal.h"

enum { NOTE_KEY_ID_SIZE = 4, NOTE_NAME_SIZE_MAX = 200 };

/* What a signature is checked by. */
struct note_key {
    struct text name;
    uint8_t public_key[SEAL_PUBLIC_SIZE];
    uint8_t id[NOTE_KEY_ID_SIZE];
};

/* The verifier key of a signing key; `name` stays the caller's. */
struct note_key note_key_of(const struct seal_key *key, struct text name);
/* Appends the verifier key as text, and reads it; the name points into the text. ERR_INPUT: it is
 * none, or its id is not that of its name and key. */
void note_key_print(const struct note_key *key, struct buffer *text);
enum err note_key_parse(struct text text, struct note_key *ret_key) MUST_CHECK;

/* Appends the line of a signature of `text`, whose lines all have their ends. */
void note_sign(const struct seal_key *key, struct text name, struct text text,
               struct buffer *signatures);
/* The text of a note that bears a signature by `key`. ERR_INPUT: it is no note. ERR_DENIED: no such
 * signature, or it is of another text. */
enum err note_open(struct text note, const struct note_key *key, struct text *ret_text) MUST_CHECK;

#endif
