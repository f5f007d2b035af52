/* fuzz.h - what a fuzz target is: a function of bytes that must come back, whatever they are.
 *
 * Built with clang and BOURSE_FUZZ, libFuzzer calls it with what it thinks of (infra/fuzz); in
 * every other build replay.c calls it with the files of corpus/<target>, as a test.
 */
#ifndef FUZZ_H
#define FUZZ_H
#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"

#include <string.h>

/* The target. Returns 0; what must not be is a CHECK. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of an input, taken from its front bit by bit. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* The next byte; 0 behind the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* The bytes up to the next `mark`, or all that are left. */
static inline struct text fuzz_until(struct fuzz_input *input, char mark)
{
    const char *start = (const char *)input->data;
    const char *end = input->size == 0 ? NULL : memchr(start, mark, input->size);
    size_t size = end == NULL ? input->size : (size_t)(end - start);
    size_t taken = end == NULL ? size : size + 1;
    input->data += taken;
    input->size -= taken;
    return (struct text){.data = start, .size = size};
}

#endif
