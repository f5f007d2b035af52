#include "eventlog/kept.h"

void kept_reset(struct kept *kept, struct hash hash)
{
    kept->has_record = false;
    kept->hash = hash;
}

void kept_free(struct kept *kept)
{
    buffer_free(&kept->bytes);
}

void kept_take(struct kept *kept, const struct log_record *record)
{
    kept->has_record = true;
    kept->key_size = record->key.size;
    kept->bytes.size_max = SIZE_MAX;
    buffer_reset(&kept->bytes);
    buffer_append(&kept->bytes, record->key.data, record->key.size);
    buffer_append(&kept->bytes, record->value.data, record->value.size);
}

struct hash kept_hash(const struct kept *kept)
{
    if (!kept->has_record)
        return kept->hash;
    struct bytes key = {kept->bytes.data, kept->key_size};
    struct bytes value = {kept->bytes.data + kept->key_size, kept->bytes.size - kept->key_size};
    return fold_record_hash(key, value);
}
