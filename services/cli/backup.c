#include "cli/backup.h"

#include "base/time.h"
#include "seal/seal.h"
#include "json/json.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char MANIFEST[] = "backup.json";

enum { MANIFEST_SIZE_MAX = 16 << 20, ARENA_SIZE = 1 << 30, BLOCK_SIZE = 1 << 16 };

void backup_init(struct backup *backup, const char *folder)
{
    *backup = (struct backup){.folder = folder};
}

void backup_free(struct backup *backup)
{
    free(backup->logs);
    free(backup->erased);
    backup_init(backup, backup->folder);
}

enum err backup_fail(struct backup *backup, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(backup->problem, sizeof backup->problem, format, arguments);
    va_end(arguments);
    return err;
}

/* --- places --- */

/* Audit first: what it names of the others is then known before they are copied. */
static const enum service_id ORDER[] = {SERVICE_AUDIT, SERVICE_ACCOUNTS, SERVICE_ORDERS,
                                        SERVICE_SETTINGS, SERVICE_DESK};
_Static_assert(COUNT_OF(ORDER) == SERVICES, "every log is copied");

static int32_t partitions_of(const struct backup *backup, enum service_id service)
{
    return service == SERVICE_AUDIT ? 1 : backup->partitions;
}

void backup_places(struct backup *backup, int32_t partitions)
{
    CHECK(partitions > 0 && partitions <= BACKUP_PARTITIONS_MAX);
    free(backup->logs);
    backup->partitions = partitions;
    backup->logs_count = 2 * ((SERVICES - 1) * (size_t)partitions + 1);
    backup->logs = calloc(backup->logs_count, sizeof *backup->logs);
    CHECK(backup->logs != NULL);
    struct backup_log *log = backup->logs;
    for (int commands = 0; commands < 2; commands++) {
        for (int i = 0; i < SERVICES; i++) {
            for (int32_t p = 0; p < partitions_of(backup, ORDER[i]); p++)
                (log++)->place = (struct log_copy_place){ORDER[i], commands == 1, p};
        }
    }
}

struct backup_log *backup_find(const struct backup *backup, const struct log_copy_place *place)
{
    size_t index = place->commands ? backup->logs_count / 2 : 0;
    if (backup->logs_count == 0 || place->partition < 0 ||
        place->partition >= partitions_of(backup, place->service))
        return NULL;
    for (int i = 0; ORDER[i] != place->service; i++)
        index += (size_t)partitions_of(backup, ORDER[i]);
    return &backup->logs[index + (size_t)place->partition];
}

/* --- files --- */

enum err backup_path(struct backup *backup, const char *name, size_t size, char *ret_path)
{
    if (snprintf(ret_path, size, "%s/%s", backup->folder, name) < (int)size)
        return OK;
    return backup_fail(backup, ERR_INPUT, "the folder's name is too long");
}

enum err backup_measure(struct backup *backup, const char *name, struct backup_file *ret_file)
{
    char path[PATH_MAX], block[BLOCK_SIZE];
    struct seal_hash hash;
    size_t size;
    if (backup_path(backup, name, sizeof path, path) != OK)
        return ERR_INPUT;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return backup_fail(backup, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    seal_hash_begin(&hash);
    *ret_file = (struct backup_file){.size = 0};
    while ((size = fread(block, 1, sizeof block, file)) > 0) {
        seal_hash_add(&hash, block, size);
        ret_file->size += (int64_t)size;
    }
    seal_hash_end(&hash, ret_file->hash.bytes);
    bool good = !ferror(file) && fsync(fileno(file)) == 0;
    (void)fclose(file);
    return good ? OK : backup_fail(backup, ERR_BUSY, "cannot store %s: %s", path, strerror(errno));
}

/* --- backup.json --- */

static void print_name(struct buffer *text, const char *name)
{
    buffer_json_string(text, text_of(name));
    buffer_byte(text, ':');
}

static void print_hash(struct buffer *text, const char *name, const struct hash *hash)
{
    buffer_byte(text, ',');
    print_name(text, name);
    buffer_byte(text, '"');
    seal_to_base64((struct bytes){hash->bytes, sizeof hash->bytes}, text);
    buffer_byte(text, '"');
}

static void print_time(struct buffer *text, const char *name, int64_t time_us)
{
    char digits[TIME_TEXT_SIZE];
    time_print(time_us, digits);
    buffer_byte(text, ',');
    print_name(text, name);
    buffer_json_string(text, (struct text){digits, sizeof digits});
}

static void print_file(struct buffer *text, const char *name, const struct backup_file *file)
{
    buffer_string(text, "{\"file\":");
    buffer_json_string(text, text_of(name));
    buffer_printf(text, ",\"size\":%lld", (long long)file->size);
    print_hash(text, "hash", &file->hash);
}

static void print_log(struct buffer *text, const struct backup_log *log)
{
    char name[LOG_COPY_NAME_SIZE];
    log_copy_name(&log->place, name);
    print_file(text, name, &log->file);
    buffer_printf(text, ",\"start\":%lld,\"end\":%lld", (long long)log->start, (long long)log->end);
    if (!log->place.commands)
        print_hash(text, "head", &log->head);
    buffer_byte(text, '}');
}

void backup_print(const struct backup *backup, struct buffer *text)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(backup->incarnation, id);
    buffer_printf(text, "{\"bourse_backup\":%d,\"incarnation\":\"%.*s\",\"partitions\":%d",
                  BACKUP_FORMAT, UUID_TEXT_SIZE, id, backup->partitions);
    print_time(text, "began_at", backup->began_at);
    print_time(text, "ended_at", backup->ended_at);
    buffer_string(text, ",\"logs\":[");
    for (size_t i = 0; i < backup->logs_count; i++) {
        buffer_string(text, i == 0 ? "\n" : ",\n");
        print_log(text, &backup->logs[i]);
    }
    buffer_string(text, "],\n\"vault\":");
    if (backup->has_vault) {
        print_file(text, BACKUP_VAULT_FILE, &backup->vault);
        buffer_printf(text, ",\"rows\":%lld}", (long long)backup->vault_rows);
    } else {
        buffer_string(text, "null");
    }
    buffer_string(text, "}\n");
}

static bool parse_number(const struct json_value *in, const char *name, int64_t *ret_number)
{
    const struct json_value *value = json_value_member(in, name);
    return value != NULL && json_value_int(value, ret_number) == OK && *ret_number >= 0;
}

static bool parse_text(const struct json_value *in, const char *name, struct text *ret_text)
{
    const struct json_value *value = json_value_member(in, name);
    if (value == NULL || value->kind != JSON_STRING)
        return false;
    *ret_text = value->text;
    return true;
}

static bool parse_hash(const struct json_value *in, const char *name, struct hash *ret_hash)
{
    struct text text;
    struct buffer bytes;
    buffer_init(&bytes, sizeof ret_hash->bytes);
    bool good = parse_text(in, name, &text) && seal_from_base64(text, &bytes) == OK &&
                bytes.size == sizeof ret_hash->bytes;
    if (good)
        memcpy(ret_hash->bytes, bytes.data, bytes.size);
    buffer_free(&bytes);
    return good;
}

static bool parse_time(const struct json_value *in, const char *name, int64_t *ret_time_us)
{
    struct text text;
    return parse_text(in, name, &text) && time_parse(text, ret_time_us) == OK;
}

static bool parse_file(const struct json_value *in, const char *name, struct backup_file *ret_file)
{
    struct text file;
    return parse_text(in, "file", &file) && text_is(file, name) &&
           parse_number(in, "size", &ret_file->size) && parse_hash(in, "hash", &ret_file->hash);
}

static bool parse_logs(struct backup *backup, const struct json_value *list)
{
    if (list == NULL || list->kind != JSON_ARRAY)
        return false;
    if (list->count == 0)
        return true;
    backup_places(backup, backup->partitions);
    const struct json_value *in = list->first;
    bool good = list->count == backup->logs_count;
    for (size_t i = 0; i < backup->logs_count && good; i++, in = in->next) {
        char name[LOG_COPY_NAME_SIZE];
        struct backup_log *log = &backup->logs[i];
        log_copy_name(&log->place, name);
        good = parse_file(in, name, &log->file) && parse_number(in, "start", &log->start) &&
               parse_number(in, "end", &log->end) && log->start <= log->end &&
               (log->place.commands || (log->start == 0 && parse_hash(in, "head", &log->head)));
    }
    return good;
}

static bool parse_all(struct backup *backup, const struct json_value *root)
{
    struct text id;
    int64_t format = 0, partitions = 0;
    const struct json_value *vault = json_value_member(root, "vault");
    if (!parse_number(root, "bourse_backup", &format) || format != BACKUP_FORMAT ||
        !parse_text(root, "incarnation", &id) || uuid_parse(id, &backup->incarnation) != OK ||
        !parse_number(root, "partitions", &partitions) || partitions > BACKUP_PARTITIONS_MAX ||
        !parse_time(root, "began_at", &backup->began_at) ||
        !parse_time(root, "ended_at", &backup->ended_at) || vault == NULL)
        return false;
    backup->partitions = (int32_t)partitions;
    backup->has_vault = vault->kind != JSON_NULL;
    const struct json_value *logs = json_value_member(root, "logs");
    if (partitions == 0 && logs != NULL && logs->count > 0)
        return false;
    return parse_logs(backup, logs) &&
           (!backup->has_vault || (parse_file(vault, BACKUP_VAULT_FILE, &backup->vault) &&
                                   parse_number(vault, "rows", &backup->vault_rows)));
}

enum err backup_parse(struct backup *backup, struct text text)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    const struct json_value *root = NULL;
    struct json_error error;
    bool good =
        json_parse(text, MANIFEST_SIZE_MAX, arena, &root, &error) == OK && parse_all(backup, root);
    arena_free(arena);
    return good ? OK
                : backup_fail(backup, ERR_POISON, "%s/%s is not what this version writes",
                              backup->folder, MANIFEST);
}

enum err backup_write(struct backup *backup)
{
    char path[PATH_MAX];
    struct buffer text;
    struct backup_file file;
    if (backup_path(backup, MANIFEST, sizeof path, path) != OK)
        return ERR_INPUT;
    FILE *out = fopen(path, "wxe");
    if (out == NULL)
        return backup_fail(backup, ERR_BUSY, "cannot make %s: %s", path, strerror(errno));
    buffer_init(&text, MANIFEST_SIZE_MAX);
    backup_print(backup, &text);
    CHECK(buffer_ok(&text));
    bool good = fwrite(text.data, 1, text.size, out) == text.size;
    good = fclose(out) == 0 && good;
    buffer_free(&text);
    return good ? backup_measure(backup, MANIFEST, &file)
                : backup_fail(backup, ERR_BUSY, "cannot write %s: %s", path, strerror(errno));
}

enum err backup_read(struct backup *backup)
{
    char path[PATH_MAX], block[BLOCK_SIZE];
    struct buffer text;
    size_t size;
    if (backup_path(backup, MANIFEST, sizeof path, path) != OK)
        return ERR_INPUT;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return backup_fail(backup, ERR_NOT_FOUND, "there is no whole backup in %s: %s: %s",
                           backup->folder, MANIFEST, strerror(errno));
    buffer_init(&text, MANIFEST_SIZE_MAX);
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&text, block, size);
    (void)fclose(file);
    enum err err = backup_parse(backup, buffer_as_text(&text));
    buffer_free(&text);
    return err;
}
