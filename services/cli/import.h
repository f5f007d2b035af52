/* import.h - files of articles and dates become what operators publish, through the gateway as an
 * operator: what a file says is checked there like anybody's.
 *
 * Once     each article or date has an Idempotency-Key made of what names it in its file, so that a
 *          file that is imported again adds only what is new in it: within 24 hours the gateway
 *          answers as before, and later its id, which is made of the key, is taken.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H
#include "base/arena.h"
#include "base/buffer.h"
#include "cli/cli.h"
#include "client/client.h"

struct import {
    struct config config;
    struct client *client;
    struct arena *arena;
    struct bytes file; /* in the arena */
    size_t shown, known, refused;
};

/* Reads a file, - for standard input, and signs in. Otherwise what is wrong has been said; end it
 * in any case. */
int import_begin(struct import *import, const char *path) MUST_CHECK;
/* Posts one body to `path`; `name` is what names it in the file, `title` for what is said. False:
 * the gateway is away. */
bool import_post(struct import *import, const char *path, struct text name, struct text title,
                 const struct buffer *body) MUST_CHECK;
/* Says that one is none that can be published, and why. */
void import_refuse(struct import *import, struct text title, const char *why);
/* Says what became of them, and gives back what was held. Returns the status. */
int import_end(struct import *import, int status);

/* The text, or its beginning of at most so many characters. */
struct text import_cut(struct text text, size_t characters_max);
/* Appends ,"name":"text"; nothing of an empty text. */
void import_member(struct buffer *body, const char *name, struct text text);
/* An address of the web. */
bool import_is_web_address(struct text text);

#endif
