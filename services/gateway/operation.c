#include "gateway/operation.h"

#include "gateway/api_keys.h"

#include "auth/auth.h"
#include "decision/approval.h"
#include "gateway/cache.h"
#include "gateway/share.h"

#include <stdlib.h>
#include <string.h>

enum { OPERATIONS_MAX = 512, ALIASES_MAX = 32 };

struct alias {
    struct text from;
    struct text to;
};

struct operations {
    size_t count;
    struct operation rows[OPERATIONS_MAX];
    size_t aliases_count;
    struct alias aliases[ALIASES_MAX];
};

/* What is needed while loading; the first problem counts. */
struct loader {
    struct operations *operations;
    const struct json_value *document;
    const char *share;
    operation_handler_named *handler_named;
    struct arena *arena;
    struct operation *operation; /* the one being read */
    struct text problem;
};

const char *operation_limit_name(enum operation_limit limit)
{
    static const char *const NAMES[OPERATION_LIMITS] = {"login", "register", "write", "read"};
    return NAMES[limit];
}

const char *operation_cache_name(enum operation_cache cache)
{
    static const char *const NAMES[OPERATION_CACHES] = {"",         "trading",     "risk",
                                                        "overview", "preferences", "book"};
    return NAMES[cache];
}

static void complain(struct loader *loader, const char *what, struct text value)
{
    if (loader->problem.size == 0)
        loader->problem = arena_printf(loader->arena, "operation %.*s: %s: \"%.*s\"",
                                       (int)loader->operation->id.size, loader->operation->id.data,
                                       what, (int)value.size, value.data);
}

/* A text of the operation's extension; empty: not there. */
static struct text extension(const struct loader *loader, const char *name)
{
    const struct json_value *value = http_operation_extension(loader->operation->http, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

/* --- the document around an operation --------------------------------------------------------- */

/* Follows a $ref of the form #/a/b/c. */
static const struct json_value *resolve(const struct loader *loader, const struct json_value *node)
{
    const struct json_value *reference = json_value_member(node, "$ref");
    if (reference == NULL || reference->text.size < 2)
        return node;
    const char *step = reference->text.data + 2;
    const char *end = reference->text.data + reference->text.size;
    node = loader->document;
    while (node != NULL && step < end) {
        const char *slash = memchr(step, '/', (size_t)(end - step));
        const char *stop = slash == NULL ? end : slash;
        struct text name = {.data = step, .size = (size_t)(stop - step)};
        node = json_value_member(node, arena_text(loader->arena, name).data);
        step = stop + 1;
    }
    return resolve(loader, node);
}

static const struct json_value *description(const struct loader *loader)
{
    struct text method = http_operation_method(loader->operation->http);
    char lower[16] = "";
    for (size_t i = 0; i < method.size && i + 1 < sizeof lower; i++)
        lower[i] = (char)(method.data[i] | 0x20);
    const struct json_value *paths = json_value_member(loader->document, "paths");
    struct text path = http_operation_path(loader->operation->http);
    return json_value_member(json_value_member(paths, arena_text(loader->arena, path).data), lower);
}

static bool has_parameter(const struct loader *loader, struct text name)
{
    const struct json_value *list = json_value_member(description(loader), "parameters");
    const struct json_value *item = list != NULL ? list->first : NULL;
    for (; item != NULL; item = item->next) {
        const struct json_value *named = json_value_member(resolve(loader, item), "name");
        if (named != NULL && text_equal(named->text, name))
            return true;
    }
    return false;
}

static bool body_has(const struct loader *loader, struct text name)
{
    const struct json_value *body =
        resolve(loader, json_value_member(description(loader), "requestBody"));
    const struct json_value *content = json_value_member(body, "content");
    for (const struct json_value *media = content != NULL ? content->first : NULL; media != NULL;
         media = media->next) {
        const struct json_value *schema = resolve(loader, json_value_member(media, "schema"));
        const struct json_value *properties = json_value_member(schema, "properties");
        if (json_value_member(properties, arena_text(loader->arena, name).data) != NULL)
            return true;
    }
    return false;
}

static void read_status(struct loader *loader)
{
    const struct json_value *responses = json_value_member(description(loader), "responses");
    const struct json_value *response = responses != NULL ? responses->first : NULL;
    for (; response != NULL && loader->operation->status == 0; response = response->next) {
        if (response->name.size == 3 &&
            (response->name.data[0] == '2' || response->name.data[0] == '3'))
            loader->operation->status = (unsigned)strtoul(response->name.data, NULL, 10);
    }
    if (loader->operation->status == 0)
        complain(loader, "its responses have no success", TEXT("2xx or 3xx"));
}

/* --- the x- fields ---------------------------------------------------------------------------- */

static void read_allow(struct loader *loader)
{
    const struct json_value *allow = http_operation_extension(loader->operation->http, "x-allow");
    if (allow == NULL || allow->kind != JSON_ARRAY || allow->count == 0) {
        complain(loader, "x-allow is missing; say [public] or the roles that may call", TEXT(""));
        return;
    }
    for (const struct json_value *role = allow->first; role != NULL; role = role->next) {
        enum auth_role named;
        if (text_is(role->text, "public"))
            loader->operation->is_public = true;
        else if (auth_role_parse(role->text, &named) == OK)
            loader->operation->allow |= AUTH_ROLE_BIT(named);
        else
            complain(loader, "x-allow names no role", role->text);
    }
    if (loader->operation->is_public && loader->operation->allow != 0)
        complain(loader, "x-allow is either [public] or roles, not both", TEXT("public"));
}

/* `session`: only who has signed in. */
static void read_scope(struct loader *loader)
{
    struct text name = extension(loader, "x-scope");
    if (loader->operation->is_public || text_is(name, "session"))
        return;
    for (uint32_t scope = 0; scope < WIRE_API_KEY_SCOPE.symbols_count; scope++) {
        if (text_is(name, WIRE_API_KEY_SCOPE.symbols[scope]))
            loader->operation->scope = API_KEY_SCOPE_BIT(scope);
    }
    if (loader->operation->scope == 0)
        complain(loader, "x-scope is a scope of API keys, or session", name);
}

static void read_limit(struct loader *loader)
{
    struct text name = extension(loader, "x-limit");
    struct text method = http_operation_method(loader->operation->http);
    bool reads = text_is(method, "GET") || text_is(method, "HEAD");
    loader->operation->limit = reads ? OPERATION_LIMIT_READ : OPERATION_LIMIT_WRITE;
    if (name.size == 0)
        return;
    for (int i = 0; i < OPERATION_LIMITS; i++) {
        if (text_is(name, operation_limit_name((enum operation_limit)i))) {
            loader->operation->limit = (enum operation_limit)i;
            return;
        }
    }
    complain(loader, "x-limit is login, register, write or read", name);
}

static void set_answer(struct loader *loader, struct text word)
{
    if (text_is(word, "audit"))
        loader->operation->waits_ticket = true;
    else if (text_is(word, "all"))
        loader->operation->waits_all = true;
    else if (!text_is(word, "event"))
        complain(loader, "x-answer is event, audit or all", word);
}

static void read_answer(struct loader *loader)
{
    const struct json_value *answer = http_operation_extension(loader->operation->http, "x-answer");
    if (answer == NULL)
        return;
    if (answer->kind == JSON_STRING)
        set_answer(loader, answer->text);
    for (const struct json_value *word = answer->first; word != NULL; word = word->next)
        set_answer(loader, word->text);
}

/* NULL: the operation has none. */
static const struct query *read_query(struct loader *loader, const char *field)
{
    struct text name = extension(loader, field);
    if (name.size == 0)
        return NULL;
    struct text path = arena_printf(loader->arena, "queries/%.*s", (int)name.size, name.data);
    struct text file, problem;
    if (share_read(loader->share, path, loader->arena, &file) != OK) {
        complain(loader, "there is no such query file below the share folder", path);
        return NULL;
    }
    struct query *query = ARENA_NEW(loader->arena, struct query, 1);
    if (query_parse(file, loader->arena, query, &problem) != OK)
        complain(loader, problem.data, path);
    return query;
}

static const struct fill *compile(struct loader *loader, const struct json_value *entry)
{
    const struct fill *fill = NULL;
    struct text problem;
    struct text expression = arena_text(loader->arena, entry->text);
    if (fill_compile(expression, loader->arena, &fill, &problem) != OK)
        complain(loader, problem.data, entry->text);
    return fill;
}

static void read_body_max(struct loader *loader)
{
    const struct json_value *max = http_operation_extension(loader->operation->http, "x-body-max");
    int64_t bytes = 0;
    if (max != NULL && (json_value_int(max, &bytes) != OK || bytes <= 0))
        complain(loader, "x-body-max is a number of bytes", max->text);
    loader->operation->body_max = (size_t)bytes;
}

static void read_aliases(struct loader *loader)
{
    const struct json_value *aliases =
        http_operation_extension(loader->operation->http, "x-aliases");
    const struct json_value *alias = aliases != NULL ? aliases->first : NULL;
    for (; alias != NULL; alias = alias->next) {
        CHECK(loader->operations->aliases_count < ALIASES_MAX);
        loader->operations->aliases[loader->operations->aliases_count++] =
            (struct alias){.from = arena_text(loader->arena, alias->text),
                           .to = http_operation_path(loader->operation->http)};
    }
}

/* --- the command ------------------------------------------------------------------------------ */

static bool may_stay_empty(const struct wire_field *field)
{
    return field->nullable || field->array || field->map || field->type == WIRE_BOOLEAN;
}

static const struct fill *fill_of(struct loader *loader, const struct json_value *fills,
                                  const struct wire_field *field)
{
    struct text name = wire_json_name(field);
    const struct json_value *entry = json_value_member(fills, arena_text(loader->arena, name).data);
    if (entry == NULL) {
        if (!may_stay_empty(field) && !has_parameter(loader, name) && !body_has(loader, name))
            complain(loader, "nothing fills the command's field; add it to x-fill", name);
        return fill_by_name(name, loader->arena);
    }
    return compile(loader, entry);
}

static void check_fill_names(struct loader *loader, const struct json_value *fills)
{
    const struct json_value *fill = fills != NULL ? fills->first : NULL;
    for (; fill != NULL; fill = fill->next) {
        if (wire_field(loader->operation->command->payload, fill->name) == NULL)
            complain(loader, "x-fill names no field of the command", fill->name);
    }
}

static void read_fields(struct loader *loader)
{
    struct operation *operation = loader->operation;
    const struct wire_record *payload = operation->command->payload;
    const struct json_value *fills = http_operation_extension(operation->http, "x-fill");
    check_fill_names(loader, fills);
    struct operation_field *fields =
        ARENA_NEW(loader->arena, struct operation_field, payload->fields_count);
    for (size_t i = 0; i < payload->fields_count; i++) {
        const struct wire_field *field = &payload->fields[i];
        fields[i] = (struct operation_field){.field = field, .fill = fill_of(loader, fills, field)};
        operation->hashes_password |= fill_is_slow(fields[i].fill);
        operation->seals |= field->sealed_by != NULL;
    }
    if (body_has(loader, TEXT("valid_until")))
        operation->valid_until = fill_by_name(TEXT("valid_until"), loader->arena);
    operation->fields = fields;
    operation->fields_count = payload->fields_count;
}

static void read_command(struct loader *loader)
{
    struct text name = extension(loader, "x-command");
    if (name.size == 0)
        return;
    struct text full = arena_printf(loader->arena, "bourse.%.*s", (int)name.size, name.data);
    loader->operation->command = wire_command_named(full);
    const char *dot = memchr(name.data, '.', name.size);
    struct text service = {.data = name.data, .size = dot == NULL ? 0 : (size_t)(dot - name.data)};
    loader->operation->is_any = dot == NULL;
    if (loader->operation->command == NULL ||
        (dot != NULL && service_named(service, &loader->operation->service) != OK)) {
        complain(loader, "x-command names no command (service.Name, or Name where any takes it)",
                 name);
        return;
    }
    read_fields(loader);
    loader->operation->row = read_query(loader, "x-row");
    loader->operation->query = read_query(loader, "x-result");
}

static void read_handler(struct loader *loader)
{
    struct text name = extension(loader, "x-handler");
    if (name.size == 0)
        return;
    loader->operation->handler = loader->handler_named(name);
    if (loader->operation->handler == NULL)
        complain(loader, "x-handler names none of the gateway's handlers", name);
}

static void name_cache(struct loader *loader, struct text name)
{
    for (int i = OPERATION_CACHE_NONE + 1; i < OPERATION_CACHES; i++) {
        if (text_is(name, operation_cache_name((enum operation_cache)i)))
            loader->operation->cache = (enum operation_cache)i;
    }
    if (loader->operation->cache == OPERATION_CACHE_NONE)
        complain(loader, "x-cache is seconds, or names a kind of kept answers", name);
}

static void read_cache(struct loader *loader)
{
    const struct json_value *cache = http_operation_extension(loader->operation->http, "x-cache");
    if (cache != NULL && cache->kind == JSON_STRING)
        name_cache(loader, cache->text);
    else if (cache != NULL && json_value_int(cache, &loader->operation->cache_s) != OK)
        complain(loader, "x-cache is a number of seconds, or names a setting", cache->text);
}

/* What is kept has to be dropped by events: those that name the caller's account, and of settings
 * those that name the caller; or, where it is the same for everybody, those that it says it depends
 * on. */
static bool can_be_kept(const struct query *query)
{
    const uint32_t settings = UINT32_C(1) << SERVICE_SETTINGS;
    bool of_account = query_has_param(query, "caller_account_id");
    bool of_user = query_has_param(query, "caller_user_id");
    if ((query->reads & ~CACHE_SERVICES) != 0)
        return false;
    if (!of_account && !of_user)
        return query->depends;
    return ((query->reads & ~settings) == 0 || of_account) &&
           ((query->reads & settings) == 0 || of_user);
}

static void check_cache(struct loader *loader)
{
    const struct operation *operation = loader->operation;
    if (operation->cache == OPERATION_CACHE_NONE)
        return;
    if (operation->command != NULL || operation->query == NULL || !can_be_kept(operation->query))
        complain(loader, "x-cache names what is kept, but nothing says which events change it",
                 operation->id);
}

/* A file's name goes into a header as it is. */
static void read_stream(struct loader *loader)
{
    struct operation *operation = loader->operation;
    operation->file = extension(loader, "x-stream");
    if (operation->file.size == 0)
        return;
    operation->document = read_query(loader, "x-document");
    const struct query *query = operation->query;
    if (query == NULL || !query->list || query->columns.size == 0 || operation->command != NULL)
        complain(loader, "x-stream needs a list query with columns", operation->file);
}

static void read_operation(void *context, const struct http_operation *http)
{
    struct loader *loader = context;
    struct operations *operations = loader->operations;
    CHECK(operations->count < OPERATIONS_MAX);
    struct operation *operation = &operations->rows[operations->count++];
    *operation = (struct operation){.http = http, .id = http_operation_id(http)};
    loader->operation = operation;
    operation->location = extension(loader, "x-location");
    operation->takes_key = has_parameter(loader, TEXT("Idempotency-Key"));
    read_allow(loader);
    read_limit(loader);
    read_answer(loader);
    read_status(loader);
    read_cache(loader);
    read_body_max(loader);
    read_aliases(loader);
    read_command(loader);
    read_handler(loader);
    const struct json_value *ends = http_operation_extension(http, "x-ends-session");
    operation->ends_session = ends != NULL && ends->kind == JSON_TRUE;
    if (operation->command == NULL)
        operation->query = read_query(loader, operation->handler == NULL ? "x-query" : "x-result");
    read_stream(loader);
    check_cache(loader);
    read_scope(loader);
    int actions =
        (operation->command != NULL) + (operation->handler != NULL) +
        (operation->command == NULL && operation->handler == NULL && operation->query != NULL);
    if (actions != 1)
        complain(loader, "it has not exactly one of x-command, x-query, x-handler", operation->id);
}

static int by_pointer(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct operation *)a)->http;
    uintptr_t right = (uintptr_t)((const struct operation *)b)->http;
    return (left > right) - (left < right);
}

enum err operations_load(const struct http_router *router, const char *share,
                         operation_handler_named *handler_named, struct arena *arena,
                         struct operations **ret_operations, struct text *ret_problem)
{
    struct operations *operations = ARENA_NEW(arena, struct operations, 1);
    struct loader loader = {.operations = operations,
                            .document = http_router_document(router),
                            .share = share,
                            .handler_named = handler_named,
                            .arena = arena};
    http_router_each(router, read_operation, &loader);
    if (loader.problem.size > 0) {
        *ret_problem = loader.problem;
        return ERR_CONFIG;
    }
    qsort(operations->rows, operations->count, sizeof operations->rows[0], by_pointer);
    *ret_operations = operations;
    return OK;
}

const struct operation *operations_find(const struct operations *operations,
                                        const struct http_operation *http)
{
    const struct operation wanted = {.http = http};
    const struct operation *found = bsearch(&wanted, operations->rows, operations->count,
                                            sizeof operations->rows[0], by_pointer);
    CHECK(found != NULL);
    return found;
}

enum err operation_service(const struct operation *operation, const struct command *command,
                           enum service_id *ret_service)
{
    struct uuid id;
    *ret_service = operation->service;
    if (!operation->is_any)
        return OK;
    return uuid_parse(command->key, &id) == OK ? uuid_service(id, ret_service) : ERR_NOT_FOUND;
}

struct text operations_path(const struct operations *operations, struct text path)
{
    for (size_t i = 0; i < operations->aliases_count; i++) {
        if (text_equal(operations->aliases[i].from, path))
            return operations->aliases[i].to;
    }
    return path;
}
