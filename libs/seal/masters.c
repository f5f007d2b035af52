#include "seal/masters.h"

#include <string.h>

enum err masters_parse(struct text lines, struct masters *ret_masters)
{
    static const char ID[] = "master-key-id";
    struct text line;
    enum err err = lines.size == 0 ? ERR_CONFIG : OK;
    *ret_masters = (struct masters){.count = 0};
    while (err == OK && text_take(&lines, '\n', &line)) {
        struct master *master = &ret_masters->list[ret_masters->count];
        uint8_t hash[16];
        err = ret_masters->count == MASTERS_MAX ? ERR_CONFIG : seal_key_parse(line, &master->key);
        if (err != OK)
            break;
        seal_keyed_hash16(&master->key, ID, sizeof ID - 1, hash);
        memcpy(master->id, hash, sizeof master->id);
        ret_masters->count++;
    }
    if (err != OK)
        seal_wipe(ret_masters, sizeof *ret_masters);
    return err;
}

void masters_wrap(const struct masters *masters, struct bytes context, const struct seal_key *key,
                  struct wrapped_key *ret_wrapped)
{
    CHECK(masters->count > 0);
    seal_wrap(&masters->list[0].key, context, key, ret_wrapped->bytes);
    memcpy(ret_wrapped->by, masters->list[0].id, sizeof ret_wrapped->by);
}

enum err masters_unwrap(const struct masters *masters, struct bytes context, struct bytes wrapped,
                        struct bytes by, struct seal_key *ret_key)
{
    enum err err = ERR_NOT_FOUND;
    for (size_t i = 0; i < masters->count && err != OK; i++) {
        const struct master *master = &masters->list[i];
        if (by.size == 0 || bytes_equal(by, (struct bytes){master->id, sizeof master->id}))
            err = seal_unwrap(&master->key, context, wrapped, ret_key);
    }
    return err;
}
