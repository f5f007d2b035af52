/* The levels of one side: an AA tree by rank (Arne Andersson, 1993: a red-black tree whose red
 * links lean right), so that no choice of prices makes finding one slower than logarithmic; and a
 * list from best to worst, which is what matching walks. */
#include "orders/book_layout.h"

int64_t book_rank(enum side side, int64_t price_e8)
{
    return side == SIDE_BUY ? -price_e8 : price_e8;
}

static int height(const struct book_queue *queue)
{
    return queue == NULL ? 0 : queue->height;
}

/* A left link of the same height becomes a right one. */
static struct book_queue *skew(struct book_queue *top)
{
    struct book_queue *left = top->left;
    if (left == NULL || left->height != top->height)
        return top;
    top->left = left->right;
    left->right = top;
    return left;
}

/* Two right links of the same height in a row: the middle one goes up. */
static struct book_queue *split(struct book_queue *top)
{
    struct book_queue *right = top->right;
    if (right == NULL || height(right->right) != top->height)
        return top;
    top->right = right->left;
    right->left = top;
    right->height++;
    return right;
}

static struct book_queue *insert(struct book_queue *top, struct book_queue *queue)
{
    if (top == NULL)
        return queue;
    if (queue->rank < top->rank)
        top->left = insert(top->left, queue);
    else
        top->right = insert(top->right, queue);
    return split(skew(top));
}

/* Restores the heights after something below `top` was taken out. */
static struct book_queue *settle(struct book_queue *top)
{
    int lower = height(top->left) < height(top->right) ? height(top->left) : height(top->right);
    if (lower + 1 >= top->height)
        return top;
    top->height = lower + 1;
    if (height(top->right) > top->height)
        top->right->height = top->height;
    top = skew(top);
    if (top->right != NULL)
        top->right = skew(top->right);
    if (top->right != NULL && top->right->right != NULL)
        top->right->right = skew(top->right->right);
    top = split(top);
    if (top->right != NULL)
        top->right = split(top->right);
    return top;
}

static struct book_queue *erase(struct book_queue *top, const struct book_queue *queue)
{
    CHECK(top != NULL);
    if (queue->rank < top->rank) {
        top->left = erase(top->left, queue);
    } else if (queue->rank > top->rank) {
        top->right = erase(top->right, queue);
    } else if (top->left == NULL) {
        return top->right;
    } else {
        /* The next better level, the rightmost on the left, takes its place. */
        struct book_queue *heir = top->better;
        heir->left = erase(top->left, heir);
        heir->right = top->right;
        heir->height = top->height;
        top = heir;
    }
    return settle(top);
}

static void link_neighbours(struct book_tree *tree, struct book_queue *queue)
{
    if (queue->better != NULL)
        queue->better->worse = queue;
    else
        tree->best = queue;
    if (queue->worse != NULL)
        queue->worse->better = queue;
}

struct book_queue *book_tree_level(struct book_tree *tree, enum side side, int64_t price_e8,
                                   struct book_slab *slab)
{
    int64_t rank = book_rank(side, price_e8);
    struct book_queue *better = NULL;
    struct book_queue *worse = NULL;
    for (struct book_queue *at = tree->root; at != NULL;) {
        if (at->rank == rank)
            return at;
        if (at->rank < rank) {
            better = at;
            at = at->right;
        } else {
            worse = at;
            at = at->left;
        }
    }
    struct book_queue *queue = book_slab_take(slab);
    *queue = (struct book_queue){
        .rank = rank, .price_e8 = price_e8, .better = better, .worse = worse, .height = 1};
    link_neighbours(tree, queue);
    tree->root = insert(tree->root, queue);
    return queue;
}

void book_tree_drop(struct book_tree *tree, struct book_queue *queue, struct book_slab *slab)
{
    CHECK(queue->orders_count == 0 && queue->quantity_e8 == 0);
    tree->root = erase(tree->root, queue); /* still looks at queue->better */
    if (queue->better != NULL)
        queue->better->worse = queue->worse;
    else
        tree->best = queue->worse;
    if (queue->worse != NULL)
        queue->worse->better = queue->better;
    book_slab_give(slab, queue);
}
