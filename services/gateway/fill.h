/* fill.h - the expressions that say where a command's field comes from (`x-fill`).
 *
 *     expression = term { "|" term }              the first that is present
 *     term       = "path."NAME | "query."NAME | "body."NAME | "caller.user_id" |
 * "caller.account_id" | "caller.session_id" | "="LITERAL  up to the next of | , ) or the end |
 * "row."NAME                      a member of what the operation's x-row found |
 * "header.if_match"               the version that the ETag in If-Match is; absent for * |
 * id(expression) | id()           a fresh id, owned by the text's hash, or by chance |
 * "caller.address_hash"           keyed hash of the network that the caller's address is of |
 * email_hash(expression)          keyed hash of the trimmed, lower-cased text |
 * password_hash(expression)       Argon2id: a tenth of a second; see fill_is_slow() |
 * time_zone(expression)           the text, where it is the IANA name of a time zone |
 * text_messages(expression)       true only where the venue sends text messages |
 * concat(expression, expression) |
 * id_of(expression, expression)   the id that a text always has, owned by the hash of the first |
 * browser_push(expression)        the text, where the venue sends notifications to browsers |
 * amount_hash(expression, expression)
 *                                 keyed hash of the id of a payment method and an amount |
 * mail_token_user(expression, expression), mail_token_version(...)
 *                                 of the purpose and the token of a mail (auth/mail_token.h)
 *
 * Pure but for what is in a fresh id; what a request brings is in struct fill_input.
 */
#ifndef GATEWAY_FILL_H
#define GATEWAY_FILL_H
#include "base/arena.h"
#include "base/uuid.h"
#include "seal/seal.h"
#include "json/json.h"

struct fill; /* laid out in fill.c only; lives in the arena it was compiled into */

/* What the expressions read. */
struct fill_input {
    const struct json_value *parameters; /* an object: of path, query and header */
    const struct json_value *body;       /* NULL: none */
    const struct json_value *row;        /* the same */
    bool has_caller;
    struct uuid user_id;
    struct uuid account_id; /* nil: none, as the next */
    struct uuid session_id;
    struct text address;             /* the caller's, as text */
    struct text operation_id;        /* with the next, what ids are made again from */
    struct text idempotency_key;     /* empty: none */
    const struct seal_key *hash_key; /* the venue's keyed hash */
    bool sends_text_messages;        /* the venue does, as the next */
    bool pushes;
    int64_t now_us;
};

enum fill_kind { FILL_ABSENT, FILL_TEXT, FILL_JSON, FILL_HASH };
struct fill_value {
    enum fill_kind kind;
    struct text text;              /* FILL_TEXT */
    const struct json_value *json; /* FILL_JSON: anything but null */
    uint8_t hash[16];              /* FILL_HASH */
};

/* Why there is no value: a code of the problem table and a sentence. */
struct fill_fault {
    const char *code;
    const char *message; /* static storage, as is the next */
    const char *blamed;  /* a header or member; NULL: the field that was to be filled */
};

/* Compiles an expression; both live in `arena`. ERR_INPUT: *ret_problem says where and why. */
enum err fill_compile(struct text expression, struct arena *arena, const struct fill **ret_fill,
                      struct text *ret_problem) MUST_CHECK;
/* The expression that a field of this name has by itself: a parameter, then the body's member. */
const struct fill *fill_by_name(struct text name, struct arena *arena);
/* True: evaluating takes long, so not on a thread that others wait for. */
bool fill_is_slow(const struct fill *fill);

/* The value; what it points at is in the input or `arena`. ERR_INPUT: *ret_fault tells. */
enum err fill_evaluate(const struct fill *fill, const struct fill_input *input, struct arena *arena,
                       struct fill_value *ret_value, struct fill_fault *ret_fault) MUST_CHECK;
/* A scalar as text, a number as it was written; an array or an object as JSON. False: absent. */
bool fill_value_text(const struct fill_value *value, struct arena *arena, struct text *ret_text);

/* A fresh id owned by `owner_hash`. */
struct uuid fill_fresh_id(uint32_t owner_hash);
/* Keyed hash of an e-mail address or login name, as the commands carry it, and as 32 digits. */
void fill_email_hash(const struct seal_key *key, struct text email, uint8_t ret_hash[16]);
/* Keyed hash of the line that an address is of (base/network.h). */
void fill_address_hash(const struct seal_key *key, struct text address, uint8_t ret_hash[16]);
struct text fill_hash_text(const uint8_t hash[16], struct arena *arena);

#endif
