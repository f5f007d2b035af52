#include "eventlog/kept.h"

void kept_reset(struct kept *kept, struct hash hash)
{
    kept->has_record = false;
    kept->hash = hash;
}

void kept_free(struct kept *kept)
{
    kept->has_record = false;
    buffer_free(&kept->bytes);
}

void kept_take(struct kept *kept, struct bytes key, struct bytes value)
{
    kept->has_record = true;
    kept->key_size = key.size;
    kept->bytes.size_max = SIZE_MAX;
    buffer_reset(&kept->bytes);
    buffer_append(&kept->bytes, key.data, key.size);
    buffer_append(&kept->bytes, value.data, value.size);
}

static struct bytes kept_key(const struct kept *kept)
{
    return (struct bytes){kept->bytes.data, kept->key_size};
}

static struct bytes kept_value(const struct kept *kept)
{
    return (struct bytes){kept->bytes.data + kept->key_size, kept->bytes.size - kept->key_size};
}

struct hash kept_hash(const struct kept *kept)
{
    if (!kept->has_record)
        return kept->hash;
    return fold_record_hash(kept_key(kept), kept_value(kept));
}

bool kept_is(const struct kept *kept, struct bytes key, struct bytes value)
{
    return kept->has_record && bytes_equal(kept_key(kept), key) &&
           bytes_equal(kept_value(kept), value);
}
