/* seal.h - hashes, randomness, passwords, and text sealed under a key. The only room that knows
 * libsodium; where the keys of people live is seal/vault.h.
 *
 * Start    seal_init() once, before anything else and before threads.
 * Thread   every function may run on any thread; a seal_hash belongs to one.
 * Secrets  seal_wipe() what held a key or a password as soon as it has been used.
 */
#ifndef SEAL_H
#define SEAL_H
#include "base/base.h"
#include "base/buffer.h"

enum {
    SEAL_HASH_SIZE = 32, /* BLAKE2b-256 */
    SEAL_SHA256_SIZE = 32,
    SEAL_KEY_SIZE = 32,      /* every symmetric key */
    SEAL_PASSWORD_SIZE = 128 /* a stored password hash with its terminating zero */
};

struct seal_key {
    uint8_t bytes[SEAL_KEY_SIZE];
};

/* Prepares libsodium, and keeps what the process will hold out of core files and debuggers of its
 * own user. ERR_CONFIG: the machine gives no randomness. Again does nothing. */
enum err seal_init(void) MUST_CHECK;

/* A running BLAKE2b-256. seal_hash_begin, any number of seal_hash_add, one seal_hash_end. */
struct seal_hash {
    uint64_t state[8];
    uint64_t counted; /* bytes compressed */
    size_t held;      /* bytes in `block` */
    uint8_t block[128];
};
void seal_hash_begin(struct seal_hash *hash);
void seal_hash_add(struct seal_hash *hash, const void *data, size_t size);
void seal_hash_end(struct seal_hash *hash, uint8_t ret_digest[SEAL_HASH_SIZE]);
/* BLAKE2b-256 of `size` bytes. */
void seal_hash_of(const void *data, size_t size, uint8_t ret_digest[SEAL_HASH_SIZE]);

/* SHA-256, for what others have agreed upon. */
void seal_sha256(const void *data, size_t size, uint8_t ret_digest[SEAL_SHA256_SIZE]);

/* The same of parts behind one another. */
void seal_sha256_parts(const struct bytes *parts, size_t count,
                       uint8_t ret_digest[SEAL_SHA256_SIZE]);

/* The same of what comes part by part: seal_sha256_begin, any number of _add, one _end. */
struct seal_sha256 {
    uint64_t state[13]; /* libsodium's */
};
void seal_sha256_begin(struct seal_sha256 *hash);
void seal_sha256_add(struct seal_sha256 *hash, const void *data, size_t size);
void seal_sha256_end(struct seal_sha256 *hash, uint8_t ret_digest[SEAL_SHA256_SIZE]);

/* HMAC-SHA256, likewise, under a key of any size. */
void seal_hmac_sha256(struct text key, struct text message, uint8_t ret_mac[SEAL_SHA256_SIZE]);

/* BLAKE2b under a key, of 16 or 32 bytes: tells equal values from different ones without telling
 * the values to anyone who has no key. The two sizes are unrelated functions. */
void seal_keyed_hash16(const struct seal_key *key, const void *data, size_t size,
                       uint8_t ret_digest[16]);
void seal_keyed_hash32(const struct seal_key *key, const void *data, size_t size,
                       uint8_t ret_digest[32]);

/* `size` bytes nobody can foresee. */
void seal_random(void *ret_data, size_t size);
struct seal_key seal_key_random(void);
/* Overwrites a secret; the compiler cannot leave it out. */
void seal_wipe(void *data, size_t size);
/* The same bytes, in a time that tells only the sizes. */
bool seal_equal(struct bytes a, struct bytes b);

/* Argon2id with libsodium's INTERACTIVE limits: about 64 MiB and a tenth of a second a call, so the
 * caller bounds how many run at once. ERR_BUSY: not enough memory. */
enum err seal_password_hash(struct text password, char ret_stored[SEAL_PASSWORD_SIZE]) MUST_CHECK;
/* Whether `password` is the one that `stored` (zero-terminated) was made from. NULL, for a user who
 * does not exist, checks against a fixed hash, so that the time taken tells nothing, and is false.
 */
bool seal_password_verify(const char *stored, struct text password);

/* Seals a text field: appends "s1:" and base64url(nonce, ciphertext) to `token`. XChaCha20-Poly1305
 * with `context` as associated data: the same context opens it, so a token moved to another field
 * or another person does not open. A full buffer shows in buffer_ok(). */
void seal_text(const struct seal_key *key, struct text context, struct text plain,
               struct buffer *token);
/* Appends the plain text of a token. ERR_POISON: not a token, another key or context, or changed;
 * ERR_FULL: `plain` is full. Either way `plain` has gained nothing. */
enum err seal_open(const struct seal_key *key, struct text context, struct text token,
                   struct buffer *plain) MUST_CHECK;
/* Whether a text has the form of a token, opened or not. */
bool seal_is_sealed(struct text text);

/* Appends bytes sealed under a key, and opens them again, as texts are: SEAL_OVERHEAD more of them.
 */
enum { SEAL_OVERHEAD = 24 + 16 };
void seal_bytes(const struct seal_key *key, struct bytes context, struct bytes plain,
                struct buffer *sealed);
enum err seal_open_bytes(const struct seal_key *key, struct bytes context, struct bytes sealed,
                         struct buffer *plain) MUST_CHECK;

enum { SEAL_WRAPPED_SIZE = 24 + SEAL_KEY_SIZE + 16 };
/* Encrypts a key under `master`, for storing; `context` as in seal_text(). */
void seal_wrap(const struct seal_key *master, struct bytes context, const struct seal_key *key,
               uint8_t ret_wrapped[SEAL_WRAPPED_SIZE]);
/* The key again. ERR_POISON: another master key or context, or changed bytes. */
enum err seal_unwrap(const struct seal_key *master, struct bytes context, struct bytes wrapped,
                     struct seal_key *ret_key) MUST_CHECK;

/* Ed25519 (RFC 8032), for what anybody shall be able to check: the public key of a signing key, a
 * signature, and whether it is one of `message`. Signing twice gives the same signature. */
enum { SEAL_PUBLIC_SIZE = 32, SEAL_SIGNATURE_SIZE = 64 };
void seal_public(const struct seal_key *key, uint8_t ret_public[SEAL_PUBLIC_SIZE]);
void seal_sign(const struct seal_key *key, struct text message,
               uint8_t ret_signature[SEAL_SIGNATURE_SIZE]);
bool seal_is_signed(const uint8_t public_key[SEAL_PUBLIC_SIZE], struct text message,
                    const uint8_t signature[SEAL_SIGNATURE_SIZE]);

/* Base64 with its padding (RFC 4648, 4): appended to `text`; and back, appended to `data`.
 * ERR_INPUT: it is something else. ERR_FULL: `data` is full. Either way it has gained nothing. */
void seal_to_base64(struct bytes data, struct buffer *text);
enum err seal_from_base64(struct text text, struct buffer *data) MUST_CHECK;

/* Reads a key written as 64 hex digits. ERR_CONFIG: it is something else. */
enum err seal_key_parse(struct text hex, struct seal_key *ret_key) MUST_CHECK;

#endif
