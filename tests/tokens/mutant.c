#include "mutant.h"

#include "auth/base64url.h"

#include <string.h>

static const char *const KIND_NAMES[] = {
#define MUTANT_NAME(kind, name) name,
    MUTANT_KIND_MAP(MUTANT_NAME)
#undef MUTANT_NAME
};

const char *mutant_kind_name(enum mutant_kind kind)
{
    return KIND_NAMES[kind];
}

static void write_segment(const struct object *object, size_t oddities, uint64_t *random,
                          struct buffer *token)
{
    struct buffer json;
    buffer_init(&json, 1 << 14);
    object_write(object, oddities, random, &json);
    base64url_encode(token, json.data, json.size);
    buffer_free(&json);
}

/* A token of these two; `otherwise`: whose signature is something else. */
static void put_together(const struct family *family, const struct object *header,
                         const struct object *claims, size_t oddities, bool otherwise,
                         uint64_t *random, struct buffer *token)
{
    uint8_t signature[SIGNATURE_MAX];
    const bool in_header = oddities > 0 && random_below(random, 2) == 0;
    write_segment(header, in_header ? oddities : 0, random, token);
    buffer_byte(token, '.');
    write_segment(claims, in_header ? 0 : oddities, random, token);
    const struct text text = buffer_as_text(token);
    size_t size = otherwise ? signer_sign_otherwise(&family->signer, text, random, signature)
                            : signer_sign(family->signer.key, text, signature);
    buffer_byte(token, '.');
    base64url_encode(token, signature, size);
}

/* A few letters replaced by others, at times by the one behind them, which may stand for the same
 * bytes where a segment ends. */
static void change_letters(struct buffer *token, uint64_t *random)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\t%\0";
    for (size_t i = random_below(random, 3) + 1; i > 0; i--) {
        size_t place = random_below(random, token->size);
        if (random_below(random, 4) == 0)
            token->data[place] ^= (uint8_t)(1U << random_below(random, 8));
        else
            token->data[place] = (uint8_t)letters[random_below(random, sizeof letters - 1)];
    }
}

/* The last letter of a segment has bits that nobody needs. */
static void change_last_letter(struct buffer *token, uint64_t *random)
{
    size_t place = token->size - 1;
    for (size_t back = random_below(random, 3); back > 0 && place > 1; back--) {
        while (place > 1 && token->data[place] != '.')
            place--;
        place--;
    }
    token->data[place] = (uint8_t)(token->data[place] + 1 + random_below(random, 3));
}

static void insert(struct buffer *token, size_t place, const char *piece)
{
    size_t size = strlen(piece);
    buffer_string(token, piece);
    memmove(token->data + place + size, token->data + place, token->size - size - place);
    memcpy(token->data + place, piece, size);
}

static void change_text(struct buffer *token, uint64_t *random)
{
    static const char *const pieces[] = {".", "=", "==", "A",  "AA",  "AAAA", " ",   "\n",
                                         "!", "%", "..", "\r", "%2e", "e30",  "e30."};
    uint8_t half[4096];
    size_t place = random_below(random, token->size), size;
    switch (random_below(random, 6)) {
    case 0: insert(token, place, random_of(random, pieces)); break;
    case 1:
        insert(token, random_below(random, 2) ? token->size : 0, random_of(random, pieces));
        break;
    case 2: token->size = place; break;
    case 3: /* a piece of it once more */
        size = token->size - place < sizeof half ? token->size - place : sizeof half;
        memcpy(half, token->data + place, size);
        buffer_append(token, half, size);
        break;
    case 4: change_last_letter(token, random); break;
    default: change_letters(token, random);
    }
}

static void spoil(struct object *object, uint64_t *random)
{
    for (size_t i = random_below(random, 3) + 1; i > 0; i--)
        object_spoil(object, random);
}

enum mutant_kind mutant_make(const struct family *family, uint64_t *random, struct buffer *token)
{
    const enum mutant_kind kind = (enum mutant_kind)random_below(random, MUTANT_KIND_COUNT);
    const bool mixed = kind == MUTANT_MIXED;
    struct object header = family->header, claims = family->claims;
    if (kind == MUTANT_CLAIMS || mixed)
        spoil(&claims, random);
    if (kind == MUTANT_HEADER || (mixed && random_below(random, 2)))
        spoil(&header, random);
    size_t oddities = kind == MUTANT_WRITING || mixed ? random_below(random, 4) : 0;
    bool otherwise = kind == MUTANT_SIGNATURE || (mixed && random_below(random, 3) == 0);
    put_together(family, &header, &claims, oddities, otherwise, random, token);
    if (kind == MUTANT_TEXT || (mixed && random_below(random, 3) == 0))
        change_text(token, random);
    return kind;
}
