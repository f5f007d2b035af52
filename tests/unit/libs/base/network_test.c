#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct network network_of(const char *text)
{
    struct network network;
    assert_int_equal(network_parse(text_of(text), &network), OK);
    return network;
}

static void a_network_has_no_bits_behind_its_prefix(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"192.0.2.1",  "192.0.2.0/24",  "0.0.0.0/0", "192.0.2.1/32",
                                       "2001:db8::", "2001:db8::/32", "::/0",      "::1/128"};
    static const char *const BAD[] = {"",           "192.0.2.1/24",  "192.0.2.0/33", "192.0.2/24",
                                      "192.0.2.0/", "192.0.2.0/024", "192.0.2.0/+8", "192.0.2.0/8x",
                                      "::1/127",    "::/129",        "host",         "10.0.0.0/-1"};
    struct network network;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++)
        assert_int_equal(network_parse(text_of(GOOD[i]), &network), OK);
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_int_equal(network_parse(text_of(BAD[i]), &network), ERR_INPUT);
}

static void a_list_of_networks_is_one_only_when_each_is(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", ",", "10.0.0.0/8,", ",::/0", "10.0.0.0/8, ::/0", "x"};
    struct network networks[2];
    size_t count = 0;
    assert_int_equal(network_parse_list(TEXT("10.0.0.0/8,fd00::/8"), 2, networks, &count), OK);
    assert_int_equal(count, 2);
    assert_true(networks[1].ipv6);
    assert_int_equal(network_parse_list(TEXT("10.0.0.1,10.0.0.2,10.0.0.3"), 2, networks, &count),
                     ERR_FULL);
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_int_equal(network_parse_list(text_of(BAD[i]), 2, networks, &count), ERR_INPUT);
}

static void a_line_has_one_address_of_ipv4_or_64_bits_of_ipv6(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {{"192.0.2.1", "192.0.2.1"},
                                          {"::ffff:192.0.2.1", "192.0.2.1"},
                                          {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
                                          {"2001:db8:1:2::", "2001:db8:1:2::"},
                                          {"::1", "::"},
                                          {"unknown", "unknown"},
                                          {"", ""}};
    char line[NETWORK_ADDRESS_SIZE];
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        network_print_line(text_of(ROWS[i][0]), line);
        assert_string_equal(line, ROWS[i][1]);
    }
}

static void an_address_is_in_the_networks_of_its_own_kind(void **state)
{
    (void)state;
    const struct network networks[] = {network_of("10.0.0.0/9"), network_of("2001:db8::/33")};
    const struct network everything = network_of("0.0.0.0/0");
    static const struct {
        const char *address;
        bool is_in;
    } ROWS[] = {{"10.127.255.255", true},    {"10.128.0.0", false}, {"2001:db8:7fff::1", true},
                {"2001:db8:8000::", false},  {"::10.0.0.1", false}, {"::ffff:10.0.0.1", true},
                {"::ffff:10.128.0.0", false}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct network address = network_of(ROWS[i].address);
        assert_int_equal(network_is_in(&address, networks, COUNT_OF(networks)), ROWS[i].is_in);
    }
    const struct network six = network_of("::1");
    assert_false(network_is_in(&six, &everything, 1));
    assert_false(network_is_in(&six, NULL, 0));
}

static void an_address_is_printed_in_one_way(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {{"192.0.2.1", "192.0.2.1"},
                                          {"::ffff:192.0.2.1", "192.0.2.1"},
                                          {"::FFFF:C000:0201", "192.0.2.1"},
                                          {"2001:DB8:0:0::0001", "2001:db8::1"}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char text[NETWORK_ADDRESS_SIZE];
        const struct network address = network_of(ROWS[i][0]);
        network_print(&address, text);
        assert_string_equal(text, ROWS[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_has_no_bits_behind_its_prefix),
        cmocka_unit_test(a_list_of_networks_is_one_only_when_each_is),
        cmocka_unit_test(a_line_has_one_address_of_ipv4_or_64_bits_of_ipv6),
        cmocka_unit_test(an_address_is_in_the_networks_of_its_own_kind),
        cmocka_unit_test(an_address_is_printed_in_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
