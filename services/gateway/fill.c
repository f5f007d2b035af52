#include "gateway/fill_tree.h"

#include "auth/mail_token.h"
#include "base/murmur2.h"
#include "base/network.h"
#include "base/time.h"
#include "decimal/decimal.h"
#include "gateway/etag.h"
#include "gateway/payment.h"
#include "gateway/time_zone.h"
#include "seal/password.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

struct uuid fill_fresh_id(uint32_t owner_hash)
{
    uint8_t rest[12];
    struct timespec now;
    seal_random(rest, sizeof rest);
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return uuid_at_second(uuid_make(owner_hash, rest), (uint32_t)now.tv_sec);
}

void fill_email_hash(const struct seal_key *key, struct text email, uint8_t ret_hash[16])
{
    char lower[320]; /* no address is longer (RFC 3696); what is, is cut, and equal to nobody's */
    while (email.size > 0 && isspace((unsigned char)email.data[0])) {
        email.data++;
        email.size--;
    }
    while (email.size > 0 && isspace((unsigned char)email.data[email.size - 1]))
        email.size--;
    size_t size = email.size < sizeof lower ? email.size : sizeof lower;
    for (size_t i = 0; i < size; i++) {
        char c = email.data[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    seal_keyed_hash16(key, lower, size, ret_hash);
}

void fill_address_hash(const struct seal_key *key, struct text address, uint8_t ret_hash[16])
{
    static const char DOMAIN[] = "address\n"; /* so that it is no e-mail address's hash */
    char line[NETWORK_ADDRESS_SIZE];
    struct buffer named;
    buffer_init(&named, sizeof DOMAIN + sizeof line);
    buffer_string(&named, DOMAIN);
    network_print_line(address, line);
    buffer_string(&named, line);
    seal_keyed_hash16(key, named.data, named.size, ret_hash);
    buffer_free(&named);
}

struct text fill_hash_text(const uint8_t hash[16], struct arena *arena)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 33);
    for (size_t i = 0; i < 16; i++) {
        text[2 * i] = DIGITS[hash[i] >> 4];
        text[2 * i + 1] = DIGITS[hash[i] & 15];
    }
    return (struct text){.data = text, .size = 32};
}

bool fill_value_text(const struct fill_value *value, struct arena *arena, struct text *ret_text)
{
    switch (value->kind) {
    case FILL_ABSENT: return false;
    case FILL_TEXT: *ret_text = value->text; return true;
    case FILL_HASH: *ret_text = fill_hash_text(value->hash, arena); return true;
    case FILL_JSON: break;
    }
    switch (value->json->kind) {
    case JSON_STRING:
    case JSON_NUMBER: *ret_text = value->json->text; return true;
    case JSON_TRUE: *ret_text = TEXT("true"); return true;
    case JSON_FALSE: *ret_text = TEXT("false"); return true;
    case JSON_ARRAY:
    case JSON_OBJECT: *ret_text = json_value_text(value->json, arena); return true;
    case JSON_NULL: break;
    }
    return false;
}

static struct fill_value of_text(struct text text)
{
    return (struct fill_value){.kind = FILL_TEXT, .text = text};
}

static struct fill_value of_member(const struct json_value *object, struct text name)
{
    const struct json_value *member = json_value_member(object, name.data);
    if (member == NULL || member->kind == JSON_NULL)
        return (struct fill_value){.kind = FILL_ABSENT};
    return (struct fill_value){.kind = FILL_JSON, .json = member};
}

/* What is no ETag of ours is one that nothing has: the comparison is a strong one (RFC 9110), so a
 * weak tag never matches either. */
static enum err of_if_match(const struct fill_input *input, struct fill_value *ret_value,
                            struct fill_fault *ret_fault)
{
    *ret_value = of_member(input->parameters, TEXT("If-Match"));
    if (ret_value->kind == FILL_ABSENT)
        return OK;
    struct text etag = ret_value->json->text;
    *ret_value = (struct fill_value){.kind = FILL_ABSENT};
    if (text_is(etag, "*"))
        return OK; /* whatever it is like; what is not there the writer refuses in any case */
    struct text digits = etag_digits(etag);
    if (digits.size > 0) {
        *ret_value = of_text(digits);
        return OK;
    }
    *ret_fault = (struct fill_fault){
        .code = "VERSION_CONFLICT",
        .message = "If-Match is no ETag that this has had; send the one of your last GET as it was",
        .blamed = "If-Match"};
    return ERR_INPUT;
}

static struct fill_value of_id(struct uuid id, struct arena *arena)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE + 1);
    uuid_print(id, text);
    return of_text((struct text){.data = text, .size = UUID_TEXT_SIZE});
}

static struct fill_value of_caller(const struct fill_input *input, struct uuid id,
                                   struct arena *arena)
{
    if (!input->has_caller || uuid_is_nil(id))
        return (struct fill_value){.kind = FILL_ABSENT};
    return of_id(id, arena);
}

/* With an Idempotency-Key the same id again for the same caller, operation and key, so that a retry
 * through another gateway meets what the first one made; of what somebody owns on the same day
 * only, for a key is forgotten after one, and may then mean something new. */
static struct uuid made_again(const struct fill_input *input, const struct fill *fill,
                              uint32_t owner_hash, struct arena *arena)
{
    char caller[UUID_TEXT_SIZE];
    uuid_print(input->user_id, caller);
    /* Two ids of one command differ by the text that owns them. */
    struct text owner = fill->first != NULL ? fill->first->name : TEXT("");
    int64_t day = fill->first != NULL ? input->now_us / DAY_US : 0;
    struct text all = arena_printf(
        arena, "id\n%.*s\n%.*s\n%.*s\n%u\n%lld\n%.*s", (int)sizeof caller, caller,
        (int)input->operation_id.size, input->operation_id.data, (int)owner.size, owner.data,
        owner_hash, (long long)day, (int)input->idempotency_key.size, input->idempotency_key.data);
    uint8_t digest[16];
    seal_keyed_hash16(input->hash_key, all.data, all.size, digest);
    return uuid_make(owner_hash, digest);
}

static struct uuid new_id(const struct fill_input *input, const struct fill *fill,
                          const struct text *owner, struct arena *arena)
{
    uint32_t owner_hash;
    if (owner != NULL)
        owner_hash = owner_hash_of_key(*owner);
    else if (input->idempotency_key.size == 0)
        seal_random(&owner_hash, sizeof owner_hash);
    else
        owner_hash = uuid_owner_hash(made_again(input, fill, 0, arena)) ^
                     murmur2(input->idempotency_key.data, input->idempotency_key.size);
    if (input->idempotency_key.size > 0)
        return made_again(input, fill, owner_hash, arena);
    return fill_fresh_id(owner_hash);
}

static enum err hash_password(struct text password, struct arena *arena,
                              struct fill_value *ret_value, struct fill_fault *ret_fault)
{
    const char *weakness = password_weakness(password);
    if (weakness != NULL) {
        *ret_fault = (struct fill_fault){.code = "WEAK_PASSWORD", .message = weakness};
        return ERR_INPUT;
    }
    char *stored = arena_alloc(arena, SEAL_PASSWORD_SIZE);
    if (seal_password_hash(password, stored) != OK) {
        *ret_fault =
            (struct fill_fault){.code = "OVERLOADED", .message = "no memory to hash a password"};
        return ERR_INPUT;
    }
    *ret_value = of_text(text_of(stored));
    return OK;
}

static enum err check_time_zone(struct text name, struct fill_value *ret_value,
                                struct fill_fault *ret_fault)
{
    *ret_fault = (struct fill_fault){"VALIDATION_FAILED", "it is no time zone of the IANA's", NULL};
    *ret_value = of_text(name);
    return time_zone_is_known(name) ? OK : ERR_INPUT;
}

static enum err check_text_messages(const struct fill_input *input, struct text wanted,
                                    struct fill_value *ret_value, struct fill_fault *ret_fault)
{
    *ret_fault = (struct fill_fault){"VALIDATION_FAILED",
                                     "this venue sends no text messages; leave it off", NULL};
    *ret_value = of_text(wanted);
    return text_is(wanted, "true") && !input->sends_text_messages ? ERR_INPUT : OK;
}

static enum err check_push(const struct fill_input *input, struct text endpoint,
                           struct fill_value *ret_value, struct fill_fault *ret_fault)
{
    *ret_fault =
        (struct fill_fault){"VALIDATION_FAILED", "this venue sends nothing to browsers", NULL};
    *ret_value = of_text(endpoint);
    return input->pushes ? OK : ERR_INPUT;
}

/* Nobody who sees the id learns the text. */
static struct uuid id_of(const struct fill_input *input, struct text owner, struct text text,
                         struct arena *arena)
{
    uint8_t digest[16];
    struct text all = arena_printf(arena, "id of\n%.*s\n%.*s", (int)owner.size, owner.data,
                                   (int)text.size, text.data);
    seal_keyed_hash16(input->hash_key, all.data, all.size, digest);
    return uuid_make(owner_hash_of_key(owner), digest);
}

static enum err hash_amount(const struct fill_input *input, struct text method_id,
                            struct text amount, struct fill_value *ret_value,
                            struct fill_fault *ret_fault)
{
    struct uuid id;
    int64_t amount_e8;
    *ret_fault = (struct fill_fault){"VALIDATION_FAILED", "it is no amount", NULL};
    ret_value->kind = FILL_HASH;
    if (uuid_parse(method_id, &id) != OK || decimal_parse(amount, &amount_e8) != OK)
        return ERR_INPUT;
    payment_amount_hash(input->hash_key, id, amount_e8, ret_value->hash);
    return OK;
}

static enum err open_mail_token(const struct fill *fill, const struct fill_input *input,
                                struct text purpose, struct text text, struct arena *arena,
                                struct fill_value *ret_value, struct fill_fault *ret_fault)
{
    struct mail_token token;
    const char *named = arena_text(arena, purpose).data;
    if (mail_token_open(input->hash_key, named, text, input->now_us, &token) != OK) {
        *ret_fault = (struct fill_fault){
            .code = "VALIDATION_FAILED",
            .message = "the token is not as the mail has it, or too old; have another mail sent",
            .blamed = "token"};
        return ERR_INPUT;
    }
    *ret_value = fill->op == OP_MAIL_TOKEN_USER
                     ? of_id(token.user_id, arena)
                     : of_text(arena_printf(arena, "%lld", (long long)token.version));
    return OK;
}

static enum err evaluate_call(const struct fill *fill, const struct fill_input *input,
                              struct arena *arena, struct fill_value *ret_value,
                              struct fill_fault *ret_fault)
{
    *ret_value = (struct fill_value){.kind = FILL_ABSENT};
    struct fill_value value = {.kind = FILL_ABSENT};
    struct text text = TEXT("");
    if (fill->first != NULL) {
        enum err err = fill_evaluate(fill->first, input, arena, &value, ret_fault);
        if (err != OK || !fill_value_text(&value, arena, &text))
            return err; /* of nothing comes nothing */
    }
    if (fill->op == OP_ID) {
        struct uuid id = new_id(input, fill, fill->first != NULL ? &text : NULL, arena);
        *ret_value = of_id(id, arena);
        return OK;
    }
    if (fill->op == OP_EMAIL_HASH) {
        ret_value->kind = FILL_HASH;
        fill_email_hash(input->hash_key, text, ret_value->hash);
        return OK;
    }
    if (fill->op == OP_PASSWORD_HASH) {
        enum err err = hash_password(text, arena, ret_value, ret_fault);
        if (err != OK) /* whoever sent it knows the member by its own name */
            ret_fault->blamed = arena_text(arena, fill->first->name).data;
        return err;
    }
    if (fill->op == OP_TIME_ZONE)
        return check_time_zone(text, ret_value, ret_fault);
    if (fill->op == OP_TEXT_MESSAGES)
        return check_text_messages(input, text, ret_value, ret_fault);
    if (fill->op == OP_BROWSER_PUSH)
        return check_push(input, text, ret_value, ret_fault);
    struct text second;
    enum err err = fill_evaluate(fill->second, input, arena, &value, ret_fault);
    if (err != OK || !fill_value_text(&value, arena, &second))
        return err;
    if (fill->op == OP_ID_OF) {
        *ret_value = of_id(id_of(input, text, second, arena), arena);
        return OK;
    }
    if (fill->op == OP_AMOUNT_HASH)
        return hash_amount(input, text, second, ret_value, ret_fault);
    if (fill->op != OP_CONCAT)
        return open_mail_token(fill, input, text, second, arena, ret_value, ret_fault);
    *ret_value = of_text(
        arena_printf(arena, "%.*s%.*s", (int)text.size, text.data, (int)second.size, second.data));
    return err;
}

static enum err evaluate_term(const struct fill *fill, const struct fill_input *input,
                              struct arena *arena, struct fill_value *ret_value,
                              struct fill_fault *ret_fault)
{
    switch (fill->op) {
    case OP_PARAMETER: *ret_value = of_member(input->parameters, fill->name); return OK;
    case OP_BODY: *ret_value = of_member(input->body, fill->name); return OK;
    case OP_ROW: *ret_value = of_member(input->row, fill->name); return OK;
    case OP_LITERAL: *ret_value = of_text(fill->name); return OK;
    case OP_CALLER_USER: *ret_value = of_caller(input, input->user_id, arena); return OK;
    case OP_CALLER_ACCOUNT: *ret_value = of_caller(input, input->account_id, arena); return OK;
    case OP_CALLER_SESSION: *ret_value = of_caller(input, input->session_id, arena); return OK;
    case OP_CALLER_ADDRESS_HASH:
        ret_value->kind = FILL_HASH;
        fill_address_hash(input->hash_key, input->address, ret_value->hash);
        return OK;
    case OP_IF_MATCH: return of_if_match(input, ret_value, ret_fault);
    case OP_ID:
    case OP_EMAIL_HASH:
    case OP_PASSWORD_HASH:
    case OP_TIME_ZONE:
    case OP_TEXT_MESSAGES:
    case OP_BROWSER_PUSH:
    case OP_ID_OF:
    case OP_CONCAT:
    case OP_AMOUNT_HASH:
    case OP_MAIL_TOKEN_USER:
    case OP_MAIL_TOKEN_VERSION: break;
    }
    return evaluate_call(fill, input, arena, ret_value, ret_fault);
}

enum err fill_evaluate(const struct fill *fill, const struct fill_input *input, struct arena *arena,
                       struct fill_value *ret_value, struct fill_fault *ret_fault)
{
    for (; fill != NULL; fill = fill->instead) {
        enum err err = evaluate_term(fill, input, arena, ret_value, ret_fault);
        if (err != OK || ret_value->kind != FILL_ABSENT)
            return err;
    }
    return OK;
}
