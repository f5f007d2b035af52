/* payment_method.c - POST funding/payment-methods: checks the number, masks it, and chooses the two
 * small deposits by which its owner is known. The number goes on sealed only.
 */
#include "gateway/payment.h"

#include "base/buffer.h"
#include "decimal/decimal.h"
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"

enum { DETAILS_MAX = 4096, CENTS = 99 };

static struct text member(const struct exchange *exchange, const char *name)
{
    const struct json_value *value = json_value_member(exchange->input.body, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

static bool refuse(struct exchange *exchange, const char *field, const char *why)
{
    respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED, text_of(why), text_of(field));
    return false;
}

/* The number of its kind, sound and compact; a wallet's letters mean what they are. */
static bool read_number(struct exchange *exchange, struct add_payment_method *fields,
                        const char **ret_name, struct text *ret_number)
{
    struct arena *arena = exchange->arena;
    struct text kind = member(exchange, "kind");
    if (text_is(kind, "bank_account")) {
        fields->kind = PAYMENT_METHOD_KIND_BANK_ACCOUNT;
        *ret_name = "iban";
        *ret_number = payment_compact(member(exchange, "iban"), arena);
        fields->shown = payment_masked(*ret_number, 2, arena);
        return payment_iban_is_sound(*ret_number) ||
               refuse(exchange, "iban", "it is no IBAN, or its check digits are wrong");
    }
    if (text_is(kind, "card")) {
        fields->kind = PAYMENT_METHOD_KIND_CARD;
        *ret_name = "card_number";
        *ret_number = payment_compact(member(exchange, "card_number"), arena);
        fields->shown = payment_masked(*ret_number, 0, arena);
        return payment_card_is_sound(*ret_number) ||
               refuse(exchange, "card_number", "it is no card's, or its check digit is wrong");
    }
    fields->kind = PAYMENT_METHOD_KIND_CRYPTO_WALLET;
    *ret_name = "address";
    *ret_number = member(exchange, "address");
    fields->shown = payment_masked(*ret_number, 4, arena);
    if (member(exchange, "network").size == 0)
        return refuse(exchange, "network", "say on which ledger the wallet is");
    return payment_wallet_is_sound(*ret_number) ||
           refuse(exchange, "address", "it is no wallet's address");
}

static void add_detail(struct buffer *details, const char *name, struct text value)
{
    if (value.size == 0)
        return;
    buffer_byte(details, details->size > 0 ? ',' : '{');
    buffer_json_string(details, text_of(name));
    buffer_byte(details, ':');
    buffer_json_string(details, value);
}

static struct text details_of(struct exchange *exchange, const char *name, struct text number)
{
    static const char *const BESIDE[] = {"holder", "expires", "network"};
    struct buffer details;
    buffer_init(&details, DETAILS_MAX);
    add_detail(&details, name, number);
    for (size_t i = 0; i < COUNT_OF(BESIDE); i++)
        add_detail(&details, BESIDE[i], member(exchange, BESIDE[i]));
    buffer_byte(&details, '}');
    CHECK(buffer_ok(&details)); /* the document bounds each */
    struct text text = arena_text(exchange->arena, buffer_as_text(&details));
    buffer_free(&details);
    return text;
}

/* 0.01 to 0.99: what can be sent by all of them, and not be guessed in a few attempts. */
static int64_t small_amount_e8(void)
{
    uint64_t random;
    seal_random(&random, sizeof random);
    return (int64_t)(random % CENTS + 1) * (E8 / 100);
}

static void choose_small_deposits(struct exchange *exchange, struct add_payment_method *fields)
{
    const struct seal_key *key = &exchange->gateway->hash_key;
    int64_t first_e8 = small_amount_e8(), second_e8 = small_amount_e8();
    char first[DECIMAL_TEXT_SIZE], second[DECIMAL_TEXT_SIZE];
    int first_size = (int)decimal_print(first_e8, 2, first);
    int second_size = (int)decimal_print(second_e8, 2, second);
    fields->small_deposits =
        arena_printf(exchange->arena, "%.*s %.*s", first_size, first, second_size, second);
    payment_amount_hash(key, fields->payment_method_id, first_e8, fields->first_hash.bytes);
    payment_amount_hash(key, fields->payment_method_id, second_e8, fields->second_hash.bytes);
}

static void send(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_ADD_PAYMENT_METHOD, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct add_payment_method *fields = &command->add_payment_method;
    const char *name;
    struct text number;
    if (!read_number(exchange, fields, &name, &number))
        return;
    fields->account_id = exchange->caller.claims.account_id;
    fields->user_id = exchange->caller.claims.user_id;
    fields->payment_method_id = fill_fresh_id(uuid_owner_hash(fields->account_id));
    fields->details = details_of(exchange, name, number);
    choose_small_deposits(exchange, fields);
    command_set_key(exchange, command);
    if (!command_seal(exchange, command))
        return;
    exchange->command = command;
    command_send(exchange, SERVICE_ACCOUNTS);
}

void handle_add_payment_method(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->work, send);
}
