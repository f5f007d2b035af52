#include "seal/rewrap.h"

#include "base/buffer.h"
#include "base/uuid.h"

enum { ROWS = 500, NAME_SIZE_MAX = 64 };

/* A table of wrapped keys. Names are read in their order, from behind `first`. */
struct wrapped_table {
    const char *select; /* name, wrapped, by whom; behind a name, so many */
    const char *update;
    const char *first;
    bool by_uuid; /* whether a key's context is its id's bytes, or its name */
};

static const struct wrapped_table TABLES[] = {
    {"SELECT key_id, wrapped, wrapped_by FROM keys "
     "WHERE wrapped IS NOT NULL AND wrapped_by IS DISTINCT FROM $1 AND key_id > $2::uuid "
     "ORDER BY key_id LIMIT $3::int",
     "UPDATE keys SET wrapped = $1, wrapped_by = $2 WHERE key_id = $3::uuid AND wrapped = $4",
     "00000000-0000-0000-0000-000000000000", true},
    {"SELECT name, wrapped, wrapped_by FROM secrets "
     "WHERE wrapped_by IS DISTINCT FROM $1 AND name > $2 ORDER BY name LIMIT $3::int",
     "UPDATE secrets SET wrapped = $1, wrapped_by = $2 WHERE name = $3 AND wrapped = $4", "",
     false},
};

static struct bytes context_of(const struct wrapped_table *table, struct text name, struct uuid *id)
{
    if (!table->by_uuid)
        return (struct bytes){(const uint8_t *)name.data, name.size};
    CHECK(uuid_parse(name, id) == OK); /* it is of a column of uuid */
    return (struct bytes){id->bytes, sizeof id->bytes};
}

static enum err rewrap_row(struct db *db, const struct wrapped_table *table,
                           const struct masters *masters, const struct db_result *rows, size_t row,
                           struct vault_rewrap *ret_rewrap)
{
    struct uuid id;
    struct seal_key key;
    struct wrapped_key fresh;
    struct buffer wrapped, by;
    struct text name = db_get_text(rows, row, 0);
    struct bytes context = context_of(table, name, &id);
    buffer_init(&wrapped, 1024);
    buffer_init(&by, 1024);
    db_get_bytes(rows, row, 1, &wrapped);
    if (!db_is_null(rows, row, 2))
        db_get_bytes(rows, row, 2, &by);
    AUTO_DB_RESULT done = {NULL};
    enum err err = OK;
    if (masters_unwrap(masters, context, buffer_bytes(&wrapped), buffer_bytes(&by), &key) == OK) {
        masters_wrap(masters, context, &key, &fresh);
        seal_wipe(&key, sizeof key);
        err = db_query(db, table->update,
                       DB_PARAMS(db_bytes((struct bytes){fresh.bytes, sizeof fresh.bytes}),
                                 db_bytes((struct bytes){fresh.by, sizeof fresh.by}), db_text(name),
                                 db_bytes(buffer_bytes(&wrapped))),
                       &done);
        ret_rewrap->wrapped += err == OK ? db_affected(&done) : 0;
    } else {
        ret_rewrap->left++;
    }
    buffer_free(&wrapped);
    buffer_free(&by);
    return err;
}

/* The next ROWS behind `last`, which becomes the last of them; *ret_more: there may be more. */
static enum err rewrap_some(struct db *db, const struct wrapped_table *table,
                            const struct masters *masters, struct buffer *last, bool *ret_more,
                            struct vault_rewrap *ret_rewrap)
{
    AUTO_DB_RESULT rows = {NULL};
    const struct master *first = &masters->list[0];
    enum err err = db_query(db, table->select,
                            DB_PARAMS(db_bytes((struct bytes){first->id, sizeof first->id}),
                                      db_text(buffer_as_text(last)), db_int(ROWS)),
                            &rows);
    size_t count = err == OK ? db_rows(&rows) : 0;
    for (size_t i = 0; i < count && err == OK; i++)
        err = rewrap_row(db, table, masters, &rows, i, ret_rewrap);
    if (count > 0) {
        buffer_reset(last);
        buffer_text(last, db_get_text(&rows, count - 1, 0));
        CHECK(buffer_ok(last));
    }
    *ret_more = count == ROWS;
    return err;
}

enum err rewrap(struct db *db, const struct masters *masters, struct vault_rewrap *ret_rewrap)
{
    enum err err = OK;
    *ret_rewrap = (struct vault_rewrap){.wrapped = 0};
    for (size_t i = 0; i < COUNT_OF(TABLES) && err == OK; i++) {
        struct buffer last;
        buffer_init(&last, NAME_SIZE_MAX);
        buffer_string(&last, TABLES[i].first);
        for (bool more = true; more && err == OK;)
            err = rewrap_some(db, &TABLES[i], masters, &last, &more, ret_rewrap);
        buffer_free(&last);
    }
    return err;
}
