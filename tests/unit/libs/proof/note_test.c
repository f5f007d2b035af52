#include "proof/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

/* The example of golang.org/x/mod/sumdb/note. */
static const struct seal_key PETER = {{0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d,
                                       0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40, 0x80,
                                       0xeb, 0xf9, 0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6,
                                       0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28, 0x31, 0x73}};
static const char PETERS_KEY[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
#define SAID                                                                                       \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define SIGNATURE                                                                                  \
    "\xe2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"                         \
    "qdngotpRZb6KE6RyyBwJnAM=\n"

static void a_note_of_another_implementation_is_made_to_the_byte(void **state)
{
    (void)state;
    struct buffer made;
    buffer_init(&made, TEXT_MAX);
    note_sign(&PETER, TEXT("PeterNeumann"), TEXT(SAID), &made);
    assert_true(text_is(buffer_as_text(&made), SIGNATURE));
    buffer_reset(&made);
    struct note_key key = note_key_of(&PETER, TEXT("PeterNeumann"));
    note_key_print(&key, &made);
    assert_true(text_is(buffer_as_text(&made), PETERS_KEY));
    buffer_free(&made);
}

static void a_note_opens_with_its_key(void **state)
{
    (void)state;
    struct note_key key;
    struct text text;
    assert_int_equal(note_key_parse(text_of(PETERS_KEY), &key), OK);
    assert_int_equal(note_open(TEXT(SAID "\n" SIGNATURE), &key, &text), OK);
    assert_true(text_is(text, SAID));
}

static void a_note_with_any_byte_changed_does_not_open(void **state)
{
    (void)state;
    struct note_key key;
    struct text text;
    char note[] = SAID "\n" SIGNATURE;
    assert_int_equal(note_key_parse(text_of(PETERS_KEY), &key), OK);
    for (size_t i = 0; i < sizeof note - 1; i++) {
        note[i] ^= 1;
        assert_int_not_equal(note_open((struct text){note, sizeof note - 1}, &key, &text), OK);
        note[i] ^= 1;
    }
    for (size_t size = 0; size < sizeof note - 1; size++)
        assert_int_not_equal(note_open((struct text){note, size}, &key, &text), OK);
}

static void while_keys_are_changed_a_note_opens_with_either(void **state)
{
    (void)state;
    const struct seal_key next = seal_key_random();
    struct note_key keys[] = {note_key_of(&PETER, TEXT("venue")), note_key_of(&next, TEXT("venue")),
                              note_key_of(&next, TEXT("other"))};
    struct buffer note;
    struct text text;
    buffer_init(&note, TEXT_MAX);
    buffer_string(&note, SAID "\n");
    note_sign(&PETER, TEXT("venue"), TEXT(SAID), &note);
    note_sign(&next, TEXT("venue"), TEXT(SAID), &note);
    assert_int_equal(note_open(buffer_as_text(&note), &keys[0], &text), OK);
    assert_int_equal(note_open(buffer_as_text(&note), &keys[1], &text), OK);
    assert_int_equal(note_open(buffer_as_text(&note), &keys[2], &text), ERR_DENIED);
    buffer_free(&note);
}

static void what_is_no_verifier_key_is_refused(void **state)
{
    (void)state;
    static const char *const NONE[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+AAAA",
        "PeterNeumann+c74f20a3+AQ==",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"};
    struct note_key key;
    for (size_t i = 0; i < COUNT_OF(NONE); i++)
        assert_int_equal(note_key_parse(text_of(NONE[i]), &key), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_of_another_implementation_is_made_to_the_byte),
        cmocka_unit_test(a_note_opens_with_its_key),
        cmocka_unit_test(a_note_with_any_byte_changed_does_not_open),
        cmocka_unit_test(while_keys_are_changed_a_note_opens_with_either),
        cmocka_unit_test(what_is_no_verifier_key_is_refused),
    };
    return seal_init() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
