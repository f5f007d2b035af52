/* book_model.h - the oracle of the book: a plain sorted array a side, and matching by the letter
 * of the rules. Slow and obviously right; shares nothing with the book but the types it is asked
 * and answers in.
 */
#ifndef BOOK_MODEL_H
#define BOOK_MODEL_H
#include "base/base.h"
#include "orders/book.h"

enum { MODEL_ORDERS_MAX = 256, MODEL_LIST_MAX = 32 };

struct model {
    struct book_order orders[2][MODEL_ORDERS_MAX]; /* by side, in priority order */
    size_t count[2];
};

/* What an incoming order did. */
struct model_answer {
    enum book_outcome outcome;
    struct {
        struct uuid order_id;
        int64_t price_e8;
        int64_t quantity_e8;
    } fills[MODEL_LIST_MAX];
    size_t fills_count;
    size_t guarded_count; /* of them, with guarded orders */
    struct {
        struct uuid order_id;
        int64_t quantity_e8;
        bool decrements;
        bool ends_resting;
    } prevented[MODEL_LIST_MAX];
    size_t prevented_count;
    int64_t filled_e8;
    int64_t taken_e8; /* by decrement */
    int64_t remaining_e8;
    __int128 notional_e16;
};

/* Matches and changes the model, which is left alone by a refusal. What remains is not added. */
void model_place(struct model *model, const struct book_incoming *incoming, size_t fills_max,
                 size_t prevented_max, struct model_answer *ret_answer);
/* Rests an order behind all of its price. */
void model_add(struct model *model, const struct book_order *order);
/* The resting order of that id; NULL: none. */
struct book_order *model_find(struct model *model, struct uuid order_id);
/* Takes it out, if it is there. */
bool model_remove(struct model *model, struct uuid order_id);
/* Sum of what remains before that order at its price. */
int64_t model_quantity_ahead_e8(const struct model *model, const struct book_order *order);

#endif
