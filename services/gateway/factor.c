#include "gateway/factor.h"

#include "auth/base32.h"
#include "auth/totp.h"
#include "db/db.h"

#include <ctype.h>
#include <string.h>

enum { BACKUP_SIZE = 10, BACKUP_DIGITS = BASE32_SIZE(BACKUP_SIZE), GROUP = 4, SECRET_MAX = 64 };

_Static_assert(FACTOR_BACKUP_TEXT_SIZE == BACKUP_DIGITS + BACKUP_DIGITS / GROUP - 1,
               "groups with a dash between");

static const char SECRET_SQL[] =
    "SELECT secret, secret_version FROM settings.two_factor_auth WHERE user_id = $1";

static void hash_backup(const struct exchange *exchange, struct uuid user_id,
                        const char digits[BACKUP_DIGITS], struct keyed_hash *ret_hash)
{
    static const char DOMAIN[] = "backup\n";
    uint8_t all[sizeof DOMAIN - 1 + sizeof user_id.bytes + BACKUP_DIGITS];
    memcpy(all, DOMAIN, sizeof DOMAIN - 1);
    memcpy(all + sizeof DOMAIN - 1, user_id.bytes, sizeof user_id.bytes);
    memcpy(all + sizeof DOMAIN - 1 + sizeof user_id.bytes, digits, BACKUP_DIGITS);
    seal_keyed_hash16(&exchange->gateway->hash_key, all, sizeof all, ret_hash->bytes);
}

/* The digits of a backup code, however it was typed. False: it is none. */
static bool read_backup(struct text code, char ret_digits[BACKUP_DIGITS])
{
    size_t count = 0;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];
        if (c == '-' || c == ' ')
            continue;
        if (count == BACKUP_DIGITS || !isalnum((unsigned char)c))
            return false;
        ret_digits[count++] = (char)toupper((unsigned char)c);
    }
    return count == BACKUP_DIGITS;
}

static enum err find_secret(struct exchange *exchange, struct db *db, struct uuid user_id,
                            uint8_t ret_secret[TOTP_SECRET_SIZE], int64_t *ret_version)
{
    AUTO_DB_RESULT rows = {0};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, SECRET_SQL, DB_PARAMS(db_uuid(user_id)), &rows);
    if (err != OK)
        return err;
    if (db_rows(&rows) == 0)
        return ERR_NOT_FOUND;
    struct buffer text;
    buffer_init(&text, SECRET_MAX);
    err = vault_open_text(exchange->gateway->vault, user_id, db_get_text(&rows, 0, 0), &text);
    if (err == OK)
        err = totp_secret_parse(buffer_as_text(&text), ret_secret);
    if (text.size > 0)
        seal_wipe(text.data, text.size);
    buffer_free(&text);
    *ret_version = db_get_int(&rows, 0, 1);
    return err;
}

enum err factor_check(struct exchange *exchange, struct db *db, struct uuid user_id,
                      struct text code, struct second_factor *ret_factor)
{
    uint8_t secret[TOTP_SECRET_SIZE];
    char digits[BACKUP_DIGITS];
    struct second_factor factor = {.secret_version = 0};
    enum err err = find_secret(exchange, db, user_id, secret, &factor.secret_version);
    if (err != OK)
        return err;
    factor.has_step = totp_find(secret, code, totp_step_of(exchange->received_us), &factor.step);
    if (!factor.has_step && read_backup(code, digits)) {
        factor.has_backup_hash = true;
        hash_backup(exchange, user_id, digits, &factor.backup_hash);
    }
    seal_wipe(secret, sizeof secret);
    *ret_factor = factor;
    return OK;
}

struct text factor_make_backups(struct exchange *exchange, struct uuid user_id,
                                struct keyed_hash ret_hashes[FACTOR_BACKUPS])
{
    struct buffer list;
    buffer_init(&list, (size_t)FACTOR_BACKUPS * (FACTOR_BACKUP_TEXT_SIZE + 3) + 2);
    for (size_t i = 0; i < FACTOR_BACKUPS; i++) {
        uint8_t random[BACKUP_SIZE];
        char digits[BACKUP_DIGITS];
        seal_random(random, sizeof random);
        base32_encode(random, sizeof random, digits);
        hash_backup(exchange, user_id, digits, &ret_hashes[i]);
        buffer_printf(&list, "%c\"%.4s-%.4s-%.4s-%.4s\"", i == 0 ? '[' : ',', digits,
                      digits + GROUP, digits + 2 * GROUP, digits + 3 * GROUP);
    }
    buffer_byte(&list, ']');
    CHECK(buffer_ok(&list));
    struct text text = arena_text(exchange->arena, buffer_as_text(&list));
    buffer_free(&list);
    return text;
}
