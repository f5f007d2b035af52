#include "check_avro.h"

#include <avro.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMAS_MAX = 1000, SCHEMA_SIZE_MAX = 1 << 20, DEPTH_MAX = 32 };

static const char *const field_names[CHECK_FIELDS_COUNT] = {
#define CHECK_FIELD_NAME(name) #name,
    CHECK_FIELDS(CHECK_FIELD_NAME)
#undef CHECK_FIELD_NAME
};

/* By schema id. The schemas live as long as the process: shapes point into them. */
static avro_schema_t schemas[SCHEMAS_MAX];
static struct check_shape *shapes[SCHEMAS_MAX];
static pthread_once_t shapes_once = PTHREAD_ONCE_INIT;

/* --- schemas ---------------------------------------------------------------------------------- */

static struct check_shape *shape_of(avro_schema_t schema);

static void shape_children(struct check_shape *shape, size_t count)
{
    shape->children = calloc(count + 1, sizeof(struct check_shape *));
    CHECK(shape->children != NULL);
    shape->children_count = count;
}

static void shape_record(struct check_shape *shape, avro_schema_t schema)
{
    shape->type = CHECK_RECORD;
    shape->name = avro_schema_name(schema);
    shape_children(shape, avro_schema_record_size(schema));
    memset(shape->at, -1, sizeof shape->at);
    for (size_t i = 0; i < shape->children_count; i++) {
        const char *name = avro_schema_record_field_name(schema, (int)i);
        shape->children[i] = shape_of(avro_schema_record_field_get_by_index(schema, (int)i));
        for (size_t field = 0; field < CHECK_FIELDS_COUNT; field++) {
            if (strcmp(name, field_names[field]) == 0)
                shape->at[field] = (int16_t)i;
        }
    }
}

static void shape_enum(struct check_shape *shape, avro_schema_t schema)
{
    shape->type = CHECK_NUMBER;
    shape->is_enum = true;
    shape->name = avro_schema_name(schema);
    shape->children_count = (size_t)avro_schema_enum_number_of_symbols(schema);
    shape->symbols = calloc(shape->children_count + 1, sizeof(const char *));
    CHECK(shape->symbols != NULL);
    for (size_t i = 0; i < shape->children_count; i++)
        shape->symbols[i] = avro_schema_enum_get(schema, (int)i);
}

/* No schema of ours contains itself, so following links ends. */
static struct check_shape *shape_of(avro_schema_t schema)
{
    if (avro_typeof(schema) == AVRO_LINK)
        return shape_of(avro_schema_link_target(schema));
    struct check_shape *shape = calloc(1, sizeof *shape);
    CHECK(shape != NULL);
    switch (avro_typeof(schema)) {
    case AVRO_NULL: shape->type = CHECK_NULL; break;
    case AVRO_INT32:
    case AVRO_INT64: shape->type = CHECK_NUMBER; break;
    case AVRO_BOOLEAN:
        shape->type = CHECK_NUMBER;
        shape->is_boolean = true;
        break;
    case AVRO_ENUM: shape_enum(shape, schema); break;
    case AVRO_STRING:
    case AVRO_BYTES: shape->type = CHECK_BYTES; break;
    case AVRO_FIXED:
        shape->type = CHECK_BYTES;
        shape->is_fixed = true;
        shape->fixed_size = (size_t)avro_schema_fixed_size(schema);
        break;
    case AVRO_RECORD: shape_record(shape, schema); break;
    case AVRO_ARRAY:
        shape->type = CHECK_ARRAY;
        shape_children(shape, 1);
        shape->children[0] = shape_of(avro_schema_array_items(schema));
        break;
    case AVRO_MAP:
        shape->type = CHECK_MAP;
        shape_children(shape, 1);
        shape->children[0] = shape_of(avro_schema_map_values(schema));
        break;
    case AVRO_UNION:
        shape->type = CHECK_UNION;
        shape_children(shape, avro_schema_union_size(schema));
        for (size_t i = 0; i < shape->children_count; i++)
            shape->children[i] = shape_of(avro_schema_union_branch(schema, (int)i));
        break;
    default: CHECK(!"no schema of ours has such a type");
    }
    return shape;
}

static void load_schema(const char *folder, const char *file, char *json)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "rb");
    CHECK(stream != NULL);
    size_t size = fread(json, 1, SCHEMA_SIZE_MAX, stream);
    fclose(stream);
    long id = strtol(file, NULL, 10);
    CHECK(id > 0 && id < SCHEMAS_MAX && size < SCHEMA_SIZE_MAX);
    CHECK(avro_schema_from_json_length(json, size, &schemas[id]) == 0);
    shapes[id] = shape_of(schemas[id]);
}

static void load_schemas(void)
{
    const char *folder = BOURSE_SOURCE_DIR "/schemas/history";
    char *json = malloc(SCHEMA_SIZE_MAX);
    DIR *listing = opendir(folder);
    CHECK(json != NULL && listing != NULL);
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (strstr(entry->d_name, ".avsc") != NULL)
            load_schema(folder, entry->d_name, json);
    }
    closedir(listing);
    free(json);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *at, *end;
    struct arena *arena;
};

static bool read_number(struct reader *reader, int64_t *ret_number)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end)
            return false;
        uint8_t byte = *reader->at++;
        bits |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *ret_number = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return true;
        }
    }
    return false;
}

static bool read_item(struct reader *reader, const struct check_shape *shape, int depth,
                      struct check_item *ret_item);

static bool read_bytes(struct reader *reader, const struct check_shape *shape,
                       struct check_item *item)
{
    int64_t size = (int64_t)shape->fixed_size;
    if (!shape->is_fixed && !read_number(reader, &size))
        return false;
    if (size < 0 || size > reader->end - reader->at)
        return false;
    item->data = reader->at;
    item->count = (size_t)size;
    reader->at += size;
    return true;
}

static bool read_plain(struct reader *reader, const struct check_shape *shape,
                       struct check_item *item)
{
    if (shape->is_boolean) {
        if (reader->at == reader->end || *reader->at > 1)
            return false;
        item->number = *reader->at++;
        return true;
    }
    return read_number(reader, &item->number) &&
           (!shape->is_enum ||
            (item->number >= 0 && (uint64_t)item->number < shape->children_count));
}

static bool read_record(struct reader *reader, const struct check_shape *shape, int depth,
                        struct check_item *item)
{
    struct check_item *fields =
        ARENA_NEW(reader->arena, struct check_item, shape->children_count + 1);
    item->items = fields;
    item->count = shape->children_count;
    for (size_t i = 0; i < shape->children_count; i++) {
        if (!read_item(reader, shape->children[i], depth + 1, &fields[i]))
            return false;
    }
    return true;
}

/* One block of an array's or map's elements behind those before it; an element takes a byte, too,
 * so a count is never above what is left. */
static bool read_block(struct reader *reader, const struct check_shape *shape, int depth,
                       int64_t count, struct check_item *item)
{
    int64_t size;
    if (count < 0 && (count == INT64_MIN || !read_number(reader, &size)))
        return false;
    size_t more = (size_t)(count < 0 ? -count : count);
    if (more > (size_t)(reader->end - reader->at))
        return false;
    more *= shape->type == CHECK_MAP ? 2 : 1;
    struct check_item *items = ARENA_NEW(reader->arena, struct check_item, item->count + more);
    if (item->count > 0)
        memcpy(items, item->items, item->count * sizeof *items);
    static const struct check_shape KEY = {.type = CHECK_BYTES};
    for (size_t i = 0; i < more; i++) {
        if (shape->type == CHECK_MAP &&
            !read_item(reader, &KEY, depth + 1, &items[item->count + i++]))
            return false;
        if (!read_item(reader, shape->children[0], depth + 1, &items[item->count + i]))
            return false;
    }
    item->items = items;
    item->count += more;
    return true;
}

static bool read_elements(struct reader *reader, const struct check_shape *shape, int depth,
                          struct check_item *item)
{
    int64_t count;
    while (read_number(reader, &count)) {
        if (count == 0)
            return true;
        if (!read_block(reader, shape, depth, count, item))
            return false;
    }
    return false;
}

static bool read_item(struct reader *reader, const struct check_shape *shape, int depth,
                      struct check_item *ret_item)
{
    if (depth > DEPTH_MAX)
        return false;
    *ret_item = (struct check_item){.shape = shape};
    switch (shape->type) {
    case CHECK_NULL: return true;
    case CHECK_NUMBER: return read_plain(reader, shape, ret_item);
    case CHECK_BYTES: return read_bytes(reader, shape, ret_item);
    case CHECK_RECORD: return read_record(reader, shape, depth, ret_item);
    case CHECK_ARRAY:
    case CHECK_MAP: return read_elements(reader, shape, depth, ret_item);
    case CHECK_UNION: break;
    }
    int64_t branch;
    if (!read_number(reader, &branch) || branch < 0 || (size_t)branch >= shape->children_count)
        return false;
    return read_item(reader, shape->children[branch], depth + 1, ret_item);
}

const struct check_item *check_read(struct bytes value, struct arena *arena)
{
    pthread_once(&shapes_once, load_schemas);
    if (value.size < 5 || value.data[0] != 0)
        return NULL;
    uint32_t id = (uint32_t)value.data[1] << 24 | (uint32_t)value.data[2] << 16 |
                  (uint32_t)value.data[3] << 8 | value.data[4];
    if (id >= SCHEMAS_MAX || shapes[id] == NULL)
        return NULL;
    struct reader reader = {value.data + 5, value.data + value.size, arena};
    struct check_item *root = ARENA_NEW(arena, struct check_item, 1);
    bool whole = read_item(&reader, shapes[id], 0, root) && reader.at == reader.end;
    return whole && root->shape->type == CHECK_RECORD ? root : NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

const struct check_item *check_get(const struct check_item *record, enum check_field field)
{
    CHECK(record->shape->type == CHECK_RECORD && record->shape->at[field] >= 0);
    return &record->items[record->shape->at[field]];
}

bool check_is_null(const struct check_item *item)
{
    return item->shape->type == CHECK_NULL;
}

int64_t check_number(const struct check_item *item)
{
    return item->shape->type == CHECK_NUMBER ? item->number : 0;
}

int64_t check_number_or(const struct check_item *item, int64_t otherwise)
{
    return check_is_null(item) ? otherwise : check_number(item);
}

struct text check_text(const struct check_item *item)
{
    if (item->shape->type != CHECK_BYTES)
        return TEXT("");
    return (struct text){(const char *)item->data, item->count};
}

struct uuid check_uuid(const struct check_item *item)
{
    struct uuid id = {{0}};
    if (uuid_parse(check_text(item), &id) != OK)
        return (struct uuid){{0}};
    return id;
}

const char *check_symbol(const struct check_item *item)
{
    return item->shape->is_enum ? item->shape->symbols[item->number] : "";
}
