/* audit.h - what of `bourse audit verify` is its own: the checkpoints that are to be believed, and
 * what is held against them. Nothing here asks the venue.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H
#include "eventlog/chain.h"
#include "proof/checkpoint.h"
#include "proof/merkle.h"
#include "proof/note.h"

enum { AUDIT_KEYS_MAX = 8 };

/* Signed checkpoints, by their numbers. What they say is in the arena. */
struct audit_notes {
    struct note_key keys[AUDIT_KEYS_MAX];
    size_t keys_count;
    struct arena *arena;
    struct checkpoint *list;
    size_t count, capacity;
    size_t refused; /* notes that none of the keys has signed */
};

void audit_notes_init(struct audit_notes *notes);
void audit_notes_free(struct audit_notes *notes);
/* Opens a note and adds its checkpoint. False: it is not signed by any of the keys. */
bool audit_notes_add(struct audit_notes *notes, struct text note);
/* Adds what a copy of audit's log has of them, whatever else is wrong with it. False: said. */
bool audit_notes_from_log(struct audit_notes *notes, const char *folder);
/* Adds the files *.checkpoint of a folder. False: said, if one is not signed. */
bool audit_notes_from_folder(struct audit_notes *notes, const char *folder);
/* Sorts them, and drops those that are there twice. False: two contradict each other, as is said.
 */
bool audit_notes_sort(struct audit_notes *notes);
/* The heads that they have of a partition, ascending, for chain.h; the caller frees them. */
struct chain_head *audit_notes_heads(const struct audit_notes *notes, enum service_id service,
                                     int32_t partition, size_t *ret_count);

/* The tickets of a copied log, held against the trees of the checkpoints. */
struct audit_tickets {
    const struct audit_notes *notes;
    size_t next; /* the checkpoint that is to be met next */
    struct merkle *tree;
    struct text wanted;  /* the id of a ticket to tell of; empty: none */
    int64_t wanted_leaf; /* -1: not met */
    bool failed;
};
/* Takes the tickets of an event of audit's that counts. False: a tree is not theirs, as is said. */
bool audit_tickets_take(struct audit_tickets *tickets, const struct event *event);
/* Says how many there are, and of the one that is wanted by which checkpoint it is signed. */
bool audit_tickets_end(const struct audit_tickets *tickets);

/* Verifies a proof as the API shows it: a ticket with its inclusion proof, or a consistency proof.
 * Returns the exit status, and says why. */
int audit_verify_proof(struct audit_notes *notes, const char *path);

#endif
