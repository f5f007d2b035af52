#include "cli/import.h"

#include "seal/seal.h"
#include "syndication/rss.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_SIZE = 256 << 20, ADDRESS_SIZE_MAX = 2000, SHOWN_CHARACTERS = 60 };

static int read_file(struct import *import, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        return cli_fail("cannot read %s: %s", path, strerror(errno));
    uint8_t *bytes = arena_alloc(import->arena, SYNDICATION_FILE_MAX + 1);
    size_t size = fread(bytes, 1, SYNDICATION_FILE_MAX + 1, file);
    bool whole = ferror(file) == 0;
    if (file != stdin)
        fclose(file);
    import->file = (struct bytes){bytes, size};
    return whole ? CLI_OK : cli_fail("cannot read %s", path);
}

static int sign_in(struct import *import)
{
    const struct config *config = &import->config;
    if (config->admin_email == NULL || config->admin_password == NULL)
        return cli_fail("an operator publishes: set BOURSE_ADMIN_EMAIL and "
                        "BOURSE_ADMIN_PASSWORD_FILE");
    import->client = client_new(config->url, config->authority);
    if (client_sign_in(import->client, config->admin_email, config->admin_password) == OK)
        return CLI_OK;
    return cli_fail("%s cannot sign in at %s: %s", config->admin_email, config->url,
                    client_problem(import->client));
}

int import_begin(struct import *import, const char *path)
{
    *import = (struct import){.arena = arena_new(ARENA_SIZE)};
    CHECK(import->arena != NULL);
    if (!cli_config(PROCESS_CALLER, &import->config))
        return CLI_FAILED;
    int status = read_file(import, path);
    return status == CLI_OK ? sign_in(import) : status;
}

static void make_key(struct text name, char ret_key[2 * 32 + 1])
{
    uint8_t hash[32];
    seal_hash_of(name.data, name.size, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(ret_key + 2 * i, 3, "%02x", hash[i]);
}

bool import_post(struct import *import, const char *path, struct text name, struct text title,
                 const struct buffer *body)
{
    char key[2 * 32 + 1];
    struct text answer;
    CHECK(buffer_ok(body));
    make_key(name, key);
    const struct client_request request = {
        .method = "POST", .path = path, .body = buffer_as_text(body), .again = key};
    enum err err = client_call(import->client, &request, &answer);
    const char *problem = client_problem(import->client);
    if (err == OK)
        import->shown++;
    else if (err == ERR_DENIED && strstr(problem, "IDEMPOTENCY_KEY_REUSED") != NULL)
        import->known++;
    else if (err == ERR_DENIED)
        import_refuse(import, title, problem);
    else
        cli_say("the gateway is away: %s", problem);
    return err == OK || err == ERR_DENIED;
}

void import_refuse(struct import *import, struct text title, const char *why)
{
    struct text shown = import_cut(title, SHOWN_CHARACTERS);
    cli_say("'%.*s' is not published: %s", (int)shown.size, shown.data, why);
    import->refused++;
}

int import_end(struct import *import, int status)
{
    if (import->client != NULL && import->shown + import->known + import->refused > 0)
        printf("%zu published, %zu there already in another form, %zu refused\n", import->shown,
               import->known, import->refused);
    client_free(import->client);
    arena_free(import->arena);
    config_free(&import->config);
    return status == CLI_OK && import->refused > 0 ? CLI_FAILED : status;
}

struct text import_cut(struct text text, size_t characters_max)
{
    size_t characters = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool begins = ((uint8_t)text.data[i] & 0xc0) != 0x80;
        if (begins && characters++ == characters_max)
            return (struct text){text.data, i};
    }
    return text;
}

void import_member(struct buffer *body, const char *name, struct text text)
{
    if (text.size == 0)
        return;
    buffer_printf(body, ",\"%s\":", name);
    buffer_json_string(body, text);
}

bool import_is_web_address(struct text text)
{
    bool starts = (text.size > 7 && memcmp(text.data, "http://", 7) == 0) ||
                  (text.size > 8 && memcmp(text.data, "https://", 8) == 0);
    return starts && text.size <= ADDRESS_SIZE_MAX && memchr(text.data, ' ', text.size) == NULL;
}
