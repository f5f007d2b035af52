/* merkle.h - the Merkle tree of RFC 9162 (as RFC 6962 has it) that only ever grows: a log's leaves,
 * its root at any size, and the proofs that a leaf is in it and that one size continues another.
 *
 * A tree is kept as its peaks, the roots of the complete subtrees that it consists of: 32 bytes for
 * each bit of its size that is set. Nodes have a level (leaves 0) and an index in it; node (k, i)
 * is over the leaves [i * 2^k, (i + 1) * 2^k), and complete once the last of them is there.
 *
 * Pure, but that libs/seal hashes.
 */
#ifndef PROOF_MERKLE_H
#define PROOF_MERKLE_H
#include "wire/messages.h"

enum {
    MERKLE_LEVELS = 63,
    MERKLE_PATH_MAX = 2 * MERKLE_LEVELS /* hashes of a proof */
};

struct merkle {
    int64_t size;
    struct tree_hash peaks[MERKLE_LEVELS]; /* [k]: of level k, where bit k of the size is set */
};

/* Hashes of a proof, nearest to the leaves first. */
struct merkle_path {
    const struct tree_hash *hashes;
    size_t count;
};

bool merkle_hash_equal(const struct tree_hash *a, const struct tree_hash *b);
/* SHA-256(0x00, leaf) and SHA-256(0x01, left, right). */
struct tree_hash merkle_leaf_hash(struct bytes leaf);
struct tree_hash merkle_node_hash(const struct tree_hash *left, const struct tree_hash *right);

/* Appends a leaf. ret_nodes[k]: the node of level k that it completes, the leaf itself first; as
 * many as are returned. */
size_t merkle_append(struct merkle *tree, const struct tree_hash *leaf,
                     struct tree_hash ret_nodes[MERKLE_LEVELS]);
/* The root; of the empty tree SHA-256 of nothing. */
struct tree_hash merkle_root(const struct merkle *tree);

/* The peaks that `count` more leaves make part of larger subtrees, the largest first; as many as
 * are returned. With them alone merkle_resume() makes a tree to which those leaves can be appended,
 * for their nodes; its root means nothing. ERR_INPUT: another number of peaks than that takes. */
size_t merkle_merged(const struct merkle *tree, int64_t count,
                     struct tree_hash ret_peaks[MERKLE_LEVELS]);
enum err merkle_resume(int64_t size, int64_t count, struct merkle_path peaks,
                       struct merkle *ret_tree) MUST_CHECK;

/* The root of a tree of `size` leaves that has `leaf` at `index`, by the path of an inclusion
 * proof. ERR_INPUT: the path is of another length. */
enum err merkle_inclusion_root(const struct tree_hash *leaf, int64_t index, int64_t size,
                               struct merkle_path path, struct tree_hash *ret_root) MUST_CHECK;
/* Whether `path` proves that the tree of `size` leaves and that root continues the one of
 * `first_size`, which has at least one leaf, and that root. */
bool merkle_is_continued(int64_t first_size, const struct tree_hash *first_root, int64_t size,
                         const struct tree_hash *root, struct merkle_path path);

#endif
