#include "proof/checkpoint.h"

#include "base/number.h"
#include "base/time.h"
#include "base/uuid.h"
#include "seal/seal.h"

#include <inttypes.h>
#include <string.h>

static const char ORIGIN_START[] = "bourse/", ORIGIN_END[] = "/audit";
enum { START_SIZE = sizeof ORIGIN_START - 1, END_SIZE = sizeof ORIGIN_END - 1 };
_Static_assert((int)CHECKPOINT_ORIGIN_SIZE == START_SIZE + UUID_TEXT_SIZE + END_SIZE,
               "the header names the size");

/* --- printing --- */

void checkpoint_origin(struct uuid incarnation, char ret_origin[CHECKPOINT_ORIGIN_SIZE])
{
    memcpy(ret_origin, ORIGIN_START, START_SIZE);
    uuid_print(incarnation, ret_origin + START_SIZE);
    memcpy(ret_origin + START_SIZE + UUID_TEXT_SIZE, ORIGIN_END, END_SIZE);
}

static void print_head(const struct partition_head *head, struct buffer *text)
{
    buffer_string(text, "head ");
    buffer_text(text, head->service);
    buffer_printf(text, "/%d %" PRId64 " ", head->partition, head->next_offset);
    seal_to_base64((struct bytes){head->head.bytes, sizeof head->head.bytes}, text);
    buffer_byte(text, '\n');
}

void checkpoint_print(const struct event_meta *meta, const struct checkpoint_made *made,
                      struct buffer *text)
{
    char origin[CHECKPOINT_ORIGIN_SIZE], time[TIME_TEXT_SIZE];
    checkpoint_origin(meta->incarnation, origin);
    time_print(meta->occurred_at, time);
    buffer_append(text, origin, sizeof origin);
    buffer_printf(text, "\n%" PRId64 "\n", made->tree_size);
    seal_to_base64((struct bytes){made->root_hash.bytes, sizeof made->root_hash.bytes}, text);
    buffer_printf(text, "\nnumber %" PRId64 "\nmade_at %.*s\n", made->number, TIME_TEXT_SIZE, time);
    for (size_t i = 0; i < made->heads_count; i++)
        print_head(&made->heads[i], text);
}

/* --- reading --- */

/* The bytes up to `end`, which is passed over. False: there is none. */
static bool take(struct text *rest, char end, struct text *ret_taken)
{
    const char *at = rest->size == 0 ? NULL : memchr(rest->data, end, rest->size);
    if (at == NULL)
        return false;
    *ret_taken = (struct text){rest->data, (size_t)(at - rest->data)};
    *rest = (struct text){at + 1, rest->size - ret_taken->size - 1};
    return true;
}

static bool take_number(struct text *rest, char end, int64_t *ret_number)
{
    struct text digits;
    return take(rest, end, &digits) && number_parse(digits, ret_number) == OK;
}

static bool take_word(struct text *rest, const char *word)
{
    struct text taken;
    return take(rest, ' ', &taken) && text_is(taken, word);
}

static bool take_hash(struct text *rest, uint8_t ret_hash[SEAL_SHA256_SIZE])
{
    struct text line;
    struct buffer hash;
    buffer_init(&hash, SEAL_SHA256_SIZE);
    bool is_hash = take(rest, '\n', &line) && seal_from_base64(line, &hash) == OK &&
                   hash.size == SEAL_SHA256_SIZE;
    if (is_hash)
        memcpy(ret_hash, hash.data, SEAL_SHA256_SIZE);
    buffer_free(&hash);
    return is_hash;
}

static bool take_head(struct text *rest, struct partition_head *ret_head)
{
    int64_t partition = 0;
    bool is_head = take_word(rest, "head") && take(rest, '/', &ret_head->service) &&
                   take_number(rest, ' ', &partition) && partition <= INT32_MAX &&
                   take_number(rest, ' ', &ret_head->next_offset) &&
                   take_hash(rest, ret_head->head.bytes);
    ret_head->partition = (int32_t)partition;
    return is_head;
}

static size_t count_lines(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

enum err checkpoint_parse(struct text text, struct arena *arena, struct checkpoint *ret_checkpoint)
{
    struct checkpoint *read = ret_checkpoint;
    struct text time;
    *read = (struct checkpoint){0};
    if (!take(&text, '\n', &read->origin) || !take_number(&text, '\n', &read->tree_size) ||
        !take_hash(&text, read->root.bytes) || !take_word(&text, "number") ||
        !take_number(&text, '\n', &read->number) || !take_word(&text, "made_at") ||
        !take(&text, '\n', &time) || time_parse(time, &read->made_at) != OK)
        return ERR_INPUT;
    struct partition_head *heads = ARENA_NEW(arena, struct partition_head, count_lines(text));
    read->heads = heads;
    while (text.size > 0) {
        if (!take_head(&text, &heads[read->heads_count++]))
            return ERR_INPUT;
    }
    return OK;
}
