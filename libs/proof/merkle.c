#include "proof/merkle.h"

#include "seal/seal.h"

#include <string.h>

static const uint8_t LEAF = 0, NODE = 1; /* what makes a leaf no node, and a node no leaf */

bool merkle_hash_equal(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

struct tree_hash merkle_leaf_hash(struct bytes leaf)
{
    struct tree_hash hash;
    const struct bytes parts[] = {{&LEAF, 1}, leaf};
    seal_sha256_parts(parts, COUNT_OF(parts), hash.bytes);
    return hash;
}

struct tree_hash merkle_node_hash(const struct tree_hash *left, const struct tree_hash *right)
{
    struct tree_hash hash;
    const struct bytes parts[] = {
        {&NODE, 1}, {left->bytes, sizeof left->bytes}, {right->bytes, sizeof right->bytes}};
    seal_sha256_parts(parts, COUNT_OF(parts), hash.bytes);
    return hash;
}

static bool has_peak(int64_t size, size_t level)
{
    return (size >> level & 1) != 0;
}

size_t merkle_append(struct merkle *tree, const struct tree_hash *leaf,
                     struct tree_hash ret_nodes[MERKLE_LEVELS])
{
    CHECK(tree->size < INT64_MAX);
    size_t level = 0;
    ret_nodes[0] = *leaf;
    for (; has_peak(tree->size, level); level++)
        ret_nodes[level + 1] = merkle_node_hash(&tree->peaks[level], &ret_nodes[level]);
    tree->peaks[level] = ret_nodes[level];
    tree->size++;
    return level + 1;
}

struct tree_hash merkle_root(const struct merkle *tree)
{
    struct tree_hash root;
    bool begun = false;
    for (size_t level = 0; level < MERKLE_LEVELS; level++) {
        if (!has_peak(tree->size, level))
            continue;
        root = begun ? merkle_node_hash(&tree->peaks[level], &root) : tree->peaks[level];
        begun = true;
    }
    if (!begun)
        seal_sha256(NULL, 0, root.bytes);
    return root;
}

/* --- a tree from some of its peaks --- */

static bool is_merged(int64_t size, int64_t count, size_t level)
{
    return has_peak(size, level) && size >> level != (size + count) >> level;
}

size_t merkle_merged(const struct merkle *tree, int64_t count,
                     struct tree_hash ret_peaks[MERKLE_LEVELS])
{
    size_t merged = 0;
    for (size_t level = MERKLE_LEVELS; level-- > 0;) {
        if (is_merged(tree->size, count, level))
            ret_peaks[merged++] = tree->peaks[level];
    }
    return merged;
}

enum err merkle_resume(int64_t size, int64_t count, struct merkle_path peaks,
                       struct merkle *ret_tree)
{
    size_t used = 0;
    *ret_tree = (struct merkle){.size = size};
    if (size < 0 || count < 0 || size > INT64_MAX - count)
        return ERR_INPUT;
    for (size_t level = MERKLE_LEVELS; level-- > 0;) {
        if (!is_merged(size, count, level))
            continue;
        if (used == peaks.count)
            return ERR_INPUT;
        ret_tree->peaks[level] = peaks.hashes[used++];
    }
    return used == peaks.count ? OK : ERR_INPUT;
}

/* --- proofs: RFC 9162, 2.1.3.2 and 2.1.4.2 --- */

enum err merkle_inclusion_root(const struct tree_hash *leaf, int64_t index, int64_t size,
                               struct merkle_path path, struct tree_hash *ret_root)
{
    if (index < 0 || index >= size)
        return ERR_INPUT;
    int64_t node = index, last = size - 1;
    *ret_root = *leaf;
    for (size_t i = 0; i < path.count; i++) {
        if (last == 0)
            return ERR_INPUT;
        if (node % 2 == 1 || node == last) {
            *ret_root = merkle_node_hash(&path.hashes[i], ret_root);
            for (; node % 2 == 0 && node != 0; node /= 2)
                last /= 2;
        } else {
            *ret_root = merkle_node_hash(ret_root, &path.hashes[i]);
        }
        node /= 2;
        last /= 2;
    }
    return last == 0 ? OK : ERR_INPUT;
}

/* Both roots, made from a path that begins with a node of the first tree. */
static bool makes_both(int64_t node, int64_t last, const struct tree_hash *first_root,
                       const struct tree_hash *root, struct merkle_path path)
{
    for (; node % 2 == 1; node /= 2)
        last /= 2;
    struct tree_hash first_made = path.hashes[0], made = path.hashes[0];
    for (size_t i = 1; i < path.count; i++) {
        if (last == 0)
            return false;
        if (node % 2 == 1 || node == last) {
            first_made = merkle_node_hash(&path.hashes[i], &first_made);
            made = merkle_node_hash(&path.hashes[i], &made);
            for (; node % 2 == 0 && node != 0; node /= 2)
                last /= 2;
        } else {
            made = merkle_node_hash(&made, &path.hashes[i]);
        }
        node /= 2;
        last /= 2;
    }
    return last == 0 && merkle_hash_equal(&first_made, first_root) &&
           merkle_hash_equal(&made, root);
}

bool merkle_is_continued(int64_t first_size, const struct tree_hash *first_root, int64_t size,
                         const struct tree_hash *root, struct merkle_path path)
{
    if (first_size < 1 || first_size > size || path.count >= MERKLE_PATH_MAX)
        return false;
    if (first_size == size)
        return path.count == 0 && merkle_hash_equal(first_root, root);
    struct tree_hash hashes[MERKLE_PATH_MAX];
    bool whole = (first_size & (first_size - 1)) == 0; /* its root is a node of the other */
    if (path.count == 0)
        return false;
    hashes[0] = *first_root;
    memcpy(hashes + (whole ? 1 : 0), path.hashes, path.count * sizeof *hashes);
    return makes_both(first_size - 1, size - 1, first_root, root,
                      (struct merkle_path){hashes, path.count + (whole ? 1 : 0)});
}
