#include "http/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Proxies are 10.0.0.0/8 and fd00::/8; a peer of 10.0.0.1 is one. */
static struct network networks[2];
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    size_t count;
    arena = arena_new(1 << 16);
    return network_parse_list(TEXT("10.0.0.0/8,fd00::/8"), 2, networks, &count) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct row {
    const char *peer;
    const char *value; /* of the header; further lines of it behind '\n' */
    const char *client;
};

/* The client of a request whose header of that name has this value. */
static struct http_client client_of(enum http_forwarded_header kind, const char *name,
                                    const struct row *row)
{
    const struct http_proxies proxies = {kind, networks, COUNT_OF(networks)};
    struct http_pair rows[4];
    size_t count = 0;
    for (const char *line = row->value; line != NULL; count++) {
        const char *end = strchr(line, '\n');
        size_t size = end == NULL ? strlen(line) : (size_t)(end - line);
        rows[count] = (struct http_pair){text_of(name), {line, size}};
        line = end == NULL ? NULL : end + 1;
    }
    return http_forwarded_client(&proxies, text_of(row->peer), (struct http_pairs){rows, count},
                                 arena);
}

static void check_rows(enum http_forwarded_header kind, const char *name, const struct row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text address = client_of(kind, name, &rows[i]).address;
        if (!text_is(address, rows[i].client))
            fail_msg("%s of %s is %.*s, not %s", rows[i].value, rows[i].peer, (int)address.size,
                     address.data, rows[i].client);
    }
}

static void a_trusted_proxy_says_who_came_to_it(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"10.0.0.1", "192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", " 192.0.2.7\t", "192.0.2.7"},
        {"fd00::1", "2001:DB8::7", "2001:db8::7"},
        {"10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"},
        {"10.0.0.1", "[2001:db8::7]", "2001:db8::7"},
        {"10.0.0.1", "192.0.2.7:4711", "192.0.2.7"},
        {"10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", NULL, "10.0.0.1"},
    };
    check_rows(HTTP_X_FORWARDED, "X-Forwarded-For", ROWS, COUNT_OF(ROWS));
    check_rows(HTTP_X_FORWARDED, "x-forwarded-for", ROWS, COUNT_OF(ROWS));
}

static void the_last_who_is_no_proxy_of_ours_counts(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"10.0.0.1", "192.0.2.7, 10.0.0.3, 10.0.0.2", "192.0.2.7"},
        {"10.0.0.1", "192.0.2.7,fd00::3,10.0.0.2", "192.0.2.7"},
        /* what the client wrote itself stands in front of what the first proxy wrote */
        {"10.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "10.0.0.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"},
        {"10.0.0.1", "rubbish, \", 192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", ",,,192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "203.0.113.9\n192.0.2.7, 10.0.0.2", "192.0.2.7"},
        {"10.0.0.1", "192.0.2.7\n10.0.0.2", "192.0.2.7"},
        /* a proxy of ours itself asks */
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
    };
    check_rows(HTTP_X_FORWARDED, "X-Forwarded-For", ROWS, COUNT_OF(ROWS));
}

static void what_nobody_of_ours_wrote_counts_for_nothing(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"192.0.2.66", "203.0.113.9", "192.0.2.66"},
        {"192.0.2.66", "10.0.0.1", "192.0.2.66"},
        {"2001:db8::66", "10.0.0.1, 10.0.0.2", "2001:db8::66"},
        {"unknown", "203.0.113.9", "unknown"},
    };
    check_rows(HTTP_X_FORWARDED, "X-Forwarded-For", ROWS, COUNT_OF(ROWS));
    static const struct row OTHER = {"10.0.0.1", "for=203.0.113.9", "10.0.0.1"};
    check_rows(HTTP_X_FORWARDED, "Forwarded", &OTHER, 1);
    static const struct row OTHER_WAY = {"10.0.0.1", "203.0.113.9", "10.0.0.1"};
    check_rows(HTTP_FORWARDED, "X-Forwarded-For", &OTHER_WAY, 1);
    struct http_client client = http_forwarded_client(
        &(struct http_proxies){.count = 0}, TEXT("10.0.0.1"),
        (struct http_pairs){&(struct http_pair){TEXT("X-Forwarded-For"), TEXT("192.0.2.7")}, 1},
        arena);
    assert_true(text_is(client.address, "10.0.0.1"));
}

static void an_entry_that_is_no_address_leaves_the_peer(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "unknown",
                                      "_hidden",
                                      "192.0.2",
                                      "192.0.2.7:",
                                      "192.0.2.7:x",
                                      "192.0.2.7/32",
                                      "[192.0.2.7]",
                                      "[::1",
                                      "[::1]x",
                                      "[::1]:",
                                      "::1]",
                                      "[]",
                                      "192.0.2.7:123456",
                                      "192.0.2.7 10.0.0.2",
                                      "192.0.2.7,",
                                      "2001:db8::g"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        const struct row row = {"10.0.0.1", BAD[i], "10.0.0.1"};
        check_rows(HTTP_X_FORWARDED, "X-Forwarded-For", &row, 1);
    }
    static const struct row BEHIND_ANOTHER = {"10.0.0.1", "rubbish, 10.0.0.2", "10.0.0.1"};
    check_rows(HTTP_X_FORWARDED, "X-Forwarded-For", &BEHIND_ANOTHER, 1);
}

static void the_standard_header_is_read_as_well(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"10.0.0.1", "for=192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "proto=https;For=\"192.0.2.7:80\";by=10.0.0.1", "192.0.2.7"},
        {"10.0.0.1", "for=\"[2001:db8::7]:4711\"", "2001:db8::7"},
        {"10.0.0.1", "for=203.0.113.9, for=192.0.2.7;proto=http, for=10.0.0.2", "192.0.2.7"},
        {"10.0.0.1", "for=\", for=192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "for=203.0.113.9\nfor=192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "for=unknown", "10.0.0.1"},
        {"10.0.0.1", "for=_hidden", "10.0.0.1"},
        {"10.0.0.1", "for=192.0.2.7;for=203.0.113.9", "10.0.0.1"},
        {"10.0.0.1", "for=\"192.0.2.7", "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7", "10.0.0.1"},
        {"10.0.0.1", "by=192.0.2.7", "10.0.0.1"},
        {"10.0.0.1", "for=192.0.2.7;secure", "10.0.0.1"},
    };
    check_rows(HTTP_FORWARDED, "Forwarded", ROWS, COUNT_OF(ROWS));
}

static void plain_http_is_what_a_trusted_proxy_says_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *proto;
        bool plain;
    } ROWS[] = {{"10.0.0.1", "http", true},         {"10.0.0.1", "https", false},
                {"10.0.0.1", "HTTPS", false},       {"10.0.0.1", "https, http", true},
                {"10.0.0.1", "http, https", false}, {"10.0.0.1", "http\nhttps", false},
                {"10.0.0.1", NULL, false},          {"10.0.0.1", "ws", true},
                {"192.0.2.66", "http", false}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct row row = {ROWS[i].peer, ROWS[i].proto, NULL};
        struct http_client client = client_of(HTTP_X_FORWARDED, "X-Forwarded-Proto", &row);
        assert_int_equal(client.by_plain_http, ROWS[i].plain);
        assert_int_equal(client.by_proxy, strcmp(ROWS[i].peer, "10.0.0.1") == 0);
    }
    const struct row standard = {"10.0.0.1", "for=192.0.2.7;proto=http", NULL};
    assert_true(client_of(HTTP_FORWARDED, "Forwarded", &standard).by_plain_http);
    const struct row good = {"10.0.0.1", "for=192.0.2.7;proto=\"https\"", NULL};
    assert_false(client_of(HTTP_FORWARDED, "Forwarded", &good).by_plain_http);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_trusted_proxy_says_who_came_to_it),
        TEST(the_last_who_is_no_proxy_of_ours_counts),
        TEST(what_nobody_of_ours_wrote_counts_for_nothing),
        TEST(an_entry_that_is_no_address_leaves_the_peer),
        TEST(the_standard_header_is_read_as_well),
        TEST(plain_http_is_what_a_trusted_proxy_says_it_is),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
