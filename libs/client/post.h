/* post.h - one message to an address that somebody else gave us. In this room because of
 * curl/curl.h.
 *
 * Safe     unless told otherwise it goes by TLS only, and to no address of a private network,
 *          whatever a name resolves to; redirects are not followed, and no answer is read.
 * Waits    POST_TIMEOUT_MS at most.   Thread   any.
 */
#ifndef CLIENT_POST_H
#define CLIENT_POST_H
#include "base/base.h"

enum { POST_TIMEOUT_MS = 5000, POST_HEADERS_MAX = 8 };

struct post {
    const char *url;
    const char *headers[POST_HEADERS_MAX]; /* "Name: value"; up to the first NULL */
    const char *type;                      /* "Content-Type: ..."; NULL: JSON */
    struct text body;
    bool anywhere; /* plain HTTP and private networks, too */
};

/* OK: answered with 2xx. ERR_DENIED: it never will be: the address is none that is allowed, or
 * the answer was 4xx, but for those that ask to come again; ERR_NOT_FOUND: likewise, and nothing is
 * to be found there, or no more (404, 410). ERR_BUSY: not now. */
enum err post(const struct post *post) MUST_CHECK;

#endif
