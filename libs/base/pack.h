/* pack.h - numbers and fixed-size bytes of a snapshot: big-endian, read back with bounds.
 *
 * Writing goes to a buffer (buffer.h). Reading never leaves the bytes it was given: the first read
 * that would marks the reader as failed, and it and all that follow give zeros, so a chain of reads
 * needs one check at its end.
 */
#ifndef PACK_H
#define PACK_H
#include "base/base.h"
#include "base/buffer.h"

struct pack_reader {
    struct bytes rest; /* what has not been read yet */
    bool failed;
};

void pack_u64(struct buffer *buffer, uint64_t value);

uint8_t pack_read_u8(struct pack_reader *reader);
uint64_t pack_read_u64(struct pack_reader *reader);
void pack_read(struct pack_reader *reader, void *ret_data, size_t size);
/* Everything was read, and nothing more was asked for. */
bool pack_read_whole(const struct pack_reader *reader);

#endif
