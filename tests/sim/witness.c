#include "witness.h"

#include "decision/decision.h"

#include <stdio.h>

void witness_record(struct evidence *evidence, bool commands, enum service_id service,
                    const struct log_record *record)
{
    struct evidence_header headers[LOG_HEADERS_MAX];
    size_t count =
        record->headers_count < LOG_HEADERS_MAX ? record->headers_count : (size_t)LOG_HEADERS_MAX;
    for (size_t i = 0; i < count; i++)
        headers[i] = (struct evidence_header){record->headers[i].name, record->headers[i].value};
    const struct evidence_record kept = {.offset = record->offset,
                                         .timestamp_us = record->timestamp_us,
                                         .key = record->key,
                                         .value = record->value,
                                         .headers = headers,
                                         .headers_count = count};
    evidence_add_record(evidence, commands, (enum evidence_service)service, record->partition,
                        &kept);
}

struct visit {
    struct evidence *evidence;
    const char *service;
};

static void add_row(void *context, const struct store_memory_row *row)
{
    const struct visit *visit = context;
    struct evidence_column columns[PROJECTION_COLUMNS_MAX];
    char table[80];
    for (int i = 0; i < row->columns_count; i++) {
        struct text value = row->values[i];
        columns[i] = (struct evidence_column){
            .name = row->columns[i].name,
            .value = value.data == NULL ? NULL : arena_text(visit->evidence->arena, value).data};
    }
    snprintf(table, sizeof table, "%s.%s", visit->service, row->table);
    evidence_add_row(visit->evidence, table, columns, (size_t)row->columns_count);
}

void witness_projection(struct evidence *evidence, const struct store_memory *memory,
                        enum service_id service, int database)
{
    struct visit visit = {evidence, service_name(service)};
    struct evidence_sample sample = {.service = (enum evidence_service)service,
                                     .database = database};
    for (int32_t i = 0; i < evidence->partition_counts[service]; i++) {
        struct store_position position;
        bool known = store_memory_position(memory, service, i, &position);
        sample.offsets[i] = known ? position.next_offset - 1 : -1;
    }
    evidence_begin_sample(evidence, &sample);
    store_memory_visit(memory, service, add_row, &visit);
}
