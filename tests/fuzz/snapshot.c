/* snapshot.c - damaged bytes of a state are refused, or are a state that saves and loads as itself.
 * The first byte says whose. */
#include "accounts/accounts.h"
#include "audit/state.h"
#include "desk/state.h"
#include "fuzz.h"
#include "orders/state.h"
#include "service/memory.h"
#include "settings/state.h"

enum { SAVED_MAX = 1 << 22 };

struct loader {
    struct place place;
    void *(*state_new)(const struct place *place);
    void (*state_free)(void *state);
    void (*save)(const void *state, struct buffer *buffer);
    enum err (*load)(void *state, struct bytes bytes);
};

static void *remembering(const struct place *place)
{
    (void)place;
    return memory_new();
}

static void forget(void *memory)
{
    memory_free(memory);
}

static void memory_as_bytes(const void *memory, struct buffer *buffer)
{
    memory_save(memory, buffer);
}

/* All of the bytes, as the others have it. */
static enum err memory_of_bytes(void *memory, struct bytes bytes)
{
    enum err err = memory_load(memory, &bytes);
    return err == OK && bytes.size > 0 ? ERR_POISON : err;
}

static const struct loader LOADERS[] = {
    {{.service = SERVICE_ACCOUNTS, .partition_counts = {1, 1, 1, 1}},
     accounts_state_new,
     accounts_state_free,
     accounts_save,
     accounts_load},
    {{.service = SERVICE_ORDERS, .partition_counts = {1, 1, 1, 1}},
     orders_new,
     orders_free,
     orders_save,
     orders_load},
    {{.service = SERVICE_AUDIT, .partition_counts = {1, 1, 1, 1}},
     audit_new,
     audit_free,
     audit_save,
     audit_load},
    {{.service = SERVICE_SETTINGS, .partition_counts = {1, 1, 1, 1}},
     settings_new,
     settings_free,
     settings_save,
     settings_load},
    {{.service = SERVICE_ACCOUNTS, .partition_counts = {1, 1, 1, 1}},
     remembering,
     forget,
     memory_as_bytes,
     memory_of_bytes},
    {{.service = SERVICE_DESK, .partition_counts = {1, 1, 1, 1, 1}},
     desk_new,
     desk_free,
     desk_save,
     desk_load},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct loader *loader = &LOADERS[fuzz_byte(&input) % COUNT_OF(LOADERS)];
    void *state = loader->state_new(&loader->place);
    if (loader->load(state, (struct bytes){input.data, input.size}) == OK) {
        struct buffer first, second;
        void *again = loader->state_new(&loader->place);
        buffer_init(&first, SAVED_MAX);
        buffer_init(&second, SAVED_MAX);
        loader->save(state, &first);
        CHECK(loader->load(again, buffer_bytes(&first)) == OK);
        loader->save(again, &second);
        CHECK(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        loader->state_free(again);
        buffer_free(&first);
        buffer_free(&second);
    }
    loader->state_free(state);
    return 0;
}
