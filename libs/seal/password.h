/* password.h - which passwords are too weak to take. Pure. */
#ifndef SEAL_PASSWORD_H
#define SEAL_PASSWORD_H
#include "base/base.h"

enum { PASSWORD_CHARACTERS_MIN = 10, PASSWORD_BYTES_MAX = 1024 };

/* Says what is wrong with a password for the one who chose it; NULL: nothing. Static storage. */
const char *password_weakness(struct text password);

#endif
