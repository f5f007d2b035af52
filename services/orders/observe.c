#include "orders/observe.h"

#include "base/murmur2.h"
#include "client/canary.h"
#include "metrics/metrics.h"

#include <stdlib.h>

#define ONE_E6 INT64_C(1000000)

enum trigger_result { TRIGGER_FILLED, TRIGGER_PARTLY, TRIGGER_UNFILLED, TRIGGER_RESULTS };

/* An order in its book, and since when it waits. */
struct resting {
    struct uuid id;
    int64_t since_us;
};

static struct {
    struct resting *resting; /* OBSERVE_RESTING of them */
    struct metrics_histogram *taker_seconds, *maker_seconds, *slippage;
    struct metrics_counter *fired[TRIGGER_RESULTS];
} counted; /* registered with the first event */

static struct metrics_histogram *filled_seconds(const char *role)
{
    static const int64_t BOUNDS_E6[] = {
        5000,          25000,         100000,         250000,         500000,
        ONE_E6,        5 * ONE_E6,    30 * ONE_E6,    60 * ONE_E6,    300 * ONE_E6,
        1800 * ONE_E6, 3600 * ONE_E6, 21600 * ONE_E6, 86400 * ONE_E6, 604800 * ONE_E6};
    static const struct metrics_buckets BUCKETS = {BOUNDS_E6, COUNT_OF(BOUNDS_E6)};
    return metrics_histogram("bourse_order_fill_seconds",
                             "From an order's acceptance until it was filled in whole.",
                             METRICS_LABELS({"role", role}), BUCKETS);
}

static void register_once(void)
{
    static const char *const RESULTS[TRIGGER_RESULTS] = {[TRIGGER_FILLED] = "filled",
                                                         [TRIGGER_PARTLY] = "partly_filled",
                                                         [TRIGGER_UNFILLED] = "unfilled"};
    static const int64_t BOUNDS_E6[] = {0, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000};
    static const struct metrics_buckets BUCKETS = {BOUNDS_E6, COUNT_OF(BOUNDS_E6)};
    if (counted.slippage != NULL)
        return;
    counted.resting = calloc(OBSERVE_RESTING, sizeof *counted.resting);
    CHECK(counted.resting != NULL);
    counted.taker_seconds = filled_seconds("taker");
    counted.maker_seconds = filled_seconds("maker");
    for (int i = 0; i < TRIGGER_RESULTS; i++)
        counted.fired[i] = metrics_counter("bourse_triggers_fired_total",
                                           "Triggers that fired, by what they traded at once.",
                                           METRICS_LABELS({"result", RESULTS[i]}));
    counted.slippage = metrics_histogram(
        "bourse_trigger_slippage_ratio",
        "How much worse than its trigger's price an order was filled, as a share of that.",
        METRICS_NO_LABELS, BUCKETS);
}

/* The clocks of two writers may differ, so time may seem to go back. */
static void observe_since(struct metrics_histogram *seconds, int64_t since_us, int64_t now_us)
{
    metrics_histogram_observe_e6(seconds, now_us > since_us ? now_us - since_us : 0);
}

static struct resting *slot_of(struct uuid id)
{
    return &counted.resting[murmur2(id.bytes, sizeof id.bytes) % OBSERVE_RESTING];
}

static void observe_taker(const struct order_entered *entered, int64_t now_us)
{
    const struct order *order = &entered->order;
    bool waited = entered->entry == ORDER_ENTRY_TRIGGERED;
    int64_t since_us = waited ? now_us : order->created_at;
    if (order->status == ORDER_STATUS_FILLED)
        observe_since(counted.taker_seconds, since_us, now_us);
    else if (order->remaining_quantity_e8 > 0)
        *slot_of(order->id) = (struct resting){.id = order->id, .since_us = since_us};
}

static void observe_makers(const struct order_entered *entered, int64_t now_us)
{
    for (size_t i = 0; i < entered->fills_count; i++) {
        const struct resting_fill *fill = &entered->resting[i];
        struct resting *resting = slot_of(fill->order_id);
        if (fill->status == ORDER_STATUS_FILLED && uuid_equal(resting->id, fill->order_id))
            observe_since(counted.maker_seconds, resting->since_us, now_us);
    }
}

static enum trigger_result result_of(const struct order *order)
{
    if (order->status == ORDER_STATUS_FILLED)
        return TRIGGER_FILLED;
    return order->filled_quantity_e8 > 0 ? TRIGGER_PARTLY : TRIGGER_UNFILLED;
}

static void observe_trigger(const struct order *order)
{
    metrics_counter_add(counted.fired[result_of(order)], 1);
    if (!order->has_average_fill_price_e8 || !order->has_stop_price_e8 || order->stop_price_e8 <= 0)
        return;
    __int128 worse_e8 = (__int128)order->average_fill_price_e8 - order->stop_price_e8;
    if (order->side == SIDE_SELL)
        worse_e8 = -worse_e8;
    metrics_histogram_observe_e6(
        counted.slippage, worse_e8 > 0 ? (int64_t)(worse_e8 * ONE_E6 / order->stop_price_e8) : 0);
}

void orders_observe(const struct event *event)
{
    if (event->kind != EVENT_ORDER_ENTERED)
        return;
    const struct order_entered *entered = &event->order_entered;
    if (text_is(entered->order.instrument, CANARY_INSTRUMENT))
        return;
    register_once();
    observe_makers(entered, event->meta.occurred_at);
    observe_taker(entered, event->meta.occurred_at);
    if (entered->entry == ORDER_ENTRY_TRIGGERED)
        observe_trigger(&entered->order);
}
