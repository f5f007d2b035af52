#include "pdf/pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hpdf.h>

/* A4 in points of 1/72 inch. */
static const float WIDTH = 595, HEIGHT = 842, MARGIN = 40, FOOT = 24, PAIR_INDENT = 90;

struct style {
    bool bold;
    float size;
    float above; /* free space */
};

static const struct style STYLES[] = {
    [PDF_TITLE] = {true, 16, 0},  [PDF_HEADING] = {true, 11, 12}, [PDF_PAIR] = {false, 9, 0},
    [PDF_COLUMNS] = {true, 8, 4}, [PDF_ROW] = {false, 8, 0},
};

struct cells {
    size_t count;
    char texts[PDF_CELLS_MAX][PDF_CELL_SIZE_MAX];
};

struct pdf {
    HPDF_Doc document;
    HPDF_Font font, bold;
    HPDF_Page page;
    float y; /* of the last line */
    HPDF_UINT pages;
    size_t lines, lines_max;
    bool failed;
    struct cells columns; /* of the rows that come */
};

static void on_error(HPDF_STATUS error, HPDF_STATUS detail, void *context)
{
    (void)error;
    (void)detail;
    ((struct pdf *)context)->failed = true;
}

enum err pdf_line_named(struct text name, enum pdf_line *ret_line)
{
    static const char *const NAMES[] = {[PDF_TITLE] = "title",
                                        [PDF_HEADING] = "heading",
                                        [PDF_PAIR] = "pair",
                                        [PDF_COLUMNS] = "columns",
                                        [PDF_ROW] = "row"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (text_is(name, NAMES[i])) {
            *ret_line = (enum pdf_line)i;
            return OK;
        }
    }
    return ERR_INPUT;
}

static HPDF_Font load(struct pdf *pdf, const char *file)
{
    const char *name = HPDF_LoadTTFontFromFile(pdf->document, file, HPDF_TRUE);
    return name == NULL ? NULL : HPDF_GetFont(pdf->document, name, "UTF-8");
}

static void pdf_free(struct pdf *pdf)
{
    if (pdf->document != NULL)
        HPDF_Free(pdf->document);
    free(pdf);
}

enum err pdf_begin(const char *font_file, const char *bold_file, size_t lines_max,
                   struct pdf **ret_pdf)
{
    struct pdf *pdf = calloc(1, sizeof *pdf);
    CHECK(pdf != NULL);
    pdf->lines_max = lines_max;
    pdf->document = HPDF_New(on_error, pdf);
    CHECK(pdf->document != NULL);
    (void)HPDF_UseUTFEncodings(pdf->document);
    (void)HPDF_SetCompressionMode(pdf->document, HPDF_COMP_ALL);
    pdf->font = load(pdf, font_file);
    pdf->bold = load(pdf, bold_file);
    if (pdf->font == NULL || pdf->bold == NULL) {
        pdf_free(pdf);
        return ERR_CONFIG;
    }
    *ret_pdf = pdf;
    return OK;
}

static bool is_number(const char *text)
{
    return text[0] != 0 && strspn(text, "-0123456789.") == strlen(text);
}

/* Writes a text between two places of a line, smaller where it would not fit. */
static void draw(struct pdf *pdf, const struct style *style, const char *text, float left,
                 float right)
{
    HPDF_Font font = style->bold ? pdf->bold : pdf->font;
    (void)HPDF_Page_SetFontAndSize(pdf->page, font, style->size);
    float width = HPDF_Page_TextWidth(pdf->page, text), room = right - left;
    if (width > room) {
        (void)HPDF_Page_SetFontAndSize(pdf->page, font, style->size * room / width);
        width = room;
    }
    (void)HPDF_Page_BeginText(pdf->page);
    (void)HPDF_Page_TextOut(pdf->page, is_number(text) ? right - width : left, pdf->y, text);
    (void)HPDF_Page_EndText(pdf->page);
}

static void draw_line(struct pdf *pdf, enum pdf_line line, const struct cells *cells)
{
    static const float GAP = 6;
    const struct style *style = &STYLES[line];
    pdf->y -= style->above + style->size * 1.4F;
    float width = (WIDTH - 2 * MARGIN) / (float)cells->count;
    for (size_t i = 0; i < cells->count; i++) {
        float left = MARGIN + width * (float)i;
        float right = left + width - GAP;
        if (line == PDF_PAIR) {
            left = i == 0 ? MARGIN : MARGIN + PAIR_INDENT;
            right = i == 0 ? MARGIN + PAIR_INDENT - GAP : WIDTH - MARGIN;
        }
        draw(pdf, style, cells->texts[i], left, right);
    }
}

static void turn_page(struct pdf *pdf)
{
    pdf->page = HPDF_AddPage(pdf->document);
    if (pdf->page == NULL)
        return;
    (void)HPDF_Page_SetWidth(pdf->page, WIDTH);
    (void)HPDF_Page_SetHeight(pdf->page, HEIGHT);
    pdf->y = HEIGHT - MARGIN;
    pdf->pages++;
}

/* As many bytes as a cell takes, no character in halves. */
static void set_cell(char cell[PDF_CELL_SIZE_MAX], struct text text)
{
    size_t size = text.size < PDF_CELL_SIZE_MAX ? text.size : PDF_CELL_SIZE_MAX - 1;
    while (size < text.size && size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    memcpy(cell, text.data, size);
    cell[size] = 0;
}

void pdf_add(struct pdf *pdf, enum pdf_line line, const struct text *cells, size_t cells_count)
{
    struct cells shown = {.count = cells_count < PDF_CELLS_MAX ? cells_count : PDF_CELLS_MAX};
    if (pdf->failed || pdf_is_full(pdf) || shown.count == 0)
        return;
    pdf->lines++;
    for (size_t i = 0; i < shown.count; i++)
        set_cell(shown.texts[i], cells[i]);
    bool turns = pdf->page == NULL || pdf->y < MARGIN + 2 * STYLES[line].size + STYLES[line].above;
    if (turns)
        turn_page(pdf);
    if (pdf->page == NULL)
        return;
    if (turns && line == PDF_ROW && pdf->columns.count > 0)
        draw_line(pdf, PDF_COLUMNS, &pdf->columns);
    if (line == PDF_COLUMNS)
        pdf->columns = shown;
    draw_line(pdf, line, &shown);
}

void pdf_add_last(struct pdf *pdf, struct text text)
{
    pdf->lines_max = pdf->lines + 1;
    pdf_add(pdf, PDF_HEADING, &text, 1);
}

bool pdf_is_full(const struct pdf *pdf)
{
    return pdf->lines >= pdf->lines_max;
}

static void number_pages(struct pdf *pdf)
{
    char text[32];
    for (HPDF_UINT i = 0; i < pdf->pages && !pdf->failed; i++) {
        pdf->page = HPDF_GetPageByIndex(pdf->document, i);
        (void)snprintf(text, sizeof text, "Page %u of %u", i + 1, pdf->pages);
        pdf->y = FOOT;
        draw(pdf, &STYLES[PDF_ROW], text, WIDTH - MARGIN - PAIR_INDENT, WIDTH - MARGIN);
    }
}

static void append(struct pdf *pdf, struct buffer *ret_file)
{
    HPDF_BYTE bytes[4096];
    if (HPDF_SaveToStream(pdf->document) != HPDF_OK)
        return;
    (void)HPDF_ResetStream(pdf->document);
    for (;;) {
        HPDF_UINT32 size = sizeof bytes;
        (void)HPDF_ReadFromStream(pdf->document, bytes, &size);
        if (size == 0)
            return;
        buffer_append(ret_file, bytes, size);
    }
}

enum err pdf_end(struct pdf *pdf, struct buffer *ret_file)
{
    number_pages(pdf);
    if (!pdf->failed)
        append(pdf, ret_file);
    bool whole = !pdf->failed && buffer_ok(ret_file);
    pdf_free(pdf);
    return whole ? OK : ERR_FULL;
}
