#include "gateway/document.h"

#include "gateway/read.h"
#include "gateway/respond.h"
#include "pdf/pdf.h"
#include "json/json.h"

#include <string.h>

enum { LINES_MAX = 10000, PAGE_SIZE_MAX = 4 << 20, FILE_SIZE_MAX = 32 << 20 };

/* One line, as its query gives it. */
static enum err add_line(struct pdf *pdf, struct text item, struct arena *arena)
{
    const struct json_value *array;
    struct json_error error;
    enum pdf_line line;
    struct text cells[PDF_CELLS_MAX];
    size_t count = 0;
    enum err err = json_parse(item, item.size, arena, &array, &error);
    if (err == OK)
        err = array->kind == JSON_ARRAY && array->first != NULL
                  ? pdf_line_named(array->first->text, &line)
                  : ERR_INPUT;
    if (err != OK)
        return err;
    for (const struct json_value *cell = array->first->next; cell != NULL && count < PDF_CELLS_MAX;
         cell = cell->next)
        cells[count++] = cell->kind == JSON_STRING ? cell->text : TEXT("");
    pdf_add(pdf, line, cells, count);
    return OK;
}

static enum err add_page(struct pdf *pdf, struct text page, struct arena *arena)
{
    enum err err = OK;
    while (err == OK && page.size > 0) {
        const char *end = memchr(page.data, '\n', page.size);
        struct text item = {.data = page.data,
                            .size = end == NULL ? page.size : (size_t)(end - page.data)};
        err = add_line(pdf, item, arena);
        page.data += item.size + (end != NULL);
        page.size -= item.size + (end != NULL);
    }
    return err;
}

static enum err write(struct db *db, struct pdf *pdf, struct query_pages *pages)
{
    struct arena *scratch = arena_new(PAGE_SIZE_MAX * 2);
    enum err err = OK;
    bool more = true;
    while (err == OK && more && !pdf_is_full(pdf)) {
        struct buffer page;
        buffer_init(&page, PAGE_SIZE_MAX);
        err = query_pages_next(pages, db, &page, &more);
        if (err == OK)
            err = add_page(pdf, buffer_as_text(&page), scratch);
        arena_reset(scratch);
        buffer_free(&page);
    }
    arena_free(scratch);
    if (err == OK && more && pdf_is_full(pdf))
        pdf_add_last(pdf, TEXT("There is more: the CSV has all of it."));
    return err;
}

static struct text font_file(const struct exchange *exchange, const char *name)
{
    return arena_printf(exchange->arena, "%s/fonts/%s", exchange->gateway->share, name);
}

/* Ends the document, and answers with it where all of it is there. */
static void respond_with_file(struct exchange *exchange, struct db *db, struct pdf *pdf,
                              enum err err)
{
    struct buffer file;
    buffer_init(&file, FILE_SIZE_MAX);
    enum err ended = pdf_end(pdf, &file);
    err = err == OK ? ended : err;
    struct text name = exchange->operation->file; /* of the CSV: the end of it is another */
    const char *dot = memchr(name.data, '.', name.size);
    name.size = (size_t)(dot - name.data);
    if (err == OK)
        respond(exchange, &(struct respond_with){.content_type = "application/pdf",
                                                 .file = arena_printf(exchange->arena, "%.*s.pdf",
                                                                      (int)name.size, name.data),
                                                 .body = buffer_as_text(&file)});
    else
        read_failed(exchange, db, err, TEXT(""));
    buffer_free(&file);
}

void document_respond(struct exchange *exchange, struct db *db)
{
    const struct query *query = exchange->operation->document;
    struct query_pages *pages;
    struct text wrong;
    struct pdf *pdf;
    progress_shown(exchange->gateway->progress, query->reads, &exchange->read_at);
    enum err err = query_pages_begin(query, read_values(exchange), exchange->arena, &pages, &wrong);
    if (err == OK)
        err = pdf_begin(font_file(exchange, "DejaVuSans.ttf").data,
                        font_file(exchange, "DejaVuSans-Bold.ttf").data, LINES_MAX, &pdf);
    if (err == OK)
        respond_with_file(exchange, db, pdf, write(db, pdf, pages));
    else
        read_failed(exchange, db, err, wrong);
}
