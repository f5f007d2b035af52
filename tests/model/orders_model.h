/* orders_model.h - the oracle of one instrument's orders: those that wait in a plain list, every
 * price held against each of them. Slow and obviously right; the book in it is book_model.h's.
 */
#ifndef ORDERS_MODEL_H
#define ORDERS_MODEL_H
#include "book_model.h"

enum { NAIVE_OPEN_MAX = 128 };

/* An order that is open: it waits, or rests in the model's book. */
struct naive_order {
    uint32_t number; /* of its id; 0: a free place */
    struct uuid id;
    uint64_t entry; /* when it came, before others */
    struct book_incoming terms;
    enum order_type type;
    bool waits, has_stop, has_best;
    int64_t stop_e8, best_e8, trail_e8, trail_percent_e8;
    uint64_t crossed;   /* its turn to fire; 0: not crossed */
    int64_t expires_at; /* 0: never */
    uint32_t sibling;   /* 0: none */
};

struct naive {
    struct model book;
    struct naive_order open[NAIVE_OPEN_MAX];
    uint64_t entries, crossings;
    bool has_mark, has_last, halted;
    int64_t mark_e8, last_e8;
};

/* The open order of that number; NULL: none. */
struct naive_order *naive_find(struct naive *naive, uint32_t number);
size_t naive_waiting_count(const struct naive *naive);
/* An order comes: waits (true), or has met the book as *ret_answer says. */
bool naive_place(struct naive *naive, const struct naive_order *order,
                 struct model_answer *ret_answer);
/* A guard comes, whatever the price is. */
void naive_wait(struct naive *naive, const struct naive_order *order);
/* The venue feeds in a mark. */
void naive_mark(struct naive *naive, int64_t price_e8);
/* Takes an open order out, and its sibling. */
void naive_cancel(struct naive *naive, uint32_t number);
/* Takes out what has expired; how many. */
size_t naive_expire(struct naive *naive, int64_t now_us);
/* Fires what is next, whose sibling ends: its number, and how it met the book. 0: nothing fires. */
uint32_t naive_fire(struct naive *naive, struct model_answer *ret_answer);

#endif
