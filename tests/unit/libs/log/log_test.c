#include "log/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 4, LINES = 500, TS_SIZE = 36 /* {"ts":"2026-11-22T09:30:00.000001Z" */ };

static FILE *written;

static int open_log(void **state)
{
    (void)state;
    written = tmpfile();
    log_init("orders", "orders-0", LOG_LEVEL_INFO, fileno(written));
    return 0;
}

static int close_log(void **state)
{
    (void)state;
    return fclose(written);
}

/* The lines so far, without the first one's time. */
static const char *lines_after_time(void)
{
    static char lines[4 * LOG_LINE_MAX];
    ssize_t size = pread(fileno(written), lines, sizeof lines - 1, 0);
    assert_true(size > TS_SIZE);
    lines[size] = '\0';
    assert_memory_equal(lines, "{\"ts\":\"2", 8);
    return lines + TS_SIZE - 1;
}

static void a_line_has_its_head_and_its_typed_fields(void **state)
{
    (void)state;
    struct uuid id = {{0}};
    log_info("order.entered", LOG_TEXT("symbol", TEXT("CEA-EUR")), LOG_I64("price_e8", INT64_MIN),
             LOG_U64("offset", UINT64_MAX), LOG_BOOL("resting", true), LOG_UUID("order_id", id),
             LOG_ERR(ERR_BUSY), LOG_STR("note", "a \"b\"\n"));
    assert_string_equal(lines_after_time(),
                        ",\"level\":\"info\",\"event\":\"order.entered\",\"service\":\"orders\","
                        "\"instance\":\"orders-0\",\"symbol\":\"CEA-EUR\","
                        "\"price_e8\":-9223372036854775808,\"offset\":18446744073709551615,"
                        "\"resting\":true,\"order_id\":\"00000000-0000-0000-0000-000000000000\","
                        "\"error\":\"ERR_BUSY\",\"note\":\"a \\\"b\\\"\\u000a\"}\n");
}

static void a_line_without_fields_is_whole(void **state)
{
    (void)state;
    log_error("stopped");
    assert_string_equal(lines_after_time(), ",\"level\":\"error\",\"event\":\"stopped\","
                                            "\"service\":\"orders\",\"instance\":\"orders-0\"}\n");
}

static void lines_below_the_level_are_neither_written_nor_counted(void **state)
{
    (void)state;
    uint64_t debug_before = log_count(LOG_LEVEL_DEBUG), warn_before = log_count(LOG_LEVEL_WARN);
    log_debug("unseen");
    log_warn("seen");
    assert_int_equal(log_count(LOG_LEVEL_DEBUG), debug_before);
    assert_int_equal(log_count(LOG_LEVEL_WARN), warn_before + 1);
    assert_null(strstr(lines_after_time(), "unseen"));
}

static void bytes_that_are_no_utf_8_are_replaced(void **state)
{
    (void)state;
    log_info("e", LOG_STR("good", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
             LOG_STR("bad", "\xff|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82"));
    const char *lines = lines_after_time();
    assert_non_null(strstr(lines, "\"good\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""));
#define REPLACED "\xef\xbf\xbd"
    assert_non_null(
        strstr(lines, "\"bad\":\"" REPLACED "|" REPLACED REPLACED "|" REPLACED REPLACED REPLACED
                      "|" REPLACED REPLACED REPLACED REPLACED "|" REPLACED REPLACED "\""));
}

static void a_long_text_is_cut_between_characters_and_the_line_says_so(void **state)
{
    (void)state;
    char text[LOG_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    text[LOG_TEXT_MAX - 1] = '\xc3'; /* an e with an accent begins inside the bound, ends outside */
    text[LOG_TEXT_MAX] = '\xa9';
    log_info("e", LOG_TEXT("text", ((struct text){text, sizeof text})));
    assert_non_null(strstr(lines_after_time(), "xx\",\"left_out\":1}\n"));
}

static void a_text_at_the_bound_is_whole(void **state)
{
    (void)state;
    char text[LOG_TEXT_MAX];
    memset(text, 'x', sizeof text);
    log_info("e", LOG_TEXT("text", ((struct text){text, sizeof text})));
    assert_non_null(strstr(lines_after_time(), "xx\"}\n"));
}

static void fields_past_the_lines_end_are_left_out_whole(void **state)
{
    (void)state;
    char zeros[LOG_TEXT_MAX] = {0}; /* each becomes six bytes */
    struct text long_text = {zeros, 600};
    log_info("e", LOG_TEXT("a", long_text), LOG_TEXT("b", long_text), LOG_I64("c", 7));
    const char *lines = lines_after_time();
    assert_true(strlen(lines) + TS_SIZE - 1 <= LOG_LINE_MAX);
    assert_null(strstr(lines, "\"b\""));
    assert_non_null(strstr(lines, "\"c\":7,\"left_out\":1}\n"));
}

static void *write_lines(void *name)
{
    for (int i = 0; i < LINES; i++)
        log_info("thread.line", LOG_STR("thread", name), LOG_I64("line", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    char name[] = "t";
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, name), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    char line[LOG_LINE_MAX + 1];
    int count = 0;
    rewind(written);
    for (; fgets(line, sizeof line, written) != NULL; count++) {
        assert_memory_equal(line, "{\"ts\":\"2", 8);
        assert_string_equal(line + strlen(line) - 2, "}\n");
    }
    assert_int_equal(count, THREADS * LINES);
}

/* Lets the file grow by so many bytes, as a disk with that much room would. */
static void leave_room(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    off_t size = lseek(fileno(written), 0, SEEK_END);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : (rlim_t)size + bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_line_without_room_is_lost_and_the_next_one_says_so(void **state)
{
    (void)state;
    char lines[2 * LOG_LINE_MAX] = "";
    uint64_t lost = log_lost();
    signal(SIGXFSZ, SIG_IGN);
    leave_room(10);
    log_info("torn");
    log_info("lost");
    assert_int_equal(log_lost(), lost + 2);
    leave_room(RLIM_INFINITY);
    log_info("whole");
    log_info("next");

    assert_true(pread(fileno(written), lines, sizeof lines - 1, 0) > 0);
    const char *whole = strchr(lines, '\n');
    assert_int_equal(whole - lines, 10);
    assert_memory_equal(whole, "\n{\"ts\":\"", 8);
    assert_non_null(strstr(whole, "\"event\":\"whole\",\"service\":\"orders\","
                                  "\"instance\":\"orders-0\",\"lines_lost\":2}\n{"));
    assert_non_null(strstr(whole, "\"event\":\"next\",\"service\":\"orders\","
                                  "\"instance\":\"orders-0\"}\n"));
    assert_int_equal(log_lost(), lost + 2);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(a_line_has_its_head_and_its_typed_fields),
        LOG_TEST(a_line_without_fields_is_whole),
        LOG_TEST(lines_below_the_level_are_neither_written_nor_counted),
        LOG_TEST(bytes_that_are_no_utf_8_are_replaced),
        LOG_TEST(a_long_text_is_cut_between_characters_and_the_line_says_so),
        LOG_TEST(a_text_at_the_bound_is_whole),
        LOG_TEST(fields_past_the_lines_end_are_left_out_whole),
        LOG_TEST(a_line_without_room_is_lost_and_the_next_one_says_so),
        LOG_TEST(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
