/* qr.h - a text as a QR code. The only room that knows libqrencode. */
#ifndef AUTH_QR_H
#define AUTH_QR_H
#include "base/base.h"
#include "base/buffer.h"

/* Appends an SVG document of the code, one unit a module and four around it. ERR_RANGE: the text is
 * longer than such a code holds. A full buffer shows in buffer_ok(). */
enum err qr_svg(struct text text, struct buffer *svg) MUST_CHECK;

#endif
