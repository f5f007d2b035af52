/* crc32.h - CRC-32 as zlib, PNG and Ethernet have it (polynomial 0x04C11DB7, reflected): what
 * clients in any language can compute. Guards against mistakes, not against malice.
 */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H
#include "base/base.h"

/* The checksum of what `crc` is the checksum of, followed by these bytes; 0 at the start. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t size);

#endif
