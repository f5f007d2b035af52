/* failing.c - in the place of malloc and its like for all that is linked into a test: with
 * BOURSE_FAIL_ALLOCATION=N in the environment the Nth allocation gives NULL, and every one behind
 * it as well where N is negative. BOURSE_COUNT_ALLOCATIONS=FILE writes how many there were. Only
 * calls from our own code come here: what a library does without memory is its own affair. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

static atomic_long count;
static long fails_at;

static void write_count(void)
{
    FILE *file = fopen(getenv("BOURSE_COUNT_ALLOCATIONS"), "w");
    if (file != NULL) {
        fprintf(file, "%ld\n", atomic_load(&count));
        fclose(file);
    }
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *number = getenv("BOURSE_FAIL_ALLOCATION");
    if (number != NULL)
        fails_at = strtol(number, NULL, 10);
    if (getenv("BOURSE_COUNT_ALLOCATIONS") != NULL)
        atexit(write_count);
}

static bool fails(void)
{
    long number = atomic_fetch_add(&count, 1) + 1;
    return number == fails_at || (fails_at < 0 && number >= -fails_at);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
    return fails() ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}
