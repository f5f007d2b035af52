#include "audit/publish.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 256 };

static char folder[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/publish_test.XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[2 * PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(directory);
    return rmdir(folder); /* nothing is left beside what was published */
}

static void assert_holds(const char *name, const char *expected)
{
    char path[2 * PATH_SIZE], text[PATH_SIZE] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    (void)!fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_string_equal(text, expected);
}

static void a_checkpoint_is_a_file_by_its_number(void **state)
{
    (void)state;
    assert_int_equal(publish_checkpoint(folder, 7, TEXT("seven\n")), OK);
    assert_int_equal(publish_checkpoint(folder, 123456789, TEXT("many\n")), OK);
    assert_holds("00000007.checkpoint", "seven\n");
    assert_holds("123456789.checkpoint", "many\n");
}

static void what_is_published_is_never_written_again(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"eight\n", "seven", "seven\n\n", ""};
    assert_int_equal(publish_checkpoint(folder, 7, TEXT("seven\n")), OK);
    assert_int_equal(publish_checkpoint(folder, 7, TEXT("seven\n")), OK);
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        assert_int_equal(publish_checkpoint(folder, 7, text_of(OTHERS[i])), ERR_DENIED);
    assert_holds("00000007.checkpoint", "seven\n");
}

static void the_latest_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(publish_latest(folder, TEXT("one\n")), OK);
    assert_int_equal(publish_latest(folder, TEXT("two\n")), OK);
    assert_holds("latest", "two\n");
}

static void a_folder_that_is_not_there_is_tried_again_later(void **state)
{
    (void)state;
    assert_int_equal(publish_checkpoint("/nonexistent/place", 1, TEXT("x")), ERR_BUSY);
    assert_int_equal(publish_latest("/nonexistent/place", TEXT("x")), ERR_BUSY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_checkpoint_is_a_file_by_its_number),
        TEST(what_is_published_is_never_written_again),
        TEST(the_latest_is_replaced),
        TEST(a_folder_that_is_not_there_is_tried_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
