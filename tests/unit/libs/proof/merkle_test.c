#include "proof/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEAVES_MAX = 70 };

/* A tree as RFC 9162 defines it, from all of its leaves each time. */
static struct tree_hash LEAVES[LEAVES_MAX];

static int64_t split_of(int64_t size)
{
    int64_t split = 1;
    while (split * 2 < size)
        split *= 2;
    return split;
}

static struct tree_hash root_of(int64_t first, int64_t size)
{
    if (size == 1)
        return LEAVES[first];
    int64_t split = split_of(size);
    struct tree_hash left = root_of(first, split), right = root_of(first + split, size - split);
    return merkle_node_hash(&left, &right);
}

static void inclusion_path(int64_t index, int64_t first, int64_t size, struct tree_hash *path,
                           size_t *count)
{
    if (size == 1)
        return;
    int64_t split = split_of(size);
    bool left = index < split;
    inclusion_path(left ? index : index - split, left ? first : first + split,
                   left ? split : size - split, path, count);
    path[(*count)++] = left ? root_of(first + split, size - split) : root_of(first, split);
}

static void consistency_path(int64_t old, int64_t first, int64_t size, bool whole,
                             struct tree_hash *path, size_t *count)
{
    if (old == size) {
        if (!whole)
            path[(*count)++] = root_of(first, size);
        return;
    }
    int64_t split = split_of(size);
    if (old <= split) {
        consistency_path(old, first, split, whole, path, count);
        path[(*count)++] = root_of(first + split, size - split);
    } else {
        consistency_path(old - split, first + split, size - split, false, path, count);
        path[(*count)++] = root_of(first, split);
    }
}

static int set_up(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < LEAVES_MAX; i++)
        LEAVES[i] = merkle_leaf_hash((struct bytes){&i, 1});
    return 0;
}

static struct merkle tree_of(int64_t size)
{
    struct merkle tree = {0};
    struct tree_hash nodes[MERKLE_LEVELS];
    for (int64_t i = 0; i < size; i++)
        merkle_append(&tree, &LEAVES[i], nodes);
    return tree;
}

/* --- roots --- */

static void assert_hash(struct tree_hash hash, const char *hex)
{
    char text[2 * sizeof hash.bytes + 1];
    for (size_t i = 0; i < sizeof hash.bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", hash.bytes[i]);
    assert_string_equal(text, hex);
}

/* The leaves and roots that implementations of RFC 6962 test themselves by. */
static void roots_are_those_of_certificate_transparency(void **state)
{
    (void)state;
    static const struct {
        struct text leaf;
        const char *root;
    } STEPS[] = {
        {TEXT(""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {TEXT("\x00"), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {TEXT("\x10"), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {TEXT("\x20\x21"), "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {TEXT("\x30\x31"), "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {TEXT("\x40\x41\x42\x43"),
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {TEXT("\x50\x51\x52\x53\x54\x55\x56\x57"),
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {TEXT("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle tree = {0};
    struct tree_hash nodes[MERKLE_LEVELS];
    assert_hash(merkle_root(&tree),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        const uint8_t *data = (const uint8_t *)STEPS[i].leaf.data;
        struct tree_hash leaf = merkle_leaf_hash((struct bytes){data, STEPS[i].leaf.size});
        merkle_append(&tree, &leaf, nodes);
        assert_hash(merkle_root(&tree), STEPS[i].root);
    }
}

static void a_root_from_peaks_is_the_root_from_all_leaves(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= LEAVES_MAX; size++) {
        struct merkle tree = tree_of(size);
        struct tree_hash expected = root_of(0, size), root = merkle_root(&tree);
        assert_memory_equal(&root, &expected, sizeof root);
    }
}

static void a_leaf_completes_the_nodes_that_end_with_it(void **state)
{
    (void)state;
    struct merkle tree = {0};
    struct tree_hash nodes[MERKLE_LEVELS];
    for (int64_t i = 0; i < LEAVES_MAX; i++) {
        size_t count = merkle_append(&tree, &LEAVES[i], nodes);
        assert_true((i + 1) % (INT64_C(1) << (count - 1)) == 0);
        assert_true((i + 1) % (INT64_C(1) << count) != 0);
        for (size_t level = 0; level < count; level++) {
            int64_t size = INT64_C(1) << level;
            struct tree_hash expected = root_of(i + 1 - size, size);
            assert_memory_equal(&nodes[level], &expected, sizeof expected);
        }
    }
}

/* What an event carries is enough to make the nodes that its tickets complete. */
static void nodes_are_made_from_the_peaks_that_are_merged(void **state)
{
    (void)state;
    for (int64_t size = 0; size < LEAVES_MAX; size++) {
        for (int64_t count = 0; size + count <= LEAVES_MAX; count++) {
            struct merkle whole = tree_of(size), part;
            struct tree_hash merged[MERKLE_LEVELS], expected[MERKLE_LEVELS], nodes[MERKLE_LEVELS];
            size_t merged_count = merkle_merged(&whole, count, merged);
            struct merkle_path peaks = {merged, merged_count};
            assert_int_equal(merkle_resume(size, count, peaks, &part), OK);
            for (int64_t i = size; i < size + count; i++) {
                size_t made = merkle_append(&whole, &LEAVES[i], expected);
                assert_int_equal(merkle_append(&part, &LEAVES[i], nodes), made);
                assert_memory_equal(nodes, expected, made * sizeof *nodes);
            }
            peaks.count++;
            assert_int_equal(merkle_resume(size, count, peaks, &part), ERR_INPUT);
        }
    }
}

/* --- proofs --- */

static void each_leaf_is_proven_at_each_size_and_no_other(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= LEAVES_MAX; size++) {
        struct tree_hash root = root_of(0, size), made, path[MERKLE_PATH_MAX];
        for (int64_t index = 0; index < size; index++) {
            size_t count = 0;
            inclusion_path(index, 0, size, path, &count);
            struct merkle_path proof = {path, count};
            assert_int_equal(merkle_inclusion_root(&LEAVES[index], index, size, proof, &made), OK);
            assert_memory_equal(&made, &root, sizeof made);
            const struct tree_hash *other = &LEAVES[(index + 1) % LEAVES_MAX];
            assert_int_equal(merkle_inclusion_root(other, index, size, proof, &made), OK);
            assert_memory_not_equal(&made, &root, sizeof made);
            if (count > 0) {
                proof.count--;
                enum err err = merkle_inclusion_root(&LEAVES[index], index, size, proof, &made);
                assert_true(err == ERR_INPUT || !merkle_hash_equal(&made, &root));
            }
        }
        assert_int_equal(
            merkle_inclusion_root(&LEAVES[0], size, size, (struct merkle_path){path, 0}, &made),
            ERR_INPUT);
    }
}

static void each_size_is_proven_to_continue_each_smaller_one_and_nothing_else(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= LEAVES_MAX; size++) {
        struct tree_hash root = root_of(0, size), path[MERKLE_PATH_MAX] = {0};
        for (int64_t old = 1; old <= size; old++) {
            size_t count = 0;
            struct tree_hash old_root = root_of(0, old);
            consistency_path(old, 0, size, true, path, &count);
            assert_true(merkle_is_continued(old, &old_root, size, &root,
                                            (struct merkle_path){path, count}));
            assert_false(merkle_is_continued(old, &old_root, size, &root,
                                             (struct merkle_path){path, count + 1}));
            for (size_t i = 0; i < count; i++) {
                path[i].bytes[i] ^= 1;
                assert_false(merkle_is_continued(old, &old_root, size, &root,
                                                 (struct merkle_path){path, count}));
                path[i].bytes[i] ^= 1;
            }
            old_root.bytes[0] ^= 1;
            assert_false(merkle_is_continued(old, &old_root, size, &root,
                                             (struct merkle_path){path, count}));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_certificate_transparency),
        cmocka_unit_test(a_root_from_peaks_is_the_root_from_all_leaves),
        cmocka_unit_test(a_leaf_completes_the_nodes_that_end_with_it),
        cmocka_unit_test(nodes_are_made_from_the_peaks_that_are_merged),
        cmocka_unit_test(each_leaf_is_proven_at_each_size_and_no_other),
        cmocka_unit_test(each_size_is_proven_to_continue_each_smaller_one_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
