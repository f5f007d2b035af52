#include "settings/letter.h"

#include "auth/mail_token.h"

#include <string.h>

/* In the order of enum letter_kind. Lines stay below 78 characters but for the token's. */
static const struct {
    const char *subject;
    const char *purpose;
    const char *before;
    const char *page;
    const char *after;
} FORMS[] = {
    {"Confirm your e-mail address", MAIL_TOKEN_VERIFY,
     "Somebody has registered with this address. If that was you, please confirm\n"
     "that it is yours, within seven days:\n",
     "verify-email", "If it was not you, you need not do anything.\n"},
    {"Set a new password", MAIL_TOKEN_RESET,
     "Somebody has asked for a new password for this address. If that was you,\n"
     "set one, within 30 minutes:\n",
     "reset-password",
     "If it was not you, you need not do anything: your password stays as it is.\n"},
};

struct text letter_subject(const struct letter *letter)
{
    return text_of(FORMS[letter->kind].subject);
}

struct text letter_body(const struct letter *letter, const struct letter_head *head,
                        struct arena *arena)
{
    struct mail_token token = {.user_id = letter->user_id,
                               .version = letter->version,
                               .expires_at_us = letter->expires_at_us};
    struct text text = mail_token_make(head->hash_key, FORMS[letter->kind].purpose, &token, arena);
    return arena_printf(arena, "%s\n%s/%s#token=%.*s\n\n%s", FORMS[letter->kind].before,
                        head->public_url, FORMS[letter->kind].page, (int)text.size, text.data,
                        FORMS[letter->kind].after);
}

struct text letter_message_id(const struct letter *letter, const struct letter_head *head,
                              struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    const char *at = strchr(head->from, '@');
    CHECK(at != NULL); /* as the setting's check has it */
    uuid_print(letter->id, id);
    return arena_printf(arena, "%.*s%s", (int)sizeof id, id, at);
}
