/* The vault, and the first admin. */
#include "cli/init.h"

#include "base/arena.h"
#include "base/murmur2.h"
#include "eventlog/follower.h"
#include "seal/seal.h"
#include "seal/vault.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EMAIL_SIZE_MAX = 320, /* no address is longer (RFC 3696) */
    EMAIL_KEY_SIZE = 32,  /* its keyed hash in hexadecimal */
    SEALED_SIZE_MAX = 4096,
    VALUE_SIZE_MAX = 1 << 16,
    POLL_MS = 200,
    FLUSH_MS = 30000,
};

#define VALID_US (INT64_C(24) * 3600 * 1000000)

/* --- vault --- */

static int fail_vault(struct vault *vault, const char *doing)
{
    char why[VAULT_ERROR_SIZE];
    vault_error(vault, why);
    return cli_fail("%s: %s", doing, why);
}

int init_vault(struct vault *vault, bool log_exists, struct seal_key *ret_hash_key)
{
    int64_t give_up_us = cli_now_us() + INIT_WAIT_US;
    enum err err = vault_migrate(vault, VAULT_VERSION);
    while ((err == ERR_BUSY || err == ERR_TIMEOUT) && cli_now_us() < give_up_us) {
        usleep(INIT_RETRY_US);
        err = vault_migrate(vault, VAULT_VERSION);
    }
    if (err != OK)
        return fail_vault(vault, "cannot bring up the vault (BOURSE_VAULT_PG)");
    err = vault_secret(vault, VAULT_HASH_SECRET, !log_exists, ret_hash_key);
    if (err == ERR_NOT_FOUND)
        return cli_fail(
            "the log has begun, but the vault has no keys: restore the vault's database "
            "from its backup, as keys cannot be made again");
    return err == OK ? CLI_OK : fail_vault(vault, "cannot get the key of the keyed hashes");
}

/* --- who the admin is --- */

/* Ids follow from log and address, so that every run means the same user. */
struct admin {
    char email[EMAIL_SIZE_MAX + 1]; /* trimmed */
    struct keyed_hash email_hash;
    struct uuid user_id, account_id, command_id;
    int32_t partition; /* of settings */
};

static struct uuid admin_id(const struct init_log *found, const struct keyed_hash *email_hash,
                            uint32_t owner_hash, const char *what)
{
    struct seal_hash hash;
    uint8_t digest[SEAL_HASH_SIZE];
    seal_hash_begin(&hash);
    seal_hash_add(&hash, found->incarnation.bytes, sizeof found->incarnation.bytes);
    seal_hash_add(&hash, email_hash->bytes, sizeof email_hash->bytes);
    seal_hash_add(&hash, what, strlen(what));
    seal_hash_end(&hash, digest);
    return uuid_make(owner_hash, digest);
}

/* Hashed as the gateway hashes it: trimmed, in lower case. */
static void identify(const char *email, const struct seal_key *hash_key,
                     const struct init_log *found, struct admin *ret_admin)
{
    char lower[EMAIL_SIZE_MAX + 1];
    char key[EMAIL_KEY_SIZE + 1];
    struct admin *admin = ret_admin;
    while (isspace((unsigned char)*email))
        email++;
    snprintf(admin->email, sizeof admin->email, "%s", email);
    size_t size = strlen(admin->email);
    while (size > 0 && isspace((unsigned char)admin->email[size - 1]))
        admin->email[--size] = '\0';
    for (size_t i = 0; i < size; i++) {
        char c = admin->email[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    seal_keyed_hash16(hash_key, lower, size, admin->email_hash.bytes);
    for (size_t i = 0; i < sizeof admin->email_hash.bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", admin->email_hash.bytes[i]);
    uint32_t owner_hash = murmur2(key, EMAIL_KEY_SIZE);
    admin->user_id = admin_id(found, &admin->email_hash, owner_hash, "user");
    admin->command_id = admin_id(found, &admin->email_hash, owner_hash, "command");
    admin->account_id = admin_id(found, &admin->email_hash, owner_hash, "account");
    admin->partition = place_partition_of_id(&found->place, SERVICE_SETTINGS, admin->user_id);
}

/* --- what became of the registration so far --- */

struct search {
    const struct admin *admin;
    struct follower *follower;
    int64_t events_end, commands_end; /* what is behind came later than this run */
    int64_t commands_next;
    bool registered; /* the log says so */
    bool pending;    /* sent, still good, and not answered after that */
    bool refused;
    char refusal[512];
    struct event event;
    struct command command;
};

static void see_event(struct search *search, const struct followed *followed)
{
    const struct event_meta *meta = &followed->event->meta;
    struct event *event = &search->event;
    bool registers = followed->event->kind == EVENT_USER_REGISTERED;
    bool answers = meta->has_command_id && uuid_equal(meta->command_id, search->admin->command_id);
    if (followed->verdict != FOLD_VALID || (!registers && !answers) ||
        event_decode(followed->record.value, followed->arena, event) != OK)
        return;
    if (registers && uuid_equal(event->user_registered.user_id, search->admin->user_id))
        search->registered = true;
    if (event->kind != EVENT_COMMAND_REJECTED ||
        text_is(event->command_rejected.code, "COMMAND_EXPIRED"))
        return;
    const struct command_rejected *rejected = &event->command_rejected;
    search->refused = true;
    snprintf(search->refusal, sizeof search->refusal, "%.*s: %.*s", (int)rejected->code.size,
             rejected->code.data, (int)rejected->message.size, rejected->message.data);
}

static void see_command(struct search *search, const struct followed *followed)
{
    search->commands_next = followed->record.offset + 1;
    if (command_decode(followed->record.value, followed->arena, &search->command) == OK &&
        search->command.kind == COMMAND_REGISTER_USER &&
        uuid_equal(search->command.meta.command_id, search->admin->command_id) &&
        search->command.meta.valid_until > cli_now_us())
        search->pending = true;
}

static enum err follow_settings(struct log *log, struct search *search)
{
    int64_t start = 0;
    int32_t partition = search->admin->partition;
    enum err err = log_ends(log, follower_events_topic(SERVICE_SETTINGS), partition, &start,
                            &search->events_end);
    if (err == OK)
        err = follower_begin(search->follower, SERVICE_SETTINGS, partition);
    if (err == OK)
        err = log_ends(log, follower_commands_topic(SERVICE_SETTINGS), partition, &start,
                       &search->commands_end);
    /* Commands are kept for a week only: it begins with what is left of them. */
    const struct fold_source before = {.partition = partition, .offset = start - 1};
    search->commands_next = start;
    if (err == OK)
        err = follower_commands(search->follower, SERVICE_SETTINGS, partition,
                                start > 0 ? &before : NULL);
    return err;
}

static int find_registration(struct log *log, struct search *search)
{
    enum err err = follow_settings(log, search);
    int64_t give_up_us = cli_now_us() + INIT_WAIT_US;
    while (
        err == OK &&
        (search->commands_next < search->commands_end ||
         follower_fold(search->follower, SERVICE_SETTINGS, search->admin->partition)->next_offset <
             search->events_end)) {
        struct followed followed;
        err = follower_poll(search->follower, POLL_MS, &followed);
        if (err == OK) {
            give_up_us = cli_now_us() + INIT_WAIT_US;
            if (followed.fold != NULL)
                see_event(search, &followed);
            else
                see_command(search, &followed);
        } else if ((err == ERR_TIMEOUT || err == ERR_BUSY) && cli_now_us() < give_up_us) {
            err = OK;
        }
    }
    if (err == ERR_LOG)
        return cli_fail("%s", follower_problem(search->follower));
    return err == OK ? CLI_OK : cli_fail("cannot read the log of settings: %s", err_text(err));
}

/* --- sending it --- */

static enum err seal_for(struct vault *vault, struct uuid user_id, const char *plain,
                         struct arena *arena, struct text *ret_sealed)
{
    struct buffer token;
    buffer_init(&token, SEALED_SIZE_MAX);
    enum err err = vault_seal_text(vault, user_id, text_of(plain), &token);
    if (err == OK)
        *ret_sealed = arena_text(arena, buffer_as_text(&token));
    buffer_free(&token);
    return err;
}

static enum err seal_person(struct vault *vault, const struct admin *admin, const char *password,
                            struct arena *arena, struct register_user *ret_user)
{
    char stored[SEAL_PASSWORD_SIZE];
    enum err err = seal_password_hash(text_of(password), stored);
    if (err == OK)
        err = seal_for(vault, admin->user_id, stored, arena, &ret_user->password_hash);
    if (err == OK)
        err = seal_for(vault, admin->user_id, admin->email, arena, &ret_user->email);
    if (err == OK)
        err = seal_for(vault, admin->user_id, "Administrator", arena, &ret_user->full_name);
    seal_wipe(stored, sizeof stored);
    return err;
}

static enum err append(struct log *log, const struct admin *admin, const struct command *command)
{
    char key[UUID_TEXT_SIZE];
    uuid_print(admin->user_id, key);
    struct buffer value;
    buffer_init(&value, VALUE_SIZE_MAX);
    command_encode(command, &value);
    CHECK(buffer_ok(&value));
    struct log_writer *writer = log_writer_open(log);
    enum err err = log_writer_append(
        writer, follower_commands_topic(SERVICE_SETTINGS), admin->partition,
        (struct bytes){(const uint8_t *)key, sizeof key}, buffer_bytes(&value), NULL, 0);
    if (err == OK)
        err = log_writer_flush(writer, FLUSH_MS);
    log_writer_close(writer);
    buffer_free(&value);
    return err;
}

static int send(struct log *log, struct vault *vault, const char *password,
                const struct admin *admin)
{
    enum role role = ROLE_ADMIN;
    int64_t now_us = cli_now_us();
    struct command command = {.kind = COMMAND_REGISTER_USER};
    command.meta = (struct command_meta){
        .command_id = admin->command_id,
        .correlation_id = admin->command_id,
        .has_actor = true,
        .actor = {.roles = &role, .roles_count = 1},
        .received_at = now_us,
        .valid_until = now_us + VALID_US,
    };
    command.register_user = (struct register_user){
        .user_id = admin->user_id,
        .account_id = admin->account_id,
        .email_hash = admin->email_hash,
        .roles = &role,
        .roles_count = 1,
    };
    struct arena *arena = arena_new(VALUE_SIZE_MAX);
    int status = CLI_OK;
    if (seal_person(vault, admin, password, arena, &command.register_user) != OK)
        status = fail_vault(vault, "cannot seal the admin's data");
    else if (append(log, admin, &command) != OK)
        status = cli_fail("cannot send the admin's registration: run `bourse init` again");
    else
        cli_say("sent the registration of the first admin, %s", admin->email);
    arena_free(arena);
    return status;
}

int init_admin(struct log *log, struct vault *vault, const struct config *config,
               const struct seal_key *hash_key, const struct init_log *found)
{
    if (config->admin_email == NULL || config->admin_password == NULL) {
        cli_say("no admin: BOURSE_ADMIN_EMAIL and BOURSE_ADMIN_PASSWORD_FILE are not both set");
        return CLI_OK;
    }
    if (strlen(config->admin_email) > EMAIL_SIZE_MAX)
        return cli_fail("BOURSE_ADMIN_EMAIL is longer than %d characters", EMAIL_SIZE_MAX);
    struct admin admin;
    identify(config->admin_email, hash_key, found, &admin);
    struct search *search = calloc(1, sizeof *search);
    CHECK(search != NULL);
    search->admin = &admin;
    search->follower = follower_open(log, LOG_PROMPT);
    int status = find_registration(log, search);
    if (status == CLI_OK && !search->registered) {
        if (search->refused)
            status =
                cli_fail("the registration of %s was refused: %s", admin.email, search->refusal);
        else if (!search->pending)
            status = send(log, vault, config->admin_password, &admin);
    }
    follower_close(search->follower);
    free(search);
    return status;
}
