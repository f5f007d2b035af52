/* number.h - integers as decimal text, at the price of their digits: what every record and every
 * answer prints.
 *
 * Thread   any.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H
#include "base/base.h"

enum { NUMBER_TEXT_SIZE_MAX = 20 }; /* -9223372036854775808 */

/* Writes `value` without an ending zero byte; returns how many characters. */
size_t number_print(int64_t value, char ret_text[NUMBER_TEXT_SIZE_MAX]);

/* Reads what number_print writes of a value that is not negative. ERR_INPUT: anything else. */
enum err number_parse(struct text text, int64_t *ret_value) MUST_CHECK;

#endif
