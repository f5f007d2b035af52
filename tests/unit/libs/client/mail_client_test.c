/* What is no mail is refused before anybody is asked to take it: nothing listens where this sends.
 */
#include "client/courier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct mail MAIL = {.to = {"ada@example.com", 15},
                                 .subject = {"Hello", 5},
                                 .message_id = {"1@example.org", 13},
                                 .body = {"One line.\n", 10}};

struct post_office {
    struct mailer *mailer;
    struct courier *courier;
};

static int set_up(void **state)
{
    static struct post_office office;
    office =
        (struct post_office){mailer_new("smtp://127.0.0.1:1", "bourse@example.org"), courier_new()};
    *state = &office;
    return 0;
}

static int tear_down(void **state)
{
    struct post_office *office = *state;
    courier_free(office->courier);
    mailer_free(office->mailer);
    return 0;
}

static enum err send_mail(const struct post_office *office, const struct mail *mail)
{
    return courier_mail(office->courier, office->mailer, mail, 7);
}

static void a_server_that_is_away_is_asked_later(void **state)
{
    const struct post_office *office = *state;
    struct courier_end end;
    assert_int_equal(send_mail(office, &MAIL), OK);
    assert_int_equal(courier_count(office->courier), 1);
    while (!courier_next(office->courier, 1000, &end)) {
    }
    assert_int_equal(end.number, 7);
    assert_int_equal(end.err, ERR_BUSY);
    assert_true(strlen(end.problem) > 0);
    assert_int_equal(courier_count(office->courier), 0);
}

static void nothing_breaks_out_of_its_line(void **state)
{
    static const char *const LINES[] = {"", "a\r\nBcc: all@example.com", "a\nb", "a\tb",
                                        "\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct mail to = MAIL, subject = MAIL, id = MAIL;
        to.to = subject.subject = id.message_id = text_of(LINES[i]);
        assert_int_equal(send_mail(*state, &to), ERR_DENIED);
        assert_int_equal(send_mail(*state, &subject), ERR_DENIED);
        assert_int_equal(send_mail(*state, &id), ERR_DENIED);
    }
    struct mail mail = MAIL;
    mail.to = TEXT("ada@example.com> <eve@example.com");
    assert_int_equal(send_mail(*state, &mail), ERR_DENIED);
}

static void a_body_is_lines_of_ascii(void **state)
{
    struct mail mail = MAIL;
    mail.body = TEXT("one\r\n.\r\nQUIT\r\n");
    assert_int_equal(send_mail(*state, &mail), ERR_DENIED);
    mail.body = TEXT("\xff\n");
    assert_int_equal(send_mail(*state, &mail), ERR_DENIED);
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
