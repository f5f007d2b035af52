/* two_factor.c - settings/2fa: a secret and its QR code, and what takes a code: switching the
 * second factor on and off, new backup codes, and the second half of a login.
 *
 * What is shown once, secret and backup codes, is in the answer only: no Idempotency-Key keeps it.
 */
#include "auth/qr.h"
#include "auth/totp.h"
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/cookies.h"
#include "gateway/factor.h"
#include "gateway/handlers.h"
#include "gateway/person.h"
#include "gateway/respond.h"
#include "gateway/tokens.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <ctype.h>
#include <string.h>

enum { SVG_MAX = 1 << 17, MEMBERS_MAX = 1 << 18, URI_MAX = 2048 };

/* What an exchange here knows besides. */
struct two_factor {
    enum command_kind kind;
    struct uuid user_id;
    struct uuid challenge_id; /* of a login */
    struct text code;
    struct text secret;  /* to be shown */
    struct text email;   /* the account's name in an authenticator */
    struct text backups; /* to be shown, JSON */
    struct text person;  /* who has signed in, JSON */
};

/* A command of the kind that is asked for, but for its fields. NULL: it has been answered. */
static struct command *begin(struct exchange *exchange)
{
    const struct two_factor *asked = exchange->extra;
    struct command *command = NULL;
    enum err err = command_begin(exchange, asked->kind, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return NULL;
    }
    command->meta.has_idempotency = false;
    return command;
}

static void fail(struct exchange *exchange, struct db *db, enum err err)
{
    log_warn("two_factor.failed", LOG_TRACE(exchange), LOG_ERR(err),
             LOG_STR("reason", db_error_text(db)));
    respond_err(exchange, err == ERR_CONFIG || err == ERR_POISON ? ERR_BUSY : err);
}

/* Goes on with `next` once the projections show what the caller has been shown. */
static void await_rows(struct exchange *exchange, void (*ready)(struct waiter *, bool))
{
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .services = UINT32_C(1) << SERVICE_SETTINGS,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = ready};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

/* --- a secret --------------------------------------------------------------------------------- */

/* otpauth://totp/Bourse:ADDRESS?secret=...: what is no letter or digit of the address as %XX. */
static void write_uri(const struct two_factor *asked, struct buffer *uri)
{
    buffer_string(uri, "otpauth://totp/Bourse:");
    for (size_t i = 0; i < asked->email.size; i++) {
        unsigned char c = (unsigned char)asked->email.data[i];
        if (isalnum(c) || c == '.' || c == '-' || c == '_')
            buffer_byte(uri, c);
        else
            buffer_printf(uri, "%%%02X", c);
    }
    buffer_printf(uri, "?secret=%.*s&issuer=Bourse&algorithm=SHA1&digits=%d&period=%d",
                  (int)asked->secret.size, asked->secret.data, TOTP_DIGITS, TOTP_STEP_S);
}

static void show_secret(struct exchange *exchange, const struct event *event)
{
    if (event->kind != EVENT_TWO_FACTOR_PREPARED)
        return;
    const struct two_factor *asked = exchange->extra;
    struct buffer uri, svg, members;
    buffer_init(&uri, URI_MAX);
    buffer_init(&svg, SVG_MAX);
    buffer_init(&members, MEMBERS_MAX);
    write_uri(asked, &uri);
    CHECK(buffer_ok(&uri) && qr_svg(buffer_as_text(&uri), &svg) == OK && buffer_ok(&svg));
    buffer_printf(&members, "\"secret\":\"%.*s\",\"otpauth_uri\":", (int)asked->secret.size,
                  asked->secret.data);
    buffer_json_string(&members, buffer_as_text(&uri));
    buffer_string(&members, ",\"qr_svg\":");
    buffer_json_string(&members, buffer_as_text(&svg));
    CHECK(buffer_ok(&members));
    exchange->outcome.members = arena_text(exchange->arena, buffer_as_text(&members));
    buffer_free(&uri);
    buffer_free(&svg);
    buffer_free(&members);
}

static void prepare(struct exchange *exchange, struct db *db)
{
    static const char SQL[] = "SELECT coalesce(email, '') FROM settings.users WHERE id = $1";
    struct two_factor *asked = exchange->extra;
    AUTO_DB_RESULT rows = {0};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, SQL, DB_PARAMS(db_uuid(asked->user_id)), &rows);
    if (err != OK) {
        fail(exchange, db, err);
        return;
    }
    if (db_rows(&rows) > 0)
        asked->email = arena_text(exchange->arena, db_get_text(&rows, 0, 0));
    char *secret = arena_alloc(exchange->arena, TOTP_SECRET_TEXT_SIZE);
    totp_secret(secret);
    asked->secret = (struct text){.data = secret, .size = TOTP_SECRET_TEXT_SIZE};
    struct command *command = begin(exchange);
    if (command == NULL)
        return;
    command->prepare_two_factor.user_id = asked->user_id;
    command->prepare_two_factor.secret = asked->secret;
    command_set_key(exchange, command);
    if (!command_seal(exchange, command))
        return;
    exchange->command = command;
    exchange->answered = show_secret;
    command_send(exchange, SERVICE_SETTINGS);
}

static void prepare_when_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, prepare);
}

void handle_prepare_factor(struct exchange *exchange)
{
    struct two_factor *asked = ARENA_NEW(exchange->arena, struct two_factor, 1);
    asked->kind = COMMAND_PREPARE_TWO_FACTOR;
    asked->user_id = exchange->caller.claims.user_id;
    exchange->extra = asked;
    await_rows(exchange, prepare_when_there);
}

/* --- a code ----------------------------------------------------------------------------------- */

static void show_backups(struct exchange *exchange, const struct event *event)
{
    const struct two_factor *asked = exchange->extra;
    if (event->kind == EVENT_TWO_FACTOR_ENABLED || event->kind == EVENT_BACKUP_CODES_MADE)
        exchange->outcome.members = arena_printf(exchange->arena, "\"backup_codes\":%.*s",
                                                 (int)asked->backups.size, asked->backups.data);
}

static void show_tokens(struct exchange *exchange, const struct event *event)
{
    const struct two_factor *asked = exchange->extra;
    if (event->kind == EVENT_SESSION_OPENED)
        tokens_open(exchange, &event->session_opened, asked->person);
}

static void set_backups(struct exchange *exchange, struct two_factor *asked,
                        struct keyed_hash **ret_hashes, size_t *ret_count)
{
    *ret_hashes = ARENA_NEW(exchange->arena, struct keyed_hash, FACTOR_BACKUPS);
    *ret_count = FACTOR_BACKUPS;
    asked->backups = factor_make_backups(exchange, asked->user_id, *ret_hashes);
}

/* The fields of the command, by its kind. */
static void set_fields(struct exchange *exchange, struct two_factor *asked,
                       const struct second_factor *factor, struct command *command)
{
    struct keyed_hash address_hash;
    fill_address_hash(&exchange->gateway->hash_key, http_request_address(exchange->request),
                      address_hash.bytes);
    if (asked->kind == COMMAND_ENABLE_TWO_FACTOR) {
        struct enable_two_factor *fields = &command->enable_two_factor;
        *fields = (struct enable_two_factor){.user_id = asked->user_id,
                                             .factor = *factor,
                                             .has_address_hash = true,
                                             .address_hash = address_hash};
        set_backups(exchange, asked, &fields->backup_hashes, &fields->backup_hashes_count);
    } else if (asked->kind == COMMAND_MAKE_BACKUP_CODES) {
        struct make_backup_codes *fields = &command->make_backup_codes;
        *fields = (struct make_backup_codes){.user_id = asked->user_id,
                                             .factor = *factor,
                                             .has_address_hash = true,
                                             .address_hash = address_hash};
        set_backups(exchange, asked, &fields->backup_hashes, &fields->backup_hashes_count);
    } else if (asked->kind == COMMAND_DISABLE_TWO_FACTOR) {
        command->disable_two_factor = (struct disable_two_factor){.user_id = asked->user_id,
                                                                  .factor = *factor,
                                                                  .has_address_hash = true,
                                                                  .address_hash = address_hash};
    } else {
        command->complete_login = (struct complete_login){.session_id = asked->challenge_id,
                                                          .factor = *factor,
                                                          .has_address_hash = true,
                                                          .address_hash = address_hash};
    }
}

static enum err find_person(struct exchange *exchange, struct db *db, struct two_factor *asked)
{
    static const char SQL[] = "SELECT " PERSON_SQL " FROM settings.users WHERE id = $1";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_PARAMS(db_uuid(asked->user_id)), &rows);
    if (err == OK && db_rows(&rows) > 0)
        asked->person = arena_text(exchange->arena, db_get_text(&rows, 0, 0));
    return err == OK && db_rows(&rows) == 0 ? ERR_NOT_FOUND : err;
}

static void send_code(struct exchange *exchange, struct db *db)
{
    struct two_factor *asked = exchange->extra;
    struct second_factor factor = {.secret_version = 0};
    enum err err = factor_check(exchange, db, asked->user_id, asked->code, &factor);
    if (err == ERR_NOT_FOUND)
        err = OK; /* there is no secret: settings says what that means */
    if (err == OK && asked->kind == COMMAND_COMPLETE_LOGIN)
        err = find_person(exchange, db, asked);
    if (err != OK) {
        fail(exchange, db, err);
        return;
    }
    struct command *command = begin(exchange);
    if (command == NULL)
        return;
    set_fields(exchange, asked, &factor, command);
    command_set_key(exchange, command);
    exchange->command = command;
    exchange->answered = asked->kind == COMMAND_COMPLETE_LOGIN ? show_tokens : show_backups;
    command_send(exchange, SERVICE_SETTINGS);
}

static void send_code_when_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, send_code);
}

static struct two_factor *take_code(struct exchange *exchange, enum command_kind kind)
{
    struct two_factor *asked = ARENA_NEW(exchange->arena, struct two_factor, 1);
    asked->kind = kind;
    asked->user_id = exchange->caller.claims.user_id;
    asked->code = json_value_member(exchange->input.body, "code")->text;
    exchange->extra = asked;
    return asked;
}

void handle_enable_factor(struct exchange *exchange)
{
    take_code(exchange, COMMAND_ENABLE_TWO_FACTOR);
    await_rows(exchange, send_code_when_there);
}

void handle_disable_factor(struct exchange *exchange)
{
    take_code(exchange, COMMAND_DISABLE_TWO_FACTOR);
    await_rows(exchange, send_code_when_there);
}

void handle_backup_codes(struct exchange *exchange)
{
    take_code(exchange, COMMAND_MAKE_BACKUP_CODES);
    await_rows(exchange, send_code_when_there);
}

void handle_complete_login(struct exchange *exchange)
{
    struct two_factor *asked = take_code(exchange, COMMAND_COMPLETE_LOGIN);
    struct text challenge = json_value_member(exchange->input.body, "challenge")->text;
    if (tokens_read_challenge(exchange, challenge, &asked->challenge_id, &asked->user_id) != OK) {
        respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
                        TEXT("the challenge is none of ours, or too old; sign in again"),
                        TEXT("challenge"));
        return;
    }
    if (!cookies_admit_login(exchange))
        return;
    exchange->person = asked->user_id;
    exchange_resume(exchange, exchange->gateway->work, send_code);
}
