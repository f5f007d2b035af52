/* The rows of bourse.positions (tables.sql). */
#include "projection/internal.h"

#include <inttypes.h>
#include <stdio.h>
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

enum err position_load(struct projector *projector, bool lock, struct db_result *ret_positions)
{
    return db_query(projector->db, lock ? SELECT_POSITIONS " FOR UPDATE" : SELECT_POSITIONS,
                    DB_PARAMS(db_string(service_name(projector->service))), ret_positions);
}

int64_t position_generation(const struct db_result *positions, size_t row)
{
    return db_get_int(positions, row, GENERATION);
}

int64_t position_next_offset(const struct db_result *positions, size_t row)
{
    return db_get_int(positions, row, NEXT_OFFSET);
}

struct text position_schema_hash(const struct db_result *positions, size_t row)
{
    return db_get_text(positions, row, SCHEMA_HASH);
}

static void read_fixed(const struct db_result *positions, size_t row, enum column column,
                       uint8_t *ret_data, size_t size)
{
    struct buffer bytes;
    buffer_init(&bytes, size);
    db_get_bytes(positions, row, column, &bytes);
    CHECK(buffer_ok(&bytes) && bytes.size == size);
    memcpy(ret_data, bytes.data, size);
    buffer_free(&bytes);
}

void position_source(const struct db_result *positions, size_t row, struct fold_source *ret_source,
                     struct uuid *ret_incarnation)
{
    struct fold_source source = {
        .partition = (int32_t)db_get_int(positions, row, PARTITION),
        .offset = db_get_int(positions, row, NEXT_OFFSET) - 1,
        .has_fold = true,
        .fold = {.epoch = db_get_int(positions, row, EPOCH),
                 .wseq = db_get_int(positions, row, WSEQ),
                 .poisoned = db_get_bool(positions, row, POISONED)},
    };
    CHECK(source.offset >= 0);
    read_fixed(positions, row, RECORD_HASH, source.hash.bytes, sizeof source.hash.bytes);
    read_fixed(positions, row, NONCE, source.fold.nonce.bytes, sizeof source.fold.nonce.bytes);
    read_fixed(positions, row, HEAD, source.fold.head.bytes, sizeof source.fold.head.bytes);
    *ret_source = source;
    *ret_incarnation = db_get_uuid(positions, row, INCARNATION);
}

static const char RESET[] =
    "INSERT INTO bourse.positions (service, partition, generation, schema_hash, next_offset) "
    "SELECT $1, partition, (SELECT coalesce(max(generation), 0) + 1 FROM bourse.positions "
    "WHERE service = $1), $3, 0 FROM generate_series(0, $2::int - 1) AS partition "
    "ON CONFLICT (service, partition) DO UPDATE SET generation = excluded.generation, "
    "schema_hash = excluded.schema_hash, next_offset = 0, incarnation = NULL, record_hash = NULL, "
    "epoch = NULL, nonce = NULL, wseq = NULL, head = NULL, poisoned = NULL, sources = '{}', "
    "events_count = 0, updated_at = clock_timestamp()";

enum err position_reset(struct projector *projector)
{
    return db_query(projector->db, RESET,
                    DB_PARAMS(db_string(service_name(projector->service)),
                              db_int((int64_t)projector->lanes_count),
                              db_string(projector->schema_hash)),
                    NULL);
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

enum err position_move(struct projector *projector, struct lane *lane)
{
    const struct fold *fold = lane->fold;
    const struct fold_state *state = &fold->state;
    struct buffer sources;
    buffer_init(&sources, SOURCES_SIZE_MAX);
    write_sources(fold, &sources);
    enum err err = db_batch_add(
        projector->db, MOVE,
        DB_PARAMS(db_string(service_name(projector->service)), db_int(lane->partition),
                  db_int(projector->generation), db_int(lane->next_offset),
                  db_int(fold->next_offset), db_uuid(fold->incarnation),
                  db_bytes((struct bytes){lane->last_hash.bytes, sizeof lane->last_hash.bytes}),
                  db_int(state->epoch),
                  db_bytes((struct bytes){state->nonce.bytes, sizeof state->nonce.bytes}),
                  db_int(state->wseq),
                  db_bytes((struct bytes){state->head.bytes, sizeof state->head.bytes}),
                  db_bool(state->poisoned), db_text(buffer_as_text(&sources)),
                  db_int(lane->events)),
        &lane->affected);
    buffer_free(&sources);
    return err;
}

/* --- telling those who wait --- */

static bool is_event_topic(const char *topic)
{
    enum service_id service;
    return follower_topic_service(text_of(topic), &service) == OK;
}

static enum err notify(struct projector *projector, const struct buffer *payload)
{
    return db_batch_add(projector->db, "SELECT pg_notify('" PROJECTOR_CHANNEL "', $1)",
                        DB_PARAMS(db_text(buffer_as_text(payload))), NULL);
}

static void begin_payload(const struct projector *projector, const struct lane *lane,
                          struct buffer *payload)
{
    buffer_reset(payload);
    buffer_printf(payload, "%s/%d", service_name(projector->service), lane->partition);
}

enum err position_notify(struct projector *projector, struct lane *lane)
{
    struct buffer payload;
    buffer_init(&payload, PAYLOAD_SIZE_MAX + NOTE_SIZE_MAX);
    begin_payload(projector, lane, &payload);
    buffer_printf(&payload, " %s/%d:%" PRId64, follower_events_topic(projector->service),
                  lane->partition, lane->fold->next_offset - 1);
    enum err err = OK;
    for (size_t i = 0; i < lane->fold->sources_count && err == OK; i++) {
        const struct fold_source *source = &lane->fold->sources[i];
        if (source->offset == lane->told[i] || !is_event_topic(source->topic))
            continue;
        lane->told[i] = source->offset;
        buffer_printf(&payload, " %s/%d:%" PRId64, source->topic, source->partition,
                      source->offset);
        if (payload.size < PAYLOAD_SIZE_MAX - NOTE_SIZE_MAX)
            continue;
        err = notify(projector, &payload);
        begin_payload(projector, lane, &payload);
    }
    if (err == OK)
        err = notify(projector, &payload);
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

enum err position_notify_all(struct projector *projector)
{
    return db_query(projector->db, NOTIFY_ALL,
                    DB_PARAMS(db_string(service_name(projector->service)),
                              db_string(follower_events_topic(projector->service))),
                    NULL);
}
