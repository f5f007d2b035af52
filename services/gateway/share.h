/* share.h - the files that came with the build: the OpenAPI document, queries, pages. */
#ifndef GATEWAY_SHARE_H
#define GATEWAY_SHARE_H
#include "base/arena.h"

enum { SHARE_FILE_MAX = 4 << 20 };

/* The contents of `folder`/`name` in the arena, a zero behind them. ERR_NOT_FOUND: it cannot be
 * read; ERR_RANGE: it is larger than SHARE_FILE_MAX. */
enum err share_read(const char *folder, struct text name, struct arena *arena,
                    struct text *ret_contents) MUST_CHECK;

#endif
