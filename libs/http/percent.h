/* percent.h - percent-encoding of URLs and forms, strict. Pure. */
#ifndef HTTP_PERCENT_H
#define HTTP_PERCENT_H
#include "base/arena.h"
#include "http/request.h"

/* Well-formed UTF-8 (no overlong forms, no surrogates) without a zero byte. */
bool http_utf8_valid(struct text text);
/* Decodes `text` into the arena; in a form '+' is a space. ERR_INPUT: a percent sign without two
 * hex digits, a zero byte, or a result that is not UTF-8. */
enum err http_percent_decode(struct arena *arena, struct text text, bool form,
                             struct text *ret_text) MUST_CHECK;
/* Decodes `a=1&b=2`; an empty text has no pairs, a name without '=' the empty value.
 * ERR_INPUT: as above. ERR_FULL: more than 256 pairs. */
enum err http_form_decode(struct arena *arena, struct text text,
                          struct http_pairs *ret_pairs) MUST_CHECK;

#endif
