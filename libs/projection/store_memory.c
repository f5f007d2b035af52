#include "projection/store_memory.h"

#include "base/seeded_bug.h"
#include "projection/journal.h"
#include "projection/memory_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 64 };

struct memory_source {
    char topic[48];
    int32_t partition;
    int64_t offset;
};

/* A row of bourse.positions. */
struct memory_place {
    struct store_position position;
    int64_t events_count;
    struct memory_source *sources; /* owned */
    size_t sources_count;
};

/* What a service has in the database. */
struct schema {
    struct memory_table tables[TABLES_MAX];
    size_t tables_count;
    struct memory_place *places; /* one a partition */
    size_t places_count;         /* 0: there are no tables yet */
};

/* A commit that a crash may still lose: what is needed to take it back. */
struct commit {
    enum service_id service;
    struct memory_changes changes;
    struct memory_place *places; /* all of the service before it; NULL: it made the tables */
    size_t places_count;
};

struct store_memory {
    struct schema schemas[SERVICES];
    struct commit commits[STORE_MEMORY_COMMITS_MAX]; /* a ring; the oldest is at `first` */
    size_t first, commits_count;
    uint64_t crashes;
    enum store_memory_fault (*fault)(void *context, enum service_id service);
    void *context;
};

/* A connection. */
struct store_memory_connection {
    struct store store;
    struct store_memory *memory;
    enum service_id service;
    const struct projection *projection;
    bool connected;
    uint64_t crashes; /* of the database, when it connected */
};

/* --- positions --- */

static void places_free(struct memory_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(places[i].sources);
    free(places);
}

static struct memory_place *places_copy(const struct memory_place *places, size_t count)
{
    struct memory_place *copy = calloc(count, sizeof *copy);
    CHECK(copy != NULL);
    for (size_t i = 0; i < count; i++) {
        copy[i] = places[i];
        copy[i].sources = calloc(places[i].sources_count + 1, sizeof *copy[i].sources);
        CHECK(copy[i].sources != NULL);
        for (size_t k = 0; k < places[i].sources_count; k++)
            copy[i].sources[k] = places[i].sources[k];
    }
    return copy;
}

static struct memory_source *find_source(const struct memory_place *place, const char *topic,
                                         int32_t partition)
{
    for (size_t i = 0; i < place->sources_count; i++) {
        struct memory_source *source = &place->sources[i];
        if (source->partition == partition && strcmp(source->topic, topic) == 0)
            return source;
    }
    return NULL;
}

static void set_source(struct memory_place *place, const struct fold_source *news)
{
    struct memory_source *source = find_source(place, news->topic, news->partition);
    if (source == NULL) {
        place->sources =
            realloc(place->sources, (place->sources_count + 1) * sizeof *place->sources);
        CHECK(place->sources != NULL);
        source = &place->sources[place->sources_count++];
        snprintf(source->topic, sizeof source->topic, "%s", news->topic);
        source->partition = news->partition;
    }
    source->offset = news->offset;
}

/* False: the position is not what it has to be. */
static bool move_place(struct schema *schema, const struct store_move *move)
{
    if (move->partition < 0 || (size_t)move->partition >= schema->places_count)
        return false;
    struct memory_place *place = &schema->places[move->partition];
    struct store_position *position = &place->position;
    bool expected =
        position->generation == move->generation && position->next_offset == move->from_offset;
    if (!expected && !SEEDED_BUG(NO_COMPARE_AND_SET))
        return false;
    position->next_offset = move->fold->next_offset;
    position->incarnation = move->fold->incarnation;
    position->record_hash = move->record_hash;
    position->fold = move->fold->state;
    place->events_count += move->events;
    for (size_t i = 0; i < move->fold->sources_count; i++)
        set_source(place, &move->fold->sources[i]);
    return true;
}

/* Every partition stands at the start of its log. */
static void places_reset(struct schema *schema, size_t count, int64_t generation,
                         const char *schema_hash)
{
    schema->places_count = count;
    schema->places = calloc(count, sizeof *schema->places);
    CHECK(schema->places != NULL);
    for (size_t i = 0; i < count; i++) {
        struct store_position *position = &schema->places[i].position;
        position->partition = (int32_t)i;
        position->generation = generation;
        snprintf(position->schema_hash, sizeof position->schema_hash, "%s", schema_hash);
    }
}

/* --- tables --- */

static struct memory_table *table_named(struct schema *schema, const char *name)
{
    size_t i = 0;
    while (i < schema->tables_count && strcmp(schema->tables[i].name, name) != 0)
        i++;
    CHECK(i < TABLES_MAX);
    if (i == schema->tables_count)
        schema->tables[schema->tables_count++].name = name;
    return &schema->tables[i];
}

static void know_tables(struct schema *schema, const struct projection *projection)
{
    for (size_t i = 0; i < projection->statements_count; i++)
        memory_table_add(table_named(schema, projection->statements[i].table),
                         &projection->statements[i]);
    memory_table_add(table_named(schema, JOURNAL_STATEMENT.table), &JOURNAL_STATEMENT);
}

/* --- commits --- */

static void commit_keep(struct commit *commit)
{
    memory_changes_keep(&commit->changes);
    places_free(commit->places, commit->places_count);
}

/* What a commit that now begins would be taken back by. */
static struct commit commit_begin(struct store_memory *memory, enum service_id service)
{
    struct schema *schema = &memory->schemas[service];
    return (struct commit){.service = service,
                           .places = places_copy(schema->places, schema->places_count),
                           .places_count = schema->places_count};
}

static void commit_undo(struct store_memory *memory, struct commit *commit)
{
    struct schema *schema = &memory->schemas[commit->service];
    memory_changes_undo(&commit->changes);
    places_free(schema->places, schema->places_count);
    schema->places = commit->places;
    schema->places_count = commit->places_count;
}

static void commit_end(struct store_memory *memory, const struct commit *commit)
{
    if (memory->commits_count == STORE_MEMORY_COMMITS_MAX) {
        commit_keep(&memory->commits[memory->first]);
        memory->first = (memory->first + 1) % STORE_MEMORY_COMMITS_MAX;
        memory->commits_count--;
    }
    size_t last = (memory->first + memory->commits_count++) % STORE_MEMORY_COMMITS_MAX;
    memory->commits[last] = *commit;
}

/* --- the store's operations --- */

static enum err memory_open(struct store *store, int32_t partitions,
                            struct store_position **ret_positions, size_t *ret_count)
{
    struct store_memory_connection *connection = (struct store_memory_connection *)store;
    struct store_memory *memory = connection->memory;
    struct schema *schema = &memory->schemas[connection->service];
    connection->connected = true;
    connection->crashes = memory->crashes;
    if (schema->places_count == 0) {
        char schema_hash[STORE_HASH_SIZE];
        store_hash_schema(connection->projection->schema_sql, schema_hash);
        struct commit commit = commit_begin(memory, connection->service);
        places_free(schema->places, 0);
        places_reset(schema, (size_t)partitions, 1, schema_hash);
        commit_end(memory, &commit);
    }
    *ret_count = schema->places_count;
    *ret_positions = calloc(*ret_count, sizeof **ret_positions);
    CHECK(*ret_positions != NULL);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_positions)[i] = schema->places[i].position;
    return OK;
}

static enum err apply(struct store_memory_connection *connection, const struct store_move *moves,
                      size_t moves_count, const struct rows *rows, struct memory_changes *changes)
{
    const char *service = service_name(connection->service);
    struct schema *schema = &connection->memory->schemas[connection->service];
    for (size_t i = 0; i < moves_count; i++) {
        if (!move_place(schema, &moves[i]))
            return store_fail(&connection->store, ERR_FENCED,
                              "the position of %s/%d was moved by another projector or a rebuild",
                              service, moves[i].partition);
    }
    for (size_t i = 0; i < rows_statements(rows); i++) {
        struct memory_table *table = table_named(schema, rows_statement(rows, i)->table);
        if (memory_table_apply(table, rows, i, changes) != OK)
            return store_fail(&connection->store, ERR_INPUT,
                              "%s: cannot write rows (a key of %s is there already)", service,
                              table->name);
    }
    return OK;
}

static enum err lose(struct store_memory_connection *connection, enum err err)
{
    connection->connected = false;
    return store_fail(&connection->store, err, "%s: the connection broke",
                      service_name(connection->service));
}

static enum err memory_check(struct store *store)
{
    struct store_memory_connection *connection = (struct store_memory_connection *)store;
    bool stands = connection->connected && connection->crashes == connection->memory->crashes;
    return stands ? OK : lose(connection, ERR_BUSY);
}

static enum err memory_write(struct store *store, const struct store_move *moves,
                             size_t moves_count, const struct rows *rows)
{
    struct store_memory_connection *connection = (struct store_memory_connection *)store;
    struct store_memory *memory = connection->memory;
    enum store_memory_fault fault = memory->fault != NULL
                                        ? memory->fault(memory->context, connection->service)
                                        : STORE_MEMORY_FINE;
    /* Asked first: a simulation may let time pass there, and the database crash meanwhile. */
    enum err err = memory_check(store);
    if (err != OK)
        return err;
    if (fault == STORE_MEMORY_LOST)
        return lose(connection, ERR_BUSY);
    struct commit commit = commit_begin(memory, connection->service);
    err = apply(connection, moves, moves_count, rows, &commit.changes);
    if (err != OK || fault == STORE_MEMORY_DOUBT)
        commit_undo(memory, &commit);
    else
        commit_end(memory, &commit);
    return err == OK && fault != STORE_MEMORY_FINE ? lose(connection, ERR_DOUBT) : err;
}

static void memory_disconnect(struct store *store)
{
    free(store);
}

static const struct store_ops OPS = {
    .open = memory_open,
    .write = memory_write,
    .check = memory_check,
    .free = memory_disconnect,
};

struct store *store_memory_connect(struct store_memory *memory, enum service_id service,
                                   const struct projection *projection)
{
    struct store_memory_connection *connection = calloc(1, sizeof *connection);
    CHECK(connection != NULL);
    connection->store.ops = &OPS;
    connection->memory = memory;
    connection->service = service;
    connection->projection = projection;
    know_tables(&memory->schemas[service], projection);
    return &connection->store;
}

/* --- the database --- */

struct store_memory *store_memory_new(void)
{
    struct store_memory *memory = calloc(1, sizeof *memory);
    CHECK(memory != NULL);
    return memory;
}

void store_memory_free(struct store_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->commits_count; i++)
        commit_keep(&memory->commits[(memory->first + i) % STORE_MEMORY_COMMITS_MAX]);
    for (size_t i = 0; i < SERVICES; i++) {
        struct schema *schema = &memory->schemas[i];
        for (size_t k = 0; k < schema->tables_count; k++)
            memory_table_clear(&schema->tables[k]);
        places_free(schema->places, schema->places_count);
    }
    free(memory);
}

void store_memory_sample(struct store_memory *memory, enum service_id service, uint32_t shares,
                         uint32_t share)
{
    struct schema *schema = &memory->schemas[service];
    for (size_t i = 0; i < schema->tables_count; i++) {
        schema->tables[i].shares = shares;
        schema->tables[i].share = share;
    }
}

void store_memory_set_faults(struct store_memory *memory,
                             enum store_memory_fault (*fault)(void *context,
                                                              enum service_id service),
                             void *context)
{
    memory->fault = fault;
    memory->context = context;
}

size_t store_memory_crash(struct store_memory *memory, size_t commits)
{
    size_t lost = commits < memory->commits_count ? commits : memory->commits_count;
    for (size_t i = 0; i < lost; i++) {
        size_t last = (memory->first + --memory->commits_count) % STORE_MEMORY_COMMITS_MAX;
        commit_undo(memory, &memory->commits[last]);
    }
    memory->crashes++;
    return lost;
}

void store_memory_renew(struct store_memory *memory, enum service_id service)
{
    struct schema *schema = &memory->schemas[service];
    struct commit commit = commit_begin(memory, service);
    for (size_t i = 0; i < schema->places_count; i++)
        schema->places[i].position.generation++;
    commit_end(memory, &commit);
}

/* --- looking --- */

/* NULL: there are no tables yet. */
static const struct memory_place *find_place(const struct store_memory *memory,
                                             enum service_id service, int32_t partition)
{
    const struct schema *schema = &memory->schemas[service];
    if (schema->places_count == 0)
        return NULL;
    CHECK(partition >= 0 && (size_t)partition < schema->places_count);
    return &schema->places[partition];
}

bool store_memory_position(const struct store_memory *memory, enum service_id service,
                           int32_t partition, struct store_position *ret_position)
{
    const struct memory_place *place = find_place(memory, service, partition);
    if (place != NULL)
        *ret_position = place->position;
    return place != NULL;
}

int64_t store_memory_events(const struct store_memory *memory, enum service_id service,
                            int32_t partition)
{
    const struct memory_place *place = find_place(memory, service, partition);
    return place != NULL ? place->events_count : 0;
}

int64_t store_memory_source(const struct store_memory *memory, enum service_id service,
                            int32_t partition, const char *topic, int32_t source_partition)
{
    const struct schema *schema = &memory->schemas[service];
    if (schema->places_count == 0)
        return -1;
    CHECK(partition >= 0 && (size_t)partition < schema->places_count);
    const struct memory_source *source =
        find_source(&schema->places[partition], topic, source_partition);
    return source != NULL ? source->offset : -1;
}

static void visit_table(const struct memory_table *table,
                        void (*visit)(void *context, const struct store_memory_row *row),
                        void *context)
{
    size_t count = 0;
    const struct memory_row **sorted = memory_table_sorted(table, &count);
    for (size_t i = 0; i < count; i++) {
        struct text values[PROJECTION_COLUMNS_MAX];
        for (int column = 0; column < table->columns_count; column++)
            values[column] = memory_row_value(sorted[i], column);
        visit(context, &(struct store_memory_row){.table = table->name,
                                                  .columns = table->columns,
                                                  .values = values,
                                                  .columns_count = table->columns_count,
                                                  .key_columns = table->key_columns});
    }
    free(sorted);
}

void store_memory_visit(const struct store_memory *memory, enum service_id service,
                        void (*visit)(void *context, const struct store_memory_row *row),
                        void *context)
{
    const struct schema *schema = &memory->schemas[service];
    for (size_t i = 0; i < schema->tables_count; i++)
        visit_table(&schema->tables[i], visit, context);
}
