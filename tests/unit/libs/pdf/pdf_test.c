#include "pdf/pdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FONT "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

static struct pdf *begin(size_t lines_max)
{
    struct pdf *pdf = NULL;
    assert_int_equal(pdf_begin(FONT, FONT, lines_max, &pdf), OK);
    return pdf;
}

static void add(struct pdf *pdf, enum pdf_line line, const char *first, const char *second)
{
    const struct text cells[] = {text_of(first), text_of(second)};
    pdf_add(pdf, line, cells, 2);
}

/* How often the file says something; it says what a page is in clear. */
static size_t count_of(const struct buffer *file, const char *word)
{
    size_t count = 0, left = file->size, size = strlen(word);
    const uint8_t *at = file->data, *found;
    while ((found = memmem(at, left, word, size)) != NULL) {
        left -= (size_t)(found - at) + size;
        at = found + size;
        count++;
    }
    return count;
}

static void lines_fill_pages(void **state)
{
    (void)state;
    struct buffer file;
    struct pdf *pdf = begin(1000);
    add(pdf, PDF_TITLE, "Statement", "");
    add(pdf, PDF_COLUMNS, "Asset", "Balance");
    for (int i = 0; i < 200; i++)
        add(pdf, PDF_ROW, "EUR", "-12.50");
    assert_false(pdf_is_full(pdf));
    buffer_init(&file, 1 << 20);
    assert_int_equal(pdf_end(pdf, &file), OK);
    assert_memory_equal(file.data, "%PDF-1.", 7);
    assert_int_equal(count_of(&file, "/Type /Page\n"), 4);
    buffer_free(&file);
}

static void what_is_too_much_is_left_out(void **state)
{
    (void)state;
    struct buffer file;
    struct pdf *pdf = begin(3);
    for (int i = 0; i < 200; i++)
        add(pdf, PDF_ROW, "a", "b");
    assert_true(pdf_is_full(pdf));
    pdf_add_last(pdf, TEXT("There is more."));
    buffer_init(&file, 1 << 20);
    assert_int_equal(pdf_end(pdf, &file), OK);
    assert_int_equal(count_of(&file, "/Type /Page\n"), 1);
    buffer_free(&file);
}

static void a_text_of_any_length_and_script_is_a_cell(void **state)
{
    (void)state;
    char longest[3 * PDF_CELL_SIZE_MAX];
    for (size_t i = 0; i + 2 < sizeof longest; i += 2)
        memcpy(longest + i, "\xc5\xbc", 3); /* cut between two letters, not within one */
    struct buffer file;
    struct pdf *pdf = begin(100);
    add(pdf, PDF_PAIR, "Holder", longest);
    add(pdf, PDF_PAIR, "\xce\x95\xce\xbb", "\xf0\x9f\x98\x80"); /* Greek; none that a font has */
    pdf_add(pdf, PDF_ROW, NULL, 0);
    buffer_init(&file, 1 << 20);
    assert_int_equal(pdf_end(pdf, &file), OK);
    buffer_free(&file);
}

static void a_file_that_does_not_fit_is_none(void **state)
{
    (void)state;
    struct buffer file;
    struct pdf *pdf = begin(100);
    add(pdf, PDF_ROW, "a", "b");
    buffer_init(&file, 100);
    assert_int_equal(pdf_end(pdf, &file), ERR_FULL);
    buffer_free(&file);
}

static void a_font_has_to_be_there(void **state)
{
    (void)state;
    struct pdf *pdf = NULL;
    assert_int_equal(pdf_begin("/nowhere.ttf", FONT, 1, &pdf), ERR_CONFIG);
    assert_int_equal(pdf_begin(FONT, __FILE__, 1, &pdf), ERR_CONFIG);
    assert_null(pdf);
}

static void lines_have_names(void **state)
{
    (void)state;
    enum pdf_line line;
    assert_int_equal(pdf_line_named(TEXT("columns"), &line), OK);
    assert_int_equal(line, PDF_COLUMNS);
    assert_int_equal(pdf_line_named(TEXT("footnote"), &line), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fill_pages),
        cmocka_unit_test(what_is_too_much_is_left_out),
        cmocka_unit_test(a_text_of_any_length_and_script_is_a_cell),
        cmocka_unit_test(a_file_that_does_not_fit_is_none),
        cmocka_unit_test(a_font_has_to_be_there),
        cmocka_unit_test(lines_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
