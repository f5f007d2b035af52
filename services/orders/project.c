#include "orders/project.h"

#include "base/murmur2.h"
#include "decimal/decimal.h"
#include "orders/project_tables.h"
#include "orders/state.h"
#include "projection/approvals.h"

#include <inttypes.h>
#include <stdio.h>

extern const char orders_schema_sql[]; /* schema.sql */

static const int64_t MINUTE_US = INT64_C(60) * 1000000;

/* What rows are sorted by: the time in 17 digits, then what tells rows of the same time apart. */
static void rows_place(struct rows *rows, int64_t time_us, struct text apart)
{
    char place[80];
    int size =
        snprintf(place, sizeof place, "%017" PRId64 "%.*s", time_us, (int)apart.size, apart.data);
    CHECK(size > 0 && (size_t)size < sizeof place);
    rows_text(rows, (struct text){place, (size_t)size});
}

static void rows_end_reason(struct rows *rows, bool given, enum end_reason reason)
{
    if (given)
        rows_symbol(rows, &WIRE_END_REASON, reason);
    else
        rows_null(rows);
}

static void rows_filled_offset(struct rows *rows, bool filled)
{
    if (filled)
        rows_int(rows, rows_offset(rows));
    else
        rows_null(rows);
}

static void project_terms(const struct order *order, struct rows *rows)
{
    rows_symbol(rows, &WIRE_TRIGGER_STATE, order->trigger);
    rows_e8_or_null(rows, order->has_stop_price_e8, order->stop_price_e8);
    rows_e8_or_null(rows, order->has_trail_amount_e8, order->trail_amount_e8);
    rows_e8_or_null(rows, order->has_trail_percent_e8, order->trail_percent_e8);
    if (order->has_expires_at)
        rows_time(rows, order->expires_at);
    else
        rows_null(rows);
    rows_e8_or_null(rows, order->has_stop_loss_price_e8, order->stop_loss_price_e8);
    rows_e8_or_null(rows, order->has_take_profit_price_e8, order->take_profit_price_e8);
    rows_uuid_or_null(rows, order->has_parent_id, order->parent_id);
    rows_uuid_or_null(rows, order->has_sibling_id, order->sibling_id);
    rows_bool(rows, order->close);
}

static void project_order(const struct order *order, const struct order_refused *refused,
                          struct orders_moment now, struct rows *rows)
{
    char id[UUID_TEXT_SIZE];
    uuid_print(order->id, id);
    rows_begin(rows, ORDERS);
    rows_uuid(rows, order->id);
    rows_place(rows, order->created_at, (struct text){id, sizeof id});
    rows_uuid(rows, order->account_id);
    rows_text(rows, order->instrument);
    rows_symbol(rows, &WIRE_SIDE, order->side);
    rows_symbol(rows, &WIRE_ORDER_TYPE, order->type);
    rows_symbol(rows, &WIRE_TIME_IN_FORCE, order->time_in_force);
    rows_symbol(rows, &WIRE_ORDER_STATUS, order->status);
    rows_symbol(rows, &WIRE_LIFECYCLE, order->lifecycle);
    rows_e8(rows, order->quantity_e8);
    rows_e8(rows, order->filled_quantity_e8);
    rows_e8(rows, order->quantity_e8 - order->filled_quantity_e8 - order->remaining_quantity_e8);
    rows_e8_or_null(rows, order->has_limit_price_e8, order->limit_price_e8);
    rows_e8_or_null(rows, order->has_max_notional_e8, order->max_notional_e8);
    rows_e8_or_null(rows, order->has_average_fill_price_e8, order->average_fill_price_e8);
    rows_e8(rows, order->filled_notional_e8);
    rows_e8(rows, order->fees_e8);
    rows_bool(rows, order->post_only);
    rows_symbol(rows, &WIRE_SELF_TRADE, order->self_trade);
    rows_text_or_null(rows, order->has_client_order_id, order->client_order_id);
    project_terms(order, rows);
    rows_end_reason(rows, order->has_end_reason, order->end_reason);
    rows_text_or_null(rows, refused != NULL, refused != NULL ? refused->code : (struct text){0});
    rows_text_or_null(rows, refused != NULL, refused != NULL ? refused->message : (struct text){0});
    rows_time(rows, order->created_at);
    rows_time(rows, order->updated_at);
    rows_int(rows, rows_partition(rows));
    rows_int(rows, rows_offset(rows));
    rows_int(rows, rows_offset(rows));
    rows_int(rows, rows_offset(rows));
    rows_filled_offset(rows, order->filled_quantity_e8 > 0);
    rows_int(rows, now.version);
}

/* What an order is from this event on, but for its fills: for those who ask what it was. */
static void project_change(const struct order *order, int64_t now_us, struct rows *rows)
{
    rows_begin(rows, CHANGES);
    rows_uuid(rows, order->id);
    rows_int(rows, rows_offset(rows));
    rows_time(rows, now_us);
    rows_e8(rows, order->quantity_e8 - order->filled_quantity_e8 - order->remaining_quantity_e8);
    rows_e8(rows, order->quantity_e8);
    rows_e8_or_null(rows, order->has_limit_price_e8, order->limit_price_e8);
    rows_e8_or_null(rows, order->has_stop_price_e8, order->stop_price_e8);
    rows_symbol(rows, &WIRE_TRIGGER_STATE, order->trigger);
}

/* An order that was there before gets other terms, or its trigger has fired. */
static void project_again(const struct order *order, bool keeps_place, struct orders_moment now,
                          struct rows *rows)
{
    project_change(order, now.now_us, rows);
    rows_begin(rows, keeps_place ? REDUCED : ARRIVED);
    rows_uuid(rows, order->id);
    rows_e8(rows, order->quantity_e8);
    rows_e8(rows, order->filled_quantity_e8);
    rows_e8(rows, order->quantity_e8 - order->filled_quantity_e8 - order->remaining_quantity_e8);
    rows_e8_or_null(rows, order->has_average_fill_price_e8, order->average_fill_price_e8);
    rows_e8(rows, order->filled_notional_e8);
    rows_e8(rows, order->fees_e8);
    rows_symbol(rows, &WIRE_ORDER_STATUS, order->status);
    rows_symbol(rows, &WIRE_LIFECYCLE, order->lifecycle);
    rows_end_reason(rows, order->has_end_reason, order->end_reason);
    rows_time(rows, order->updated_at);
    rows_int(rows, rows_offset(rows));
    rows_filled_offset(rows, order->filled_quantity_e8 > 0); /* or some event before this one */
    rows_e8_or_null(rows, order->has_stop_price_e8, order->stop_price_e8); /* it may trail */
    rows_int(rows, now.version);
    if (keeps_place)
        return;
    rows_e8_or_null(rows, order->has_limit_price_e8, order->limit_price_e8);
    rows_symbol(rows, &WIRE_TRIGGER_STATE, order->trigger);
    rows_int(rows, rows_offset(rows));
}

/* One that waits for its trigger is in no book, and moves none. */
static void project_sequence(const struct order *order, struct rows *rows)
{
    if (order->trigger == TRIGGER_STATE_WAITING)
        return;
    rows_begin(rows, SEQUENCES);
    rows_text(rows, order->instrument);
    rows_int(rows, rows_offset(rows));
}

static void project_progress(const struct resting_fill *resting, struct orders_moment now,
                             struct rows *rows)
{
    rows_begin(rows, PROGRESS);
    rows_uuid(rows, resting->order_id);
    rows_e8(rows, resting->filled_quantity_e8);
    rows_e8(rows, resting->average_fill_price_e8);
    rows_e8(rows, resting->filled_notional_e8);
    rows_e8(rows, resting->fees_e8);
    rows_symbol(rows, &WIRE_ORDER_STATUS, resting->status);
    rows_symbol(rows, &WIRE_LIFECYCLE, resting->lifecycle);
    rows_end_reason(rows, resting->status == ORDER_STATUS_FILLED, END_REASON_FILLED);
    rows_time(rows, now.now_us);
    rows_int(rows, rows_offset(rows));
    rows_filled_offset(rows, true);
    rows_int(rows, now.version);
}

static void project_trade(const struct order_entered *entered, size_t index, int64_t now_us,
                          struct rows *rows)
{
    const struct order *taker = &entered->order;
    const struct fill *fill = &entered->fills[index];
    const struct resting_fill *maker = &entered->resting[index];
    bool buys = taker->side == SIDE_BUY;
    char apart[40];
    int size = snprintf(apart, sizeof apart, "%05" PRId32 "%015" PRId64 "%06zu",
                        rows_partition(rows), rows_offset(rows), index);
    CHECK(size > 0 && (size_t)size < sizeof apart);
    rows_begin(rows, TRADES);
    rows_uuid(rows, fill->trade_id);
    rows_place(rows, now_us, (struct text){apart, (size_t)size});
    rows_text(rows, taker->instrument);
    rows_e8(rows, fill->price_e8);
    rows_e8(rows, fill->quantity_e8);
    rows_uuid(rows, buys ? taker->id : maker->order_id);
    rows_uuid(rows, buys ? maker->order_id : taker->id);
    rows_uuid(rows, buys ? taker->account_id : maker->account_id);
    rows_uuid(rows, buys ? maker->account_id : taker->account_id);
    rows_e8(rows, buys ? fill->fee_e8 : maker->fee_e8);
    rows_e8(rows, buys ? maker->fee_e8 : fill->fee_e8);
    rows_symbol(rows, &WIRE_SIDE, taker->side);
    rows_time(rows, now_us);
    rows_int(rows, rows_partition(rows));
    rows_int(rows, rows_offset(rows));
}

/* What the fills of one event, which happened at once, make of the candles that they fall into. */
static void project_candles(const struct order_entered *entered, int64_t now_us, struct rows *rows)
{
    static const int32_t MINUTES[] = {1, 60};
    const struct fill *fills = entered->fills;
    int64_t high_e8 = fills[0].price_e8, low_e8 = high_e8, volume_e8 = 0;
    for (size_t i = 0; i < entered->fills_count; i++) {
        high_e8 = fills[i].price_e8 > high_e8 ? fills[i].price_e8 : high_e8;
        low_e8 = fills[i].price_e8 < low_e8 ? fills[i].price_e8 : low_e8;
        volume_e8 = decimal_sum(volume_e8, fills[i].quantity_e8);
    }
    for (size_t i = 0; i < COUNT_OF(MINUTES); i++) {
        rows_begin(rows, CANDLES);
        rows_text(rows, entered->order.instrument);
        rows_int(rows, MINUTES[i]);
        rows_time(rows, now_us - now_us % (MINUTES[i] * MINUTE_US));
        rows_e8(rows, fills[0].price_e8);
        rows_e8(rows, high_e8);
        rows_e8(rows, low_e8);
        rows_e8(rows, fills[entered->fills_count - 1].price_e8);
        rows_e8(rows, volume_e8);
    }
}

static void project_ended(struct uuid order_id, enum order_status status, enum lifecycle lifecycle,
                          enum end_reason reason, int64_t at_us, struct orders_moment now,
                          struct rows *rows)
{
    rows_begin(rows, ENDED);
    rows_uuid(rows, order_id);
    rows_symbol(rows, &WIRE_ORDER_STATUS, status);
    rows_symbol(rows, &WIRE_LIFECYCLE, lifecycle);
    rows_symbol(rows, &WIRE_END_REASON, reason);
    rows_time(rows, at_us);
    rows_int(rows, rows_offset(rows));
    rows_int(rows, now.version);
}

static void project_all_ended(const struct ended_order *ended, size_t count,
                              struct orders_moment now, struct rows *rows)
{
    for (size_t i = 0; i < count; i++)
        project_ended(ended[i].order_id, ended[i].status, ended[i].lifecycle, ended[i].end_reason,
                      now.now_us, now, rows);
}

/* A guard that came before this event is made larger. */
static void project_brackets(const struct brackets_entered *entered, struct orders_moment now,
                             struct rows *rows)
{
    for (size_t i = 0; i < entered->guards_count; i++) {
        const struct order *order = &entered->guards[i].order;
        if (order->created_at == now.now_us)
            project_order(order, NULL, now, rows);
        project_again(order, false, now, rows);
    }
}

static void project_crossed(const struct order_entered *entered, struct rows *rows)
{
    if (!entered->has_crossed_by)
        return;
    rows_begin(rows, CROSSED);
    rows_uuid(rows, entered->order.id);
    rows_uuid(rows, entered->crossed_by);
}

static void project_prevented(const struct prevented *prevented, struct orders_moment now,
                              struct rows *rows)
{
    rows_begin(rows, PREVENTED);
    rows_uuid(rows, prevented->order_id);
    rows_e8(rows, prevented->prevented_quantity_e8);
    rows_time(rows, now.now_us);
    rows_int(rows, rows_offset(rows));
    rows_int(rows, now.version);
    rows_begin(rows, PREVENTIONS);
    rows_uuid(rows, prevented->order_id);
    rows_int(rows, rows_offset(rows));
    rows_time(rows, now.now_us);
    rows_e8(rows, prevented->prevented_quantity_e8);
}

static void project_entered(const struct order_entered *entered, struct orders_moment now,
                            struct rows *rows)
{
    if (entered->entry == ORDER_ENTRY_TRIGGERED || entered->entry == ORDER_ENTRY_REPLACED)
        project_again(&entered->order, entered->keeps_place, now, rows);
    else
        project_order(&entered->order, NULL, now, rows);
    project_crossed(entered, rows);
    for (size_t i = 0; i < entered->fills_count; i++) {
        project_trade(entered, i, now.now_us, rows);
        project_progress(&entered->resting[i], now, rows);
    }
    /* The other modes end the resting order, or leave it as it is. */
    bool decrements = entered->order.self_trade == SELF_TRADE_DECREMENT;
    for (size_t i = 0; decrements && i < entered->prevented_count; i++)
        project_prevented(&entered->prevented[i], now, rows);
    project_all_ended(entered->ended, entered->ended_count, now, rows);
    project_sequence(&entered->order, rows);
    if (entered->fills_count == 0)
        return;
    project_candles(entered, now.now_us, rows);
    rows_begin(rows, LAST_PRICES);
    rows_text(rows, entered->order.instrument);
    rows_e8(rows, entered->last_price_e8);
    rows_time(rows, now.now_us);
}

/* A second cancel: where and when the order ended stays as it is. */
static void project_version(const struct order *order, struct orders_moment now, struct rows *rows)
{
    rows_begin(rows, VERSIONS);
    rows_uuid(rows, order->id);
    rows_int(rows, now.version);
}

static void project_canceled(const struct order *orders, size_t count, struct orders_moment now,
                             struct rows *rows)
{
    for (size_t i = 0; i < count; i++) {
        if (orders[i].updated_at < now.now_us)
            project_version(&orders[i], now, rows);
        else
            project_ended(orders[i].id, orders[i].status, orders[i].lifecycle, orders[i].end_reason,
                          orders[i].updated_at, now, rows);
        project_sequence(&orders[i], rows);
    }
}

static void project_asset(const struct asset *asset, struct rows *rows)
{
    rows_begin(rows, ASSETS);
    rows_text(rows, asset->code);
    rows_text(rows, asset->name);
    rows_symbol(rows, &WIRE_ASSET_KIND, asset->kind);
    rows_int(rows, asset->scale);
    if (asset->kind == ASSET_KIND_OPTION) {
        rows_text(rows, asset->underlying);
        rows_e8(rows, asset->strike_e8);
        rows_time(rows, asset->expires_at);
        rows_symbol(rows, &WIRE_OPTION_RIGHT, asset->right);
        rows_e8(rows, asset->multiplier_e8);
        return;
    }
    for (int term = 0; term < 5; term++)
        rows_null(rows);
}

/* Two partitions may say so: it is settled where that of its book tells accounts. */
static void project_option_expired(const struct event *event, struct rows *rows)
{
    const struct option_expired *expired = &event->option_expired;
    if (!event_touches(event, SERVICE_ACCOUNTS, 0))
        return;
    rows_begin(rows, OPTION_SETTLEMENTS);
    rows_text(rows, expired->asset.code);
    rows_e8(rows, expired->settlement_price_e8);
    rows_time(rows, event->meta.occurred_at);
}

static void project_instrument(const struct instrument *instrument, struct rows *rows)
{
    rows_begin(rows, SYMBOLS);
    rows_text(rows, instrument->symbol);
    rows_text(rows, instrument->base);
    rows_text(rows, instrument->quote);
    rows_e8(rows, instrument->tick_size_e8);
    rows_e8(rows, instrument->lot_size_e8);
    rows_e8(rows, instrument->min_quantity_e8);
    rows_e8(rows, instrument->max_quantity_e8);
    rows_e8(rows, instrument->price_band_percent_e8);
    rows_int(rows, instrument->maker_fee_bps);
    rows_int(rows, instrument->taker_fee_bps);
    rows_int(rows, instrument->base_scale);
    rows_int(rows, instrument->quote_scale);
    rows_symbol(rows, &WIRE_INSTRUMENT_STATUS, instrument->status);
    rows_text_or_null(rows, instrument->has_sector, instrument->sector);
    rows_text(rows, instrument->currency);
    rows_e8_or_null(rows, instrument->has_mark_price_e8, instrument->mark_price_e8);
    rows_time(rows, instrument->created_at);
    rows_time(rows, instrument->updated_at);
    rows_int(rows, instrument->version);
    rows_int(rows, rows_offset(rows));
    if (!instrument->has_mark_price_e8)
        return;
    rows_begin(rows, MARKS); /* the same again, perhaps: that moves nothing */
    rows_text(rows, instrument->symbol);
    rows_int(rows, rows_offset(rows));
    rows_e8(rows, instrument->mark_price_e8);
    rows_time(rows, instrument->updated_at);
}

/* What the state begins with in this partition. */
static void project_log_created(const struct log_created *created, struct rows *rows)
{
    int32_t partitions = 1;
    for (size_t i = 0; i < created->partition_counts_count; i++) {
        if (text_is(created->partition_counts[i].service, "orders"))
            partitions = created->partition_counts[i].count;
    }
    for (size_t i = 0; i < ORDERS_FIRST_ASSETS_COUNT; i++)
        project_asset(&ORDERS_FIRST_ASSETS[i], rows);
    for (size_t i = 0; i < ORDERS_FIRST_INSTRUMENTS; i++) {
        struct instrument instrument = orders_first_instrument(i, created->created_at);
        if (partition_of_key(instrument.symbol, partitions) == rows_partition(rows))
            project_instrument(&instrument, rows);
    }
}

static void project(const struct event *event, struct rows *rows)
{
    const struct orders_moment now = orders_moment_of(&event->meta);
    project_approvals(event, APPROVALS, APPROVAL_ENDS, rows);
    switch (event->kind) {
    case EVENT_LOG_CREATED: project_log_created(&event->log_created, rows); break;
    case EVENT_ASSET_CREATED: project_asset(&event->asset_created.asset, rows); break;
    case EVENT_INSTRUMENT_CHANGED:
        project_instrument(&event->instrument_changed.instrument, rows);
        break;
    case EVENT_ORDER_ENTERED: project_entered(&event->order_entered, now, rows); break;
    case EVENT_ORDER_REFUSED:
        project_order(&event->order_refused.order, &event->order_refused, now, rows);
        break;
    case EVENT_ORDER_CANCELED:
        project_canceled(&event->order_canceled.order, 1, now, rows);
        project_all_ended(event->order_canceled.ended, event->order_canceled.ended_count, now,
                          rows);
        break;
    case EVENT_ORDERS_CANCELED:
        project_canceled(event->orders_canceled.orders, event->orders_canceled.orders_count, now,
                         rows);
        project_all_ended(event->orders_canceled.ended, event->orders_canceled.ended_count, now,
                          rows);
        break;
    case EVENT_BRACKETS_ENTERED: project_brackets(&event->brackets_entered, now, rows); break;
    case EVENT_OPTION_EXPIRED: project_option_expired(event, rows); break;
    default: break; /* the library's journal has them */
    }
}

const struct projection ORDERS_PROJECTION = {
    .schema = "orders",
    .schema_sql = orders_schema_sql,
    .statements = ORDERS_STATEMENTS,
    .statements_count = ORDERS_STATEMENTS_COUNT,
    .project = project,
};
