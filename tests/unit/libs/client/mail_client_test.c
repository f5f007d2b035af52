/* What is no mail is refused before anybody is asked to take it: nothing listens where this sends.
 */
#include "client/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct mail MAIL = {.to = {"ada@example.com", 15},
                                 .subject = {"Hello", 5},
                                 .message_id = {"1@example.org", 13},
                                 .body = {"One line.\n", 10}};

static int set_up(void **state)
{
    *state = mailer_new("smtp://127.0.0.1:1", "bourse@example.org");
    return 0;
}

static int tear_down(void **state)
{
    mailer_free(*state);
    return 0;
}

static void a_server_that_is_away_is_asked_later(void **state)
{
    assert_int_equal(mailer_send(*state, &MAIL), ERR_BUSY);
    assert_true(strlen(mailer_problem(*state)) > 0);
}

static void nothing_breaks_out_of_its_line(void **state)
{
    static const char *const LINES[] = {"", "a\r\nBcc: all@example.com", "a\nb", "a\tb",
                                        "\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct mail to = MAIL, subject = MAIL, id = MAIL;
        to.to = subject.subject = id.message_id = text_of(LINES[i]);
        assert_int_equal(mailer_send(*state, &to), ERR_DENIED);
        assert_int_equal(mailer_send(*state, &subject), ERR_DENIED);
        assert_int_equal(mailer_send(*state, &id), ERR_DENIED);
    }
    struct mail mail = MAIL;
    mail.to = TEXT("ada@example.com> <eve@example.com");
    assert_int_equal(mailer_send(*state, &mail), ERR_DENIED);
}

static void a_body_is_lines_of_ascii(void **state)
{
    struct mail mail = MAIL;
    mail.body = TEXT("one\r\n.\r\nQUIT\r\n");
    assert_int_equal(mailer_send(*state, &mail), ERR_DENIED);
    mail.body = TEXT("\xff\n");
    assert_int_equal(mailer_send(*state, &mail), ERR_DENIED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_server_that_is_away_is_asked_later),
        TEST(nothing_breaks_out_of_its_line),
        TEST(a_body_is_lines_of_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
