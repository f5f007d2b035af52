/* checkpoint.h - a checkpoint as the text that is signed: C2SP tlog-checkpoint, with the heads of
 * all partitions in lines of its own behind the three that every such log has.
 *
 *     bourse/0190a2b4-.../audit          the origin, which is the name of its keys, too
 *     20852163                           tickets
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *     number 312
 *     made_at 2026-11-30T00:51:07.004211Z
 *     head accounts/0 1234 BASE64        behind record 1233, what the fold's head is (PROTOCOL.md)
 *
 * Pure.
 */
#ifndef PROOF_CHECKPOINT_H
#define PROOF_CHECKPOINT_H
#include "base/arena.h"
#include "base/buffer.h"
#include "wire/messages.h"

enum { CHECKPOINT_ORIGIN_SIZE = 7 + 36 + 6 };

/* What a text says; texts point into it. */
struct checkpoint {
    struct text origin;
    int64_t tree_size;
    struct tree_hash root;
    int64_t number;
    int64_t made_at;
    const struct partition_head *heads;
    size_t heads_count;
};

/* The origin of a log's checkpoints, which is not terminated by a zero. */
void checkpoint_origin(struct uuid incarnation, char ret_origin[CHECKPOINT_ORIGIN_SIZE]);
/* Appends the text of what the event says. */
void checkpoint_print(const struct event_meta *meta, const struct checkpoint_made *made,
                      struct buffer *text);
/* Reads a text. ERR_INPUT: it is none of these. */
enum err checkpoint_parse(struct text text, struct arena *arena,
                          struct checkpoint *ret_checkpoint) MUST_CHECK;

#endif
