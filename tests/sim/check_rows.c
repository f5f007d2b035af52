/* Invariant 11: a projection shows, row for row, what the events up to its position say. */
#include "check_rows.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* What rows are told apart by. A table that is not here is not looked at. */
static const struct table {
    const char *name;
    const char *keys[CHECK_ROW_KEYS_MAX];
} TABLES[] = {
    {"accounts.accounts", {"id"}},
    {"accounts.balances", {"account_id", "asset"}},
    {"accounts.daily_notionals", {"account_id", "asset"}},
    {"accounts.funding_transactions", {"id"}},
    {"accounts.market_maker_proceeds", {"market_maker_id", "asset"}},
    {"accounts.positions", {"account_id", "instrument"}},
    {"accounts.risk_limits", {"account_id"}},
    {"accounts.transactions", {"partition", "event_offset", "line"}},
    {"audit.ticket_logs", {"id"}},
    {"desk.support_tickets", {"id"}},
    {"orders.orders", {"id"}},
    {"orders.trades", {"trade_id"}},
    {"settings.notifications", {"id"}},
    {"settings.price_alerts", {"id"}},
};

static const struct table *table_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        if (strcmp(TABLES[i].name, name) == 0)
            return &TABLES[i];
    }
    return NULL;
}

static void hash_key(const struct table *table, const char *const keys[CHECK_ROW_KEYS_MAX],
                     uint8_t ret_key[16])
{
    char text[256];
    int size = snprintf(text, sizeof text, "%s", table->name);
    for (size_t i = 0; i < CHECK_ROW_KEYS_MAX && table->keys[i] != NULL; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "|%s", keys[i]);
    CHECK(size > 0 && (size_t)size < sizeof text);
    crypto_generichash(ret_key, 16, (const uint8_t *)text, (unsigned long long)size, NULL, 0);
}

/* --- what must be there ----------------------------------------------------------------------- */

struct expected {
    const struct table *table;
    int32_t partition;
    struct check_version *versions; /* newest first */
    int64_t first_offset;
};

void check_expect_row(struct check_rows *rows, const char *table_name,
                      const char *const keys[CHECK_ROW_KEYS_MAX], const struct check_value *values,
                      size_t values_count)
{
    uint8_t key[16];
    struct arena *arena = rows->run->arena;
    const struct table *table = table_named(table_name);
    hash_key(table, keys, key);
    struct expected *expected = check_map_get(&rows->expected, key);
    if (expected == NULL) {
        expected = ARENA_NEW(arena, struct expected, 1);
        *expected = (struct expected){
            .table = table, .partition = rows->fact->partition, .first_offset = rows->fact->offset};
        check_map_put(&rows->expected, key, expected);
    }
    struct check_version *version = ARENA_NEW(arena, struct check_version, 1);
    version->offset = rows->fact->offset;
    version->values = ARENA_NEW(arena, struct check_value, values_count);
    memcpy(version->values, values, values_count * sizeof *values);
    version->values_count = values_count;
    version->older = expected->versions;
    expected->versions = version;
}

bool check_expects_row(const struct check_rows *rows, const char *table,
                       const char *const keys[CHECK_ROW_KEYS_MAX])
{
    uint8_t key[16];
    hash_key(table_named(table), keys, key);
    return check_map_get(&rows->expected, key) != NULL;
}

/* What a column was when its partition was projected up to `offset`. False: nothing says so. */
static bool value_at(const struct expected *expected, const char *column, int64_t offset,
                     const char **ret_value)
{
    for (const struct check_version *at = expected->versions; at != NULL; at = at->older) {
        for (size_t i = 0; at->offset <= offset && i < at->values_count; i++) {
            if (strcmp(at->values[i].column, column) == 0) {
                *ret_value = at->values[i].text;
                return true;
            }
        }
    }
    return false;
}

/* --- what is there ---------------------------------------------------------------------------- */

const char *check_cell(const struct evidence_row *row, const char *column)
{
    for (size_t i = 0; i < row->columns_count; i++) {
        if (strcmp(row->columns[i].name, column) == 0)
            return row->columns[i].value;
    }
    return NULL;
}

static bool same_cell(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool check_row(struct check_run *run, const struct check_rows *rows,
                      const struct evidence_sample *sample, const struct evidence_row *row)
{
    uint8_t key[16];
    const struct table *table = table_named(row->table);
    const char *keys[CHECK_ROW_KEYS_MAX] = {0};
    if (table == NULL)
        return true;
    for (size_t i = 0; i < CHECK_ROW_KEYS_MAX && table->keys[i] != NULL; i++)
        keys[i] = check_cell(row, table->keys[i]);
    hash_key(table, keys, key);
    const struct expected *expected = check_map_get(&rows->expected, key);
    if (expected == NULL || expected->first_offset > sample->offsets[expected->partition])
        return check_says(run, 11, "%s has a row %s %s that no event has made", row->table, keys[0],
                          keys[1] == NULL ? "" : keys[1]);
    int64_t offset = sample->offsets[expected->partition];
    for (size_t i = 0; i < row->columns_count; i++) {
        const struct evidence_column *column = &row->columns[i];
        const char *value = NULL;
        if (!value_at(expected, column->name, offset, &value) || same_cell(column->value, value))
            continue;
        return check_says(run, 11,
                          "%s %s %s has %s %s at offset %" PRId64 " of partition %d; it"
                          " must be %s",
                          row->table, keys[0], keys[1] == NULL ? "" : keys[1], column->name,
                          column->value == NULL ? "null" : column->value, offset,
                          expected->partition, value == NULL ? "null" : value);
    }
    return true;
}

static bool is_of(const struct table *table, enum evidence_service service)
{
    const char *name = evidence_service_name(service);
    size_t size = strlen(name);
    return strncmp(table->name, name, size) == 0 && table->name[size] == '.';
}

static bool check_none_missing(struct check_run *run, const struct check_rows *rows,
                               const struct evidence_sample *sample)
{
    size_t wanted[COUNT_OF(TABLES)] = {0}, found[COUNT_OF(TABLES)] = {0};
    for (size_t i = 0; i < rows->expected.max; i++) {
        const struct expected *expected = rows->expected.entries[i].value;
        if (expected != NULL && expected->first_offset <= sample->offsets[expected->partition])
            wanted[expected->table - TABLES]++;
    }
    for (size_t i = 0; i < sample->rows_count; i++) {
        const struct table *table = table_named(sample->rows[i].table);
        if (table != NULL)
            found[table - TABLES]++;
    }
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        if (is_of(&TABLES[i], sample->service) && found[i] != wanted[i])
            return check_says(run, 11, "%s has %zu rows; its events have made %zu", TABLES[i].name,
                              found[i], wanted[i]);
    }
    return true;
}

static bool check_sample(struct check_run *run, const struct check_rows *rows,
                         const struct evidence_sample *sample)
{
    for (size_t i = 0; i < sample->rows_count; i++) {
        if (!check_row(run, rows, sample, &sample->rows[i]))
            return false;
    }
    return check_none_missing(run, rows, sample);
}

bool check_samples(struct check_run *run)
{
    struct check_rows rows = {.run = run};
    bool holds = true;
    if (run->evidence->samples_count == 0)
        return true;
    check_expect_all(&rows);
    for (size_t i = 0; holds && i < run->evidence->samples_count; i++) {
        holds = check_sample(run, &rows, &run->evidence->samples[i]);
        run->tally->samples++;
    }
    check_map_free(&rows.expected);
    return holds;
}
