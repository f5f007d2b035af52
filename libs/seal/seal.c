#include "seal/seal.h"

#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>

_Static_assert(SEAL_PASSWORD_SIZE >= crypto_pwhash_STRBYTES, "room for the hash");

/* Of a password nobody has: what a login of an unknown user is checked against. */
static const char NOBODY[] = "$argon2id$v=19$m=65536,t=2,p=1$KuTJOsjgVnxEnlPHEQs7zg"
                             "$zXJHejGzv0Vdm2hlXpUTt6eJso1vFXiZAdMJ+Mr07rs";

/* Sanitizers look for leaks as a debugger, to whom such a process is closed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_DUMPABLE = 1 };
#else
enum { IS_DUMPABLE = 0 };
#endif

enum err seal_init(void)
{
    CHECK(prctl(PR_SET_DUMPABLE, IS_DUMPABLE, 0, 0, 0) == 0);
    return sodium_init() < 0 ? ERR_CONFIG : OK;
}

void seal_sha256(const void *data, size_t size, uint8_t ret_digest[SEAL_SHA256_SIZE])
{
    _Static_assert(SEAL_SHA256_SIZE == crypto_hash_sha256_BYTES, "as libsodium has it");
    CHECK(crypto_hash_sha256(ret_digest, data, size) == 0);
}

void seal_sha256_parts(const struct bytes *parts, size_t count,
                       uint8_t ret_digest[SEAL_SHA256_SIZE])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].size);
    crypto_hash_sha256_final(&state, ret_digest);
}

static crypto_hash_sha256_state *state_of(struct seal_sha256 *hash)
{
    _Static_assert(sizeof *hash == sizeof(crypto_hash_sha256_state), "as libsodium has it");
    return (crypto_hash_sha256_state *)(void *)hash;
}

void seal_sha256_begin(struct seal_sha256 *hash)
{
    crypto_hash_sha256_init(state_of(hash));
}

void seal_sha256_add(struct seal_sha256 *hash, const void *data, size_t size)
{
    crypto_hash_sha256_update(state_of(hash), data, size);
}

void seal_sha256_end(struct seal_sha256 *hash, uint8_t ret_digest[SEAL_SHA256_SIZE])
{
    crypto_hash_sha256_final(state_of(hash), ret_digest);
}

void seal_hmac_sha256(struct text key, struct text message, uint8_t ret_mac[SEAL_SHA256_SIZE])
{
    _Static_assert(SEAL_SHA256_SIZE == crypto_auth_hmacsha256_BYTES, "as libsodium has it");
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.data, key.size);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)message.data, message.size);
    crypto_auth_hmacsha256_final(&state, ret_mac);
    seal_wipe(&state, sizeof state);
}

void seal_keyed_hash16(const struct seal_key *key, const void *data, size_t size,
                       uint8_t ret_digest[16])
{
    CHECK(crypto_generichash(ret_digest, 16, data, size, key->bytes, sizeof key->bytes) == 0);
}

void seal_keyed_hash32(const struct seal_key *key, const void *data, size_t size,
                       uint8_t ret_digest[32])
{
    CHECK(crypto_generichash(ret_digest, 32, data, size, key->bytes, sizeof key->bytes) == 0);
}

/* A system call costs more than the few bytes of an id: they come by the pool, and are gone from it
 * once given. */
void seal_random(void *ret_data, size_t size)
{
    static _Thread_local uint8_t pool[512];
    static _Thread_local size_t left;
    if (size > sizeof pool) {
        randombytes_buf(ret_data, size);
        return;
    }
    if (size > left) {
        randombytes_buf(pool, sizeof pool);
        left = sizeof pool;
    }
    left -= size;
    memcpy(ret_data, pool + left, size);
    sodium_memzero(pool + left, size);
}

struct seal_key seal_key_random(void)
{
    struct seal_key key;
    randombytes_buf(key.bytes, sizeof key.bytes);
    return key;
}

void seal_wipe(void *data, size_t size)
{
    sodium_memzero(data, size);
}

bool seal_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || sodium_memcmp(a.data, b.data, a.size) == 0);
}

enum err seal_password_hash(struct text password, char ret_stored[SEAL_PASSWORD_SIZE])
{
    char stored[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(stored, password.data, password.size, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return ERR_BUSY;
    memcpy(ret_stored, stored, sizeof stored);
    return OK;
}

bool seal_password_verify(const char *stored, struct text password)
{
    const char *against = stored != NULL ? stored : NOBODY;
    bool same = crypto_pwhash_str_verify(against, password.data, password.size) == 0;
    return same && stored != NULL;
}

enum err seal_key_parse(struct text hex, struct seal_key *ret_key)
{
    struct seal_key key;
    size_t written = 0;
    bool good = hex.size == 2 * (size_t)SEAL_KEY_SIZE &&
                sodium_hex2bin(key.bytes, sizeof key.bytes, hex.data, hex.size, NULL, &written,
                               NULL) == 0 &&
                written == sizeof key.bytes;
    if (good)
        *ret_key = key;
    seal_wipe(&key, sizeof key);
    return good ? OK : ERR_CONFIG;
}
