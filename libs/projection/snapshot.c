#include "projection/snapshot.h"

#include "base/crash.h"
#include "projection/tables.h"

#include <string.h>

enum { PART_SIZE_MAX = 8 << 20, KEPT = 2 };

static const char CLEAR[] = "DELETE FROM bourse.snapshots WHERE service = $1 AND partition = $2 "
                            "AND next_offset = $3";
static const char INSERT[] = "INSERT INTO bourse.snapshots (service, partition, next_offset, part, "
                             "size, bytes) VALUES ($1, $2, $3, $4, $5, $6)";
static const char DROP_OLD[] =
    "DELETE FROM bourse.snapshots WHERE service = $1 AND partition = $2 AND next_offset NOT IN "
    "(SELECT DISTINCT next_offset FROM bourse.snapshots WHERE service = $1 AND partition = $2 "
    "ORDER BY next_offset DESC LIMIT $3)";
static const char SELECT[] =
    "SELECT next_offset, part, size, bytes FROM bourse.snapshots "
    "WHERE service = $1 AND partition = $2 AND next_offset = (SELECT max(next_offset) "
    "FROM bourse.snapshots WHERE service = $1 AND partition = $2 AND next_offset < $3) "
    "ORDER BY part";

static enum err store_parts(struct db *db, const char *service, int32_t partition,
                            int64_t next_offset, struct bytes state)
{
    enum err err = OK;
    size_t at = 0;
    for (int64_t part = 0; err == OK && (part == 0 || at < state.size); part++) {
        size_t size = state.size - at < PART_SIZE_MAX ? state.size - at : PART_SIZE_MAX;
        err = db_query(db, INSERT,
                       DB_PARAMS(db_string(service), db_int(partition), db_int(next_offset),
                                 db_int(part), db_int((int64_t)state.size),
                                 db_bytes((struct bytes){state.data + at, size})),
                       NULL);
        CRASH_POINT("during_snapshot");
        at += size;
    }
    return err;
}

static enum err store(struct db *db, const char *service, int32_t partition, int64_t next_offset,
                      struct bytes state)
{
    enum err err = db_query(
        db, CLEAR, DB_PARAMS(db_string(service), db_int(partition), db_int(next_offset)), NULL);
    if (err == OK)
        err = store_parts(db, service, partition, next_offset, state);
    if (err == OK)
        err = db_query(db, DROP_OLD, DB_PARAMS(db_string(service), db_int(partition), db_int(KEPT)),
                       NULL);
    return err;
}

static enum err store_at_once(struct db *db, const char *service, int32_t partition,
                              int64_t next_offset, struct bytes state)
{
    enum err err = db_begin(db);
    if (err == OK)
        err = store(db, service, partition, next_offset, state);
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

enum err snapshot_store(struct db *db, enum service_id service, int32_t partition,
                        int64_t next_offset, struct bytes state)
{
    const char *name = service_name(service);
    enum err err = store_at_once(db, name, partition, next_offset, state);
    if (err != ERR_CONFIG) /* which is what a missing table gives */
        return err;
    err = tables_create(db);
    return err == OK ? store_at_once(db, name, partition, next_offset, state) : err;
}

/* Appends the parts where none is missing. */
static enum err join_parts(const struct db_result *parts, struct buffer *ret_state)
{
    size_t first = ret_state->size;
    for (size_t i = 0; i < db_rows(parts); i++) {
        if (db_get_int(parts, i, 1) != (int64_t)i)
            return ERR_POISON;
        db_get_bytes(parts, i, 3, ret_state);
    }
    size_t size = ret_state->size - first;
    return buffer_ok(ret_state) && (int64_t)size == db_get_int(parts, 0, 2) ? OK : ERR_POISON;
}

enum err snapshot_load(struct db *db, enum service_id service, int32_t partition,
                       int64_t before_offset, struct buffer *ret_state, int64_t *ret_next_offset)
{
    enum err err = tables_create(db);
    if (err != OK)
        return err;
    AUTO_DB_RESULT parts = {NULL};
    err = db_query(
        db, SELECT,
        DB_PARAMS(db_string(service_name(service)), db_int(partition), db_int(before_offset)),
        &parts);
    if (err != OK)
        return err;
    if (db_rows(&parts) == 0)
        return ERR_NOT_FOUND;
    size_t first = ret_state->size;
    *ret_next_offset = db_get_int(&parts, 0, 0);
    err = join_parts(&parts, ret_state);
    if (err != OK)
        ret_state->size = first;
    return err;
}

enum err snapshot_projected(struct db *db, enum service_id service, int32_t partition,
                            int64_t *ret_offset, struct hash *ret_hash)
{
    static const char PROJECTED[] =
        "SELECT next_offset - 1, record_hash FROM bourse.positions "
        "WHERE service = $1 AND partition = $2::int AND record_hash IS NOT NULL";
    AUTO_DB_RESULT row = {NULL};
    enum err err = db_query(db, PROJECTED,
                            DB_PARAMS(db_string(service_name(service)), db_int(partition)), &row);
    if (err != OK)
        return err;
    if (db_rows(&row) == 0)
        return ERR_NOT_FOUND;
    struct buffer hash;
    buffer_init(&hash, sizeof *ret_hash);
    db_get_bytes(&row, 0, 1, &hash);
    bool whole = buffer_ok(&hash) && hash.size == sizeof *ret_hash;
    if (whole) {
        memcpy(ret_hash, hash.data, sizeof *ret_hash);
        *ret_offset = db_get_int(&row, 0, 0);
    }
    buffer_free(&hash);
    return whole ? OK : ERR_NOT_FOUND;
}
