#include "proof/note.h"

#include <stdio.h>
#include <string.h>

enum { ED25519 = 1, KEY_SIZE = 1 + SEAL_PUBLIC_SIZE, MARK_SIZE = 4 };
enum { SIGNED_SIZE = NOTE_KEY_ID_SIZE + SEAL_SIGNATURE_SIZE, ID_DIGITS = 2 * NOTE_KEY_ID_SIZE };

static const char MARK[MARK_SIZE + 1] = "\xe2\x80\x94 "; /* an em dash */

static void make_id(struct note_key *key)
{
    static const uint8_t BETWEEN[] = {'\n', ED25519};
    const struct bytes parts[] = {{(const uint8_t *)key->name.data, key->name.size},
                                  {BETWEEN, sizeof BETWEEN},
                                  {key->public_key, sizeof key->public_key}};
    uint8_t digest[SEAL_SHA256_SIZE];
    seal_sha256_parts(parts, COUNT_OF(parts), digest);
    memcpy(key->id, digest, sizeof key->id);
}

struct note_key note_key_of(const struct seal_key *key, struct text name)
{
    struct note_key made = {.name = name};
    seal_public(key, made.public_key);
    make_id(&made);
    return made;
}

/* --- verifier keys --- */

static void print_id(const struct note_key *key, char ret_digits[ID_DIGITS + 1])
{
    snprintf(ret_digits, ID_DIGITS + 1, "%02x%02x%02x%02x", key->id[0], key->id[1], key->id[2],
             key->id[3]);
}

void note_key_print(const struct note_key *key, struct buffer *text)
{
    char digits[ID_DIGITS + 1];
    uint8_t typed[KEY_SIZE] = {ED25519};
    print_id(key, digits);
    memcpy(typed + 1, key->public_key, sizeof key->public_key);
    buffer_text(text, key->name);
    buffer_printf(text, "+%s+", digits);
    seal_to_base64((struct bytes){typed, sizeof typed}, text);
}

static enum err read_base64(struct text text, uint8_t *ret_data, size_t size)
{
    struct buffer data;
    buffer_init(&data, size);
    enum err err = seal_from_base64(text, &data);
    if (err == OK && data.size != size)
        err = ERR_INPUT;
    if (err == OK)
        memcpy(ret_data, data.data, size);
    buffer_free(&data);
    return err == OK ? OK : ERR_INPUT;
}

enum err note_key_parse(struct text text, struct note_key *ret_key)
{
    char digits[ID_DIGITS + 1];
    uint8_t typed[KEY_SIZE];
    struct text id;
    *ret_key = (struct note_key){0};
    if (!text_take(&text, '+', &ret_key->name) || !text_take(&text, '+', &id) ||
        ret_key->name.size == 0 || ret_key->name.size > NOTE_NAME_SIZE_MAX ||
        read_base64(text, typed, sizeof typed) != OK || typed[0] != ED25519)
        return ERR_INPUT;
    memcpy(ret_key->public_key, typed + 1, sizeof ret_key->public_key);
    make_id(ret_key);
    print_id(ret_key, digits);
    return text_is(id, digits) ? OK : ERR_INPUT;
}

/* --- signatures --- */

void note_sign(const struct seal_key *key, struct text name, struct text text,
               struct buffer *signatures)
{
    uint8_t with_id[SIGNED_SIZE];
    struct note_key verifier = note_key_of(key, name);
    memcpy(with_id, verifier.id, sizeof verifier.id);
    seal_sign(key, text, with_id + sizeof verifier.id);
    buffer_string(signatures, MARK);
    buffer_text(signatures, name);
    buffer_byte(signatures, ' ');
    seal_to_base64((struct bytes){with_id, sizeof with_id}, signatures);
    buffer_byte(signatures, '\n');
}

/* Whether a line is a signature of `text` by `key`. */
static bool is_signature(struct text line, const struct note_key *key, struct text text)
{
    uint8_t with_id[SIGNED_SIZE];
    struct text name;
    if (!text_starts(line, MARK))
        return false;
    line = (struct text){line.data + MARK_SIZE, line.size - MARK_SIZE};
    return text_take(&line, ' ', &name) && text_equal(name, key->name) &&
           read_base64(line, with_id, sizeof with_id) == OK &&
           memcmp(with_id, key->id, sizeof key->id) == 0 &&
           seal_is_signed(key->public_key, text, with_id + sizeof key->id);
}

/* Where the last empty line is, behind which the signatures stand. */
static bool split(struct text note, struct text *ret_text, struct text *ret_signatures)
{
    if (note.size == 0 || note.data[note.size - 1] != '\n')
        return false;
    for (size_t at = note.size - 1; at-- > 1;) {
        if (note.data[at] != '\n' || note.data[at - 1] != '\n')
            continue;
        *ret_text = (struct text){note.data, at};
        *ret_signatures = (struct text){note.data + at + 1, note.size - at - 1};
        return true;
    }
    return false;
}

enum err note_open(struct text note, const struct note_key *key, struct text *ret_text)
{
    struct text signatures, line;
    if (!split(note, ret_text, &signatures))
        return ERR_INPUT;
    while (text_take(&signatures, '\n', &line)) {
        if (is_signature(line, key, *ret_text))
            return OK;
    }
    return ERR_DENIED;
}
