#include "seal/seal.h"

#include <ctype.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(struct seal_hash) >= sizeof(crypto_generichash_state), "room for the state");
_Static_assert(SEAL_PASSWORD_SIZE >= crypto_pwhash_STRBYTES, "room for the hash");

/* Of a password nobody has: what a login of an unknown user is checked against. */
static const char NOBODY[] = "$argon2id$v=19$m=65536,t=2,p=1$KuTJOsjgVnxEnlPHEQs7zg"
                             "$zXJHejGzv0Vdm2hlXpUTt6eJso1vFXiZAdMJ+Mr07rs";

enum err seal_init(void)
{
    return sodium_init() < 0 ? ERR_CONFIG : OK;
}

static crypto_generichash_state *state_of(struct seal_hash *hash)
{
    return (crypto_generichash_state *)(void *)hash->state;
}

void seal_hash_begin(struct seal_hash *hash)
{
    CHECK(crypto_generichash_init(state_of(hash), NULL, 0, SEAL_HASH_SIZE) == 0);
}

void seal_hash_add(struct seal_hash *hash, const void *data, size_t size)
{
    if (size > 0)
        CHECK(crypto_generichash_update(state_of(hash), data, size) == 0);
}

void seal_hash_end(struct seal_hash *hash, uint8_t ret_digest[SEAL_HASH_SIZE])
{
    CHECK(crypto_generichash_final(state_of(hash), ret_digest, SEAL_HASH_SIZE) == 0);
}

void seal_hash_of(const void *data, size_t size, uint8_t ret_digest[SEAL_HASH_SIZE])
{
    CHECK(crypto_generichash(ret_digest, SEAL_HASH_SIZE, data, size, NULL, 0) == 0);
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

void seal_random(void *ret_data, size_t size)
{
    randombytes_buf(ret_data, size);
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

/* Whether `text` is one key in hex with nothing but white space around it. */
static bool key_from_hex(const char *text, size_t size, struct seal_key *ret_key)
{
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    while (size > 0 && isspace((unsigned char)*text)) {
        text++;
        size--;
    }
    size_t written = 0;
    return size == 2 * (size_t)SEAL_KEY_SIZE &&
           sodium_hex2bin(ret_key->bytes, sizeof ret_key->bytes, text, size, NULL, &written,
                          NULL) == 0 &&
           written == sizeof ret_key->bytes;
}

enum err seal_key_read(const char *path, struct seal_key *ret_key)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ERR_CONFIG;
    char text[4 * SEAL_KEY_SIZE];
    ssize_t size = read(file, text, sizeof text);
    close(file);
    struct seal_key key;
    bool good = size > 0 && key_from_hex(text, (size_t)size, &key);
    if (good)
        *ret_key = key;
    seal_wipe(text, sizeof text);
    seal_wipe(&key, sizeof key);
    return good ? OK : ERR_CONFIG;
}
