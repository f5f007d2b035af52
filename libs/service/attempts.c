#include "service/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct page {
    int64_t offset; /* of the command, plus one; 0: none */
    int64_t count;
};

struct attempts {
    struct page *page;
    struct page suspect; /* what the page said when it was opened, until that is answered */
};

/* A disk that is full will have room again; whatever else is wrong has to be set right. */
static enum err no_notes(int fault)
{
    return fault == ENOSPC || fault == EDQUOT ? ERR_BUSY : ERR_CONFIG;
}

enum err attempts_open(const char *path, struct attempts **ret_attempts)
{
    int flags = MAP_SHARED;
    int file = -1;
    if (path == NULL) {
        flags |= MAP_ANONYMOUS;
    } else {
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0)
            return no_notes(errno);
        /* All of it, for a page that the disk has no room for would end us at the first note. */
        int fault = posix_fallocate(file, 0, sizeof(struct page));
        if (fault != 0) {
            close(file);
            return no_notes(fault);
        }
    }
    void *memory = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, flags, file, 0);
    if (file >= 0)
        close(file);
    if (memory == MAP_FAILED)
        return ERR_CONFIG;
    struct attempts *attempts = calloc(1, sizeof *attempts);
    CHECK(attempts != NULL);
    attempts->page = memory;
    if (attempts->page->offset != 0)
        attempts->suspect = *attempts->page;
    *ret_attempts = attempts;
    return OK;
}

void attempts_close(struct attempts *attempts)
{
    if (attempts == NULL)
        return;
    munmap(attempts->page, sizeof *attempts->page);
    free(attempts);
}

bool attempts_begin(struct attempts *attempts, int64_t offset)
{
    struct page *page = attempts->page;
    if (offset + 1 > attempts->suspect.offset)
        attempts->suspect = (struct page){0}; /* answered by another process meanwhile */
    if (page->offset != offset + 1)
        *page = (struct page){.offset = offset + 1};
    if (page->count >= ATTEMPTS_MAX)
        return false;
    page->count++;
    return true;
}

void attempts_end(struct attempts *attempts)
{
    if (attempts->page->offset == attempts->suspect.offset)
        attempts->suspect = (struct page){0};
    *attempts->page = attempts->suspect;
}

bool attempts_suspect(const struct attempts *attempts)
{
    return attempts->suspect.offset != 0;
}
