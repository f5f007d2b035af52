/* Checkpoints: made when it is time, and signed by who has the key (sign.h), which is not here. */
#include "audit/decide_parts.h"

#include <string.h>

enum { SIGNATURES_SIZE_MAX = 4096, KEYS_MAX = 8, KEY_SIZE_MAX = 400 };

void audit_make_checkpoint(const struct audit *audit, const struct input *input,
                           struct event *event)
{
    event->kind = EVENT_CHECKPOINT_MADE;
    event->key = TEXT("audit");
    event->checkpoint_made = (struct checkpoint_made){
        .number = audit->checkpoint.number + 1,
        .tree_size = audit->tree.size,
        .root_hash = merkle_root(&audit->tree),
        .heads = (struct partition_head *)(uintptr_t)input->heads, /* encoding changes nothing */
        .heads_count = input->heads_count,
    };
}

/* Lines of a signed note, none of them empty: whether they are good, its readers find out. */
static bool are_lines(struct text signatures)
{
    if (signatures.size == 0 || signatures.size > SIGNATURES_SIZE_MAX ||
        signatures.data[0] == '\n' || signatures.data[signatures.size - 1] != '\n')
        return false;
    return memmem(signatures.data, signatures.size, "\n\n", 2) == NULL;
}

static bool are_keys(const struct text *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].size == 0 || keys[i].size > KEY_SIZE_MAX)
            return false;
    }
    return count > 0 && count <= KEYS_MAX;
}

void audit_sign_checkpoint(const struct audit *audit, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct sign_checkpoint *given = &input->command->sign_checkpoint;
    const struct audit_checkpoint *last = &audit->checkpoint;
    if (given->number != last->number || last->text.size == 0) {
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "Checkpoint %lld does not wait for signatures.",
                                  (long long)given->number),
                     "number");
        return;
    }
    if (!are_lines(given->signatures) || !are_keys(given->keys, given->keys_count)) {
        event_reject(event, "VALIDATION_FAILED", TEXT("These are no signatures of a note."),
                     "signatures");
        return;
    }
    event->kind = EVENT_CHECKPOINT_SIGNED;
    event->key = TEXT("audit");
    event->checkpoint_signed = (struct checkpoint_signed){
        .number = last->number,
        .tree_size = last->tree_size,
        .root_hash = last->root_hash,
        .made_at = last->made_at,
        .note =
            arena_printf(arena, "%.*s\n%.*s", (int)last->text.size, (const char *)last->text.data,
                         (int)given->signatures.size, given->signatures.data),
        .keys = given->keys,
        .keys_count = given->keys_count,
    };
}
