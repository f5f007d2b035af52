#include "settings/sender.h"

#include "seal/vault.h"

enum { ARENA_SIZE = 1 << 20, VAULT_CONNECTIONS = 1, EMAIL_SIZE_MAX = 320 };

static enum err open_vault(struct sender *sender, const struct config *config)
{
    enum err err =
        vault_open(config->vault_pg, text_of(config->seal_key), VAULT_CONNECTIONS, &sender->vault);
    return err != OK ? err
                     : vault_secret(sender->vault, VAULT_HASH_SECRET, false, &sender->hash_key);
}

enum err sender_open(struct sender *sender, const struct config *config)
{
    bool anywhere = config->webhooks == WEBHOOKS_ANYWHERE;
    *sender = (struct sender){.courier = courier_new(),
                              .head = {.hash_key = &sender->hash_key,
                                       .public_url = config->public_url,
                                       .from = config->mail_from},
                              .mailer = mailer_new(config->smtp_url, config->mail_from),
                              .gateway = {config->sms_url, config->sms_token},
                              .anywhere = anywhere,
                              .arena = arena_new(ARENA_SIZE)};
    mailer_trust(sender->mailer, config->smtp_password, config->smtp_ca);
    enum err err = open_vault(sender, config);
    if (err == OK && config->push_key != NULL)
        err = push_key_open(text_of(config->push_key), &sender->push_key);
    sender->browsers = (struct push_sender){
        .key = sender->push_key, .from = config->mail_from, .anywhere = anywhere};
    return err;
}

void sender_close(struct sender *sender)
{
    courier_free(sender->courier);
    vault_free(sender->vault);
    mailer_free(sender->mailer);
    push_key_free(sender->push_key);
    arena_free(sender->arena);
    seal_wipe(&sender->hash_key, sizeof sender->hash_key);
}

static enum err begin_mail(struct sender *sender, const struct letter *letter, size_t number)
{
    struct buffer email;
    buffer_init(&email, EMAIL_SIZE_MAX);
    enum err err = vault_open_text(sender->vault, letter->user_id, letter->email, &email);
    if (err == OK) {
        struct mail mail = {.to = buffer_as_text(&email),
                            .subject = letter_subject(letter),
                            .message_id = letter_message_id(letter, &sender->head, sender->arena),
                            .date_us = letter->asked_at_us,
                            .body = letter_body(letter, &sender->head, sender->arena)};
        err = courier_mail(sender->courier, sender->mailer, &mail, number);
    } else if (err == ERR_NOT_FOUND || err == ERR_POISON) {
        err = ERR_DENIED; /* the person has been erased, and with that this address */
    }
    buffer_free(&email);
    return err;
}

static enum err begin_post(struct sender *sender, const struct letter *letter, int64_t now_us,
                           size_t number)
{
    struct post post;
    enum err err =
        letter->key.kind == LETTER_SMS
            ? sms_write(sender->vault, letter, &sender->gateway, sender->arena, &post)
        : letter->key.kind == LETTER_PUSH
            ? push_write(sender->vault, letter, &sender->browsers, now_us, sender->arena, &post)
            : webhook_write(sender->vault, letter, sender->anywhere, now_us, sender->arena, &post);
    if (err == OK)
        courier_post(sender->courier, &post, number);
    return err;
}

enum err sender_begin(struct sender *sender, const struct letter *letter, int64_t now_us,
                      size_t number)
{
    bool is_mail = letter->key.kind <= LETTER_NOTIFICATION;
    enum err err =
        is_mail ? begin_mail(sender, letter, number) : begin_post(sender, letter, now_us, number);
    arena_reset(sender->arena);
    return err;
}
