#include "settings/kept.h"

#include <stdlib.h>
#include <utlist.h>

struct settings_kept *settings_kept(struct settings_kept *list, enum settings_kept_kind kind,
                                    struct uuid id)
{
    struct settings_kept *kept;
    DL_FOREACH(list, kept)
    {
        if (kept->kind == kind && uuid_equal(kept->id, id))
            return kept;
    }
    return NULL;
}

size_t settings_kept_count(const struct settings_kept *list, enum settings_kept_kind kind)
{
    size_t count = 0;
    const struct settings_kept *kept;
    DL_FOREACH(list, kept)
    {
        count += kept->kind == kind;
    }
    return count;
}

struct settings_kept *settings_keep(struct settings_kept **list, enum settings_kept_kind kind,
                                    struct uuid id, int64_t version)
{
    struct settings_kept *kept = settings_kept(*list, kind, id);
    if (kept == NULL) {
        kept = calloc(1, sizeof *kept);
        CHECK(kept != NULL);
        kept->id = id;
        kept->kind = kind;
        DL_APPEND(*list, kept);
    }
    kept->version = version;
    return kept;
}

void settings_kept_list(struct settings_kept *kept, const struct settings_market *market,
                        const struct text *symbols, size_t count)
{
    free(kept->listed);
    kept->listed = calloc(count + 1, sizeof(void *));
    CHECK(kept->listed != NULL);
    kept->listed_count = count;
    for (size_t i = 0; i < count; i++) {
        kept->listed[i] = settings_instrument(market, symbols[i]);
        CHECK(kept->listed[i] != NULL);
    }
}

void settings_drop_kept(struct settings_kept **list, struct settings_kept *kept)
{
    DL_DELETE(*list, kept);
    free(kept->listed);
    free(kept);
}

void settings_free_kept(struct settings_kept **list)
{
    while (*list != NULL)
        settings_drop_kept(list, *list);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static void save_symbols(const struct settings_kept *kept, struct buffer *buffer)
{
    pack_u64(buffer, kept->listed_count);
    for (size_t i = 0; i < kept->listed_count; i++)
        settings_symbol_save(kept->listed[i]->symbol, buffer);
}

void settings_kept_save(const struct settings_kept *list, struct buffer *buffer)
{
    const struct settings_kept *kept;
    size_t count;
    DL_COUNT(list, kept, count);
    pack_u64(buffer, count);
    DL_FOREACH(list, kept)
    {
        buffer_append(buffer, &kept->id, sizeof kept->id);
        buffer_byte(buffer, (uint8_t)kept->kind);
        pack_u64(buffer, (uint64_t)kept->version);
        save_symbols(kept, buffer);
    }
}

static void load_symbols(struct settings_kept *kept, const struct settings_market *market,
                         struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    reader->failed = reader->failed || count > SETTINGS_SYMBOLS_MAX;
    if (reader->failed)
        return;
    kept->listed = calloc(count + 1, sizeof(void *));
    CHECK(kept->listed != NULL);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        kept->listed[i] = settings_symbol_load(market, reader);
        reader->failed = reader->failed || kept->listed[i] == NULL;
    }
    kept->listed_count = count;
}

void settings_kept_load(struct settings_kept **list, const struct settings_market *market,
                        struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id = {{0}};
        pack_read(reader, &id, sizeof id);
        uint8_t kind = pack_read_u8(reader);
        int64_t version = (int64_t)pack_read_u64(reader);
        reader->failed = reader->failed || kind > SETTINGS_SCREEN ||
                         settings_kept(*list, (enum settings_kept_kind)kind, id) != NULL;
        if (!reader->failed)
            load_symbols(settings_keep(list, (enum settings_kept_kind)kind, id, version), market,
                         reader);
    }
}
