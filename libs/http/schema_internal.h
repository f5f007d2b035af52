/* schema_internal.h - a compiled schema; for libs/http alone. */
#ifndef HTTP_SCHEMA_INTERNAL_H
#define HTTP_SCHEMA_INTERNAL_H
#include "http/schema.h"

#include <regex.h>

enum http_format {
    HTTP_FORMAT_NONE,
    HTTP_FORMAT_UUID,
    HTTP_FORMAT_DATE_TIME,
    HTTP_FORMAT_DATE,
    HTTP_FORMAT_EMAIL,
    HTTP_FORMAT_DECIMAL,
    HTTP_FORMAT_PASSWORD
};

/* A bound on a number, or none. `text` is how the document wrote it. */
struct http_bound {
    bool set;
    bool exclusive;
    int64_t value_e8;
    struct text text;
};

struct http_schema_pattern {
    struct http_schema_pattern *next;
    struct text text;
    regex_t regex;
};

struct http_property {
    struct text name;
    const struct http_schema *schema;
    bool required;
};

struct http_schema {
    unsigned kinds;  /* bit 1 << enum json_kind for each kind allowed */
    bool integer;    /* a number must be a whole one */
    bool additional; /* members beyond the properties are taken as they are */
    enum http_format format;
    const struct json_value *choices; /* the array of `enum` */
    const struct json_value *constant;
    const struct json_value *standard; /* `default` */
    const struct http_schema_pattern *pattern;
    size_t size_min; /* characters, elements */
    size_t size_max;
    struct http_bound low;
    struct http_bound high;
    const struct http_schema *items;
    struct http_property *properties;
    size_t properties_count;
};

enum { HTTP_KINDS_ALL = (1 << (JSON_OBJECT + 1)) - 1 };

/* Whether the text is of the format; DECIMAL is checked as a number instead. */
bool http_format_fits(enum http_format format, struct text text);
/* The format of that name. ERR_NOT_FOUND: there is none. */
enum err http_format_find(struct text name, enum http_format *ret_format) MUST_CHECK;
/* Its name as documents write it. */
const char *http_format_name(enum http_format format);

#endif
