#include "settings/market.h"

#include <stdlib.h>
#include <string.h>

enum { SYMBOL_SIZE_MAX = 64 }; /* in a snapshot; the venue's own have 33 bytes at most */

void settings_market_free(struct settings_market *market)
{
    struct settings_instrument *instrument = market->instruments;
    HASH_CLEAR(by_symbol, market->instruments);
    for (struct settings_instrument *next; instrument != NULL; instrument = next) {
        next = instrument->by_symbol.next;
        heap_free(&instrument->rises);
        heap_free(&instrument->falls);
        free((void *)(uintptr_t)instrument->symbol.data);
        free(instrument);
    }
}

struct settings_instrument *settings_instrument(const struct settings_market *market,
                                                struct text symbol)
{
    struct settings_instrument *instrument;
    HASH_FIND(by_symbol, market->instruments, symbol.data, symbol.size, instrument);
    return instrument;
}

void settings_add_instrument(struct settings_market *market, struct text symbol)
{
    if (settings_instrument(market, symbol) != NULL)
        return;
    struct settings_instrument *instrument = calloc(1, sizeof *instrument);
    char *copy = malloc(symbol.size + 1);
    CHECK(instrument != NULL && copy != NULL);
    memcpy(copy, symbol.data, symbol.size);
    instrument->symbol = (struct text){.data = copy, .size = symbol.size};
    HASH_ADD_KEYPTR(by_symbol, market->instruments, copy, symbol.size, instrument);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct settings_instrument *const *left = a;
    const struct settings_instrument *const *right = b;
    return text_compare((*left)->symbol, (*right)->symbol);
}

void settings_symbol_save(struct text symbol, struct buffer *buffer)
{
    pack_u64(buffer, symbol.size);
    buffer_text(buffer, symbol);
}

static struct text read_symbol(struct pack_reader *reader, char ret_symbol[SYMBOL_SIZE_MAX])
{
    uint64_t size = pack_read_u64(reader);
    reader->failed = reader->failed || size > SYMBOL_SIZE_MAX;
    if (reader->failed)
        return TEXT("");
    pack_read(reader, ret_symbol, size);
    return (struct text){.data = ret_symbol, .size = size};
}

struct settings_instrument *settings_symbol_load(const struct settings_market *market,
                                                 struct pack_reader *reader)
{
    char symbol[SYMBOL_SIZE_MAX];
    struct text text = read_symbol(reader, symbol);
    return reader->failed ? NULL : settings_instrument(market, text);
}

void settings_market_save(const struct settings_market *market, struct buffer *buffer)
{
    size_t count = HASH_CNT(by_symbol, market->instruments), i = 0;
    const struct settings_instrument **sorted = calloc(count + 1, sizeof(void *));
    CHECK(sorted != NULL);
    for (const struct settings_instrument *at = market->instruments; at != NULL;
         at = at->by_symbol.next)
        sorted[i++] = at;
    qsort(sorted, count, sizeof(struct settings_instrument *), compare);
    pack_u64(buffer, count);
    for (i = 0; i < count; i++) {
        settings_symbol_save(sorted[i]->symbol, buffer);
        buffer_byte(buffer, sorted[i]->has_last);
        pack_u64(buffer, (uint64_t)sorted[i]->last_price_e8);
    }
    free(sorted);
}

void settings_market_load(struct settings_market *market, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        char symbol[SYMBOL_SIZE_MAX];
        struct text text = read_symbol(reader, symbol);
        bool has_last = pack_read_u8(reader) != 0;
        int64_t last_price_e8 = (int64_t)pack_read_u64(reader);
        reader->failed = reader->failed || settings_instrument(market, text) != NULL;
        if (reader->failed)
            return;
        settings_add_instrument(market, text);
        settings_instrument(market, text)->has_last = has_last;
        settings_instrument(market, text)->last_price_e8 = last_price_e8;
    }
}
