/* One-time passwords, against the vectors of RFC 6238 and against oathtool where it is there. */
#include "auth/base32.h"
#include "auth/qr.h"
#include "auth/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OATHTOOL "/usr/bin/oathtool"

static const uint8_t *const SECRET = (const uint8_t *)"12345678901234567890";

static void assert_code(int64_t time_s, const char *expected)
{
    char code[TOTP_DIGITS];
    totp_code(SECRET, totp_step_of(time_s * 1000000), code);
    assert_memory_equal(code, expected, TOTP_DIGITS);
}

/* RFC 6238, appendix B: the last six of its eight digits. */
static void the_codes_are_those_of_the_standard(void **state)
{
    (void)state;
    assert_code(59, "287082");
    assert_code(1111111109, "081804");
    assert_code(1111111111, "050471");
    assert_code(1234567890, "005924");
    assert_code(2000000000, "279037");
    assert_code(20000000000, "353130");
}

static void the_codes_are_those_of_oathtool(void **state)
{
    (void)state;
    if (access(OATHTOOL, X_OK) != 0)
        skip();
    for (int i = 0; i < 20; i++) {
        char text[TOTP_SECRET_TEXT_SIZE], code[TOTP_DIGITS], line[64] = "", command[160];
        uint8_t secret[TOTP_SECRET_SIZE];
        long time_s = 1700000000L + 86399L * i;
        totp_secret(text);
        assert_int_equal(
            totp_secret_parse((struct text){.data = text, .size = sizeof text}, secret), OK);
        totp_code(secret, totp_step_of(time_s * INT64_C(1000000)), code);
        snprintf(command, sizeof command, OATHTOOL " --totp -b -N @%ld %.*s", time_s,
                 (int)sizeof text, text);
        FILE *tool = popen(command, "r");
        assert_non_null(tool);
        assert_non_null(fgets(line, sizeof line, tool));
        assert_int_equal(pclose(tool), 0);
        assert_memory_equal(line, code, TOTP_DIGITS);
    }
}

static void a_code_is_found_one_step_off_and_no_further(void **state)
{
    (void)state;
    for (int64_t off = -2; off <= 2; off++) {
        char code[TOTP_DIGITS];
        int64_t step = -1;
        totp_code(SECRET, 1000 + off, code);
        bool found =
            totp_find(SECRET, (struct text){.data = code, .size = sizeof code}, 1000, &step);
        assert_int_equal(found, off >= -1 && off <= 1);
        assert_true(step == (found ? 1000 + off : -1));
    }
    int64_t step;
    assert_false(totp_find(SECRET, TEXT(""), 1000, &step));
    assert_false(totp_find(SECRET, TEXT("0000000"), 1000, &step));
}

static void base32_is_that_of_the_standard_and_nothing_else(void **state)
{
    (void)state;
    char text[BASE32_SIZE(5)];
    uint8_t data[5];
    base32_encode((const uint8_t *)"fooba", 5, text);
    assert_memory_equal(text, "MZXW6YTB", sizeof text);
    assert_int_equal(base32_decode(TEXT("MZXW6YTB"), 5, data), OK);
    assert_memory_equal(data, "fooba", 5);
    assert_int_equal(base32_decode(TEXT("MZXW6YT1"), 5, data), ERR_INPUT);
    assert_int_equal(base32_decode(TEXT("mzxw6ytb"), 5, data), ERR_INPUT);
    assert_int_equal(base32_decode(TEXT("MZXW6YT"), 5, data), ERR_INPUT);
}

static void a_qr_code_is_a_drawing_of_its_text(void **state)
{
    (void)state;
    struct buffer one, other, large;
    buffer_init(&one, 1 << 16);
    buffer_init(&other, 1 << 16);
    buffer_init(&large, 1 << 20);
    assert_int_equal(qr_svg(TEXT("otpauth://totp/Bourse:ada"), &one), OK);
    assert_int_equal(qr_svg(TEXT("otpauth://totp/Bourse:bob"), &other), OK);
    assert_true(buffer_ok(&one) && buffer_ok(&other));
    assert_memory_equal(one.data, "<svg ", 5);
    assert_false(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
    static char text[8000];
    memset(text, 'a', sizeof text);
    assert_int_equal(qr_svg((struct text){.data = text, .size = sizeof text}, &large), ERR_RANGE);
    buffer_free(&one);
    buffer_free(&other);
    buffer_free(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_are_those_of_the_standard),
        cmocka_unit_test(the_codes_are_those_of_oathtool),
        cmocka_unit_test(a_code_is_found_one_step_off_and_no_further),
        cmocka_unit_test(base32_is_that_of_the_standard_and_nothing_else),
        cmocka_unit_test(a_qr_code_is_a_drawing_of_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
