/* transfer.h - one request as curl carries it, by itself or beside others. For this room only.
 *
 * Owner    whoever has it ends it; it keeps copies of all it was made of.
 */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H
#include "client/mail.h"
#include "client/post.h"

#include <curl/curl.h>

struct transfer {
    CURL *curl;
    size_t number; /* by which a courier's owner knows it */
    enum err (*judge)(struct transfer *transfer, CURLcode code); /* what became of it */
    void (*free)(struct transfer *transfer);
    char problem[CURL_ERROR_SIZE]; /* as judge() has it; empty: nothing to say */
    struct transfer *prev, *next;  /* of the same courier (utlist) */
};

struct transfer *post_transfer(const struct post *post) MUST_CHECK;
/* NULL: it is no mail of printable ASCII. */
struct transfer *mail_transfer(const struct mailer *mailer, const struct mail *mail) MUST_CHECK;

#endif
