/* pdf.h - a document of lines as PDF, page after page of A4: the only room with hpdf.h.
 *
 * libharu and not cairo with pango: it needs nothing but itself, and what is printed here is a
 * table of figures and a name. Its fonts are embedded, so that a name is shown in Latin, Greek or
 * Cyrillic letters wherever it is read; what the font does not have is an empty box.
 *
 * Bounds   lines_max; what comes behind that is not drawn.
 * Thread   one owner.
 */
#ifndef PDF_H
#define PDF_H
#include "base/base.h"
#include "base/buffer.h"

struct pdf; /* laid out in pdf.c only */

/* What a line is. The cells of `columns` head the rows that follow, on every page. */
enum pdf_line { PDF_TITLE, PDF_HEADING, PDF_PAIR, PDF_COLUMNS, PDF_ROW };
/* "title", "heading", "pair", "columns", "row". ERR_INPUT: none of them. */
enum err pdf_line_named(struct text name, enum pdf_line *ret_line) MUST_CHECK;

enum { PDF_CELLS_MAX = 12, PDF_CELL_SIZE_MAX = 256 };

/* A new document with these fonts, TrueType files; the caller ends it. ERR_CONFIG: a file is none.
 */
enum err pdf_begin(const char *font_file, const char *bold_file, size_t lines_max,
                   struct pdf **ret_pdf) MUST_CHECK;
/* Adds a line; numbers are set to the right. Texts are UTF-8, and cut at PDF_CELL_SIZE_MAX bytes.
 */
void pdf_add(struct pdf *pdf, enum pdf_line line, const struct text *cells, size_t cells_count);
/* Adds a last line to a document that is full. */
void pdf_add_last(struct pdf *pdf, struct text text);
/* So many lines were added that no more are drawn. */
bool pdf_is_full(const struct pdf *pdf);
/* Numbers the pages and appends the file. Frees the document in any case. ERR_FULL: it does not
 * fit, or there was no memory. */
enum err pdf_end(struct pdf *pdf, struct buffer *ret_file) MUST_CHECK;

#endif
