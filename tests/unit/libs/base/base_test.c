#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"
#include "base/murmur2.h"
#include "base/number.h"
#include "base/time.h"
#include "base/uuid.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The reference values of Kafka's own UtilsTest. */
static void murmur2_agrees_with_the_java_client(void **state)
{
    (void)state;
    assert_int_equal((int32_t)murmur2("21", 2), -973932308);
    assert_int_equal((int32_t)murmur2("foobar", 6), -790332482);
    assert_int_equal((int32_t)murmur2("a-little-bit-long-string", 24), -985981536);
    assert_int_equal((int32_t)murmur2("a-little-bit-longer-string", 26), -1486304829);
    assert_int_equal((int32_t)murmur2("abc", 3), 479470107);
}

static void an_id_carries_its_owners_hash_into_the_partition(void **state)
{
    (void)state;
    static const uint8_t REST[12] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uint32_t hash = murmur2("CEA-EUR", 7);
    struct uuid id = uuid_make(hash, REST);
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);

    assert_int_equal(uuid_owner_hash(id), hash);
    assert_int_equal(text[14], '8');
    assert_int_equal(partition_of_key((struct text){text, sizeof text}, 64),
                     partition_of_key(TEXT("CEA-EUR"), 64));
    struct uuid back;
    assert_int_equal(uuid_parse((struct text){text, sizeof text}, &back), OK);
    assert_true(uuid_equal(id, back));
}

/* Whatever else is in them; and neither owner, version nor variant is touched. */
static void ids_of_one_owner_sort_by_their_second(void **state)
{
    (void)state;
    static const uint8_t ONES[12] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t ZEROS[12] = {0};
    static const uint32_t SECONDS[] = {0,          1,          0x0f,      0x10,       0x0fff,
                                       0x1000,     0xffff,     0x10000,   0x0fffffff, 0x10000000,
                                       0x6b0c37b1, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(SECONDS); i++) {
        struct uuid high = uuid_at_second(uuid_make(7, ONES), SECONDS[i]);
        assert_int_equal(uuid_second(high), SECONDS[i]);
        assert_int_equal(uuid_owner_hash(high), 7);
        assert_int_equal(high.bytes[6] >> 4, 8);
        assert_int_equal(high.bytes[8] >> 6, 2);
        assert_memory_equal(high.bytes + 9, ONES, 7);
        if (i + 1 < COUNT_OF(SECONDS))
            assert_int_equal(
                uuid_compare(high, uuid_at_second(uuid_make(7, ZEROS), SECONDS[i + 1])), -1);
    }
}

static void a_number_is_printed_as_printf_prints_it(void **state)
{
    (void)state;
    static const int64_t NUMBERS[] = {0,   7,     -7,        10,        99,
                                      100, -1000, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        char text[NUMBER_TEXT_SIZE_MAX], wanted[NUMBER_TEXT_SIZE_MAX + 1];
        int size = snprintf(wanted, sizeof wanted, "%lld", (long long)NUMBERS[i]);
        assert_int_equal(number_print(NUMBERS[i], text), size);
        assert_memory_equal(text, wanted, (size_t)size);
    }
}

static void a_malformed_id_is_refused_and_touches_nothing(void **state)
{
    (void)state;
    struct uuid id = {{7}};
    assert_int_equal(uuid_parse(TEXT(""), &id), ERR_INPUT);
    assert_int_equal(uuid_parse(TEXT("0123456789abcdef0123456789abcdef0123"), &id), ERR_INPUT);
    assert_int_equal(uuid_parse(TEXT("00000000-0000-0000-0000-00000000000g"), &id), ERR_INPUT);
    assert_int_equal(uuid_parse(TEXT("00000000-0000-0000-0000000-00000000a"), &id), ERR_INPUT);
    assert_int_equal(id.bytes[0], 7);
}

/* Each byte in each place, beside the C library's idea of a hexadecimal digit. */
static void a_digit_counts_where_it_is_one_and_only_there(void **state)
{
    (void)state;
    static const char ID[UUID_TEXT_SIZE + 1] = "01234567-89ab-cdef-ABCD-EF0123456789";
    for (size_t place = 0; place < UUID_TEXT_SIZE; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[UUID_TEXT_SIZE], printed[UUID_TEXT_SIZE];
            struct uuid id;
            memcpy(text, ID, sizeof text);
            text[place] = (char)byte;
            bool valid = ID[place] == '-' ? byte == '-' : isxdigit(byte) != 0;
            assert_int_equal(uuid_parse((struct text){text, sizeof text}, &id),
                             valid ? OK : ERR_INPUT);
            if (!valid)
                continue;
            uuid_print(id, printed);
            for (size_t i = 0; i < UUID_TEXT_SIZE; i++)
                assert_int_equal(printed[i], tolower(text[i]));
        }
    }
}

/* All texts of up to three of the letters that matter, around the eight bytes that are compared at
 * once, beside memcmp(). */
static void texts_compare_as_their_bytes_do(void **state)
{
    (void)state;
    static const char LETTERS[] = {0, 1, 'a', (char)0xff};
    enum { TEXTS = 85, SHIFTS = 10 };
    static char bytes[SHIFTS][TEXTS][16];
    static struct text texts[SHIFTS * TEXTS];
    size_t count = 0;
    for (size_t shift = 0; shift < SHIFTS; shift++) {
        for (size_t i = 0; i < TEXTS;
             i++) { /* i is a numeral of four letters that tells its size */
            char *at = bytes[shift][i];
            size_t size = shift;
            memset(at, 'a', shift);
            for (size_t left = i; left > 0; left = (left - 1) / 4)
                at[size++] = LETTERS[(left - 1) % 4];
            texts[count++] = (struct text){at, size};
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct text a = texts[i], b = texts[j];
            int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
            order = order == 0 ? (a.size > b.size) - (a.size < b.size) : order < 0 ? -1 : 1;
            assert_int_equal(text_compare(a, b), order);
            assert_int_equal(text_equal(a, b), order == 0);
        }
    }
}

static void times_print_and_read_back(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    int64_t time_us = 0;
    time_print(INT64_C(1795340999000001), text);
    assert_memory_equal(text, "2026-11-22T09:49:59.000001Z", TIME_TEXT_SIZE);
    assert_int_equal(time_parse((struct text){text, sizeof text}, &time_us), OK);
    assert_int_equal(time_us, INT64_C(1795340999000001));
    assert_int_equal(time_parse(TEXT("2024-02-29T00:00:00+01:00"), &time_us), OK);
    assert_int_equal(time_us, INT64_C(1709161200000000));
    assert_int_equal(time_year(time_us), 2024);
    assert_int_equal(time_day_start(time_us), INT64_C(1709078400000000));
}

static void a_date_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *BAD[] = {"2023-02-29T00:00:00Z",         "2026-13-01T00:00:00Z",
                                "2026-11-22T24:00:00Z",         "2026-11-22T09:00:00",
                                "2026-11-22T09:00:00.Z",        "2026-11-22T09:00:00.1234567Z",
                                "2026-11-22 09:00:00Z",         "2026-11-22T09:00:00+24:00",
                                "2026-11-22T09:00:00Z trailer", ""};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        int64_t time_us = 42;
        assert_int_equal(time_parse(text_of(BAD[i]), &time_us), ERR_INPUT);
        assert_int_equal(time_us, 42);
    }
}

static void a_full_buffer_keeps_what_it_had(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 8);
    buffer_string(&buffer, "12345678");
    assert_true(buffer_ok(&buffer));
    buffer_byte(&buffer, '9');
    assert_false(buffer_ok(&buffer));
    assert_int_equal(buffer.size, 8);
    buffer_free(&buffer);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_json_string(&buffer, TEXT("a\"b\\c\nd"));
    assert_true(text_is(buffer_as_text(&buffer), "\"a\\\"b\\\\c\\u000ad\""));
    buffer_free(&buffer);
}

static void an_arena_gives_zeroed_memory_again_after_a_reset(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 40000; size = size * 3 + 1) {
            unsigned char *memory = arena_alloc(arena, size);
            assert_int_equal((uintptr_t)memory % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(memory[i], 0);
            memset(memory, 0xff, size);
        }
        assert_true(text_is(arena_printf(arena, "%d-%s", 7, "x"), "7-x"));
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

static void a_text_is_taken_apart_at_its_separators(void **state)
{
    (void)state;
    static const char *const PARTS[] = {"one", "", "three"};
    struct text rest = TEXT("one,,three"), part;
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        assert_true(text_take(&rest, ',', &part));
        assert_true(text_is(part, PARTS[i]));
    }
    assert_false(text_take(&rest, ',', &part));
    rest = TEXT("one,"); /* nothing is behind the last one */
    assert_true(text_take(&rest, ',', &part));
    assert_false(text_take(&rest, ',', &part));
}

static void a_text_starts_with_what_it_begins_with(void **state)
{
    (void)state;
    assert_true(text_starts(TEXT("https://x"), "https://"));
    assert_true(text_starts(TEXT("x"), ""));
    assert_true(text_starts(TEXT("x"), "x"));
    assert_false(text_starts(TEXT("x"), "xy"));
    assert_false(text_starts(TEXT("http://x"), "https://"));
    assert_false(text_starts(TEXT(""), "x"));
}

static void every_error_has_a_row(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_FENCED), "ERR_FENCED");
    assert_int_equal(err_disposition(ERR_POISON), ERR_PARK);
    assert_string_equal(err_text(OK), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_agrees_with_the_java_client),
        cmocka_unit_test(an_id_carries_its_owners_hash_into_the_partition),
        cmocka_unit_test(ids_of_one_owner_sort_by_their_second),
        cmocka_unit_test(a_number_is_printed_as_printf_prints_it),
        cmocka_unit_test(a_malformed_id_is_refused_and_touches_nothing),
        cmocka_unit_test(a_digit_counts_where_it_is_one_and_only_there),
        cmocka_unit_test(texts_compare_as_their_bytes_do),
        cmocka_unit_test(times_print_and_read_back),
        cmocka_unit_test(a_date_that_is_none_is_refused),
        cmocka_unit_test(a_full_buffer_keeps_what_it_had),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(an_arena_gives_zeroed_memory_again_after_a_reset),
        cmocka_unit_test(a_text_is_taken_apart_at_its_separators),
        cmocka_unit_test(a_text_starts_with_what_it_begins_with),
        cmocka_unit_test(every_error_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
