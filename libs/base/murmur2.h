/* murmur2.h - the hash by which Kafka's Java client places a key, and the placing itself. */
#ifndef MURMUR2_H
#define MURMUR2_H
#include "base/base.h"

/* Murmur2 with Kafka's seed, as org.apache.kafka.common.utils.Utils.murmur2 computes it. */
uint32_t murmur2(const void *data, size_t size);
/* The partition of a hash among `partition_count`, as the Java client's partitioner places it. */
int32_t partition_of_hash(uint32_t hash, int32_t partition_count);
/* The hash that an id has to carry to be placed where the key is: a UUID's owner is its own. */
uint32_t owner_hash_of_key(struct text key);
/* The partition of a record key: a UUID carries its owner's hash (uuid.h), any other key is hashed.
 */
int32_t partition_of_key(struct text key, int32_t partition_count);

#endif
