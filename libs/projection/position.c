#include "projection/position.h"

#include "eventlog/follower.h"
#include "projection/projector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCES_SIZE_MAX = 1 << 20,
    PAYLOAD_SIZE_MAX = 7900, /* Postgres takes less than 8000 bytes */
    NOTE_SIZE_MAX = 128,
};

enum column {
    PARTITION,
    GENERATION,
    SCHEMA_HASH,
    NEXT_OFFSET,
    INCARNATION,
    RECORD_HASH,
    EPOCH,
    NONCE,
    WSEQ,
    HEAD,
    POISONED,
};

#define SELECT_POSITIONS                                                                           \
    "SELECT partition, generation, schema_hash, next_offset, incarnation, record_hash, epoch, "    \
    "nonce, wseq, head, poisoned FROM bourse.positions WHERE service = $1 ORDER BY partition"

static void read_fixed(const struct db_result *rows, size_t row, enum column column,
                       uint8_t *ret_data, size_t size)
{
    struct buffer bytes;
    buffer_init(&bytes, size);
    db_get_bytes(rows, row, column, &bytes);
    CHECK(buffer_ok(&bytes) && bytes.size == size);
    memcpy(ret_data, bytes.data, size);
    buffer_free(&bytes);
}

static struct store_position read_position(const struct db_result *rows, size_t row)
{
    struct store_position position = {
        .partition = (int32_t)db_get_int(rows, row, PARTITION),
        .generation = db_get_int(rows, row, GENERATION),
        .next_offset = db_get_int(rows, row, NEXT_OFFSET),
    };
    snprintf(position.schema_hash, sizeof position.schema_hash, "%s",
             db_get_text(rows, row, SCHEMA_HASH).data);
    if (position.next_offset == 0)
        return position;
    struct fold_state *fold = &position.fold;
    position.incarnation = db_get_uuid(rows, row, INCARNATION);
    read_fixed(rows, row, RECORD_HASH, position.record_hash.bytes,
               sizeof position.record_hash.bytes);
    fold->epoch = db_get_int(rows, row, EPOCH);
    fold->wseq = db_get_int(rows, row, WSEQ);
    fold->poisoned = db_get_bool(rows, row, POISONED);
    read_fixed(rows, row, NONCE, fold->nonce.bytes, sizeof fold->nonce.bytes);
    read_fixed(rows, row, HEAD, fold->head.bytes, sizeof fold->head.bytes);
    return position;
}

enum err position_load(struct db *db, const char *tables, bool lock,
                       struct store_position **ret_positions, size_t *ret_count)
{
    AUTO_DB_RESULT rows = {NULL};
    enum err err = db_query(db, lock ? SELECT_POSITIONS " FOR UPDATE" : SELECT_POSITIONS,
                            DB_PARAMS(db_string(tables)), &rows);
    if (err != OK)
        return err;
    *ret_count = db_rows(&rows);
    *ret_positions = calloc(*ret_count + 1, sizeof **ret_positions);
    CHECK(*ret_positions != NULL);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_positions)[i] = read_position(&rows, i);
    return OK;
}

/* One more than the highest of service $1, wherever its tables stand. */
#define NEXT_GENERATION                                                                            \
    "(SELECT coalesce(max(generation), 0) + 1 FROM bourse.positions "                              \
    "WHERE (service = $1 OR starts_with(service, $1 || '_'))"

static const char RESET[] =
    "INSERT INTO bourse.positions (service, partition, generation, schema_hash, next_offset) "
    "SELECT $2, partition, " NEXT_GENERATION "), $4, 0 "
    "FROM generate_series(0, $3::int - 1) AS partition "
    "ON CONFLICT (service, partition) DO UPDATE SET generation = excluded.generation, "
    "schema_hash = excluded.schema_hash, next_offset = 0, incarnation = NULL, record_hash = NULL, "
    "epoch = NULL, nonce = NULL, wseq = NULL, head = NULL, poisoned = NULL, sources = '{}', "
    "events_count = 0, updated_at = clock_timestamp()";

enum err position_reset(struct db *db, enum service_id service, const char *tables,
                        int32_t partitions, const char *schema_hash)
{
    return db_query(db, RESET,
                    DB_PARAMS(db_string(service_name(service)), db_string(tables),
                              db_int(partitions), db_string(schema_hash)),
                    NULL);
}

enum err position_drop(struct db *db, const char *tables)
{
    return db_query(db, "DELETE FROM bourse.positions WHERE service = $1",
                    DB_PARAMS(db_string(tables)), NULL);
}

enum err position_rename(struct db *db, const char *tables, const char *new_name)
{
    return db_query(db, "UPDATE bourse.positions SET service = $2 WHERE service = $1",
                    DB_PARAMS(db_string(tables), db_string(new_name)), NULL);
}

enum err position_renew(struct db *db, enum service_id service, const char *tables)
{
    return db_query(db,
                    "UPDATE bourse.positions SET generation = " NEXT_GENERATION
                    " AND service <> $2) WHERE service = $2",
                    DB_PARAMS(db_string(service_name(service)), db_string(tables)), NULL);
}

static const char MOVE[] =
    "UPDATE bourse.positions SET next_offset = $5, incarnation = $6, record_hash = $7, epoch = $8, "
    "nonce = $9, wseq = $10, head = $11, poisoned = $12, sources = sources || $13::jsonb, "
    "events_count = events_count + $14, updated_at = clock_timestamp() "
    "WHERE service = $1 AND partition = $2 AND generation = $3 AND next_offset = $4";

static void write_sources(const struct fold *fold, struct buffer *json)
{
    buffer_byte(json, '{');
    for (size_t i = 0; i < fold->sources_count; i++)
        buffer_printf(json, "%s\"%s/%d\":%" PRId64, i > 0 ? "," : "", fold->sources[i].topic,
                      fold->sources[i].partition, fold->sources[i].offset);
    buffer_byte(json, '}');
    CHECK(buffer_ok(json));
}

enum err position_move(struct db *db, const char *tables, const struct store_move *move,
                       int64_t *ret_affected)
{
    const struct fold *fold = move->fold;
    const struct fold_state *state = &fold->state;
    struct buffer sources;
    buffer_init(&sources, SOURCES_SIZE_MAX);
    write_sources(fold, &sources);
    enum err err = db_batch_add(
        db, MOVE,
        DB_PARAMS(db_string(tables), db_int(move->partition), db_int(move->generation),
                  db_int(move->from_offset), db_int(fold->next_offset), db_uuid(fold->incarnation),
                  db_bytes((struct bytes){move->record_hash.bytes, sizeof move->record_hash.bytes}),
                  db_int(state->epoch),
                  db_bytes((struct bytes){state->nonce.bytes, sizeof state->nonce.bytes}),
                  db_int(state->wseq),
                  db_bytes((struct bytes){state->head.bytes, sizeof state->head.bytes}),
                  db_bool(state->poisoned), db_text(buffer_as_text(&sources)),
                  db_int(move->events)),
        ret_affected);
    buffer_free(&sources);
    return err;
}

/* --- telling those who wait --- */

static bool is_event_topic(const char *topic)
{
    enum service_id service;
    return follower_topic_service(text_of(topic), &service) == OK;
}

static enum err notify(struct db *db, const struct buffer *payload)
{
    return db_batch_add(db, "SELECT pg_notify('" PROJECTOR_CHANNEL "', $1)",
                        DB_PARAMS(db_text(buffer_as_text(payload))), NULL);
}

static void begin_payload(enum service_id service, int32_t partition, struct buffer *payload)
{
    buffer_reset(payload);
    buffer_printf(payload, "%s/%d", service_name(service), partition);
}

enum err position_notify(struct db *db, enum service_id service, const struct store_move *move,
                         int64_t *told)
{
    struct buffer payload;
    buffer_init(&payload, PAYLOAD_SIZE_MAX + NOTE_SIZE_MAX);
    begin_payload(service, move->partition, &payload);
    buffer_printf(&payload, " %s/%d:%" PRId64, follower_events_topic(service), move->partition,
                  move->fold->next_offset - 1);
    enum err err = OK;
    for (size_t i = 0; i < move->fold->sources_count && err == OK; i++) {
        const struct fold_source *source = &move->fold->sources[i];
        if (source->offset == told[i] || !is_event_topic(source->topic))
            continue;
        told[i] = source->offset;
        buffer_printf(&payload, " %s/%d:%" PRId64, source->topic, source->partition,
                      source->offset);
        if (payload.size < PAYLOAD_SIZE_MAX - NOTE_SIZE_MAX)
            continue;
        err = notify(db, &payload);
        begin_payload(service, move->partition, &payload);
    }
    if (err == OK)
        err = notify(db, &payload);
    buffer_free(&payload);
    return err;
}

static const char NOTIFY_ALL[] =
    "SELECT count(pg_notify('" PROJECTOR_CHANNEL "', "
    "format('%s/%s %s:%s', service, partition, source, source_offset))) "
    "FROM bourse.positions, LATERAL (SELECT format('%s/%s', $2::text, partition), next_offset - 1 "
    "UNION ALL SELECT key, value::bigint FROM jsonb_each_text(sources) "
    "WHERE key LIKE '%.events/%') AS followed (source, source_offset) "
    "WHERE service = $1 AND next_offset > 0";

enum err position_notify_all(struct db *db, enum service_id service)
{
    return db_query(
        db, NOTIFY_ALL,
        DB_PARAMS(db_string(service_name(service)), db_string(follower_events_topic(service))),
        NULL);
}
