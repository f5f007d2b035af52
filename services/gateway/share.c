#include "gateway/share.h"

#include <stdio.h>
#include <stdlib.h>

enum err share_read(const char *folder, struct text name, struct arena *arena,
                    struct text *ret_contents)
{
    struct text path = arena_printf(arena, "%s/%.*s", folder, (int)name.size, name.data);
    FILE *file = fopen(path.data, "re");
    if (file == NULL)
        return ERR_NOT_FOUND;
    char *contents = malloc(SHARE_FILE_MAX + 1);
    CHECK(contents != NULL);
    size_t size = fread(contents, 1, SHARE_FILE_MAX + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    enum err err = failed ? ERR_NOT_FOUND : size > SHARE_FILE_MAX ? ERR_RANGE : OK;
    if (err == OK)
        *ret_contents = arena_text(arena, (struct text){.data = contents, .size = size});
    free(contents);
    return err;
}
