/* masters.h - the keys that the vault's keys are wrapped under. The first one wraps; each unwraps
 * what it has wrapped, which its id beside the wrapped key tells. So a master key is changed while
 * all goes on: it comes behind the old one, then before it, and the old one goes when nothing is
 * wrapped under it any more.   Pure; one thread at a time.
 */
#ifndef MASTERS_H
#define MASTERS_H
#include "base/base.h"
#include "seal/seal.h"

enum { MASTERS_MAX = 4, MASTER_ID_SIZE = 8 };

struct masters {
    struct master {
        struct seal_key key;
        uint8_t id[MASTER_ID_SIZE]; /* a hash of the key, which tells nothing of it */
    } list[MASTERS_MAX];
    size_t count;
};

struct wrapped_key {
    uint8_t bytes[SEAL_WRAPPED_SIZE];
    uint8_t by[MASTER_ID_SIZE]; /* the id of the master key */
};

/* Reads keys of 64 hexadecimal digits, one a line. ERR_CONFIG: it is something else; *ret_masters
 * then has none. seal_wipe() it after use. */
enum err masters_parse(struct text lines, struct masters *ret_masters) MUST_CHECK;

/* Wraps a key under the first of them; `context` as in seal_wrap(). */
void masters_wrap(const struct masters *masters, struct bytes context, const struct seal_key *key,
                  struct wrapped_key *ret_wrapped);
/* The key again. `by` is empty for what was wrapped before ids were kept: then each is tried.
 * ERR_NOT_FOUND: none of these has that id. ERR_POISON: another context, or changed bytes. */
enum err masters_unwrap(const struct masters *masters, struct bytes context, struct bytes wrapped,
                        struct bytes by, struct seal_key *ret_key) MUST_CHECK;

#endif
