#include "gateway/time_zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_SIZE = 64 };

static const char FOLDER[] = "/usr/share/zoneinfo/";

/* Letters, digits, - + _ and single slashes between: no way out of the folder. The folders posix
 * and right are copies of all, which no other system has. */
static bool is_name(struct text name)
{
    if (name.size == 0 || name.size > NAME_MAX_SIZE || !isupper((unsigned char)name.data[0]))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool slash = c == '/' && i + 1 < name.size && name.data[i + 1] != '/';
        if (!isalnum((unsigned char)c) && strchr("-+_", c) == NULL && !slash)
            return false;
    }
    return memchr(name.data, '\0', name.size) == NULL;
}

bool time_zone_is_known(struct text name)
{
    static const char MAGIC[] = {'T', 'Z', 'i', 'f'}; /* RFC 8536 */
    char path[sizeof FOLDER + NAME_MAX_SIZE], start[sizeof MAGIC];
    if (!is_name(name))
        return false;
    snprintf(path, sizeof path, "%s%.*s", FOLDER, (int)name.size, name.data);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool known =
        fread(start, sizeof start, 1, file) == 1 && memcmp(start, MAGIC, sizeof MAGIC) == 0;
    fclose(file);
    return known;
}
