/* login.c - POST auth/login: finds the account, checks the password, lets settings decide, and
 * issues the tokens.
 *
 *     credentials (a query) -> check (the passwords' threads) -> RecordLogin -> SessionOpened
 *
 * Whether the address is unknown or the password wrong, the same checks take the same time and the
 * answer is the same. A market maker's right password is told to settings, whose refusal says so.
 */
#include "base/murmur2.h"
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/cookies.h"
#include "gateway/handlers.h"
#include "gateway/person.h"
#include "gateway/respond.h"
#include "gateway/tokens.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <string.h>

enum { MAKERS_MAX = 4 };

struct login {
    struct text password;
    uint8_t email_hash[16];
    struct uuid user_id; /* nil: the address is nobody's */
    struct text stored;  /* its password hash; empty: none */
    int64_t version;     /* of that */
    struct text user;    /* as GET auth/me shows it, JSON */
    struct text makers[MAKERS_MAX];
    size_t makers_count;
    enum login_outcome outcome;
};

/* --- credentials ------------------------------------------------------------------------------ */

/* The first admin may say `admin` for the address. */
static const char ADMIN_SQL[] = "SELECT email_hash FROM settings.users WHERE 'admin' = ANY(roles) "
                                "ORDER BY created_at, id LIMIT 1";
static const char USER_SQL[] =
    "SELECT users.id, credentials.password_hash, credentials.version, " PERSON_SQL
    " FROM settings.users JOIN settings.credentials ON credentials.user_id = users.id "
    "WHERE users.email_hash = $1";
static const char MAKERS_SQL[] =
    "SELECT credentials.password_hash FROM accounts.market_maker_clients maker "
    "JOIN accounts.market_maker_credentials credentials ON credentials.market_maker_id = maker.id "
    "WHERE maker.email_hash = $1 AND credentials.password_hash IS NOT NULL LIMIT 4";

static uint8_t nibble(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static enum err find_admin(struct login *login, struct db *db)
{
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, ADMIN_SQL, DB_NO_PARAMS, &rows);
    if (err != OK || db_rows(&rows) == 0)
        return err;
    struct text digits = db_get_text(&rows, 0, 0);
    for (size_t i = 0; i < sizeof login->email_hash && digits.size == 32; i++)
        login->email_hash[i] =
            (uint8_t)(nibble(digits.data[2 * i]) << 4 | nibble(digits.data[2 * i + 1]));
    return OK;
}

static enum err find_user(struct exchange *exchange, struct db *db, struct text hash)
{
    struct login *login = exchange->extra;
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, USER_SQL, DB_PARAMS(db_text(hash)), &rows);
    if (err != OK || db_rows(&rows) == 0)
        return err;
    login->user_id = db_get_uuid(&rows, 0, 0);
    login->stored = arena_text(exchange->arena, db_get_text(&rows, 0, 1));
    login->version = db_get_int(&rows, 0, 2);
    login->user = arena_text(exchange->arena, db_get_text(&rows, 0, 3));
    return OK;
}

static enum err find_makers(struct exchange *exchange, struct db *db, struct text hash)
{
    struct login *login = exchange->extra;
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, MAKERS_SQL, DB_PARAMS(db_text(hash)), &rows);
    for (size_t i = 0; err == OK && i < db_rows(&rows) && i < MAKERS_MAX; i++)
        login->makers[login->makers_count++] =
            arena_text(exchange->arena, db_get_text(&rows, i, 0));
    return err;
}

static void check(struct exchange *exchange, struct db *db);

static void find_credentials(struct exchange *exchange, struct db *db)
{
    struct login *login = exchange->extra;
    const struct json_value *body = exchange->input.body;
    const struct json_value *name = json_value_member(body, "email");
    if (name == NULL || name->kind != JSON_STRING)
        name = json_value_member(body, "username");
    enum err err = db_connect(db);
    if (err == OK && text_is(name->text, "admin"))
        err = find_admin(login, db);
    else
        fill_email_hash(&exchange->gateway->hash_key, name->text, login->email_hash);
    struct text hash = fill_hash_text(login->email_hash, exchange->arena);
    if (err == OK)
        err = find_user(exchange, db, hash);
    if (err == OK)
        err = find_makers(exchange, db, hash);
    if (err != OK) {
        log_warn("login.no_credentials", LOG_TRACE(exchange), LOG_ERR(err),
                 LOG_STR("reason", db_error_text(db)));
        respond_err(exchange, err == ERR_CONFIG ? ERR_BUSY : err);
        return;
    }
    exchange_resume(exchange, exchange->gateway->passwords, check);
}

/* --- the check, and what settings says of it -------------------------------------------------- */

static void session_decided(struct exchange *exchange, const struct event *event)
{
    const struct login *login = exchange->extra;
    if (event->kind == EVENT_SESSION_OPENED)
        tokens_open(exchange, &event->session_opened, login->user);
    else if (event->kind == EVENT_LOGIN_CHALLENGED)
        tokens_challenge(exchange, &event->login_challenged);
}

static void record(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct login *login = exchange->extra;
    struct command *command = NULL;
    if (login->outcome == LOGIN_OUTCOME_ACCEPTED)
        exchange->person = login->user_id;
    enum err err = command_begin(exchange, COMMAND_RECORD_LOGIN, true, &command);
    if (err == ERR_NOT_FOUND) { /* whose key is gone has been erased, and is nobody any more */
        exchange->person = login->user_id = (struct uuid){{0}};
        login->outcome = LOGIN_OUTCOME_UNKNOWN_USER;
        err = command_begin(exchange, COMMAND_RECORD_LOGIN, true, &command);
    }
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct text hash = fill_hash_text(login->email_hash, exchange->arena);
    struct record_login *fields = &command->record_login;
    fields->session_id = fill_fresh_id(murmur2(hash.data, hash.size));
    fields->has_user_id = !uuid_is_nil(login->user_id);
    fields->user_id = login->user_id;
    memcpy(fields->email_hash.bytes, login->email_hash, sizeof fields->email_hash.bytes);
    fields->outcome = login->outcome;
    fields->credentials_version = login->version;
    fields->has_address_hash = true;
    fill_address_hash(&exchange->gateway->hash_key, http_request_address(exchange->request),
                      fields->address_hash.bytes);
    fields->expires_at = exchange->received_us + exchange->gateway->config.refresh_ttl_ms * 1000;
    command_set_key(exchange, command);
    exchange->command = command;
    exchange->answered = session_decided;
    command_send(exchange, SERVICE_SETTINGS);
}

static void check(struct exchange *exchange, struct db *db)
{
    struct login *login = exchange->extra;
    bool known = !uuid_is_nil(login->user_id) && login->stored.size > 0;
    bool right = seal_password_verify(known ? login->stored.data : NULL, login->password);
    login->outcome = right   ? LOGIN_OUTCOME_ACCEPTED
                     : known ? LOGIN_OUTCOME_WRONG_PASSWORD
                             : LOGIN_OUTCOME_UNKNOWN_USER;
    for (size_t i = 0; i < login->makers_count && !right; i++) {
        right = seal_password_verify(login->makers[i].data, login->password);
        if (right) {
            login->outcome = LOGIN_OUTCOME_ACCEPTED;
            login->user_id = (struct uuid){{0}};
            login->version = 0;
        }
    }
    record(exchange, db);
}

void handle_login(struct exchange *exchange)
{
    const struct json_value *body = exchange->input.body;
    const struct json_value *password = json_value_member(body, "password");
    const struct json_value *email = json_value_member(body, "email");
    const struct json_value *username = json_value_member(body, "username");
    bool named = (email != NULL && email->kind == JSON_STRING) ||
                 (username != NULL && username->kind == JSON_STRING);
    if (!named || password == NULL || password->kind != JSON_STRING) {
        respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                        TEXT("give email and password, or as a form username and password"),
                        named ? TEXT("password") : TEXT("email"));
        return;
    }
    struct login *login = ARENA_NEW(exchange->arena, struct login, 1);
    login->password = password->text;
    if (!cookies_admit_login(exchange))
        return;
    exchange->extra = login;
    exchange_resume(exchange, exchange->gateway->work, find_credentials);
}
