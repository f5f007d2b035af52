#include "eventlog/copy.h"

#include "base/number.h"
#include "eventlog/follower.h"

#include <limits.h>
#include <string.h>

static const char MAGIC[] = "bourse-log 1\n";

static const char COMMANDS[] = ".commands";

enum { WORD = 4, LINE_SIZE_MAX = 64 };

const char *log_copy_topic(const struct log_copy_place *place)
{
    return place->commands ? follower_commands_topic(place->service)
                           : follower_events_topic(place->service);
}

static const char *kind_of(const struct log_copy_place *place)
{
    return place->commands ? COMMANDS : "";
}

void log_copy_name(const struct log_copy_place *place, char ret_name[LOG_COPY_NAME_SIZE])
{
    snprintf(ret_name, LOG_COPY_NAME_SIZE, "%s%s-%d.log", service_name(place->service),
             kind_of(place), place->partition);
}

/* --- writing --- */

static void write_number(FILE *file, uint64_t number, int size)
{
    while (size-- > 0)
        putc_unlocked((int)(number >> (8 * size) & 0xff), file);
}

static void write_part(FILE *file, const void *data, size_t size)
{
    write_number(file, size, WORD);
    if (size > 0)
        (void)!fwrite(data, 1, size, file);
}

static enum err written(FILE *file)
{
    return ferror(file) ? ERR_BUSY : OK;
}

enum err log_copy_begin(FILE *file, const struct log_copy_place *place)
{
    fprintf(file, "%s%s%s/%d\n", MAGIC, service_name(place->service), kind_of(place),
            place->partition);
    return written(file);
}

enum err log_copy_add(FILE *file, const struct log_record *record)
{
    write_number(file, (uint64_t)record->offset, 2 * WORD);
    write_number(file, (uint64_t)record->timestamp_us, 2 * WORD);
    write_part(file, record->key.data, record->key.size);
    write_part(file, record->value.data, record->value.size);
    size_t count = record->headers_count <= LOG_HEADERS_MAX ? record->headers_count : 0;
    write_number(file, count, WORD);
    for (size_t i = 0; i < count; i++) {
        write_part(file, record->headers[i].name.data, record->headers[i].name.size);
        write_part(file, record->headers[i].value.data, record->headers[i].value.size);
    }
    return written(file);
}

/* --- reading --- */

/* Takes `end` off the end of a text. */
static bool ends_with(struct text *text, const char *end)
{
    size_t size = strlen(end);
    if (text->size < size || memcmp(text->data + text->size - size, end, size) != 0)
        return false;
    text->size -= size;
    return true;
}

static bool read_place(const char *line, struct log_copy_place *ret_place)
{
    const char *slash = strchr(line, '/');
    const char *end = strchr(line, '\n');
    int64_t partition = 0;
    if (slash == NULL || end == NULL)
        return false;
    struct text service = {line, (size_t)(slash - line)};
    ret_place->commands = ends_with(&service, COMMANDS);
    if (service_named(service, &ret_place->service) != OK ||
        number_parse((struct text){slash + 1, (size_t)(end - slash - 1)}, &partition) != OK ||
        partition > INT32_MAX)
        return false;
    ret_place->partition = (int32_t)partition;
    return true;
}

enum err log_copy_open(const char *path, struct log_copy *ret_copy)
{
    char line[LINE_SIZE_MAX];
    *ret_copy = (struct log_copy){.file = fopen(path, "rbe")};
    if (ret_copy->file == NULL)
        return ERR_NOT_FOUND;
    buffer_init(&ret_copy->bytes, LOG_RECORD_SIZE_MAX);
    if (fgets(line, sizeof line, ret_copy->file) != NULL && strcmp(line, MAGIC) == 0 &&
        fgets(line, sizeof line, ret_copy->file) != NULL && read_place(line, &ret_copy->place))
        return OK;
    log_copy_close(ret_copy);
    return ERR_POISON;
}

enum err log_copy_find(const char *folder, const struct log_copy_place *place,
                       struct log_copy *ret_copy)
{
    char name[LOG_COPY_NAME_SIZE], path[PATH_MAX];
    log_copy_name(place, name);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return ERR_NOT_FOUND;
    enum err err = log_copy_open(path, ret_copy);
    const struct log_copy_place *found = &ret_copy->place;
    if (err != OK || (found->service == place->service && found->commands == place->commands &&
                      found->partition == place->partition))
        return err;
    log_copy_close(ret_copy);
    return ERR_POISON;
}

void log_copy_close(struct log_copy *copy)
{
    if (copy->file == NULL)
        return;
    (void)fclose(copy->file);
    buffer_free(&copy->bytes);
    copy->file = NULL;
}

static bool read_number(FILE *file, int size, uint64_t *ret_number)
{
    *ret_number = 0;
    for (int i = 0; i < size; i++) {
        int byte = getc_unlocked(file);
        if (byte == EOF)
            return false;
        *ret_number = *ret_number << 8 | (uint64_t)byte;
    }
    return true;
}

/* Reads a part behind what is there already. It points to nothing yet: the bytes may still move. */
static bool read_part(struct log_copy *copy, size_t *ret_size)
{
    uint64_t size = 0;
    char block[4096];
    if (!read_number(copy->file, WORD, &size) || size > LOG_RECORD_SIZE_MAX)
        return false;
    *ret_size = size;
    while (size > 0) {
        size_t wanted = size < sizeof block ? size : sizeof block;
        if (fread(block, 1, wanted, copy->file) != wanted)
            return false;
        buffer_append(&copy->bytes, block, wanted);
        size -= wanted;
    }
    return buffer_ok(&copy->bytes);
}

/* Sizes of key, value, and each header's name and text. */
struct sizes {
    size_t list[2 + 2 * LOG_HEADERS_MAX];
    size_t count;
};

static bool read_parts(struct log_copy *copy, struct sizes *ret_sizes)
{
    uint64_t headers = 0;
    if (!read_part(copy, &ret_sizes->list[0]) || !read_part(copy, &ret_sizes->list[1]) ||
        !read_number(copy->file, WORD, &headers) || headers > LOG_HEADERS_MAX)
        return false;
    ret_sizes->count = 2;
    for (uint64_t i = 0; i < 2 * headers; i++) {
        if (!read_part(copy, &ret_sizes->list[ret_sizes->count++]))
            return false;
    }
    return true;
}

static struct bytes take(struct bytes *rest, size_t size)
{
    struct bytes taken = {rest->data, size};
    *rest = (struct bytes){rest->data + size, rest->size - size};
    return taken;
}

static struct text take_text(struct bytes *rest, size_t size)
{
    struct bytes taken = take(rest, size);
    return (struct text){(const char *)taken.data, taken.size};
}

enum err log_copy_next(struct log_copy *copy, struct log_record *ret_record)
{
    uint64_t offset = 0, time_us = 0;
    struct sizes sizes = {.count = 0};
    int first = getc_unlocked(copy->file);
    if (first == EOF)
        return ferror(copy->file) ? ERR_POISON : ERR_NOT_FOUND;
    (void)ungetc(first, copy->file);
    buffer_reset(&copy->bytes);
    if (!read_number(copy->file, 2 * WORD, &offset) ||
        !read_number(copy->file, 2 * WORD, &time_us) || !read_parts(copy, &sizes))
        return ERR_POISON;
    static const uint8_t NOTHING[1];
    struct bytes rest =
        copy->bytes.size == 0 ? (struct bytes){NOTHING, 0} : buffer_bytes(&copy->bytes);
    *ret_record = (struct log_record){.topic = text_of(log_copy_topic(&copy->place)),
                                      .partition = copy->place.partition,
                                      .offset = (int64_t)offset,
                                      .timestamp_us = (int64_t)time_us,
                                      .headers = copy->headers,
                                      .headers_count = (sizes.count - 2) / 2};
    ret_record->key = take(&rest, sizes.list[0]);
    ret_record->value = take(&rest, sizes.list[1]);
    for (size_t i = 0; i < ret_record->headers_count; i++) {
        copy->headers[i].name = take_text(&rest, sizes.list[2 + 2 * i]);
        copy->headers[i].value = take_text(&rest, sizes.list[3 + 2 * i]);
    }
    return OK;
}
