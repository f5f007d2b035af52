/* What is no mail is refused before anybody is asked to take it: nothing listens where this sends.
 * And to whom a mail is given in clear: a server of the test's own, which has no TLS.
 */
#include "client/courier.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* What becomes of it. */
static enum err end_of(const struct post_office *office, const struct mail *mail)
{
    struct courier_end end;
    assert_int_equal(send_mail(office, mail), OK);
    while (!courier_next(office->courier, 1000, &end)) {
    }
    return end.err;
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

/* Takes whatever it is told, and keeps all of it. */
struct server {
    int socket;
    pthread_t thread;
    char heard[4096];
};

static void *serve(void *argument)
{
    static const char HELLO[] = "220 here\r\n", TAKEN[] = "250 yes\r\n";
    struct server *server = argument;
    size_t size = 0;
    int client = accept(server->socket, NULL, NULL);
    (void)!write(client, HELLO, sizeof HELLO - 1);
    while (size < sizeof server->heard - 1) {
        ssize_t got = read(client, server->heard + size, sizeof server->heard - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
        server->heard[size] = '\0';
        (void)!write(client, TAKEN, sizeof TAKEN - 1);
    }
    close(client);
    return NULL;
}

/* What a server at that name of this machine is told. */
static void heard_at(const char *host, struct server *ret_server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char url[100];
    *ret_server = (struct server){.socket = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(ret_server->socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(ret_server->socket, 1), 0);
    assert_int_equal(getsockname(ret_server->socket, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&ret_server->thread, NULL, serve, ret_server), 0);
    snprintf(url, sizeof url, "smtp://%s:%d", host, ntohs(address.sin_port));
    struct post_office office = {mailer_new(url, "bourse@example.org"), courier_new()};
    assert_int_equal(end_of(&office, &MAIL), ERR_BUSY); /* it never says that it has all */
    courier_free(office.courier);
    mailer_free(office.mailer);
    pthread_join(ret_server->thread, NULL);
    close(ret_server->socket);
}

static void a_mail_goes_in_clear_to_no_other_machine(void **state)
{
    (void)state;
    static const char *const HERE[] = {"127.0.0.1", "127.1.2.3", "localhost"};
    struct server server;
    for (size_t i = 0; i < COUNT_OF(HERE); i++) {
        heard_at(HERE[i], &server);
        assert_non_null(strstr(server.heard, "MAIL FROM"));
    }
    heard_at("0.0.0.0", &server); /* this machine, by a name that is not known to be it */
    assert_non_null(strstr(server.heard, "EHLO"));
    assert_null(strstr(server.heard, "MAIL FROM"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_server_that_is_away_is_asked_later),
        TEST(nothing_breaks_out_of_its_line),
        TEST(a_body_is_lines_of_ascii),
        cmocka_unit_test(a_mail_goes_in_clear_to_no_other_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
