#include "settings/letter.h"

#include "auth/mail_token.h"
#include "json/json.h"

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
static const char NOTIFICATION_SUBJECT[] = "A notification for you";

struct text letter_subject(const struct letter *letter)
{
    return text_of(letter->key.kind == LETTER_NOTIFICATION ? NOTIFICATION_SUBJECT
                                                           : FORMS[letter->key.kind].subject);
}

/* What it says, as the API shows it: one member a line. */
static struct text notification_body(const struct letter *letter, const struct letter_head *head,
                                     struct arena *arena)
{
    struct json_error error;
    const struct json_value *content = NULL;
    struct text lines = TEXT("");
    CHECK(json_parse(letter->content, letter->content.size, arena, &content, &error) == OK);
    for (const struct json_value *at = content->first; at != NULL; at = at->next) {
        if (at->kind == JSON_STRING)
            lines =
                arena_printf(arena, "%.*s%.*s: %.*s\n", (int)lines.size, lines.data,
                             (int)at->name.size, at->name.data, (int)at->text.size, at->text.data);
    }
    return arena_printf(arena,
                        "Something you asked to be told of has happened.\n\n%.*s\n%s\n\n"
                        "Your preferences say whether you are told by mail.\n",
                        (int)lines.size, lines.data, head->public_url);
}

struct text letter_body(const struct letter *letter, const struct letter_head *head,
                        struct arena *arena)
{
    if (letter->key.kind == LETTER_NOTIFICATION)
        return notification_body(letter, head, arena);
    struct mail_token token = {.user_id = letter->user_id,
                               .version = letter->version,
                               .expires_at_us = letter->expires_at_us};
    struct text text =
        mail_token_make(head->hash_key, FORMS[letter->key.kind].purpose, &token, arena);
    return arena_printf(arena, "%s\n%s/%s#token=%.*s\n\n%s", FORMS[letter->key.kind].before,
                        head->public_url, FORMS[letter->key.kind].page, (int)text.size, text.data,
                        FORMS[letter->key.kind].after);
}

struct text letter_message_id(const struct letter *letter, const struct letter_head *head,
                              struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    const char *at = strchr(head->from, '@');
    CHECK(at != NULL); /* as the setting's check has it */
    uuid_print(letter->key.id, id);
    return arena_printf(arena, "%.*s%s", (int)sizeof id, id, at);
}

struct text letter_short(const struct letter *letter, struct arena *arena)
{
    static const char *const SAID[] = {"kind",   "instrument", "quantity", "price",
                                       "amount", "asset",      "state"};
    struct json_error error;
    const struct json_value *content = NULL;
    struct text words = TEXT("Bourse:");
    CHECK(json_parse(letter->content, letter->content.size, arena, &content, &error) == OK);
    for (size_t i = 0; i < COUNT_OF(SAID); i++) {
        const struct json_value *at = json_value_member(content, SAID[i]);
        if (at != NULL && at->kind == JSON_STRING)
            words = arena_printf(arena, "%.*s %.*s", (int)words.size, words.data,
                                 (int)at->text.size, at->text.data);
    }
    return words;
}
