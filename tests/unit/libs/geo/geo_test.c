/* libs/geo: places of addresses, from a file that tests/integration/mmdb.py makes. */
#include "geo/geo.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int open_places(void **state)
{
    const char *problem = "";
    return geo_open(GEO_PLACES, (struct geo **)state, &problem) == OK ? 0 : -1;
}

static int close_places(void **state)
{
    geo_close(*state);
    return 0;
}

/* "": it is not known. */
static void assert_place(const struct geo *geo, const char *address, const char *expected)
{
    struct buffer place;
    buffer_init(&place, 1000);
    bool known = geo_place(geo, text_of(address), &place);
    assert_int_equal(known, *expected != 0);
    assert_true(text_is(buffer_as_text(&place), expected));
    buffer_free(&place);
}

static void an_address_is_in_a_city_of_a_country(void **state)
{
    assert_place(*state, "203.0.113.7", "Prague, Czechia");
    assert_place(*state, "203.0.113.255", "Prague, Czechia");
    assert_place(*state, "2001:db8::1", "Zürich, Switzerland");
}

static void where_no_city_is_known_the_country_is_told(void **state)
{
    assert_place(*state, "198.51.100.127", "Germany");
    assert_place(*state, "198.51.100.128", "FR");
}

static void what_the_file_does_not_know_is_nowhere(void **state)
{
    assert_place(*state, "203.0.114.0", "");
    assert_place(*state, "2001:db9::1", "");
    assert_place(*state, "192.0.2.1", ""); /* there, but without a name */
}

static void what_is_no_address_is_nowhere(void **state)
{
    const char *const wrong[] = {"",          "localhost",
                                 "203.0.113", "203.0.113.7 ",
                                 "::g",       "2001:0db8:0000:0000:0000:0000:0000:0001:0000:0000"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_place(*state, wrong[i], "");
}

static void a_file_that_is_no_database_is_refused_with_a_reason(void **state)
{
    struct geo *geo = NULL;
    const char *problem = NULL;
    (void)state;
    assert_int_equal(geo_open(BOURSE_SOURCE_DIR "/README.md", &geo, &problem), ERR_CONFIG);
    assert_non_null(problem);
    problem = NULL;
    assert_int_equal(geo_open(BOURSE_SOURCE_DIR "/nonexistent", &geo, &problem), ERR_CONFIG);
    assert_non_null(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_address_is_in_a_city_of_a_country, open_places,
                                        close_places),
        cmocka_unit_test_setup_teardown(where_no_city_is_known_the_country_is_told, open_places,
                                        close_places),
        cmocka_unit_test_setup_teardown(what_the_file_does_not_know_is_nowhere, open_places,
                                        close_places),
        cmocka_unit_test_setup_teardown(what_is_no_address_is_nowhere, open_places, close_places),
        cmocka_unit_test(a_file_that_is_no_database_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
