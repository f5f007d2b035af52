#include "base/time.h"
#include "base/uuid.h"
#include "http/schema_internal.h"

#include <ctype.h>
#include <string.h>

enum { EMAIL_SIZE_MAX = 254, LOCAL_SIZE_MAX = 64, LABEL_SIZE_MAX = 63 };

static const char *const NAMES[] = {[HTTP_FORMAT_NONE] = "",
                                    [HTTP_FORMAT_UUID] = "uuid",
                                    [HTTP_FORMAT_DATE_TIME] = "date-time",
                                    [HTTP_FORMAT_DATE] = "date",
                                    [HTTP_FORMAT_EMAIL] = "email",
                                    [HTTP_FORMAT_DECIMAL] = "decimal",
                                    [HTTP_FORMAT_PASSWORD] = "password"};

const char *http_format_name(enum http_format format)
{
    return NAMES[format];
}

enum err http_format_find(struct text name, enum http_format *ret_format)
{
    for (size_t i = HTTP_FORMAT_UUID; i < COUNT_OF(NAMES); i++) {
        if (text_is(name, NAMES[i])) {
            *ret_format = (enum http_format)i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static bool is_domain(struct text domain)
{
    size_t label = 0;
    size_t dots = 0;
    for (size_t i = 0; i < domain.size; i++) {
        char c = domain.data[i];
        if (c == '.') {
            if (label == 0 || domain.data[i - 1] == '-')
                return false;
            dots++;
            label = 0;
        } else if (isalnum((unsigned char)c) || (c == '-' && label > 0)) {
            if (++label > LABEL_SIZE_MAX)
                return false;
        } else {
            return false;
        }
    }
    return dots > 0 && label > 1 && domain.data[domain.size - 1] != '-';
}

/* The addresses people have: a dotted atom, '@', a domain with a dot. Quoted local parts, comments
 * and address literals exist on paper only and are refused. */
static bool is_email(struct text text)
{
    const char *at = text.size == 0 ? NULL : memchr(text.data, '@', text.size);
    if (at == NULL || text.size > EMAIL_SIZE_MAX)
        return false;
    struct text local = {.data = text.data, .size = (size_t)(at - text.data)};
    if (local.size == 0 || local.size > LOCAL_SIZE_MAX || local.data[0] == '.' ||
        local.data[local.size - 1] == '.')
        return false;
    for (size_t i = 0; i < local.size; i++) {
        char c = local.data[i];
        bool twice = c == '.' && local.data[i + 1] == '.';
        if (twice || (!isalnum((unsigned char)c) && strchr("!#$%&'*+-/=?^_`{|}~.", c) == NULL))
            return false;
    }
    return is_domain((struct text){.data = at + 1, .size = text.size - local.size - 1});
}

static bool is_date(struct text text)
{
    char moment[32];
    int64_t time_us;
    if (text.size != 10)
        return false;
    memcpy(moment, text.data, 10);
    memcpy(moment + 10, "T00:00:00Z", 10);
    return time_parse((struct text){.data = moment, .size = 20}, &time_us) == OK;
}

bool http_format_fits(enum http_format format, struct text text)
{
    struct uuid id;
    int64_t time_us;
    switch (format) {
    case HTTP_FORMAT_UUID: return uuid_parse(text, &id) == OK;
    case HTTP_FORMAT_DATE_TIME: return time_parse(text, &time_us) == OK;
    case HTTP_FORMAT_DATE: return is_date(text);
    case HTTP_FORMAT_EMAIL: return is_email(text);
    case HTTP_FORMAT_NONE:
    case HTTP_FORMAT_DECIMAL:
    case HTTP_FORMAT_PASSWORD: break;
    }
    return true;
}
