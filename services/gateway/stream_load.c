#include "gateway/stream_load.h"

#include "db/db.h"
#include "json/json.h"

#include <stdlib.h>

enum {
    ITEM_SIZE_MAX = 1 << 16,
    ARENA_SIZE = ITEM_SIZE_MAX * (JSON_ARENA_FACTOR + 1),
    SINCE_SIZE_MAX = 4096
};

/* What is seen from now on is of one moment and, as bourse.switches is held, of the same tables. */
static enum err begin(struct db *db)
{
    enum err err = db_connect(db);
    if (err == OK)
        err = db_begin_snapshot(db);
    return err == OK ? db_exec(db, "LOCK TABLE bourse.switches IN ACCESS SHARE MODE") : err;
}

static enum err end(struct db *db, enum err err)
{
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

/* Behind the last record that the projection of a partition has. */
static enum err read_next_offset(struct db *db, enum service_id service, int32_t partition,
                                 int64_t *ret_next_offset)
{
    static const char SQL[] = "SELECT next_offset FROM bourse.positions "
                              "WHERE service = $1::text AND partition = $2::int";
    AUTO_DB_RESULT rows = {0};
    enum err err =
        db_query(db, SQL, DB_PARAMS(db_string(service_name(service)), db_int(partition)), &rows);
    if (err != OK || db_rows(&rows) == 0)
        return err != OK ? err : ERR_BUSY;
    *ret_next_offset = db_get_int(&rows, 0, 0);
    return OK;
}

/* --- a book ----------------------------------------------------------------------------------- */

static enum err read_resting(struct db *db, struct text symbol, struct stream_book *book)
{
    static const char SQL[] =
        "SELECT id, side = 'buy', (limit_price * 100000000)::bigint, "
        "       (remaining_quantity * 100000000)::bigint "
        "FROM orders.orders "
        "WHERE instrument = $1::text AND status IN ('open', 'partially_filled')";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_PARAMS(db_text(symbol)), &rows);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++)
        stream_book_rest(book, db_get_uuid(&rows, i, 0),
                         db_get_bool(&rows, i, 1) ? SIDE_BUY : SIDE_SELL, db_get_int(&rows, i, 2),
                         db_get_int(&rows, i, 3));
    return err;
}

static enum err read_book(struct db *db, struct text symbol, int64_t next_offset,
                          struct stream_book *book)
{
    static const char SQL[] = "SELECT sequence, (last_price * 100000000)::bigint "
                              "FROM orders.market_data WHERE instrument = $1::text";
    enum err err = read_resting(db, symbol, book);
    AUTO_DB_RESULT rows = {0};
    if (err == OK)
        err = db_query(db, SQL, DB_PARAMS(db_text(symbol)), &rows);
    if (err != OK)
        return err;
    bool known = db_rows(&rows) > 0;
    bool has_sequence = known && !db_is_null(&rows, 0, 0);
    bool has_last = known && !db_is_null(&rows, 0, 1);
    stream_book_begin(book, next_offset, has_sequence ? db_get_int(&rows, 0, 0) : -1, has_last,
                      has_last ? db_get_int(&rows, 0, 1) : 0);
    return OK;
}

enum err stream_load_book(struct db *db, struct text symbol, int32_t partition,
                          struct stream_book **ret_book, int64_t *ret_next_offset)
{
    struct stream_book *book = stream_book_new(symbol);
    int64_t next_offset = 0;
    enum err err = begin(db);
    if (err == OK)
        err = read_next_offset(db, SERVICE_ORDERS, partition, &next_offset);
    if (err == OK)
        err = read_book(db, symbol, next_offset, book);
    err = end(db, err);
    if (err != OK) {
        stream_book_free(book);
        return err;
    }
    *ret_book = book;
    *ret_next_offset = next_offset;
    return OK;
}

/* --- an account ------------------------------------------------------------------------------- */

static struct text scalar_text(const struct json_value *value)
{
    if (value->kind == JSON_TRUE || value->kind == JSON_FALSE)
        return value->kind == JSON_TRUE ? TEXT("true") : TEXT("false");
    return value->text;
}

/* An order as its owner is shown it, read back field by field. */
static enum err order_of(struct text item, struct arena *arena, struct order *ret_order)
{
    const struct json_value *json;
    struct json_error error;
    *ret_order = (struct order){.quantity_e8 = 0};
    enum err err = json_parse(item, ITEM_SIZE_MAX, arena, &json, &error);
    for (size_t i = 0; err == OK && i < WIRE_ORDER.fields_count; i++) {
        const struct wire_field *field = &WIRE_ORDER.fields[i];
        const struct json_value *member =
            json_value_member(json, arena_text(arena, wire_json_name(field)).data);
        if (member != NULL && member->kind != JSON_NULL)
            err = wire_field_set(field, scalar_text(member), ret_order);
    }
    return err;
}

/* {"0": 55, "1": 90}: offsets of orders' partitions. */
static void print_since(const struct stream_cursor *since, struct buffer *json)
{
    const char *between = "{";
    for (size_t i = 0; i < since->count; i++) {
        if (since->rows[i].service != SERVICE_ORDERS)
            continue;
        /* Of a record that was told in part, all is told again but what is passed over. */
        int64_t offset = since->rows[i].offset - (since->rows[i].messages > 0);
        buffer_printf(json, "%s\"%d\":%lld", between, since->rows[i].partition, (long long)offset);
        between = ",";
    }
    buffer_string(json, since->count > 0 ? "}" : "{}");
}

static enum err read_orders(struct db *db, struct uuid account_id,
                            const struct stream_cursor *since, struct stream_account *account)
{
    static const char SQL[] = "SELECT item FROM orders.order_items "
                              "WHERE account_id = $1::uuid "
                              "  AND (status IN ('pending', 'open', 'partially_filled') "
                              "       OR (event_offset > ($2::jsonb ->> partition::text)::bigint "
                              "           AND status <> 'rejected'))";
    struct buffer json;
    buffer_init(&json, SINCE_SIZE_MAX);
    if (since != NULL)
        print_since(since, &json);
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(
        db, SQL,
        DB_PARAMS(db_uuid(account_id), since != NULL ? db_text(buffer_as_text(&json)) : db_null()),
        &rows);
    buffer_free(&json);
    struct arena *arena = arena_new(ARENA_SIZE);
    for (size_t i = 0; err == OK && i < db_rows(&rows); i++) {
        struct order order;
        arena_reset(arena);
        err = order_of(db_get_text(&rows, i, 0), arena, &order);
        if (err == OK)
            stream_account_put(account, &order);
    }
    arena_free(arena);
    return err;
}

static enum err read_balances(struct db *db, struct uuid account_id, struct buffer *balances)
{
    static const char SQL[] =
        "SELECT coalesce(json_object_agg(asset, json_build_object("
        "           'available', bourse.decimal(available), 'locked', bourse.decimal(locked), "
        "           'total', bourse.decimal(total)) ORDER BY asset), '{}') "
        "FROM accounts.balances WHERE account_id = $1::uuid";
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, SQL, DB_PARAMS(db_uuid(account_id)), &rows);
    if (err == OK)
        buffer_text(balances, db_get_text(&rows, 0, 0));
    return err;
}

enum err stream_load_account(struct db *db, struct uuid account_id,
                             const struct stream_cursor *since, struct stream_cursor *cursor,
                             struct stream_account *account, struct buffer *balances)
{
    enum err err = begin(db);
    for (size_t i = 0; err == OK && i < cursor->count; i++) {
        struct stream_position *row = &cursor->rows[i];
        int64_t next_offset = 0;
        err = read_next_offset(db, row->service, row->partition, &next_offset);
        row->offset = next_offset - 1;
        row->messages = 0;
    }
    if (err == OK)
        err = read_orders(db, account_id, since, account);
    if (err == OK)
        err = read_balances(db, account_id, balances);
    return end(db, err);
}
