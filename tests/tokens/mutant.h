/* mutant.h - tokens that somebody might try: each made of a good one by changing what its header or
 * its claims say, how they are written, who signed them and how, or the text itself.
 */
#ifndef TOKENS_MUTANT_H
#define TOKENS_MUTANT_H
#include "base/base.h"
#include "base/buffer.h"
#include "object.h"
#include "signer.h"

#define MUTANT_KIND_MAP(X)                                                                         \
    X(MUTANT_CLAIMS, "claims")       /* what it claims, well signed */                             \
    X(MUTANT_HEADER, "header")       /* what its header says, well signed */                       \
    X(MUTANT_WRITING, "writing")     /* the same, written otherwise, well signed */                \
    X(MUTANT_SIGNATURE, "signature") /* all well but that */                                       \
    X(MUTANT_TEXT, "text")   /* letters of a good one changed, inserted, cut or put again */       \
    X(MUTANT_MIXED, "mixed") /* all at once */

enum mutant_kind {
#define MUTANT_ENUM(kind, name) kind,
    MUTANT_KIND_MAP(MUTANT_ENUM)
#undef MUTANT_ENUM
        MUTANT_KIND_COUNT
};

const char *mutant_kind_name(enum mutant_kind kind);

/* What a good token of a family is made of. */
struct family {
    struct signer signer;
    struct object header;
    struct object claims;
};

/* Appends a mutant and says which kind it is. */
enum mutant_kind mutant_make(const struct family *family, uint64_t *random, struct buffer *token);

#endif
