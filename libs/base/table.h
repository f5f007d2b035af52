/* table.h - uthash as Bourse uses it: out of memory ends the process with a sentence, as
 * everywhere.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H
#include "base/base.h"

#define uthash_fatal(message) CHECK(!(message))
#include <uthash.h>

#endif
