/* query_items.h - what a query found, as JSON: each row's `item`, or an object of its columns. */
#ifndef GATEWAY_QUERY_ITEMS_H
#define GATEWAY_QUERY_ITEMS_H
#include "base/buffer.h"
#include "db/db.h"
#include "gateway/query.h"

/* A column that is a member of the item. */
struct query_member {
    size_t column;
    enum db_type type;
    struct text head; /* of the JSON: "name": */
};

struct query_items {
    const struct db_result *rows;
    size_t item; /* the column; as many as there are: none */
    size_t members_count;
    struct query_member *members; /* what an item without it is made of */
};

/* How the rows of a query are told; members are in the arena, and `rows` is the caller's. */
struct query_items query_items_of(const struct query *query, const struct db_result *rows,
                                  struct arena *arena);
/* Appends the item of a row. */
void query_items_write(const struct query_items *items, size_t row, struct buffer *body);
/* Whether all that was found is one row that says that there is nothing. */
bool query_items_empty(const struct query_items *items);

#endif
