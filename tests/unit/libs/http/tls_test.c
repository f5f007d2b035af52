#include "server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SAID_MAX = 65536 };

static char said[SAID_MAX];
static char certificates[2][FIXTURE_PEM_SIZE], keys[2][FIXTURE_PEM_SIZE];

static int start(void **state)
{
    fixture_certificate("one", certificates[0], keys[0]);
    fixture_certificate("two", certificates[1], keys[1]);
    struct http_server_options how = fixture_options();
    how.certificate_pem = certificates[0];
    how.key_pem = keys[0];
    *state = fixture_start(&how);
    return 0;
}

/* What openssl's client says of a handshake with these options; false: there was none. */
static bool shake(const struct http_server *server, const char *options)
{
    char command[512];
    snprintf(command, sizeof command, "openssl s_client -connect 127.0.0.1:%u %s </dev/null 2>&1",
             http_server_port(server), options);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    said[fread(said, 1, sizeof said - 1, pipe)] = '\0';
    return pclose(pipe) == 0;
}

static void only_strong_versions_and_suites_are_spoken(void **state)
{
    static const struct {
        const char *options;
        bool spoken;
    } ROWS[] = {
        {"-tls1_3", true},
        {"-tls1_2", true},
        {"-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", true},
        {"-tls1_1 -cipher ALL:@SECLEVEL=0", false},
        {"-tls1 -cipher ALL:@SECLEVEL=0", false},
        {"-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", false},
        {"-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384", false},
        {"-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", false},
        {"-tls1_2 -cipher AES128-GCM-SHA256", false},
        {"-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", false},
        {"-tls1_2 -sigalgs ECDSA+SHA1 -cipher ALL:@SECLEVEL=0", false},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        bool spoken = shake(*state, ROWS[i].options);
        if (spoken != ROWS[i].spoken)
            fail_msg("%s: %s", ROWS[i].options, said);
    }
}

static void another_certificate_is_shown_from_the_next_handshake_on(void **state)
{
    char reason[HTTP_REASON_SIZE];
    struct http_server *server = *state;
    assert_true(shake(server, ""));
    assert_non_null(strstr(said, "subject=CN = one"));
    assert_int_equal(http_server_set_certificate(server, certificates[1], keys[1], reason), OK);
    assert_true(shake(server, ""));
    assert_non_null(strstr(said, "subject=CN = two"));
    assert_true(http_server_certificate_end_s(server) > 0);
}

static void a_wrong_pair_changes_nothing(void **state)
{
    static const char *const WRONG[][2] = {{certificates[1], keys[0]},
                                           {"-----BEGIN CERTIFICATE-----", keys[1]},
                                           {certificates[1], "no key"},
                                           {"", ""}};
    char reason[HTTP_REASON_SIZE];
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        reason[0] = '\0';
        assert_int_equal(http_server_set_certificate(*state, WRONG[i][0], WRONG[i][1], reason),
                         ERR_INPUT);
        assert_true(strlen(reason) > 0);
    }
    assert_true(shake(*state, ""));
    assert_non_null(strstr(said, "subject=CN = one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_strong_versions_and_suites_are_spoken, start,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(another_certificate_is_shown_from_the_next_handshake_on,
                                        start, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_pair_changes_nothing, start, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
