/* bourse audit verify --proof: what the API shows of one ticket, or of two checkpoints. */
#include "cli/audit.h"
#include "cli/cli.h"
#include "proof/leaf.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 4 << 20, ARENA_SIZE = FILE_SIZE_MAX * JSON_ARENA_FACTOR + (1 << 20) };

static bool read_hash(const struct json_value *value, uint8_t ret_hash[SEAL_SHA256_SIZE])
{
    struct seal_key hash; /* 64 hex digits, as a key is written */
    if (value == NULL || value->kind != JSON_STRING || seal_key_parse(value->text, &hash) != OK)
        return false;
    memcpy(ret_hash, hash.bytes, sizeof hash.bytes);
    return true;
}

static bool read_path(const struct json_value *hashes, struct arena *arena,
                      struct merkle_path *ret_path)
{
    if (hashes == NULL || hashes->kind != JSON_ARRAY)
        return false;
    struct tree_hash *list = ARENA_NEW(arena, struct tree_hash, hashes->count + 1);
    const struct json_value *hash = hashes->first;
    for (size_t i = 0; hash != NULL; i++, hash = hash->next) {
        if (!read_hash(hash, list[i].bytes))
            return false;
    }
    *ret_path = (struct merkle_path){list, hashes->count};
    return true;
}

/* --- tickets --- */

/* Sets the fields of a record that JSON has under their names. */
static bool read_fields(const struct json_value *object, const struct wire_record *record,
                        void *value)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        const struct json_value *member = json_value_member(object, field->name);
        if (member == NULL || member->kind == JSON_NULL || field->type == WIRE_RECORD ||
            field->type == WIRE_FIXED)
            continue;
        if (wire_field_set(field, member->text, value) != OK)
            return false;
    }
    return true;
}

/* The ticket as it stands in its event. One of a refusal that a gateway reported is in the event
 * that it is about, whose place, id and hash are not in it. */
static bool read_ticket(const struct json_value *json, struct ticket *ret_ticket)
{
    *ret_ticket = (struct ticket){.source = {.topic = TEXT("")}};
    if (!read_fields(json, &WIRE_TICKET, ret_ticket) ||
        !read_fields(json_value_member(json, "source"), &WIRE_POSITION, &ret_ticket->source))
        return false;
    if (!text_is(ret_ticket->source.topic, "bourse.audit.events"))
        return read_hash(json_value_member(json, "hash"), ret_ticket->event_hash.bytes);
    ret_ticket->source.offset = -1;
    ret_ticket->event_id = (struct uuid){{0}};
    return true;
}

/* --- notes --- */

/* The checkpoint of a note; NULL: it is not signed by a known key. */
static const struct checkpoint *open_note(struct audit_notes *notes,
                                          const struct json_value *object)
{
    const struct json_value *note = json_value_member(object, "note");
    if (note == NULL || note->kind != JSON_STRING || !audit_notes_add(notes, note->text))
        return NULL;
    return &notes->list[notes->count - 1];
}

static int verify_inclusion(struct audit_notes *notes, const struct json_value *json,
                            struct arena *arena)
{
    const struct json_value *proof = json_value_member(json, "inclusion_proof");
    struct ticket ticket;
    struct merkle_path path;
    int64_t index = 0;
    if (proof == NULL || proof->kind != JSON_OBJECT)
        return cli_fail("the ticket has no inclusion proof yet");
    if (!read_ticket(json, &ticket) ||
        json_value_int(json_value_member(proof, "leaf_index"), &index) != OK ||
        !read_path(json_value_member(proof, "hashes"), arena, &path))
        return cli_fail("this is no ticket as the API shows it");
    const struct checkpoint *checkpoint = open_note(notes, proof);
    if (checkpoint == NULL)
        return cli_fail("its checkpoint is not signed by any of the keys");
    struct tree_hash leaf = leaf_hash_of_ticket(&ticket), root;
    if (merkle_inclusion_root(&leaf, index, checkpoint->tree_size, path, &root) != OK ||
        !merkle_hash_equal(&root, &checkpoint->root))
        return cli_fail("%.*s is not in the tree of checkpoint %lld", (int)ticket.id.size,
                        ticket.id.data, (long long)checkpoint->number);
    printf("%.*s: leaf %lld, signed in checkpoint %lld\n", (int)ticket.id.size, ticket.id.data,
           (long long)index, (long long)checkpoint->number);
    return CLI_OK;
}

static int verify_consistency(struct audit_notes *notes, const struct json_value *json,
                              struct arena *arena)
{
    struct merkle_path path;
    const struct checkpoint *opened = open_note(notes, json_value_member(json, "since"));
    if (opened == NULL)
        return cli_fail("the older checkpoint is not signed by any of the keys");
    struct checkpoint older = *opened;
    const struct checkpoint *newer = open_note(notes, json_value_member(json, "checkpoint"));
    if (newer == NULL)
        return cli_fail("the newer checkpoint is not signed by any of the keys");
    if (!read_path(json_value_member(json, "hashes"), arena, &path) ||
        !text_equal(older.origin, newer->origin) ||
        !merkle_is_continued(older.tree_size, &older.root, newer->tree_size, &newer->root, path))
        return cli_fail("checkpoint %lld does not continue checkpoint %lld",
                        (long long)newer->number, (long long)older.number);
    printf("checkpoint %lld: continues checkpoint %lld, %lld tickets after %lld\n",
           (long long)newer->number, (long long)older.number, (long long)newer->tree_size,
           (long long)older.tree_size);
    return CLI_OK;
}

static bool read_file(const char *path, struct buffer *ret_content)
{
    uint8_t block[4096];
    size_t size;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(ret_content, block, size);
    bool whole = ferror(file) == 0 && buffer_ok(ret_content);
    (void)fclose(file);
    return whole;
}

int audit_verify_proof(struct audit_notes *notes, const char *path)
{
    struct buffer content;
    struct json_error error;
    const struct json_value *json = NULL;
    struct arena *arena = arena_new(ARENA_SIZE);
    buffer_init(&content, FILE_SIZE_MAX);
    int status;
    if (!read_file(path, &content))
        status = cli_fail("cannot read %s", path);
    else if (json_parse(buffer_as_text(&content), FILE_SIZE_MAX, arena, &json, &error) != OK)
        status = cli_fail("%s is no JSON: %s", path, error.message);
    else if (json_value_member(json, "since") != NULL)
        status = verify_consistency(notes, json, arena);
    else
        status = verify_inclusion(notes, json, arena);
    buffer_free(&content);
    arena_free(arena);
    return status;
}
