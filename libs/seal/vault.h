/* vault.h - the keys that seal what people told us, one a person, in a database of their own. Who
 * is to be forgotten loses the key; what it sealed, in the log and in every backup of it, is then
 * noise, while the log's hash chain stands.
 *
 * Keys     stored wrapped under a master key (BOURSE_SEAL_KEY_FILE), bound to their id, with its
 *          id beside them (seal/masters.h). A key once shredded is never made again.
 * Cache    the last few thousand keys used stay in memory. vault_shred() drops the key here; other
 *          processes call vault_forget() when they read of it in the log.
 * Thread   every function may run on any thread.
 * Errors   ERR_BUSY, ERR_TIMEOUT: the database is away, or what was changed before still waits
 * there for a standby; keys that are there are read meanwhile. ERR_CONFIG: its schema is missing
 * (run vault_migrate), or no master key is the one that it takes. vault_error() tells more.
 */
#ifndef VAULT_H
#define VAULT_H
#include "base/base.h"
#include "base/uuid.h"
#include "seal/seal.h"

struct config;
struct vault; /* laid out in vault.c only */

enum { VAULT_VERSION = 4, VAULT_ERROR_SIZE = 512 };

/* The secret under which e-mail addresses, Idempotency-Keys and the like are hashed. */
#define VAULT_HASH_SECRET "keyed-hash"

/* A vault over the database of `conninfo`, with up to `connections` at a time (at least two), half
 * of them to read by and half to change; connects at first use. `master_keys` are 64 hexadecimal
 * digits each, one a line: the first wraps, each of them unwraps. The caller owns *ret_vault.
 * ERR_CONFIG: these are no keys. */
enum err vault_open(const char *conninfo, struct text master_keys, size_t connections,
                    struct vault **ret_vault) MUST_CHECK;
/* Goes on with the master keys of another BOURSE_SEAL_KEY_FILE. ERR_CONFIG: there are none in it,
 * and nothing changes. As config/reread.h takes it: `vault` is a struct vault. */
enum err vault_take_masters(void *vault, const struct config *fresh,
                            struct buffer *ret_problem) MUST_CHECK;
/* Wipes all keys and frees. NULL does nothing. */
void vault_free(struct vault *vault);

/* Brings the schema up or down to `version`, each step in its own transaction; VAULT_VERSION is
 * what this code needs, 0 the empty database. Safe to run by many at once. */
enum err vault_migrate(struct vault *vault, int32_t version) MUST_CHECK;

/* What became of a rewrapping. */
struct vault_rewrap {
    int64_t wrapped; /* under the first master key, which were not before */
    int64_t left;    /* that none of the master keys opens */
};
/* Wraps under the first master key what others have wrapped, while all goes on; may end anywhere
 * and begin again. */
enum err vault_rewrap(struct vault *vault, struct vault_rewrap *ret_rewrap) MUST_CHECK;

/* The key of a person or of a month (vault_venue_key_id); where there is none, a new one if
 * `create`. ERR_NOT_FOUND: there is none, or it has been shredded. */
enum err vault_key(struct vault *vault, struct uuid id, bool create,
                   struct seal_key *ret_key) MUST_CHECK;
/* Destroys a key for ever, whether or not it exists yet. When this is OK no vault_key() that begins
 * later finds it in this process. */
enum err vault_shred(struct vault *vault, struct uuid id) MUST_CHECK;
/* Drops a key from the cache. */
void vault_forget(struct vault *vault, struct uuid id);

/* Appends `plain` sealed under the key of that id, made where there is none. The context is the
 * id's text, so that what is sealed for one person does not open for another. */
enum err vault_seal_text(struct vault *vault, struct uuid key_id, struct text plain,
                         struct buffer *token) MUST_CHECK;
/* Appends what such a token says. ERR_NOT_FOUND: the key has been shredded. ERR_POISON: it was not
 * sealed under this key. */
enum err vault_open_text(struct vault *vault, struct uuid key_id, struct text token,
                         struct buffer *plain) MUST_CHECK;

/* A key of the whole venue by its name, such as VAULT_HASH_SECRET. Not cached. */
enum err vault_secret(struct vault *vault, const char *name, bool create,
                      struct seal_key *ret_key) MUST_CHECK;

/* Documents: too big for an event, and erasable. Kept in parts, each sealed under the key of that
 * id, and gone with it when it is shredded. */
enum { VAULT_PART_SIZE = 256 << 10 };
/* Begins a document of that id, which is a new one. It is there once it has ended; one that has not
 * an hour later is dropped when the next one begins. */
enum err vault_begin_document(struct vault *vault, struct uuid key_id,
                              struct uuid document_id) MUST_CHECK;
/* Keeps its `part`-th part, from 0, of at most VAULT_PART_SIZE bytes. */
enum err vault_put_part(struct vault *vault, struct uuid key_id, struct uuid document_id,
                        int32_t part, struct bytes contents) MUST_CHECK;
/* It has `parts` parts, and these are all. */
enum err vault_end_document(struct vault *vault, struct uuid document_id, int32_t parts) MUST_CHECK;
/* Appends its `part`-th part, from 0; *ret_last: there is none behind it. ERR_NOT_FOUND: there is
 * no such part, or its key has been shredded. */
enum err vault_document_part(struct vault *vault, struct uuid key_id, struct uuid document_id,
                             int32_t part, struct buffer *ret_contents, bool *ret_last) MUST_CHECK;
/* Forgets a document, whether or not there is one. */
enum err vault_drop_document(struct vault *vault, struct uuid document_id) MUST_CHECK;

/* The id of the key for what belongs to no person, one a calendar month (UTC), so that such things
 * can be forgotten by age. */
struct uuid vault_venue_key_id(int64_t time_us);

/* What the last failed call failed with, zero-terminated: for the log only. */
void vault_error(struct vault *vault, char ret_text[VAULT_ERROR_SIZE]);

#endif
