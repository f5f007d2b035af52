#include "base/base.h"

#include <string.h>

struct err_row {
    const char *name;
    const char *text;
    enum err_disposition disposition;
};

static const struct err_row ERR_ROWS[] = {{"OK", "ok", ERR_ANSWER},
#define ERR_ROW(name, disposition, text) {#name, text, disposition},
                                          ERR_MAP(ERR_ROW)
#undef ERR_ROW
};

static const struct err_row *err_row(enum err err)
{
    CHECK((size_t)err < COUNT_OF(ERR_ROWS));
    return &ERR_ROWS[err];
}

const char *err_text(enum err err)
{
    return err_row(err)->text;
}

const char *err_name(enum err err)
{
    return err_row(err)->name;
}

enum err_disposition err_disposition(enum err err)
{
    CHECK(err != OK);
    return err_row(err)->disposition;
}

struct text text_of(const char *string)
{
    if (string == NULL)
        return (struct text){.data = "", .size = 0};
    return (struct text){.data = string, .size = strlen(string)};
}

bool text_is(struct text text, const char *string)
{
    return text_equal(text, text_of(string));
}

bool text_starts(struct text text, const char *start)
{
    size_t size = strlen(start);
    return text.size >= size && (size == 0 || memcmp(text.data, start, size) == 0);
}

bool text_take(struct text *rest, char separator, struct text *ret_part)
{
    if (rest->size == 0)
        return false;
    const char *end = memchr(rest->data, separator, rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    size_t taken = size + (end != NULL);
    *ret_part = (struct text){.data = rest->data, .size = size};
    *rest = (struct text){.data = rest->data + taken, .size = rest->size - taken};
    return true;
}

int text_compare(struct text a, struct text b)
{
    uint64_t head_a = text_head(a), head_b = text_head(b);
    if (head_a != head_b)
        return head_a < head_b ? -1 : 1;
    if (a.size <= sizeof head_a && b.size <= sizeof head_b)
        return (a.size > b.size) - (a.size < b.size);
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    if (order == 0)
        return (a.size > b.size) - (a.size < b.size);
    return order < 0 ? -1 : 1;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
