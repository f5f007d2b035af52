/* page.h - the web page: the files of BOURSE_WEB_DIR, read once at the start and served from
 * memory.
 *
 * Files    `x.br` and `x.gz` beside `x` are that file, compressed when it was built. What lies in
 *          assets/ has its hash in its name, so it is kept for ever; the rest is asked for anew
 *          each time, with an ETag.
 * Paths    are looked up among those that were read, so no path leads out of the folder. What is
 *          none of them and lies below no operation's first part is a view of the page: it gets
 *          index.html, if HTML is what the client asks for.
 */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H
#include "base/arena.h"
#include "http/router.h"

struct exchange;
struct page; /* laid out in page.c only */

enum page_coding { PAGE_PLAIN, PAGE_BROTLI, PAGE_GZIP, PAGE_CODINGS };

struct page_file {
    struct text path; /* "/assets/index-1a2b.js" */
    const char *type;
    bool hashed;
    struct text etag;                /* with its quotes, of the plain bytes */
    struct text bytes[PAGE_CODINGS]; /* empty: there is no such twin */
};

/* Reads the folder into the arena, in which the page lives. ERR_CONFIG: *ret_problem says what is
 * wrong with it. */
enum err page_load(const char *folder, const struct http_router *router, struct arena *arena,
                   struct page **ret_page, struct text *ret_problem) MUST_CHECK;
/* What a GET of `path` is answered with. NULL: nothing is there. */
const struct page_file *page_find(const struct page *page, struct text path, bool wants_html);
/* Answers a request that is for no operation. False: it is not for the page either, and has not
 * been answered. */
bool page_answer(struct exchange *exchange) MUST_CHECK;
/* Whether the page can be shown to whoever asks: there is one, and they take HTML. */
bool page_is_wanted(const struct exchange *exchange);

#endif
