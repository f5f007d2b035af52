/* query.h - the SQL files that answer reads: loaded at the start, run on a thread that may wait.
 *
 * A file begins with comments that say what it is:
 *     -- shape: one | list | list of one
 *     -- reads: accounts, orders             whose projections it looks at
 *     -- params: id:uuid, sort:word          $1, $2, ... by name; one not given is NULL. A word is
 *                                           one of a few, which it is planned for (query_statement)
 *     -- etag: part                         `item` shows more than the etag stands for, so that one
 *                                           that a client has already says nothing of the rest
 *     -- item: columns                      its item is its columns, a member each, where `item`,
 *                                           which it need not have, is null
 *     -- columns: id,amount                 it is told as CSV (x-stream), and that is its first
 * line and goes on with one statement whose rows have `item` (JSON text), of a list `cursor` too,
 * and perhaps `etag`; where x-cache keeps the answer, `depends` too: what else than events about
 * the caller's account changes it (concerns_parse). A list is asked for one row more than its page,
 * to know whether there is another. A list of one belongs to one thing: no row says that the caller
 * has no such thing (404), one with a null item that there is nothing to list of it.
 */
#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H
#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"

struct db;

enum {
    QUERY_PARAMS_MAX = 16,
    QUERY_LIMIT_DEFAULT = 50,
    QUERY_LIMIT_MAX = 500,
    QUERY_STREAM_PAGE = 2000 /* items that an answer which goes on is made of at a time */
};

struct query_param {
    struct text name;
    struct text type; /* "uuid", "text", "int", "bool", "word" */
};

struct query {
    const char *sql;
    bool list;
    bool list_of_one;
    bool etag;           /* of one row */
    bool depends;        /* the same */
    bool etag_part;      /* it does not stand for the whole item */
    bool of_columns;     /* its item is its columns */
    struct text columns; /* empty: its items are JSON */
    uint32_t reads;      /* bits 1 << enum service_id */
    size_t params_count;
    struct query_param params[QUERY_PARAMS_MAX];
    _Atomic int64_t *took_us; /* to be answered, lately */
};

/* Reads a query's file from its text, which the query keeps. ERR_INPUT: *ret_problem says why not.
 */
enum err query_parse(struct text file, struct arena *arena, struct query *ret_query,
                     struct text *ret_problem) MUST_CHECK;

/* Whether it has a parameter of that name. */
bool query_has_param(const struct query *query, const char *name);

/* Where the values of parameters come from. False: it is not given. */
struct query_values {
    void *context;
    bool (*find)(void *context, struct text name, struct text *ret_value);
};

/* What a query found. */
struct query_answer {
    struct buffer body;  /* to be freed; a list is {"items": [...], "next_cursor": ...} */
    struct text etag;    /* in the arena, with its quotes; empty: none */
    struct text depends; /* in the arena */
};

/* Whether its answers come so soon, as those before showed, that others may wait for them: then it
 * may be asked in a batch. */
bool query_is_quick(const struct query *query);

/* A query as it was asked in a batch; laid out in query.c, in the arena. */
struct query_asked;
/* Adds it to the batch under way. Whoever calls this has to call query_run() behind the batch,
 * which frees what was found. NULL: it was not asked, and query_run() says why. */
struct query_asked *query_ask(const struct query *query, struct db *db, struct query_values values,
                              struct arena *arena) MUST_CHECK;

/* Frees what was found, where query_run() is not called after all. NULL does nothing. */
void query_asked_free(struct query_asked *asked);

/* Runs it, or takes what it found where it was `asked`; NULL, or not answered there: asks alone.
 * ERR_NOT_FOUND: no row where there has to be one. ERR_INPUT: a parameter is wrong, and *ret_wrong
 * names it. Otherwise an error of the database. *ret_answer is set on success only. */
enum err query_run(const struct query *query, struct query_asked *asked, struct db *db,
                   struct query_values values, struct arena *arena, struct query_answer *ret_answer,
                   struct text *ret_wrong) MUST_CHECK;

/* A list as an answer that goes on: page after page, so that neither a connection to the database
 * nor memory is held while its reader takes its time. Parameters are as they were at the beginning.
 */
struct query_pages; /* laid out in query.c, in the arena */
enum err query_pages_begin(const struct query *query, struct query_values values,
                           struct arena *arena, struct query_pages **ret_pages,
                           struct text *ret_wrong) MUST_CHECK;
/* Appends the items of the next page, one behind the other, JSON with a line break behind each.
 * *ret_more: there may be another. ERR_NOT_FOUND: of one that is not there. */
enum err query_pages_next(struct query_pages *pages, struct db *db, struct buffer *rows,
                          bool *ret_more) MUST_CHECK;

/* Cursors as clients see them. ERR_INPUT: not one of ours. */
struct text query_cursor_encode(struct text cursor, struct arena *arena);
enum err query_cursor_decode(struct text encoded, struct arena *arena,
                             struct text *ret_cursor) MUST_CHECK;

#endif
