/* literal.h - elements of a Postgres array literal. */
#ifndef PROJECTION_LITERAL_H
#define PROJECTION_LITERAL_H
#include "base/buffer.h"

/* Appends `text` in quotes, escaped. Zero bytes and what is no UTF-8 become U+FFFD. */
void literal_text(struct buffer *buffer, struct text text);
/* Appends `bytes` as an element of bytea[]. */
void literal_bytes(struct buffer *buffer, struct bytes bytes);
/* Appends the digits of a number. */
void literal_int(struct buffer *buffer, int64_t value);
/* Appends what an element made by the above, or by a plain printed value, stands for. False: it is
 * null. */
bool literal_value(struct text element, struct buffer *ret_value);

#endif
