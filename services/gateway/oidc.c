/* oidc.c - sign-in through an OpenID provider: authorization code with PKCE (RFC 7636, S256).
 *
 *     start:     what the provider says of itself -> 302 there, with state, nonce and challenge
 *     callback:  state and cookie -> code for ID token (the outside's threads) -> whose address it
 *                is (a query) -> RecordLogin -> as after a password
 *
 * Nothing is stored: verifier and nonce are keyed hashes of the attempt's id, which the state names
 * and a cookie ties to the browser that began. That an attempt is used once, settings sees to. The
 * provider vouches for the address; so an account that has not verified it is not opened by it, for
 * somebody else may have registered it.
 *
 * A browser, which asks for HTML, is sent on to the page with its cookies, or with what was
 * refused.
 */
#include "auth/base64url.h"
#include "auth/id_token.h"
#include "auth/keyed_token.h"
#include "base/murmur2.h"
#include "base/pack.h"
#include "client/fetch.h"
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/cookies.h"
#include "gateway/handlers.h"
#include "gateway/page.h"
#include "gateway/person.h"
#include "gateway/refusals.h"
#include "gateway/respond.h"
#include "gateway/security.h"
#include "gateway/tokens.h"
#include "gateway/tracing.h"
#include "log/log.h"
#include "json/json.h"

#include <string.h>

#define ATTEMPT_US    (INT64_C(600) * 1000000)
#define COOKIE        "__Host-bourse-oidc"
#define COOKIE_AGE_S  600
#define SCOPES        "openid email"
#define STATE_PURPOSE "oidc-state"

enum {
    STATE_SIZE = 16 + 8 + 1,
    HASH_SIZE = 32,
    VERIFIER_BYTES = 2 * HASH_SIZE, /* 86 characters */
    URL_MAX = 4096,
    NAME_MAX_SIZE = 64
};

struct attempt {
    struct uuid id;
    int64_t expires_at_us;
    bool wants_cookies;

    struct text code;      /* of the callback */
    struct text token_url; /* of the provider */
    struct text key_url;
    uint8_t email_hash[16]; /* whom the provider vouches for */
    struct uuid user_id;    /* nil: the address is nobody's, or is not verified */
    int64_t version;
    struct text person;
};

/* --- what follows from an attempt's id -------------------------------------------------------- */

static void derive(const struct exchange *exchange, const struct attempt *attempt,
                   const char *purpose, uint8_t ret_hash[HASH_SIZE])
{
    uint8_t all[NAME_MAX_SIZE] = {0};
    CHECK(strlen(purpose) + sizeof attempt->id.bytes < sizeof all);
    memcpy(all, attempt->id.bytes, sizeof attempt->id.bytes);
    memcpy(all + sizeof attempt->id.bytes, purpose, strlen(purpose));
    seal_keyed_hash32(&exchange->gateway->hash_key, all, sizeof all, ret_hash);
}

static struct text encoded(struct exchange *exchange, const uint8_t *data, size_t size)
{
    struct buffer text;
    buffer_init(&text, BASE64URL_SIZE(size));
    base64url_encode(&text, data, size);
    struct text copy = arena_text(exchange->arena, buffer_as_text(&text));
    buffer_free(&text);
    return copy;
}

static struct text nonce_of(struct exchange *exchange, const struct attempt *attempt)
{
    uint8_t hash[HASH_SIZE];
    derive(exchange, attempt, "oidc-nonce", hash);
    return encoded(exchange, hash, sizeof hash);
}

static struct text verifier_of(struct exchange *exchange, const struct attempt *attempt)
{
    uint8_t bytes[VERIFIER_BYTES];
    derive(exchange, attempt, "oidc-verifier-1", bytes);
    derive(exchange, attempt, "oidc-verifier-2", bytes + HASH_SIZE);
    return encoded(exchange, bytes, sizeof bytes);
}

static struct text state_of(struct exchange *exchange, const struct attempt *attempt)
{
    struct buffer payload;
    buffer_init(&payload, STATE_SIZE);
    buffer_append(&payload, attempt->id.bytes, sizeof attempt->id.bytes);
    pack_u64(&payload, (uint64_t)attempt->expires_at_us);
    buffer_byte(&payload, attempt->wants_cookies);
    struct text state = keyed_token_make(&exchange->gateway->hash_key, STATE_PURPOSE,
                                         buffer_bytes(&payload), exchange->arena);
    buffer_free(&payload);
    return state;
}

static bool read_state(const struct exchange *exchange, struct text state,
                       struct attempt *ret_attempt)
{
    uint8_t payload[STATE_SIZE];
    if (keyed_token_open(&exchange->gateway->hash_key, STATE_PURPOSE, state, payload,
                         sizeof payload) != OK)
        return false;
    struct pack_reader reader = {.rest = {payload, sizeof payload}};
    pack_read(&reader, ret_attempt->id.bytes, sizeof ret_attempt->id.bytes);
    ret_attempt->expires_at_us = (int64_t)pack_read_u64(&reader);
    ret_attempt->wants_cookies = pack_read_u8(&reader) != 0;
    return ret_attempt->expires_at_us > exchange->received_us;
}

/* What the cookie of the browser that began is: the state tells it only to who has the key. */
static struct text browser_of(struct exchange *exchange, const struct attempt *attempt)
{
    uint8_t hash[HASH_SIZE];
    derive(exchange, attempt, "oidc-browser", hash);
    return encoded(exchange, hash, sizeof hash);
}

/* --- the provider ----------------------------------------------------------------------------- */

static bool is_configured(const struct exchange *exchange)
{
    const struct config *config = &exchange->gateway->config;
    return config->oidc_provider != NULL && config->oidc_issuer != NULL &&
           config->oidc_client_id != NULL && exchange->path_values.count > 0 &&
           text_is(exchange->path_values.rows[0].value, config->oidc_provider);
}

static struct text redirect_uri(struct exchange *exchange)
{
    return arena_printf(exchange->arena, "%s/api/v1/auth/oidc/%s/callback",
                        exchange->gateway->origin, exchange->gateway->config.oidc_provider);
}

/* Who comes back is not shown to be who began: neither, then, is whose sign-in it is. */
static void refuse_proof(struct exchange *exchange, struct text detail, struct text field)
{
    security_count(exchange->gateway, SECURITY_PKCE_FAILED);
    refusals_note(exchange, "UNAUTHENTICATED");
    respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED, detail, field);
}

/* The JSON that an address gives. NULL: it gives none, which was logged and answered. */
static const struct json_value *fetch_json(struct exchange *exchange, const char *url,
                                           const char *form, struct text *ret_text)
{
    struct buffer body;
    struct json_error error;
    const struct json_value *value = NULL;
    buffer_init(&body, FETCH_SIZE_MAX);
    enum err err = fetch(url, form, &body);
    struct text text = arena_text(exchange->arena, buffer_as_text(&body));
    buffer_free(&body);
    if (err == OK && json_parse(text, FETCH_SIZE_MAX, exchange->arena, &value, &error) == OK) {
        if (ret_text != NULL)
            *ret_text = text;
        return value;
    }
    log_warn("oidc.no_answer", LOG_TRACE(exchange), LOG_ERR(err), LOG_STR("url", url));
    if (err == ERR_DENIED && form != NULL)
        refuse_proof(exchange, TEXT("the provider does not take the code; sign in again"),
                     TEXT("code"));
    else
        respond_problem(exchange, HTTP_PROBLEM_DEPENDENCY_DOWN,
                        TEXT("the provider does not answer as it should; try again"), TEXT(""));
    return NULL;
}

static struct text member_of(const struct json_value *object, const char *name)
{
    const struct json_value *value = json_value_member(object, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

/* Whether its addresses are as safe as its issuer's: in clear only on this machine. */
static bool has_safe_endpoints(const struct json_value *provider, const char *issuer)
{
    static const char *const NAMES[] = {"authorization_endpoint", "token_endpoint", "jwks_uri"};
    static const char SECURE[] = "https://";
    bool local = strncmp(issuer, SECURE, sizeof SECURE - 1) != 0;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct text url = member_of(provider, NAMES[i]);
        if (url.size <= sizeof SECURE ||
            (!local && memcmp(url.data, SECURE, sizeof SECURE - 1) != 0))
            return false;
    }
    return true;
}

/* What the provider says of itself, which must be of the issuer that was configured (RFC 8414). */
static const struct json_value *discover(struct exchange *exchange)
{
    const char *issuer = exchange->gateway->config.oidc_issuer;
    struct text url = arena_printf(exchange->arena, "%s/.well-known/openid-configuration", issuer);
    const struct json_value *found = fetch_json(exchange, url.data, NULL, NULL);
    if (found == NULL ||
        (text_is(member_of(found, "issuer"), issuer) && has_safe_endpoints(found, issuer)))
        return found;
    log_warn("oidc.another_issuer", LOG_TRACE(exchange), LOG_STR("url", url.data));
    respond_problem(exchange, HTTP_PROBLEM_DEPENDENCY_DOWN,
                    TEXT("the provider is not the one that was configured"), TEXT(""));
    return NULL;
}

/* --- which there are -------------------------------------------------------------------------- */

void handle_oidc_providers(struct exchange *exchange)
{
    const char *name = exchange->gateway->config.oidc_provider;
    struct buffer body;
    buffer_init(&body, URL_MAX);
    buffer_string(&body, "{\"items\":[");
    if (name != NULL) {
        buffer_string(&body, "{\"name\":");
        buffer_json_string(&body, text_of(name));
        buffer_string(&body, "}");
    }
    buffer_string(&body, "],\"next_cursor\":null}");
    CHECK(buffer_ok(&body));
    respond(exchange, &(struct respond_with){.body = buffer_as_text(&body)});
    buffer_free(&body);
}

/* --- start ------------------------------------------------------------------------------------ */

static struct text challenge_of(struct exchange *exchange, const struct attempt *attempt)
{
    uint8_t digest[SEAL_SHA256_SIZE];
    struct text verifier = verifier_of(exchange, attempt);
    seal_sha256(verifier.data, verifier.size, digest);
    return encoded(exchange, digest, sizeof digest);
}

static struct text authorization_url(struct exchange *exchange, const struct attempt *attempt,
                                     struct text endpoint)
{
    struct buffer form;
    buffer_init(&form, URL_MAX);
    fetch_form_add(&form, "response_type", TEXT("code"));
    fetch_form_add(&form, "client_id", text_of(exchange->gateway->config.oidc_client_id));
    fetch_form_add(&form, "redirect_uri", redirect_uri(exchange));
    fetch_form_add(&form, "scope", TEXT(SCOPES));
    fetch_form_add(&form, "state", state_of(exchange, attempt));
    fetch_form_add(&form, "nonce", nonce_of(exchange, attempt));
    fetch_form_add(&form, "code_challenge", challenge_of(exchange, attempt));
    fetch_form_add(&form, "code_challenge_method", TEXT("S256"));
    bool has_query = memchr(endpoint.data, '?', endpoint.size) != NULL;
    struct text url = arena_printf(exchange->arena, "%.*s%s%.*s", (int)endpoint.size, endpoint.data,
                                   has_query ? "&" : "?", (int)form.size, (const char *)form.data);
    buffer_free(&form);
    return url;
}

static void start(struct exchange *exchange, struct db *db)
{
    (void)db;
    const struct attempt *attempt = exchange->extra;
    const struct json_value *provider = discover(exchange);
    if (provider == NULL)
        return;
    struct text browser = browser_of(exchange, attempt);
    exchange->cookies[0] = arena_printf(
        exchange->arena, COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d",
        (int)browser.size, browser.data, COOKIE_AGE_S);
    respond(exchange, &(struct respond_with){
                          .body = TEXT("{}"),
                          .location = authorization_url(
                              exchange, attempt, member_of(provider, "authorization_endpoint"))});
}

static void not_found(struct exchange *exchange)
{
    respond_problem(exchange, HTTP_PROBLEM_NOT_FOUND, TEXT("there is no such provider here"),
                    TEXT("provider"));
}

void handle_oidc_start(struct exchange *exchange)
{
    exchange->to_page = page_is_wanted(exchange);
    if (!is_configured(exchange)) {
        not_found(exchange);
        return;
    }
    struct attempt *attempt = ARENA_NEW(exchange->arena, struct attempt, 1);
    const struct json_value *cookie = json_value_member(exchange->input.parameters, "cookie");
    uint32_t owner;
    seal_random(&owner, sizeof owner);
    attempt->id = fill_fresh_id(owner);
    attempt->expires_at_us = exchange->received_us + ATTEMPT_US;
    attempt->wants_cookies = cookie != NULL && cookie->kind == JSON_TRUE;
    exchange->extra = attempt;
    exchange_resume(exchange, exchange->gateway->outside, start);
}

/* --- callback --------------------------------------------------------------------------------- */

static void session_decided(struct exchange *exchange, const struct event *event)
{
    const struct attempt *attempt = exchange->extra;
    if (event->kind == EVENT_SESSION_OPENED)
        tokens_open(exchange, &event->session_opened, attempt->person);
    else if (event->kind == EVENT_LOGIN_CHALLENGED)
        tokens_challenge(exchange, &event->login_challenged);
}

static void record(struct exchange *exchange)
{
    const struct attempt *attempt = exchange->extra;
    struct command *command = NULL;
    exchange->person = attempt->user_id;
    enum err err = command_begin(exchange, COMMAND_RECORD_LOGIN, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct text hash = fill_hash_text(attempt->email_hash, exchange->arena);
    struct record_login *fields = &command->record_login;
    fields->session_id = fill_fresh_id(murmur2(hash.data, hash.size));
    fields->has_user_id = !uuid_is_nil(attempt->user_id);
    fields->user_id = attempt->user_id;
    memcpy(fields->email_hash.bytes, attempt->email_hash, sizeof fields->email_hash.bytes);
    fields->outcome = fields->has_user_id ? LOGIN_OUTCOME_ACCEPTED : LOGIN_OUTCOME_UNKNOWN_USER;
    fields->credentials_version = attempt->version;
    fields->expires_at = exchange->received_us + exchange->gateway->config.refresh_ttl_ms * 1000;
    fields->has_address_hash = true;
    fill_address_hash(&exchange->gateway->hash_key, http_request_address(exchange->request),
                      fields->address_hash.bytes);
    fields->has_attempt = true;
    fields->attempt =
        (struct sign_in_attempt){.id = attempt->id, .expires_at = attempt->expires_at_us};
    command_set_key(exchange, command);
    exchange->command = command;
    exchange->answered = session_decided;
    command_send(exchange, SERVICE_SETTINGS);
}

static void find_user(struct exchange *exchange, struct db *db)
{
    static const char SQL[] =
        "SELECT users.id, credentials.version, " PERSON_SQL
        " FROM settings.users JOIN settings.credentials ON credentials.user_id = users.id "
        "WHERE users.email_hash = $1 AND users.email_verified_at IS NOT NULL";
    struct attempt *attempt = exchange->extra;
    AUTO_DB_RESULT rows = {0};
    struct text hash = fill_hash_text(attempt->email_hash, exchange->arena);
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, SQL, DB_PARAMS(db_text(hash)), &rows);
    if (err != OK) {
        log_warn("oidc.no_user", LOG_TRACE(exchange), LOG_ERR(err),
                 LOG_STR("reason", db_error_text(db)));
        respond_err(exchange, err == ERR_CONFIG ? ERR_BUSY : err);
        return;
    }
    if (db_rows(&rows) > 0) {
        attempt->user_id = db_get_uuid(&rows, 0, 0);
        attempt->version = db_get_int(&rows, 0, 1);
        attempt->person = arena_text(exchange->arena, db_get_text(&rows, 0, 2));
    }
    record(exchange);
}

/* Where the provider has one agreed upon: that of this moment, as it may be changed. */
static void add_client_secret(struct exchange *exchange, struct buffer *form)
{
    struct buffer secret;
    buffer_init(&secret, URL_MAX);
    if (secret_copy(&exchange->gateway->oidc_secret, &secret))
        fetch_form_add(form, "client_secret", buffer_as_text(&secret));
    seal_wipe(secret.data, secret.size);
    buffer_free(&secret);
}

/* The code for an ID token. Empty: it has been answered. */
static struct text redeem(struct exchange *exchange, struct attempt *attempt, const char *url)
{
    const struct config *config = &exchange->gateway->config;
    struct buffer form;
    buffer_init(&form, URL_MAX);
    fetch_form_add(&form, "grant_type", TEXT("authorization_code"));
    fetch_form_add(&form, "code", attempt->code);
    fetch_form_add(&form, "redirect_uri", redirect_uri(exchange));
    fetch_form_add(&form, "client_id", text_of(config->oidc_client_id));
    fetch_form_add(&form, "code_verifier", verifier_of(exchange, attempt));
    add_client_secret(exchange, &form);
    buffer_byte(&form, '\0');
    struct text token = TEXT("");
    if (!buffer_ok(&form)) {
        respond_err(exchange, ERR_INPUT);
    } else {
        const struct json_value *answer = fetch_json(exchange, url, (const char *)form.data, NULL);
        token = member_of(answer, "id_token");
        if (answer != NULL && token.size == 0)
            respond_problem(exchange, HTTP_PROBLEM_UNAUTHENTICATED,
                            TEXT("the provider gives no ID token"), TEXT(""));
    }
    seal_wipe(form.data, form.size);
    buffer_free(&form);
    return token;
}

static const char *fault_of(struct exchange *exchange, struct attempt *attempt, struct text token,
                            struct text keys)
{
    const struct config *config = &exchange->gateway->config;
    struct id_token_wanted wanted = {.issuer = text_of(config->oidc_issuer),
                                     .audience = text_of(config->oidc_client_id),
                                     .nonce = nonce_of(exchange, attempt),
                                     .now_us = exchange->received_us};
    struct id_token said;
    const char *reason = NULL;
    if (id_token_verify(token, keys, &wanted, exchange->arena, &said, &reason) != OK)
        return reason;
    if (said.email.size == 0 || !said.email_verified)
        return "it has no verified e-mail address";
    fill_email_hash(&exchange->gateway->hash_key, said.email, attempt->email_hash);
    return NULL;
}

static void redeem_and_verify(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct attempt *attempt = exchange->extra;
    struct text keys;
    const struct json_value *provider = discover(exchange);
    if (provider == NULL)
        return;
    struct text token_url = arena_text(exchange->arena, member_of(provider, "token_endpoint"));
    struct text key_url = arena_text(exchange->arena, member_of(provider, "jwks_uri"));
    struct text token = redeem(exchange, attempt, token_url.data);
    if (token.size == 0 || fetch_json(exchange, key_url.data, NULL, &keys) == NULL)
        return;
    const char *fault = fault_of(exchange, attempt, token, keys);
    if (fault != NULL) {
        log_warn("oidc.token_refused", LOG_TRACE(exchange), LOG_STR("reason", fault));
        refuse_proof(exchange, arena_printf(exchange->arena, "the ID token does not do: %s", fault),
                     TEXT(""));
        return;
    }
    exchange_resume(exchange, exchange->gateway->work, find_user);
}

static struct text query_value(const struct exchange *exchange, const char *name)
{
    struct http_pairs query = http_request_query(exchange->request);
    for (size_t i = 0; i < query.count; i++) {
        if (text_is(query.rows[i].name, name))
            return query.rows[i].value;
    }
    return TEXT("");
}

/* Whoever comes back must be the browser that began, within the time; or somebody could have
 * another sign in as himself. */
void handle_oidc_callback(struct exchange *exchange)
{
    struct attempt *attempt = ARENA_NEW(exchange->arena, struct attempt, 1);
    exchange->to_page = page_is_wanted(exchange);
    if (!is_configured(exchange)) {
        not_found(exchange);
        return;
    }
    attempt->code = query_value(exchange, "code");
    struct text browser = cookies_named(exchange->request, COOKIE);
    bool known = read_state(exchange, query_value(exchange, "state"), attempt);
    struct text wanted = known ? browser_of(exchange, attempt) : TEXT("");
    if (!known || attempt->code.size == 0 ||
        !seal_equal((struct bytes){(const uint8_t *)browser.data, browser.size},
                    (struct bytes){(const uint8_t *)wanted.data, wanted.size})) {
        refuse_proof(exchange,
                     TEXT("this sign-in was not begun here, is too old, or was refused by the "
                          "provider; begin again"),
                     TEXT("state"));
        return;
    }
    exchange->wants_cookies = attempt->wants_cookies || exchange->to_page;
    exchange->extra = attempt;
    exchange_resume(exchange, exchange->gateway->outside, redeem_and_verify);
}
