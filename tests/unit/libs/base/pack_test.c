#include "base/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE_MAX_HERE = 100 };

static void what_was_packed_is_read_back_whole(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX_HERE);
    buffer_byte(&buffer, 7);
    pack_u64(&buffer, UINT64_C(0x0123456789abcdef));
    buffer_append(&buffer, "abc", 3);
    struct pack_reader reader = {.rest = buffer_bytes(&buffer)};
    char letters[3];

    assert_int_equal(pack_read_u8(&reader), 7);
    assert_true(pack_read_u64(&reader) == UINT64_C(0x0123456789abcdef));
    assert_false(pack_read_whole(&reader));
    pack_read(&reader, letters, sizeof letters);
    assert_memory_equal(letters, "abc", 3);
    assert_true(pack_read_whole(&reader));
    buffer_free(&buffer);
}

static void a_read_past_the_end_gives_zeros_and_fails_the_rest(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3};
    struct pack_reader reader = {.rest = {data, sizeof data}};

    assert_true(pack_read_u64(&reader) == 0);
    assert_true(reader.failed);
    assert_int_equal(pack_read_u8(&reader), 0);
    assert_false(pack_read_whole(&reader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_read_back_whole),
        cmocka_unit_test(a_read_past_the_end_gives_zeros_and_fails_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
