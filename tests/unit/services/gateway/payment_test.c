/* Numbers by which money goes: sound or not, and what is shown of them. */
#include "gateway/payment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int new_arena(void **state)
{
    *state = arena_new(1 << 16);
    return *state == NULL;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static bool iban(struct arena *arena, const char *written)
{
    return payment_iban_is_sound(payment_compact(text_of(written), arena));
}

static bool card(struct arena *arena, const char *written)
{
    return payment_card_is_sound(payment_compact(text_of(written), arena));
}

static void an_iban_is_known_by_its_check_digits(void **state)
{
    assert_true(iban(*state, "DE89 3704 0044 0532 0130 00"));
    assert_true(iban(*state, "gb82-west-1234-5698-7654-32"));
    assert_true(iban(*state, "NO9386011117947"));
    assert_false(iban(*state, "DE89 3704 0044 0532 0130 01"));
    assert_false(iban(*state, "DE98 3704 0044 0532 0130 00"));
    assert_false(iban(*state, "DE89 3704 0044 0532 0103 00")); /* two digits the other way round */
    assert_false(iban(*state, "8989 3704 0044 0532 0130 00"));
    assert_false(iban(*state, "DE89 3704 0044 0532 0130 0\xc3\xa9"));
    assert_false(iban(*state, "NO938601111794"));
    assert_false(iban(*state, ""));
}

static void a_card_is_known_by_its_check_digit(void **state)
{
    assert_true(card(*state, "4111 1111 1111 1111"));
    assert_true(card(*state, "378282246310005"));
    assert_false(card(*state, "4111 1111 1111 1112"));
    assert_false(card(*state, "4111 1111 1111 111O"));
    assert_false(card(*state, "0"));
    assert_false(card(*state, "00000000000000000000"));
}

static void of_each_number_little_is_shown(void **state)
{
    assert_string_equal(payment_masked(TEXT("DE89370400440532013000"), 2, *state).data,
                        "DE\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
                        "3000");
    assert_string_equal(payment_masked(TEXT("123456"), 4, *state).data,
                        "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
                        "3456");
    assert_string_equal(payment_masked(TEXT("1234"), 0, *state).data,
                        "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2");
}

static void a_wallet_is_letters_and_digits(void **state)
{
    (void)state;
    assert_true(payment_wallet_is_sound(TEXT("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq")));
    assert_false(payment_wallet_is_sound(TEXT("bc1qar0srrr7xfkvy5l6")) &&
                 payment_wallet_is_sound(TEXT("bc1qar0srrr7xfkvy5l")));
    assert_false(payment_wallet_is_sound(TEXT("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf 5mdq")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_iban_is_known_by_its_check_digits),
        cmocka_unit_test(a_card_is_known_by_its_check_digit),
        cmocka_unit_test(of_each_number_little_is_shown),
        cmocka_unit_test(a_wallet_is_letters_and_digits),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
