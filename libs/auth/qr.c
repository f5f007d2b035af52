#include "auth/qr.h"

#include <qrencode.h>

enum { QUIET = 4, DARK = 1 };

static void write_modules(const QRcode *code, struct buffer *svg)
{
    int width = code->width;
    for (int i = 0; i < width * width; i++) {
        if (code->data[i] & DARK)
            buffer_printf(svg, "M%d %dh1v1h-1z", i % width + QUIET, i / width + QUIET);
    }
}

enum err qr_svg(struct text text, struct buffer *svg)
{
    QRcode *code =
        QRcode_encodeData((int)text.size, (const unsigned char *)text.data, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return ERR_RANGE;
    int size = code->width + 2 * QUIET;
    buffer_printf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        size, size, size, size);
    write_modules(code, svg);
    buffer_string(svg, "\"/></svg>");
    QRcode_free(code);
    return OK;
}
