/* forwarded.h - where a request came from before the proxies that brought it, as far as those can
 * be believed.
 *
 * What counts   each proxy writes behind what it was given, so the headers are read from their end:
 *               the peer, if it is a trusted proxy, says who came to it; if that is one, too, what
 *               stands before says who came to that; and so on. The first who is none is the
 *               client. Whatever stands further in front the client may have written itself.
 * Malformed     an entry that a trusted proxy should have written and that is none: the peer.
 * One header    only the one that the proxies write is read: another they may hand on as it came.
 *
 * Pure.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H
#include "base/arena.h"
#include "base/network.h"
#include "http/request.h"

enum http_forwarded_header { HTTP_X_FORWARDED, HTTP_FORWARDED };

struct http_proxies {
    enum http_forwarded_header header; /* X-Forwarded-For and -Proto, or Forwarded (RFC 7239) */
    const struct network *networks;    /* of the trusted ones; the caller's, and must live on */
    size_t count;                      /* 0: there are none, and no such header is looked at */
};

struct http_client {
    struct text address; /* the peer's own text, or in the arena */
    bool by_plain_http;  /* a trusted proxy says that its client spoke HTTP without TLS */
    bool by_proxy;       /* the peer is a trusted proxy */
};

/* Whether the peer is one of the trusted proxies. */
bool http_proxies_trust(const struct http_proxies *proxies, struct text peer);
struct http_client http_forwarded_client(const struct http_proxies *proxies, struct text peer,
                                         struct http_pairs headers, struct arena *arena);

#endif
