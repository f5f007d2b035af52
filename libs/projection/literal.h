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

#endif
