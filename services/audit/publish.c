#include "audit/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_whole(int file, struct text text)
{
    while (text.size > 0) {
        ssize_t written = write(file, text.data, text.size);
        if (written < 0 && errno != EINTR)
            return false;
        size_t passed = written < 0 ? 0 : (size_t)written;
        text = (struct text){text.data + passed, text.size - passed};
    }
    return true;
}

/* Writes a file beside its place first, so that nobody ever finds half of it there. */
static enum err put(const char *folder, const char *name, struct text text)
{
    char beside[PATH_MAX], place[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s/.%s.%ld", folder, name, (long)getpid()) >= PATH_MAX ||
        snprintf(place, sizeof place, "%s/%s", folder, name) >= PATH_MAX)
        return ERR_BUSY;
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return ERR_BUSY;
    bool written = write_whole(file, text) && fsync(file) == 0;
    if (close(file) == 0 && written && rename(beside, place) == 0)
        return OK;
    unlink(beside);
    return ERR_BUSY;
}

/* Whether the file has exactly that text. */
static bool holds(int file, struct text text)
{
    char *read_text = malloc(text.size + 1);
    CHECK(read_text != NULL);
    size_t size = 0;
    ssize_t got = 1;
    while (got > 0 && size <= text.size) {
        got = read(file, read_text + size, text.size + 1 - size);
        size += got > 0 ? (size_t)got : 0;
    }
    bool same = got >= 0 && text_equal((struct text){read_text, size}, text);
    free(read_text);
    return same;
}

enum err publish_checkpoint(const char *folder, int64_t number, struct text note)
{
    char name[64], place[PATH_MAX];
    snprintf(name, sizeof name, "%08" PRId64 ".checkpoint", number);
    if (snprintf(place, sizeof place, "%s/%s", folder, name) >= PATH_MAX)
        return ERR_BUSY;
    int file = open(place, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? put(folder, name, note) : ERR_BUSY;
    bool same = holds(file, note);
    close(file);
    return same ? OK : ERR_DENIED;
}

enum err publish_latest(const char *folder, struct text note)
{
    return put(folder, "latest", note);
}
