/* Settings that are read again, from files in a folder of the test's own. */
#include "config/reread.h"
#include "config/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char payment_file[128], password_file[128];
static char payment_variable[256], password_variable[256];
static char *environment[] = {payment_variable, password_variable, NULL};
static struct config config;
static struct reread *reread;

/* What a taker was given, and what it answers. */
static struct taken {
    int times;
    char value[64];
    enum err answer;
} payment, mail;

static void write_file(const char *path, const char *contents, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static enum err take(struct taken *taken, const char *value, struct buffer *ret_problem)
{
    taken->times++;
    if (taken->answer != OK)
        buffer_string(ret_problem, "it does not do");
    else
        snprintf(taken->value, sizeof taken->value, "%s", value == NULL ? "" : value);
    return taken->answer;
}

static enum err take_payment(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    assert_null(fresh->smtp_password); /* another group's */
    return take(context, fresh->payment_secret, ret_problem);
}

static enum err take_mail(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    assert_null(fresh->payment_secret);
    return take(context, fresh->smtp_password, ret_problem);
}

static int begin(void **state)
{
    (void)state;
    static const enum process BOTH = (enum process)(PROCESS_GATEWAY | PROCESS_DELIVERER);
    payment = mail = (struct taken){.answer = OK};
    snprintf(folder, sizeof folder, "/tmp/reread_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(payment_file, sizeof payment_file, "%s/payment", folder);
    snprintf(password_file, sizeof password_file, "%s/password", folder);
    snprintf(payment_variable, sizeof payment_variable, "BOURSE_PAYMENT_SECRET_FILE=%s",
             payment_file);
    snprintf(password_variable, sizeof password_variable, "BOURSE_SMTP_PASSWORD_FILE=%s",
             password_file);
    write_file(payment_file, "first secret\n", 0600);
    write_file(password_file, "password\n", 0600);
    config = (struct config){.payment_secret = strdup("first secret"),
                             .smtp_password = strdup("password")};
    const struct reread_taker takers[] = {{CONFIG_PAYMENTS, take_payment, &payment},
                                          {CONFIG_MAIL, take_mail, &mail}};
    reread = reread_new(BOTH, environment, &config, takers, COUNT_OF(takers));
    return 0;
}

static int end(void **state)
{
    (void)state;
    reread_free(reread);
    config_free(&config);
    (void)unlink(payment_file);
    (void)unlink(password_file);
    return rmdir(folder);
}

static void nothing_is_taken_while_nothing_has_changed(void **state)
{
    (void)state;
    reread_look(reread);
    write_file(payment_file, "first secret\n", 0600); /* again, the same */
    reread_look(reread);
    assert_int_equal(payment.times + mail.times, 0);
}

static void a_group_is_taken_when_its_file_has_changed_and_no_other(void **state)
{
    (void)state;
    write_file(payment_file, "second secret\nfirst secret\n", 0600);
    reread_look(reread);
    reread_look(reread);
    assert_int_equal(payment.times, 1);
    assert_string_equal(payment.value, "second secret\nfirst secret");
    assert_int_equal(mail.times, 0);
    write_file(payment_file, "second secret\n", 0600);
    reread_look(reread);
    assert_string_equal(payment.value, "second secret");
}

static void a_file_that_does_not_do_changes_nothing_until_it_does(void **state)
{
    (void)state;
    static const struct {
        const char *contents;
        mode_t mode;
    } WRONG[] = {{"", 0600},
                 {"short", 0600},
                 {"second secret\nshort", 0600},
                 {"secret one\nsecret two\nsecret three\nsecret four\nsecret five", 0600},
                 {"for all to read", 0644}};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        write_file(payment_file, WRONG[i].contents, WRONG[i].mode);
        reread_look(reread);
    }
    (void)unlink(payment_file);
    reread_look(reread);
    assert_int_equal(payment.times, 0);
    write_file(password_file, "other password", 0600); /* one bad file holds no other back */
    reread_look(reread);
    assert_int_equal(mail.times, 1);
    write_file(payment_file, "second secret", 0600);
    reread_look(reread);
    assert_string_equal(payment.value, "second secret");
}

static void what_its_taker_refuses_is_tried_again(void **state)
{
    (void)state;
    payment.answer = ERR_INPUT;
    write_file(payment_file, "second secret", 0600);
    reread_look(reread);
    payment.answer = OK;
    reread_look(reread);
    reread_look(reread);
    assert_int_equal(payment.times, 2);
    assert_string_equal(payment.value, "second secret");
}

static void a_secret_is_what_it_was_changed_to_last(void **state)
{
    (void)state;
    struct secret secret;
    struct buffer copy;
    buffer_init(&copy, 100);
    secret_init(&secret, "one");
    assert_true(secret_copy(&secret, &copy));
    secret_change(&secret, "two");
    assert_true(secret_copy(&secret, &copy));
    assert_true(text_is(buffer_as_text(&copy), "onetwo"));
    secret_change(&secret, NULL);
    assert_false(secret_copy(&secret, &copy));
    secret_free(&secret);
    buffer_free(&copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_taken_while_nothing_has_changed),
        TEST(a_group_is_taken_when_its_file_has_changed_and_no_other),
        TEST(a_file_that_does_not_do_changes_nothing_until_it_does),
        TEST(what_its_taker_refuses_is_tried_again),
        cmocka_unit_test(a_secret_is_what_it_was_changed_to_last),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
