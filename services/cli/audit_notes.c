/* The checkpoints that bourse audit verify believes: those that bear a signature by a known key. */
#include "cli/audit.h"
#include "cli/cli.h"
#include "eventlog/copy.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_SIZE_MAX = 1 << 30, NOTE_SIZE_MAX = 1 << 20, EVENT_ARENA_SIZE = 256 << 20 };

void audit_notes_init(struct audit_notes *notes)
{
    notes->arena = arena_new(NOTES_SIZE_MAX);
}

void audit_notes_free(struct audit_notes *notes)
{
    arena_free(notes->arena);
    free(notes->list);
}

static struct checkpoint *next_place(struct audit_notes *notes)
{
    if (notes->count == notes->capacity) {
        notes->capacity = notes->capacity * 2 + 64;
        notes->list = realloc(notes->list, notes->capacity * sizeof *notes->list);
        CHECK(notes->list != NULL);
    }
    return &notes->list[notes->count];
}

bool audit_notes_add(struct audit_notes *notes, struct text note)
{
    struct text text;
    for (size_t i = 0; i < notes->keys_count; i++) {
        if (note_open(note, &notes->keys[i], &text) != OK)
            continue;
        struct checkpoint *checkpoint = next_place(notes);
        text = arena_text(notes->arena, text);
        if (checkpoint_parse(text, notes->arena, checkpoint) != OK)
            break; /* signed, and yet none: not by this venue's signer */
        notes->count++;
        return true;
    }
    notes->refused++;
    return false;
}

/* --- where they are --- */

bool audit_notes_from_log(struct audit_notes *notes, const char *folder)
{
    static const struct log_copy_place AUDIT = {.service = SERVICE_AUDIT};
    struct log_copy copy;
    struct log_record record;
    static struct event event;
    if (log_copy_find(folder, &AUDIT, &copy) != OK) {
        cli_fail("%s has no copy of audit's log: bourse audit export makes one", folder);
        return false;
    }
    struct arena *arena = arena_new(EVENT_ARENA_SIZE);
    while (log_copy_next(&copy, &record) == OK) {
        arena_reset(arena);
        if (event_decode(record.value, arena, &event) == OK &&
            event.kind == EVENT_CHECKPOINT_SIGNED)
            (void)audit_notes_add(notes, event.checkpoint_signed.note);
    }
    arena_free(arena);
    log_copy_close(&copy);
    return true;
}

static bool add_file(struct audit_notes *notes, const char *path)
{
    FILE *file = fopen(path, "rbe");
    char *note = malloc(NOTE_SIZE_MAX);
    CHECK(note != NULL);
    size_t size = file == NULL ? 0 : fread(note, 1, NOTE_SIZE_MAX, file);
    if (file != NULL)
        (void)fclose(file);
    bool added = audit_notes_add(notes, (struct text){note, size});
    free(note);
    if (!added)
        printf("%s: is not signed by any of the keys\n", path);
    return added;
}

static int is_checkpoint(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && dot != entry->d_name && strcmp(dot, ".checkpoint") == 0;
}

bool audit_notes_from_folder(struct audit_notes *notes, const char *folder)
{
    struct dirent **entries = NULL;
    bool good = true;
    int count = scandir(folder, &entries, is_checkpoint, alphasort);
    if (count < 0) {
        cli_fail("cannot read the folder %s", folder);
        return false;
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        good = add_file(notes, path) && good;
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* --- what they say together --- */

static int by_number(const void *a, const void *b)
{
    const struct checkpoint *first = a, *second = b;
    return (first->number > second->number) - (first->number < second->number);
}

static bool says_the_same(const struct checkpoint *a, const struct checkpoint *b)
{
    bool same = text_equal(a->origin, b->origin) && a->tree_size == b->tree_size &&
                merkle_hash_equal(&a->root, &b->root) && a->heads_count == b->heads_count;
    for (size_t i = 0; same && i < a->heads_count; i++)
        same = text_equal(a->heads[i].service, b->heads[i].service) &&
               a->heads[i].partition == b->heads[i].partition &&
               a->heads[i].next_offset == b->heads[i].next_offset &&
               memcmp(&a->heads[i].head, &b->heads[i].head, sizeof a->heads[i].head) == 0;
    return same;
}

/* Whether one can follow another: what grows does not shrink. */
static bool follows(const struct checkpoint *older, const struct checkpoint *newer)
{
    return text_equal(older->origin, newer->origin) && older->tree_size <= newer->tree_size &&
           (older->tree_size < newer->tree_size || merkle_hash_equal(&older->root, &newer->root));
}

bool audit_notes_sort(struct audit_notes *notes)
{
    size_t kept = 0;
    if (notes->count > 0)
        qsort(notes->list, notes->count, sizeof *notes->list, by_number);
    for (size_t i = 0; i < notes->count; i++) {
        const struct checkpoint *last = kept == 0 ? NULL : &notes->list[kept - 1];
        bool twice = last != NULL && last->number == notes->list[i].number;
        if (last != NULL &&
            !(twice ? says_the_same(last, &notes->list[i]) : follows(last, &notes->list[i]))) {
            printf("checkpoint %lld: contradicts checkpoint %lld, and both are signed\n",
                   (long long)notes->list[i].number, (long long)last->number);
            return false;
        }
        if (!twice)
            notes->list[kept++] = notes->list[i];
    }
    notes->count = kept;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const struct chain_head *first = a, *second = b;
    return (first->next_offset > second->next_offset) - (first->next_offset < second->next_offset);
}

struct chain_head *audit_notes_heads(const struct audit_notes *notes, enum service_id service,
                                     int32_t partition, size_t *ret_count)
{
    struct chain_head *heads = calloc(notes->count + 1, sizeof *heads);
    CHECK(heads != NULL);
    *ret_count = 0;
    for (size_t i = 0; i < notes->count; i++) {
        const struct checkpoint *checkpoint = &notes->list[i];
        for (size_t k = 0; k < checkpoint->heads_count; k++) {
            const struct partition_head *head = &checkpoint->heads[k];
            if (head->partition == partition && text_is(head->service, service_name(service)))
                heads[(*ret_count)++] = (struct chain_head){head->next_offset, head->head};
        }
    }
    if (*ret_count > 0)
        qsort(heads, *ret_count, sizeof *heads, by_offset);
    return heads;
}
