/* decimal.c - any text is refused or is an amount that prints and reads as itself; products and
 * fees of any two refuse what does not fit. */
#include "decimal/decimal.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    int scale = fuzz_byte(&input) % (DECIMAL_SCALE + 1);
    enum decimal_rounding rounding = fuzz_byte(&input) % (DECIMAL_DOWN + 1);
    struct text left = fuzz_until(&input, ' ');
    struct text right = {(const char *)input.data, input.size};
    int64_t a = 0, b = 0, again = 0, result = 0;
    if (decimal_parse(left, &a) == OK) {
        char text[DECIMAL_TEXT_SIZE];
        size_t printed = decimal_print(a, scale, text);
        CHECK(decimal_parse((struct text){text, printed}, &again) == OK && again == a);
    }
    (void)!decimal_parse(right, &b);
    if (decimal_add(a, b, &result))
        CHECK(decimal_sub(result, b, &again) && again == a);
    if (decimal_product(a, b, DECIMAL_EXACT, &result) == OK)
        CHECK(decimal_product(a, b, rounding, &again) == OK && again == result);
    (void)!decimal_product(a, b, rounding, &result);
    if (decimal_fee(a, b, scale, rounding, &result) == OK)
        CHECK(decimal_fits_scale(result, scale));
    return 0;
}
