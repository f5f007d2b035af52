/* What guards purchases: a bracket in FillsSettled becomes orders that wait, or makes such orders
 * larger; a pair has one hold, and one of it ends the other. */
#include "check_order.h"

#include <string.h>

struct check_order *check_guard_make(struct check_run *run, const struct check_item *bracket,
                                     struct uuid id)
{
    struct check_order *order = check_order_of(run, id);
    if (order != NULL)
        return order;
    order = ARENA_NEW(run->arena, struct check_order, 1);
    *order =
        (struct check_order){.id = id,
                             .account_id = UUID_OF(bracket, account_id),
                             .instrument = check_instrument_of(run, TEXT_OF(bracket, instrument)),
                             .guards = true,
                             .quantity_e8 = NUMBER(bracket, quantity_e8),
                             .left_e8 = NUMBER(bracket, quantity_e8),
                             .maker_fee_bps = NUMBER(bracket, maker_fee_bps),
                             .taker_fee_bps = NUMBER(bracket, taker_fee_bps)};
    check_map_put(&run->orders, order->id.bytes, order);
    return order;
}

struct check_order *check_open_sibling(const struct check_order *order)
{
    return order->sibling != NULL && (order->sibling->waits || order->sibling->rests)
               ? order->sibling
               : NULL;
}

bool check_sibling_ends(struct check_run *run, const struct check_fact *fact,
                        struct check_queues *queues, const struct check_order *order,
                        const struct check_item *ended, size_t index, const char *reason)
{
    struct check_order *sibling = check_open_sibling(order);
    if (sibling == NULL)
        return true;
    const struct check_item *said = index < ended->count ? &ended->items[index] : NULL;
    if (said == NULL || !uuid_equal(UUID_OF(said, order_id), sibling->id) ||
        !SAME_SYMBOL(said, end_reason, reason) ||
        NUMBER(said, remaining_quantity_e8) != sibling->remaining_e8)
        return check_says_at(run, 4, fact, "the sibling %s of order %s must end with it",
                             check_show(run, sibling->id), check_show(run, order->id));
    check_wait_no_more(queues, sibling);
    return true;
}

/* --- what BracketsEntered must say ------------------------------------------------------------ */

struct entering {
    struct check_run *run;
    const struct check_fact *fact;
    struct check_queues *queues;
    size_t guards, merged;
};

static const struct check_item *next_guard(struct entering *entering)
{
    const struct check_item *guards = GET(entering->fact->body, guards);
    return entering->guards < guards->count ? GET(&guards->items[entering->guards++], order) : NULL;
}

static bool wrong(struct entering *entering, struct uuid id)
{
    return check_says_at(entering->run, 4, entering->fact,
                         "order %s does not guard what its cause says",
                         check_show(entering->run, id));
}

/* One that waits is made larger by what the bracket brings. */
static bool enlarge(struct entering *entering, struct check_order *order, int64_t more_e8)
{
    const struct check_item *said = next_guard(entering);
    order->quantity_e8 += more_e8;
    order->remaining_e8 += more_e8;
    order->terms = said;
    return (said != NULL && uuid_equal(UUID_OF(said, id), order->id) &&
            NUMBER(said, quantity_e8) == order->quantity_e8 &&
            NUMBER(said, stop_price_e8) == order->stop_e8 &&
            SAME_SYMBOL(said, trigger, "waiting")) ||
           wrong(entering, order->id);
}

static bool merge(struct entering *entering, const struct check_item *bracket,
                  struct check_order *into)
{
    const struct check_item *merged = GET(entering->fact->body, merged);
    int64_t more_e8 = NUMBER(bracket, quantity_e8);
    struct uuid id = UUID_OF(bracket, order_id);
    struct check_order *sibling = check_open_sibling(into);
    check_guard_make(entering->run, bracket, id)->entered = entering->fact;
    if (!enlarge(entering, into, more_e8) ||
        (sibling != NULL && !enlarge(entering, sibling, more_e8)))
        return false;
    const struct check_item *said =
        entering->merged < merged->count ? &merged->items[entering->merged++] : NULL;
    entering->run->tally->merged++;
    return (said != NULL && uuid_equal(UUID_OF(said, order_id), id) &&
            uuid_equal(UUID_OF(said, into_id), into->id)) ||
           wrong(entering, into->id);
}

static bool wait(struct entering *entering, const struct check_item *bracket,
                 struct check_order *order, const struct check_item *price, const char *type)
{
    const struct check_item *said = next_guard(entering);
    if (said == NULL || !uuid_equal(UUID_OF(said, id), order->id) ||
        NUMBER(said, stop_price_e8) != check_number(price) || !SAME_SYMBOL(said, type, type) ||
        !SAME_SYMBOL(said, side, "sell") || !SAME_SYMBOL(said, time_in_force, "gtc") ||
        !SAME_SYMBOL(said, trigger, "waiting") ||
        NUMBER(said, quantity_e8) != NUMBER(bracket, quantity_e8) ||
        !uuid_equal(UUID_OF(said, account_id), order->account_id) ||
        !uuid_equal(UUID_OF(said, parent_id), UUID_OF(bracket, parent_id)))
        return wrong(entering, order->id);
    order->entered = entering->fact;
    order->terms = said;
    order->has_stop = true;
    order->stop_e8 = check_number(price);
    order->remaining_e8 = order->quantity_e8;
    check_wait(entering->queues, order);
    entering->run->tally->guards++;
    return true;
}

static bool enter(struct entering *entering, const struct check_item *bracket)
{
    struct check_run *run = entering->run;
    const struct check_item *loss = GET(bracket, stop_loss_price_e8);
    const struct check_item *profit = GET(bracket, take_profit_price_e8);
    if (!check_is_null(GET(bracket, into_id))) {
        struct check_order *into = check_order_of(run, UUID_OF(bracket, into_id));
        if (into != NULL && into->waits)
            return merge(entering, bracket, into);
    }
    struct check_order *first = check_guard_make(run, bracket, UUID_OF(bracket, order_id));
    if (check_is_null(GET(bracket, sibling_id)))
        return check_is_null(loss) ? wait(entering, bracket, first, profit, "take_profit")
                                   : wait(entering, bracket, first, loss, "stop");
    struct check_order *second = check_guard_make(run, bracket, UUID_OF(bracket, sibling_id));
    first->sibling = second;
    second->sibling = second->holder = first;
    return wait(entering, bracket, first, loss, "stop") &&
           wait(entering, bracket, second, profit, "take_profit");
}

bool check_brackets(struct check_run *run, const struct check_fact *fact,
                    struct check_queues *queues)
{
    const struct check_cause *cause = &fact->causes[0];
    const struct check_fact *settled =
        cause->source == SOURCE_EVENTS
            ? check_fact_at(run, cause->service, cause->partition, cause->last)
            : NULL;
    if (settled == NULL || settled->kind != KIND_FillsSettled)
        return check_says_at(run, 4, fact, "it guards what was not settled");
    struct entering entering = {.run = run, .fact = fact, .queues = queues};
    const struct check_item *brackets = GET(settled->body, brackets);
    for (size_t i = 0; i < brackets->count; i++) {
        if (!enter(&entering, &brackets->items[i]))
            return false;
    }
    return (entering.guards == GET(fact->body, guards)->count &&
            entering.merged == GET(fact->body, merged)->count) ||
           check_says_at(run, 4, fact, "it says more than its cause makes of it");
}
