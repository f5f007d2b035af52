#include "gateway/etag.h"

struct text etag_digits(struct text etag)
{
    enum { DIGITS_MAX = 18 }; /* of a long */
    struct text digits = {.data = etag.data + 1, .size = etag.size - 2};
    bool quoted = etag.size > 2 && etag.data[0] == '"' && etag.data[etag.size - 1] == '"';
    if (!quoted || digits.size > DIGITS_MAX || digits.data[0] == '0')
        return TEXT("");
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return TEXT("");
    }
    return digits;
}
