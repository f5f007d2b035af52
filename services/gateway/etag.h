/* etag.h - the ETags of what has a version: that, in quotes. Pure. */
#ifndef GATEWAY_ETAG_H
#define GATEWAY_ETAG_H
#include "base/base.h"

/* The digits of a strong ETag of ours, as in "17"; empty: it is none. */
struct text etag_digits(struct text etag);

#endif
