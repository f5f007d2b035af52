/* fold.c - a log of anything: the fold never crashes, and its state moves only as it may.
 *
 * The input is records: a byte of flags, a byte for the size of the headers and two for that of the
 * value, then both. Flags ask to make the record the one that is due, which nobody would guess.
 */
#include "eventlog/fold.h"
#include "eventlog/headers.h"

#include "fuzz.h"

enum { ARENA_SIZE = 1 << 22, VALUE_MAX = 1 << 16, SERVICE_NAME_MAX = 40 };
enum { IN_PLACE = 1, IN_FORCE = 2, CONTINUES = 4, NEXT_EPOCH = 8, WITH_HEADERS = 16, SKIPS = 32 };

/* What a flag asks for is taken from the fold. */
static void adapt(struct event_meta *meta, const struct fold *fold, uint8_t flags)
{
    if (flags & IN_PLACE) {
        meta->service = TEXT("accounts");
        meta->partition = 0;
        meta->incarnation = fold->incarnation;
    }
    if (flags & IN_FORCE) {
        meta->epoch = fold->state.epoch;
        meta->nonce = fold->state.nonce;
    }
    if (flags & CONTINUES) {
        meta->wseq = fold->state.wseq + 1;
        meta->prev_hash = fold->state.head;
    }
    if (flags & NEXT_EPOCH)
        meta->epoch = fold->state.epoch + 1;
}

/* Splits "name=value,name=value". */
static size_t read_headers(struct fuzz_input input, struct log_header *ret_headers)
{
    size_t count = 0;
    while (input.size > 0 && count < LOG_HEADERS_MAX) {
        struct text pair = fuzz_until(&input, ',');
        struct fuzz_input rest = {(const uint8_t *)pair.data, pair.size};
        struct text name = fuzz_until(&rest, '=');
        ret_headers[count++] = (struct log_header){name, {(const char *)rest.data, rest.size}};
    }
    return count;
}

static void check_step(const struct fold *before, const struct fold *after,
                       enum fold_verdict verdict)
{
    bool moved = memcmp(&before->state.head, &after->state.head, sizeof before->state.head) != 0;
    CHECK(moved == (verdict == FOLD_VALID || verdict == FOLD_CLAIM));
    CHECK(after->state.epoch == before->state.epoch + (verdict == FOLD_CLAIM));
    CHECK(after->sources_count <= FOLD_SOURCES_MAX);
    if (verdict == FOLD_VALID && before->started)
        CHECK(after->state.wseq == before->state.wseq + 1 && !after->state.poisoned);
    if (verdict == FOLD_CLAIM)
        CHECK(after->state.wseq == 0 && !after->state.poisoned);
}

/* Whether a writer could have made it: only writers make headers, and services have short names. */
static bool is_writable(const struct event_meta *meta)
{
    bool writable = meta->service.size <= SERVICE_NAME_MAX;
    for (size_t i = 0; i < meta->touches_count; i++)
        writable = writable && meta->touches[i].service.size <= SERVICE_NAME_MAX;
    return writable;
}

/* The next record of the input, folded. */
static enum fold_verdict step(struct fold *fold, struct fuzz_input *input, struct arena *arena)
{
    static struct event event;
    struct log_header headers[LOG_HEADERS_MAX];
    struct buffer value;
    uint8_t flags = fuzz_byte(input);
    size_t headers_size = fuzz_byte(input);
    size_t value_size = (size_t)fuzz_byte(input) << 8;
    value_size |= fuzz_byte(input);
    headers_size = headers_size < input->size ? headers_size : input->size;
    struct fuzz_input head = {input->data, headers_size};
    input->data += headers_size;
    input->size -= headers_size;
    value_size = value_size < input->size ? value_size : input->size;
    struct log_record record = {
        .offset = fold->next_offset + (flags & SKIPS ? 3 : 0),
        .key = {input->data, value_size < 3 ? value_size : 3},
        .value = {input->data, value_size},
        .headers = headers,
        .headers_count = read_headers(head, headers),
    };
    input->data += value_size;
    input->size -= value_size;
    buffer_init(&value, VALUE_MAX);
    if (event_decode(record.value, arena, &event) == OK) {
        adapt(&event.meta, fold, flags);
        event_encode(&event, &value);
        record.value = buffer_bytes(&value);
        if ((flags & WITH_HEADERS) && is_writable(&event.meta))
            record.headers_count = headers_of_event(&event, arena, headers);
    }
    struct fold before = *fold;
    enum fold_verdict verdict = fold_step(fold, &record, arena, &event);
    check_step(&before, fold, verdict);
    headers_touch(&record, SERVICE_ORDERS, 0);
    buffer_free(&value);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct arena *arena = arena_new(ARENA_SIZE);
    struct fold fold;
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    while (input.size > 0 && step(&fold, &input, arena) != FOLD_STOP)
        arena_reset(arena);
    fold_free(&fold);
    arena_free(arena);
    return 0;
}
