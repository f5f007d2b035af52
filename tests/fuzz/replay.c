/* replay.c - a target with the files of a folder, each as bytes of exactly its size, so that the
 * address sanitizer sees their end. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_SIZE_MAX = 1 << 20 };

static void replay(const char *path)
{
    static uint8_t bytes[FILE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint8_t *exact = malloc(size + (size == 0));
    CHECK(exact != NULL);
    memcpy(exact, bytes, size);
    CHECK(LLVMFuzzerTestOneInput(exact, size) == 0);
    free(exact);
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    size_t count = 0;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *next = readdir(folder); next != NULL; next = readdir(folder)) {
        char path[4096];
        if (next->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], next->d_name);
        replay(path);
        count++;
    }
    closedir(folder);
    printf("%zu inputs\n", count);
    return count == 0;
}
