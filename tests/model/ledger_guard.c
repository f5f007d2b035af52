/* Guards of purchases: what is filled of an order with a stop loss is held for a sale that waits.
 */
#include "ledger_run.h"

#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct naive_order *guard_with(struct model *model, struct uuid id)
{
    for (int i = 0; i < LIVE_MAX; i++) {
        struct naive_order *order = &model->orders[i];
        if (order->number != 0 && order->guards && uuid_equal(order->id, id))
            return order;
    }
    return NULL;
}

/* The purchase of the last event that it guards, which may have ended by it. */
static const struct purchase *purchase_of(const struct model *model, struct uuid parent_id)
{
    for (size_t i = 0; i < model->purchases_count; i++) {
        if (uuid_equal(model_order_id(&model->purchases[i].order), parent_id))
            return &model->purchases[i];
    }
    fail_msg("what was not bought is guarded");
    return NULL;
}

static struct naive_order *open_guard_of(struct model *model, uint32_t parent)
{
    for (int i = 0; i < LIVE_MAX; i++) {
        struct naive_order *order = &model->orders[i];
        if (order->number != 0 && order->guards && order->parent == parent)
            return order;
    }
    return NULL;
}

/* The book makes the guard that waits larger, and says so. */
static void merge(struct run *run, struct naive_order *into, const struct bracket *bracket)
{
    struct merged_bracket merged = {
        .order_id = bracket->order_id, .into_id = into->id, .account_id = bracket->account_id};
    const struct event entered = {.kind = EVENT_BRACKETS_ENTERED,
                                  .brackets_entered = {.merged = &merged, .merged_count = 1}};
    (void)ledger_follow(run_ledger_of(run, into->account), &entered);
    into->remaining += bracket->quantity_e8 / E8;
    into->quantity = into->remaining;
    run->larger++;
}

void run_guard(struct run *run, const struct event *settled)
{
    struct bracket brackets[LIVE_MAX];
    size_t count = settled->kind == EVENT_FILLS_SETTLED ? settled->fills_settled.brackets_count : 0;
    for (size_t i = 0; i < count; i++) /* the event lives until the next turn */
        brackets[i] = settled->fills_settled.brackets[i];
    for (size_t i = 0; i < count; i++) {
        const struct purchase *purchase = purchase_of(&run->model, brackets[i].parent_id);
        struct naive_order *into = open_guard_of(&run->model, purchase->order.number);
        assert_int_equal(brackets[i].quantity_e8, purchase->quantity * E8);
        assert_int_equal(brackets[i].has_into_id, into != NULL);
        if (into != NULL) {
            assert_true(uuid_equal(brackets[i].into_id, into->id));
            merge(run, into, &brackets[i]);
            continue;
        }
        *model_free_slot(&run->model) =
            (struct naive_order){.number = ++run->next_number,
                                 .guards = true,
                                 .id = brackets[i].order_id,
                                 .parent = purchase->order.number,
                                 .account = purchase->order.account,
                                 .instrument = purchase->order.instrument,
                                 .sells = true,
                                 .market = true,
                                 .taker_bps = purchase->order.taker_bps,
                                 .maker_bps = purchase->order.maker_bps,
                                 .remaining = purchase->quantity,
                                 .quantity = purchase->quantity};
        run->guards++;
    }
}

void run_fire_guard(struct run *run)
{
    static struct entering entering;
    struct naive_order *guard = NULL;
    for (int64_t i = 0, first = run_below(run, PLACED_MAX); guard == NULL && i < LIVE_MAX; i++) {
        struct naive_order *at = &run->model.orders[(first + i) % LIVE_MAX];
        if (at->number != 0 && at->guards)
            guard = at;
    }
    if (guard == NULL)
        return;
    model_enter(&run->model, guard, &entering);
    entering.event.order_entered.entry = ORDER_ENTRY_TRIGGERED;
    run_tell(run, &entering.event, (const bool[PARTITIONS]){true, true});
    run->fired++;
}

/* All that guards what its account no longer has, and nothing else. */
static void end_guards(struct run *run, struct ledger *ledger, const struct event *event)
{
    const struct cancel_requested *requested = &event->cancel_requested;
    struct order ended[LIVE_MAX] = {0};
    const struct event canceled = {
        .kind = EVENT_ORDERS_CANCELED,
        .orders_canceled = {.orders = ended, .orders_count = requested->orders_count}};
    assert_int_equal(requested->reason, END_REASON_CLOSED);
    for (size_t i = 0; i < requested->orders_count; i++) {
        struct naive_order *guard = guard_with(&run->model, requested->orders[i]);
        assert_non_null(guard);
        assert_int_equal(run->model.held[guard->account][guard->instrument], 0);
        ended[i] = (struct order){.id = guard->id, .account_id = run->model.ids[guard->account]};
        guard->number = 0;
        run->flat++;
    }
    (void)ledger_follow(ledger, &canceled);
}

void run_release_guards(struct run *run)
{
    for (int i = 0; i < PARTITIONS; i++) {
        const struct event *event;
        while ((event = ledger_time(&run->ledgers[i])) != NULL) {
            if (event->kind == EVENT_CANCEL_REQUESTED)
                end_guards(run, &run->ledgers[i], event);
            else
                assert_int_equal(event->kind, EVENT_STATEMENTS_ISSUED);
        }
    }
    for (int i = 0; i < LIVE_MAX; i++) {
        const struct naive_order *order = &run->model.orders[i];
        if (order->number != 0 && order->guards)
            assert_true(run->model.held[order->account][order->instrument] > 0);
    }
}
