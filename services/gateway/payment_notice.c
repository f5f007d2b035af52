/* payment_notice.c - POST funding/callback/{provider}: what a payment provider tells, held against
 * its signature before anything else is.
 *
 *     X-Payment-Timestamp: seconds since 1970
 *     X-Payment-Signature: hex of HMAC-SHA256(secret, timestamp "." body)
 *
 * The secret is any line of BOURSE_PAYMENT_SECRET_FILE. A notice that is older than it may be is
 * refused, and so is one more of a transfer that has ended: there is nothing that could be
 * replayed.
 */
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"

#include <stdlib.h>
#include <string.h>

enum {
    AGE_MAX_S = 300,
    TIMESTAMP_DIGITS_MAX = 12,
    SIGNATURE_DIGITS = 2 * SEAL_SHA256_SIZE,
    SECRETS_MAX = 1 << 16
};

/* Seconds, or -1 where it is no such number. */
static int64_t timestamp_s(struct text text)
{
    if (text.size == 0 || text.size > TIMESTAMP_DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
    }
    return strtoll(text.data, NULL, 10);
}

static bool is_signed_with(struct text secret, struct text message, struct text signature)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t digest[SEAL_SHA256_SIZE];
    char right[SIGNATURE_DIGITS];
    seal_hmac_sha256(secret, message, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        right[2 * i] = HEX[digest[i] >> 4];
        right[2 * i + 1] = HEX[digest[i] & 15];
    }
    return seal_equal((struct bytes){(const uint8_t *)signature.data, signature.size},
                      (struct bytes){(const uint8_t *)right, sizeof right});
}

/* Under whichever of the secrets: there are two while the old one is given up for another. */
static bool is_signed(const struct exchange *exchange, struct text timestamp)
{
    struct bytes body = http_request_body(exchange->request);
    struct text signature = http_request_header(exchange->request, "X-Payment-Signature");
    struct text message = arena_printf(exchange->arena, "%.*s.%.*s", (int)timestamp.size,
                                       timestamp.data, (int)body.size, (const char *)body.data);
    struct text secret;
    struct buffer secrets;
    buffer_init(&secrets, SECRETS_MAX);
    bool there = secret_copy(&exchange->gateway->payment_secrets, &secrets);
    struct text rest = buffer_as_text(&secrets);
    bool good = false;
    while (there && text_take(&rest, '\n', &secret))
        good |= is_signed_with(secret, message, signature);
    seal_wipe(secrets.data, secrets.size);
    buffer_free(&secrets);
    return good;
}

static bool is_genuine(struct exchange *exchange)
{
    const struct config *config = &exchange->gateway->config;
    struct text timestamp = http_request_header(exchange->request, "X-Payment-Timestamp");
    int64_t told_s = timestamp_s(timestamp);
    int64_t age_s = exchange->received_us / 1000000 - told_s;
    if (config->payment_provider == NULL ||
        !text_is(exchange->path_values.rows[0].value, config->payment_provider)) {
        respond_err(exchange, ERR_NOT_FOUND);
        return false;
    }
    if (told_s >= 0 && age_s <= AGE_MAX_S && age_s >= -AGE_MAX_S && is_signed(exchange, timestamp))
        return true;
    respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
                    TEXT("the notice is not signed with the secret that was agreed upon, or too "
                         "old"),
                    TEXT(""));
    return false;
}

static bool take(const struct json_value *body, const char *name, struct text *ret_text)
{
    const struct json_value *value = json_value_member(body, name);
    if (value != NULL && value->kind == JSON_STRING)
        *ret_text = value->text;
    return value != NULL && value->kind == JSON_STRING;
}

static void set_fields(struct exchange *exchange, struct settle_transfer *fields)
{
    const struct json_value *body = exchange->input.body;
    struct text status = json_value_member(body, "status")->text;
    CHECK(uuid_parse(json_value_member(body, "transfer_id")->text, &fields->transfer_id) == OK);
    fields->status = text_is(status, "completed") ? TRANSFER_STATUS_COMPLETED
                     : text_is(status, "failed")  ? TRANSFER_STATUS_FAILED
                                                  : TRANSFER_STATUS_PROCESSING;
    fields->has_provider = true;
    fields->provider = text_of(exchange->gateway->config.payment_provider);
    fields->has_reason = take(body, "reason", &fields->reason);
    fields->has_reference = take(body, "reference", &fields->reference);
}

static void send(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_SETTLE_TRANSFER, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    command->meta.has_actor = false; /* whoever is signed in on that machine: the notice counts */
    set_fields(exchange, &command->settle_transfer);
    command_set_key(exchange, command);
    exchange->command = command;
    command_send(exchange, SERVICE_ACCOUNTS);
}

void handle_payment_notice(struct exchange *exchange)
{
    if (is_genuine(exchange))
        exchange_resume(exchange, exchange->gateway->work, send);
}
