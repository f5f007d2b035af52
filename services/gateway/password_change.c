/* password_change.c - PUT auth/password: checks the present password, and sends the new one's hash.
 *
 *     credentials (a query) -> check, hash (the passwords' threads) -> ChangePassword
 *
 * A wrong one is told to settings, too: it counts as a failed login does.
 */
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"
#include "seal/password.h"

#include <string.h>

struct change {
    struct text present;
    struct text wanted;
    struct text stored; /* hash of the present one; empty: none is known */
    int64_t version;
};

static void send(struct exchange *exchange, bool right, const char *hash)
{
    const struct change *change = exchange->extra;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_CHANGE_PASSWORD, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct change_password *fields = &command->change_password;
    fields->user_id = exchange->caller.claims.user_id;
    fields->outcome = right ? LOGIN_OUTCOME_ACCEPTED : LOGIN_OUTCOME_WRONG_PASSWORD;
    fields->credentials_version = change->version;
    fields->password_hash = text_of(hash);
    fields->has_address_hash = true;
    fill_address_hash(&exchange->gateway->hash_key, http_request_address(exchange->request),
                      fields->address_hash.bytes);
    command_set_key(exchange, command);
    if (!command_seal(exchange, command))
        return;
    exchange->command = command;
    command_send(exchange, SERVICE_SETTINGS);
}

static void check(struct exchange *exchange, struct db *db)
{
    (void)db;
    const struct change *change = exchange->extra;
    char hash[SEAL_PASSWORD_SIZE] = "";
    bool known = change->stored.size > 0;
    bool right = seal_password_verify(known ? change->stored.data : NULL, change->present);
    if (right && seal_password_hash(change->wanted, hash) != OK) {
        respond_err(exchange, ERR_FULL);
        return;
    }
    send(exchange, right, hash);
    seal_wipe(hash, sizeof hash);
}

static void find_credentials(struct exchange *exchange, struct db *db)
{
    static const char SQL[] =
        "SELECT password_hash, version FROM settings.credentials WHERE user_id = $1";
    struct change *change = exchange->extra;
    AUTO_DB_RESULT rows = {0};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, SQL, DB_PARAMS(db_uuid(exchange->caller.claims.user_id)), &rows);
    if (err != OK) {
        log_warn("password.no_credentials", LOG_TRACE(exchange), LOG_ERR(err),
                 LOG_STR("reason", db_error_text(db)));
        respond_err(exchange, err == ERR_CONFIG ? ERR_BUSY : err);
        return;
    }
    if (db_rows(&rows) > 0) {
        change->stored = arena_text(exchange->arena, db_get_text(&rows, 0, 0));
        change->version = db_get_int(&rows, 0, 1);
    }
    exchange_resume(exchange, exchange->gateway->passwords, check);
}

/* A password changed a moment ago is the one to check against. */
static void rows_are_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, find_credentials);
}

void handle_change_password(struct exchange *exchange)
{
    const struct json_value *body = exchange->input.body;
    struct change *change = ARENA_NEW(exchange->arena, struct change, 1);
    change->present = json_value_member(body, "current_password")->text;
    change->wanted = json_value_member(body, "new_password")->text;
    exchange->extra = change;
    const char *weakness = password_weakness(change->wanted);
    if (weakness != NULL) {
        respond_problem(exchange, HTTP_PROBLEM_WEAK_PASSWORD, text_of(weakness),
                        TEXT("new_password"));
        return;
    }
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .services = UINT32_C(1) << SERVICE_SETTINGS,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = rows_are_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}
