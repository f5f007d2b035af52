#include "gateway/query.h"

#include "auth/base64url.h"
#include "base/uuid.h"
#include "db/db.h"
#include "decision/decision.h"
#include "gateway/query_items.h"
#include "gateway/query_statement.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 8 << 20, CURSOR_MAX = 512, STATEMENT_MAX = 64 << 10, QUICK_US = 25000 };

/* --- the head of a file ----------------------------------------------------------------------- */

static struct text trimmed(struct text text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* The piece before `separator`, trimmed; moves `rest` behind it. */
static struct text cut(struct text *rest, char separator)
{
    const char *at = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
    struct text piece = *rest;
    piece.size = at == NULL ? rest->size : (size_t)(at - rest->data);
    size_t taken = piece.size + (at != NULL);
    *rest = (struct text){.data = rest->data + taken, .size = rest->size - taken};
    return trimmed(piece);
}

static bool parse_reads(struct text list, struct query *query)
{
    while (list.size > 0) {
        enum service_id service;
        if (service_named(cut(&list, ','), &service) != OK)
            return false;
        query->reads |= UINT32_C(1) << service;
    }
    return query->reads != 0;
}

static bool parse_params(struct text list, struct arena *arena, struct query *query)
{
    while (list.size > 0) {
        struct text param = cut(&list, ',');
        if (query->params_count == QUERY_PARAMS_MAX)
            return false;
        struct query_param *row = &query->params[query->params_count++];
        row->name = arena_text(arena, cut(&param, ':'));
        row->type = arena_text(arena, param);
        if (row->name.size == 0 || row->type.size == 0)
            return false;
    }
    return true;
}

static const char *parse_line(struct text line, struct arena *arena, struct query *query)
{
    struct text name = cut(&line, ':');
    line = trimmed(line);
    if (text_is(name, "shape")) {
        query->list_of_one = text_is(line, "list of one");
        query->list = text_is(line, "list") || query->list_of_one;
        return query->list || text_is(line, "one") ? NULL : "shape is one, list or list of one";
    }
    if (text_is(name, "reads"))
        return parse_reads(line, query) ? NULL : "reads names services, with commas between";
    if (text_is(name, "etag")) {
        query->etag_part = text_is(line, "part");
        return query->etag_part ? NULL : "etag is part, or not said";
    }
    if (text_is(name, "item")) {
        query->of_columns = text_is(line, "columns");
        return query->of_columns ? NULL : "item is columns, or not said";
    }
    if (text_is(name, "columns"))
        query->columns = arena_printf(arena, "%.*s\r\n", (int)line.size, line.data);
    if (text_is(name, "params"))
        return parse_params(line, arena, query) ? NULL : "params is name:type, at most 16";
    return NULL;
}

static bool is_word(char c)
{
    return c == '_' || isalnum((unsigned char)c);
}

/* Whether the statement speaks of a column of that name. */
static bool gives(struct text statement, const char *column)
{
    size_t size = strlen(column);
    const char *at = statement.data, *end = statement.data + statement.size;
    while ((at = memmem(at, (size_t)(end - at), column, size)) != NULL) {
        bool begins = at == statement.data || !is_word(at[-1]);
        at += size;
        if (begins && (at == end || !is_word(*at)))
            return true;
    }
    return false;
}

bool query_has_param(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->params_count; i++) {
        if (text_is(query->params[i].name, name))
            return true;
    }
    return false;
}

enum err query_parse(struct text file, struct arena *arena, struct query *ret_query,
                     struct text *ret_problem)
{
    *ret_query = (struct query){.sql = NULL};
    bool shaped = false;
    struct text rest = file;
    const char *problem = NULL;
    while (problem == NULL && rest.size > 2 && memcmp(rest.data, "--", 2) == 0) {
        struct text line = cut(&rest, '\n');
        line = trimmed((struct text){.data = line.data + 2, .size = line.size - 2});
        shaped |= line.size > 6 && memcmp(line.data, "shape:", 6) == 0;
        problem = parse_line(line, arena, ret_query);
    }
    if (problem == NULL && (!shaped || ret_query->reads == 0))
        problem = "its head has no shape or no reads";
    ret_query->etag = !ret_query->list && gives(rest, "etag");
    ret_query->depends = !ret_query->list && gives(rest, "depends");
    if (problem == NULL && !ret_query->of_columns && !gives(rest, "item"))
        problem = "its statement gives no item";
    if (problem == NULL && ret_query->of_columns && ret_query->list_of_one)
        problem = "a list of one says by a null item that it is empty";
    if (problem == NULL && query_has_param(ret_query, "limit") && !gives(rest, "cursor"))
        problem = "it has a limit, but its statement gives no cursor";
    if (problem != NULL) {
        *ret_problem = text_of(problem);
        return ERR_INPUT;
    }
    ret_query->sql = arena_text(arena, rest).data;
    ret_query->took_us = ARENA_NEW(arena, _Atomic int64_t, 1);
    atomic_store(ret_query->took_us, INT64_MAX); /* quick is who has shown it */
    return OK;
}

/* --- cursors ---------------------------------------------------------------------------------- */

struct text query_cursor_encode(struct text cursor, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, BASE64URL_SIZE(CURSOR_MAX));
    base64url_encode(&buffer, cursor.data, cursor.size);
    CHECK(buffer_ok(&buffer)); /* cursors are ours: a time and an id, or an offset */
    struct text encoded = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return encoded;
}

enum err query_cursor_decode(struct text encoded, struct arena *arena, struct text *ret_cursor)
{
    uint8_t bytes[CURSOR_MAX];
    size_t size;
    if (base64url_decode(encoded, sizeof bytes, bytes, &size) != OK || memchr(bytes, 0, size))
        return ERR_INPUT;
    *ret_cursor = arena_text(arena, (struct text){.data = (const char *)bytes, .size = size});
    return OK;
}

/* --- running ---------------------------------------------------------------------------------- */

/* The page's size: what `limit` says, which the OpenAPI document has bounded. */
static size_t page_size(struct text value)
{
    size_t size = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || size > QUERY_LIMIT_MAX)
            return 0;
        size = size * 10 + (size_t)(value.data[i] - '0');
    }
    return size <= QUERY_LIMIT_MAX ? size : 0;
}

static bool fits(struct text type, struct text value)
{
    struct uuid id;
    bool has_zero = value.size > 0 && memchr(value.data, 0, value.size) != NULL;
    if (has_zero) /* no text of Postgres has one */
        return false;
    if (text_is(type, "word") || text_is(type, "bool"))
        return query_is_word(value);
    return !text_is(type, "uuid") || uuid_parse(value, &id) == OK;
}

struct bound {
    size_t page; /* 0: the query has no limit */
    struct db_param params[QUERY_PARAMS_MAX];
};

static enum err bind_one(const struct query_param *param, bool given, struct text value,
                         struct arena *arena, struct bound *bound, struct db_param *ret_param)
{
    if (text_is(param->name, "limit")) {
        bound->page = given ? page_size(value) : QUERY_LIMIT_DEFAULT;
        *ret_param = db_int((int64_t)bound->page + 1);
        return bound->page > 0 ? OK : ERR_INPUT;
    }
    if (!given) {
        *ret_param = db_null();
        return OK;
    }
    if (text_is(param->name, "cursor") && query_cursor_decode(value, arena, &value) != OK)
        return ERR_INPUT;
    *ret_param = db_text(value);
    return fits(param->type, value) ? OK : ERR_INPUT;
}

static enum err bind(const struct query *query, struct query_values values, struct arena *arena,
                     struct bound *ret_bound, struct text *ret_wrong)
{
    *ret_bound = (struct bound){.page = 0};
    for (size_t i = 0; i < query->params_count; i++) {
        const struct query_param *param = &query->params[i];
        struct text value = TEXT("");
        bool given = values.find(values.context, param->name, &value);
        enum err err = bind_one(param, given, value, arena, ret_bound, &ret_bound->params[i]);
        if (err != OK) {
            *ret_wrong = param->name;
            return err;
        }
    }
    return OK;
}

/* Asks by the statement for what is asked, with db_query() or db_batch_query(). */
static enum err ask_by(enum err (*send)(struct db *, const char *, const struct db_param *, size_t,
                                        struct db_result *),
                       const struct query *query, const struct bound *bound, struct db *db,
                       struct db_result *ret_rows)
{
    struct db_param params[QUERY_PARAMS_MAX];
    struct buffer sql;
    buffer_init(&sql, STATEMENT_MAX);
    size_t count = query_statement(query, bound->params, &sql, params);
    enum err err =
        buffer_ok(&sql) ? send(db, buffer_as_text(&sql).data, params, count, ret_rows) : ERR_FULL;
    buffer_free(&sql);
    return err;
}

/* The mean of what it took lately, of which this is an eighth. */
static void note_took(const struct query *query, int64_t began_us)
{
    int64_t now_us = db_now_us() - began_us, before_us = atomic_load(query->took_us);
    atomic_store(query->took_us,
                 before_us == INT64_MAX ? now_us : before_us + (now_us - before_us) / 8);
}

static enum err ask(const struct query *query, const struct bound *bound, struct db *db,
                    struct db_result *ret_rows)
{
    enum err err = db_connect(db);
    int64_t began_us = db_now_us();
    if (err == OK)
        err = ask_by(db_query, query, bound, db, ret_rows);
    note_took(query, began_us);
    return err;
}

bool query_is_quick(const struct query *query)
{
    return atomic_load(query->took_us) <= QUICK_US;
}

struct query_asked {
    struct bound bound;
    int64_t began_us;
    struct db_result rows;
};

struct query_asked *query_ask(const struct query *query, struct db *db, struct query_values values,
                              struct arena *arena)
{
    struct query_asked *asked = ARENA_NEW(arena, struct query_asked, 1);
    struct text wrong;
    asked->began_us = db_now_us();
    enum err err = bind(query, values, arena, &asked->bound, &wrong);
    if (err == OK)
        err = ask_by(db_batch_query, query, &asked->bound, db, &asked->rows);
    return err == OK ? asked : NULL;
}

void query_asked_free(struct query_asked *asked)
{
    if (asked != NULL)
        db_result_free(&asked->rows);
}

/* What was found, by whichever way it was asked. */
static enum err find(const struct query *query, struct query_asked *asked, struct db *db,
                     struct query_values values, struct arena *arena, struct bound *ret_bound,
                     struct db_result *ret_rows, struct text *ret_wrong)
{
    if (asked != NULL && asked->rows.rows != NULL) {
        *ret_bound = asked->bound;
        *ret_rows = asked->rows;
        note_took(query, asked->began_us);
        return OK;
    }
    enum err err = bind(query, values, arena, ret_bound, ret_wrong);
    return err == OK ? ask(query, ret_bound, db, ret_rows) : err;
}

/* --- what was found --------------------------------------------------------------------------- */

static void write_list(const struct query_items *items, size_t page, struct arena *arena,
                       struct buffer *body)
{
    size_t count = db_rows(items->rows);
    bool more = page > 0 && count > page;
    size_t shown = more ? page : query_items_empty(items) ? 0 : count;
    buffer_string(body, "{\"items\":[");
    for (size_t i = 0; i < shown; i++) {
        buffer_string(body, i > 0 ? "," : "");
        query_items_write(items, i, body);
    }
    buffer_string(body, "],\"next_cursor\":");
    if (more)
        buffer_json_string(body, query_cursor_encode(db_get_text(items->rows, shown - 1,
                                                                 db_column(items->rows, "cursor")),
                                                     arena));
    else
        buffer_string(body, "null");
    buffer_string(body, "}");
}

enum err query_run(const struct query *query, struct query_asked *asked, struct db *db,
                   struct query_values values, struct arena *arena, struct query_answer *ret_answer,
                   struct text *ret_wrong)
{
    struct bound bound;
    AUTO_DB_RESULT rows = {0};
    *ret_wrong = TEXT("");
    enum err err = find(query, asked, db, values, arena, &bound, &rows, ret_wrong);
    if (err != OK)
        return err;
    struct query_items items = query_items_of(query, &rows, arena);
    bool none = db_rows(&rows) == 0;
    if (query->list_of_one ? none : !query->list && (none || query_items_empty(&items)))
        return ERR_NOT_FOUND;
    struct query_answer answer = {.etag = TEXT(""), .depends = TEXT("")};
    buffer_init(&answer.body, BODY_MAX);
    if (query->list) {
        write_list(&items, bound.page, arena, &answer.body);
    } else {
        query_items_write(&items, 0, &answer.body);
        if (query->etag) {
            struct text tag = db_get_text(&rows, 0, db_column(&rows, "etag"));
            answer.etag = arena_printf(arena, "\"%.*s\"", (int)tag.size, tag.data);
        }
        if (query->depends)
            answer.depends = arena_text(arena, db_get_text(&rows, 0, db_column(&rows, "depends")));
    }
    if (!buffer_ok(&answer.body)) {
        buffer_free(&answer.body);
        return ERR_FULL;
    }
    *ret_answer = answer;
    return OK;
}

/* --- page after page -------------------------------------------------------------------------- */

struct query_pages {
    const struct query *query;
    struct bound bound;
    struct arena *arena;
    struct query_items items; /* once the first page was read */
    bool turned;              /* there was one before */
    char cursor[CURSOR_MAX];  /* behind that */
};

/* Where it goes on, and how far. */
static void turn_page(struct query_pages *pages, struct text cursor)
{
    CHECK(cursor.size < sizeof pages->cursor);
    memcpy(pages->cursor, cursor.data, cursor.size);
    for (size_t i = 0; i < pages->query->params_count; i++) {
        if (text_is(pages->query->params[i].name, "limit"))
            pages->bound.params[i] = db_int(QUERY_STREAM_PAGE);
        if (text_is(pages->query->params[i].name, "cursor") && cursor.size > 0)
            pages->bound.params[i] =
                db_text((struct text){.data = pages->cursor, .size = cursor.size});
    }
}

enum err query_pages_begin(const struct query *query, struct query_values values,
                           struct arena *arena, struct query_pages **ret_pages,
                           struct text *ret_wrong)
{
    struct query_pages *pages = ARENA_NEW(arena, struct query_pages, 1);
    pages->query = query;
    pages->arena = arena;
    *ret_wrong = TEXT("");
    enum err err = bind(query, values, arena, &pages->bound, ret_wrong);
    turn_page(pages, TEXT(""));
    *ret_pages = pages;
    return err;
}

enum err query_pages_next(struct query_pages *pages, struct db *db, struct buffer *rows,
                          bool *ret_more)
{
    const struct query *query = pages->query;
    AUTO_DB_RESULT found = {0};
    enum err err = ask(query, &pages->bound, db, &found);
    if (err != OK)
        return err;
    size_t count = db_rows(&found);
    if (count == 0 && query->list_of_one && !pages->turned)
        return ERR_NOT_FOUND;
    if (!pages->turned)
        pages->items = query_items_of(query, &found, pages->arena);
    pages->turned = true;
    pages->items.rows = &found;
    for (size_t i = 0; i < count; i++) {
        query_items_write(&pages->items, i, rows);
        buffer_string(rows, query->columns.size > 0 ? "" : "\n");
    }
    *ret_more = count == QUERY_STREAM_PAGE;
    if (count > 0)
        turn_page(pages, db_get_text(&found, count - 1, db_column(&found, "cursor")));
    return buffer_ok(rows) ? OK : ERR_FULL;
}
