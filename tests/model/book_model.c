#include "book_model.h"

#include <string.h>

static int64_t left_of(const struct book_order *order)
{
    return order->quantity_e8 - order->filled_quantity_e8 - order->prevented_quantity_e8;
}

void model_add(struct model *model, const struct book_order *order)
{
    struct book_order *orders = model->orders[order->side];
    size_t *count = &model->count[order->side];
    size_t at = 0;
    while (at < *count && (order->side == SIDE_BUY ? orders[at].price_e8 >= order->price_e8
                                                   : orders[at].price_e8 <= order->price_e8))
        at++;
    CHECK(*count < MODEL_ORDERS_MAX);
    memmove(&orders[at + 1], &orders[at], (*count - at) * sizeof orders[0]);
    orders[at] = *order;
    ++*count;
}

struct book_order *model_find(struct model *model, struct uuid order_id)
{
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < model->count[side]; i++) {
            if (memcmp(&model->orders[side][i].order_id, &order_id, sizeof order_id) == 0)
                return &model->orders[side][i];
        }
    }
    return NULL;
}

bool model_remove(struct model *model, struct uuid order_id)
{
    struct book_order *order = model_find(model, order_id);
    if (order == NULL)
        return false;
    int side = order->side;
    size_t at = (size_t)(order - model->orders[side]);
    model->count[side]--;
    memmove(order, order + 1, (model->count[side] - at) * sizeof *order);
    return true;
}

int64_t model_quantity_ahead_e8(const struct model *model, const struct book_order *order)
{
    int64_t ahead_e8 = 0;
    for (const struct book_order *at = model->orders[order->side]; at != order; at++) {
        if (at->price_e8 == order->price_e8)
            ahead_e8 += left_of(at);
    }
    return ahead_e8;
}

static bool crosses(const struct book_incoming *incoming, const struct book_order *resting)
{
    if (incoming->price_e8 == 0)
        return true;
    return incoming->side == SIDE_BUY ? resting->price_e8 <= incoming->price_e8
                                      : resting->price_e8 >= incoming->price_e8;
}

/* What money allows at this price, lot by lot. */
static int64_t paid_for_e8(const struct book_incoming *incoming, __int128 spent_e16,
                           int64_t price_e8, int64_t wanted_e8)
{
    int64_t quantity_e8 = 0;
    while (quantity_e8 < wanted_e8 &&
           (incoming->max_notional_e8 == 0 ||
            spent_e16 + (__int128)price_e8 * (quantity_e8 + incoming->lot_size_e8) <=
                (__int128)incoming->max_notional_e8 * 100000000))
        quantity_e8 += incoming->lot_size_e8;
    return quantity_e8;
}

/* The incoming order meets one of its own account. True: it goes on. */
static bool meet_own(struct model *model, enum self_trade mode, struct book_order *resting,
                     struct model_answer *answer)
{
    int64_t left_e8 = left_of(resting);
    int64_t common_e8 = answer->remaining_e8 < left_e8 ? answer->remaining_e8 : left_e8;
    bool decrements = mode == SELF_TRADE_DECREMENT;
    bool ends = decrements ? common_e8 == left_e8 : mode != SELF_TRADE_CANCEL_INCOMING;
    size_t i = answer->prevented_count++;
    answer->prevented[i].order_id = resting->order_id;
    answer->prevented[i].quantity_e8 = common_e8;
    answer->prevented[i].decrements = decrements;
    answer->prevented[i].ends_resting = ends;
    if (decrements) {
        resting->prevented_quantity_e8 += common_e8;
        answer->taken_e8 += common_e8;
        answer->remaining_e8 -= common_e8;
    }
    if (ends)
        model_remove(model, resting->order_id);
    bool goes_on = mode == SELF_TRADE_CANCEL_RESTING || (decrements && answer->remaining_e8 > 0);
    if (!goes_on)
        answer->outcome = BOOK_SELF_TRADE;
    return goes_on;
}

static void trade(struct model *model, struct book_order *resting, int64_t quantity_e8,
                  struct model_answer *answer)
{
    size_t i = answer->fills_count++;
    answer->guarded_count += resting->guarded;
    answer->fills[i].order_id = resting->order_id;
    answer->fills[i].price_e8 = resting->price_e8;
    answer->fills[i].quantity_e8 = quantity_e8;
    __int128 notional_e16 = (__int128)resting->price_e8 * quantity_e8;
    answer->notional_e16 += notional_e16;
    answer->filled_e8 += quantity_e8;
    answer->remaining_e8 -= quantity_e8;
    resting->filled_quantity_e8 += quantity_e8;
    resting->filled_notional_e16 += notional_e16;
    if (left_of(resting) == 0)
        model_remove(model, resting->order_id);
}

/* Meets the best order of the other side until something ends it. */
static void match(struct model *model, const struct book_incoming *incoming, size_t fills_max,
                  size_t prevented_max, struct model_answer *answer)
{
    int other = incoming->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
    while (model->count[other] > 0 && crosses(incoming, &model->orders[other][0])) {
        struct book_order *resting = &model->orders[other][0];
        int64_t left_e8 = left_of(resting);
        int64_t wanted_e8 = answer->remaining_e8 < left_e8 ? answer->remaining_e8 : left_e8;
        int64_t quantity_e8 =
            paid_for_e8(incoming, answer->notional_e16, resting->price_e8, wanted_e8);
        bool own = memcmp(&resting->account_id, &incoming->account_id, 16) == 0;
        if (quantity_e8 == 0) {
            answer->outcome = BOOK_BUDGET_SPENT;
            return;
        }
        size_t halves = 2 * answer->fills_count + answer->guarded_count;
        bool full = halves + (resting->guarded ? 3 : 2) > 2 * fills_max;
        if (own ? answer->prevented_count == prevented_max : full) {
            answer->outcome = BOOK_FILL_LIMIT;
            return;
        }
        if (own) {
            if (!meet_own(model, incoming->self_trade, resting, answer))
                return;
            continue;
        }
        trade(model, resting, quantity_e8, answer);
        if (answer->remaining_e8 == 0) {
            answer->outcome = BOOK_FILLED;
            return;
        }
        if (quantity_e8 < wanted_e8) {
            answer->outcome = BOOK_BUDGET_SPENT;
            return;
        }
    }
    bool stays = incoming->time_in_force == TIME_IN_FORCE_GTC;
    answer->outcome = stays ? BOOK_RESTS : BOOK_REMAINDER;
}

void model_place(struct model *model, const struct book_incoming *incoming, size_t fills_max,
                 size_t prevented_max, struct model_answer *ret_answer)
{
    static struct model before; /* too large for a stack */
    *ret_answer = (struct model_answer){.remaining_e8 = incoming->quantity_e8};
    int other = incoming->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
    if (incoming->post_only && model->count[other] > 0 &&
        crosses(incoming, &model->orders[other][0])) {
        ret_answer->outcome = BOOK_WOULD_TRADE;
        return;
    }
    before.count[other] = model->count[other];
    memcpy(before.orders[other], model->orders[other],
           model->count[other] * sizeof(struct book_order));
    match(model, incoming, fills_max, prevented_max, ret_answer);
    if (incoming->time_in_force == TIME_IN_FORCE_FOK &&
        ret_answer->filled_e8 != incoming->quantity_e8) {
        model->count[other] = before.count[other];
        memcpy(model->orders[other], before.orders[other],
               before.count[other] * sizeof(struct book_order));
        *ret_answer = (struct model_answer){.outcome = BOOK_NOT_FILLABLE,
                                            .remaining_e8 = incoming->quantity_e8};
    }
}
