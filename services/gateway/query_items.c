#include "gateway/query_items.h"

#include <string.h>

static bool is_told(struct text column)
{
    return !text_is(column, "item") && !text_is(column, "cursor") && !text_is(column, "etag") &&
           !text_is(column, "depends");
}

/* {"name": of the first member, ,"name": of the others. */
static struct text head_of(struct text name, bool first, struct arena *arena)
{
    char *head = arena_alloc(arena, name.size + 4);
    head[0] = first ? '{' : ',';
    head[1] = '"';
    memcpy(head + 2, name.data, name.size);
    memcpy(head + 2 + name.size, "\":", 2);
    return (struct text){.data = head, .size = name.size + 4};
}

struct query_items query_items_of(const struct query *query, const struct db_result *rows,
                                  struct arena *arena)
{
    if (!query->of_columns)
        return (struct query_items){.rows = rows, .item = db_column(rows, "item")};
    size_t count = db_columns(rows);
    struct query_items items = {
        .rows = rows, .item = count, .members = ARENA_NEW(arena, struct query_member, count)};
    for (size_t i = 0; i < count; i++) {
        struct text name = db_column_name(rows, i);
        if (text_is(name, "item"))
            items.item = i;
        if (!is_told(name))
            continue;
        struct query_member *member = &items.members[items.members_count];
        member->column = i;
        member->type = db_column_type(rows, i);
        member->head = head_of(name, items.members_count++ == 0, arena);
    }
    CHECK(items.members_count > 0);
    return items;
}

static void write_member(const struct query_items *items, size_t row,
                         const struct query_member *member, struct buffer *body)
{
    buffer_text(body, member->head);
    if (db_is_null(items->rows, row, member->column))
        buffer_string(body, "null");
    else if (member->type == DB_TYPE_BOOL)
        buffer_string(body, db_get_bool(items->rows, row, member->column) ? "true" : "false");
    else if (member->type == DB_TYPE_TEXT)
        buffer_json_string(body, db_get_text(items->rows, row, member->column));
    else
        buffer_text(body, db_get_text(items->rows, row, member->column));
}

static bool has_item(const struct query_items *items, size_t row)
{
    return items->item < db_columns(items->rows) && !db_is_null(items->rows, row, items->item);
}

void query_items_write(const struct query_items *items, size_t row, struct buffer *body)
{
    if (items->members_count == 0 || has_item(items, row)) {
        buffer_text(body, db_get_text(items->rows, row, items->item));
        return;
    }
    for (size_t i = 0; i < items->members_count; i++)
        write_member(items, row, &items->members[i], body);
    buffer_byte(body, '}');
}

bool query_items_empty(const struct query_items *items)
{
    return db_rows(items->rows) == 1 && items->members_count == 0 && !has_item(items, 0);
}
