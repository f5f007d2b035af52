#include "auth/base64url.h"
#include "auth/push.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 8291, appendix A. */
static const struct text P256DH = {
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", 87};
static const struct text AUTH = {"BTBZMqHH6r4Tts7J_aSIgg", 22};
static const char SALT[] = "DGv6ra1nlYgDCS1FRnbzlw";
static const char SCALAR[] = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
static const char TEXT_SAID[] = "When I grow up, I want to be a watermelon";
static const char MESSAGE[] =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
    "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulc"
    "y4a-fN";

static const char PEM[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyfWPiYE+n46HLnH0\n"
                          "KqZOF1fJJU3MYrct3AELtAQ+oRyhRANCAAT+M/SrDepxkU21WCP3O1SUj0EwbZIH\n"
                          "Mtu5pZpTKGSCIA5Zent7wmC6HCJ5mFgJkuk5cwAvMBKiiujwa7t45ewP\n"
                          "-----END PRIVATE KEY-----\n";
static const char PUBLIC[] =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

static struct push_chance chance_of_the_rfc(void)
{
    struct push_chance chance;
    size_t size;
    assert_int_equal(base64url_decode(text_of(SALT), sizeof chance.salt, chance.salt, &size), OK);
    assert_int_equal(base64url_decode(text_of(SCALAR), sizeof chance.scalar, chance.scalar, &size),
                     OK);
    return chance;
}

static enum err seal_for(struct text p256dh, struct text auth, struct text said,
                         struct buffer *message)
{
    struct push_chance chance = chance_of_the_rfc();
    buffer_init(message, 2 * PUSH_RECORD_SIZE);
    return push_seal(p256dh, auth, (struct bytes){(const uint8_t *)said.data, said.size}, &chance,
                     message);
}

static void a_message_is_sealed_as_the_rfc_shows(void **state)
{
    (void)state;
    struct buffer message, text;
    buffer_init(&text, 2 * PUSH_RECORD_SIZE);
    assert_int_equal(seal_for(P256DH, AUTH, text_of(TEXT_SAID), &message), OK);
    base64url_encode(&text, message.data, message.size);
    assert_true(text_is(buffer_as_text(&text), MESSAGE));
    buffer_free(&message);
    buffer_free(&text);
}

static void what_no_browser_gives_is_refused(void **state)
{
    (void)state;
    char p256dh[] =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    struct buffer message;
    p256dh[40] = p256dh[40] == 'A' ? 'B' : 'A'; /* no point of the curve any more */
    const struct text said = text_of(TEXT_SAID);
    assert_int_equal(seal_for(text_of(p256dh), AUTH, said, &message), ERR_INPUT);
    assert_int_equal(seal_for(TEXT(""), AUTH, said, &message), ERR_INPUT);
    assert_int_equal(seal_for(P256DH, TEXT("BTBZMqHH6r4Tts7J"), said, &message), ERR_INPUT);
    assert_int_equal(seal_for(P256DH, TEXT("BTBZMqHH6r4Tts7J_aSIg!"), said, &message), ERR_INPUT);
}

static void the_longest_text_fills_a_record(void **state)
{
    (void)state;
    static char said[PUSH_TEXT_MAX + 1];
    struct buffer message;
    assert_int_equal(seal_for(P256DH, AUTH, (struct text){said, PUSH_TEXT_MAX}, &message), OK);
    assert_int_equal(message.size, PUSH_RECORD_SIZE);
    buffer_free(&message);
    assert_int_equal(seal_for(P256DH, AUTH, (struct text){said, PUSH_TEXT_MAX + 1}, &message),
                     ERR_RANGE);
    assert_int_equal(seal_for(P256DH, AUTH, TEXT(""), &message), OK);
    buffer_free(&message);
}

static void no_two_messages_have_the_same_chance(void **state)
{
    (void)state;
    struct push_chance one = push_chance(), other = push_chance();
    assert_memory_not_equal(one.salt, other.salt, sizeof one.salt);
    assert_memory_not_equal(one.scalar, other.scalar, sizeof one.scalar);
}

/* What stands in the second part of "vapid t=A.B.C, k=...". */
static void assert_claims(struct text header, const char *expected)
{
    uint8_t claims[512] = {0};
    size_t size;
    const char *begin = memchr(header.data, '.', header.size);
    assert_non_null(begin);
    struct text part = {.data = begin + 1, .size = strcspn(begin + 1, ".")};
    assert_int_equal(base64url_decode(part, sizeof claims - 1, claims, &size), OK);
    assert_string_equal((const char *)claims, expected);
}

static void the_venue_says_to_whom_it_speaks_and_until_when(void **state)
{
    (void)state;
    struct push_key *key = NULL;
    struct buffer text;
    buffer_init(&text, 4096);
    assert_int_equal(push_key_open(text_of("no key"), &key), ERR_CONFIG);
    assert_int_equal(push_key_open(text_of(PEM), &key), OK);
    push_key_public(key, &text);
    assert_true(text_is(buffer_as_text(&text), PUBLIC));
    buffer_reset(&text);
    push_authorization(key, TEXT("https://push.example.net"), TEXT("mailto:bourse@example.org"), 7,
                       &text);
    buffer_byte(&text, '\0');
    assert_memory_equal(text.data, "vapid t=", 8);
    assert_claims(buffer_as_text(&text), "{\"aud\":\"https://push.example.net\",\"exp\":7,"
                                         "\"sub\":\"mailto:bourse@example.org\"}");
    const char *named = strstr((const char *)text.data, ", k=");
    assert_non_null(named);
    assert_string_equal(named + 4, PUBLIC);
    buffer_free(&text);
    push_key_free(key);
    push_key_free(NULL);
}

int main(void)
{
    if (seal_init() != OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_sealed_as_the_rfc_shows),
        cmocka_unit_test(what_no_browser_gives_is_refused),
        cmocka_unit_test(the_longest_text_fills_a_record),
        cmocka_unit_test(no_two_messages_have_the_same_chance),
        cmocka_unit_test(the_venue_says_to_whom_it_speaks_and_until_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
