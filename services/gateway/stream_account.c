#include "gateway/stream_account.h"

#include "base/id_table.h"
#include "base/time.h"
#include "decimal/decimal.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum { JSON_SIZE_MAX = 1 << 20, DECIMALS_MIN = 2 };

/* An order with texts of its own. */
struct own_order {
    struct order order; /* begins with its id, as id_table.h wants it */
    char *texts;
};

struct stream_account {
    struct uuid id;
    struct uuid user_id;
    struct id_table orders;
    struct buffer json; /* of the message being made */
};

/* An event being told. */
struct telling {
    struct stream_account *account;
    struct stream_sink sink;
    int64_t at_us;
};

struct stream_account *stream_account_new(struct uuid account_id, struct uuid user_id)
{
    struct stream_account *account = calloc(1, sizeof *account);
    CHECK(account != NULL);
    account->id = account_id;
    account->user_id = user_id;
    buffer_init(&account->json, JSON_SIZE_MAX);
    return account;
}

static void own_free(struct own_order *own)
{
    free(own->texts);
    free(own);
}

void stream_account_free(struct stream_account *account)
{
    if (account == NULL)
        return;
    size_t cursor = 0;
    struct own_order *own;
    while ((own = id_table_next(&account->orders, &cursor)) != NULL)
        own_free(own);
    id_table_free(&account->orders);
    buffer_free(&account->json);
    free(account);
}

/* --- orders ----------------------------------------------------------------------------------- */

static struct own_order *known(const struct stream_account *account, struct uuid id)
{
    return id_table_find(&account->orders, id);
}

void stream_account_put(struct stream_account *account, const struct order *order)
{
    struct own_order *own = known(account, order->id);
    if (own == NULL) {
        own = calloc(1, sizeof *own);
        CHECK(own != NULL);
        own->order.id = order->id;
        id_table_add(&account->orders, own);
    }
    struct text instrument = order->instrument, client_id = order->client_order_id;
    char *texts = malloc(instrument.size + client_id.size + 1);
    CHECK(texts != NULL);
    if (instrument.size > 0)
        memcpy(texts, instrument.data, instrument.size);
    if (client_id.size > 0)
        memcpy(texts + instrument.size, client_id.data, client_id.size);
    free(own->texts);
    own->texts = texts;
    own->order = *order;
    own->order.instrument.data = texts;
    own->order.client_order_id.data = texts + instrument.size;
}

static void forget(struct stream_account *account, struct own_order *own)
{
    id_table_remove(&account->orders, own);
    own_free(own);
}

static bool is_over(const struct order *order)
{
    return order->has_end_reason || order->status == ORDER_STATUS_FILLED ||
           order->status == ORDER_STATUS_CANCELED || order->status == ORDER_STATUS_EXPIRED ||
           order->status == ORDER_STATUS_REJECTED;
}

void stream_account_snapshot(const struct stream_account *account, struct text balances,
                             struct buffer *json)
{
    size_t cursor = 0;
    bool first = true;
    struct own_order *own;
    buffer_string(json, "{\"orders\":[");
    while ((own = id_table_next(&account->orders, &cursor)) != NULL) {
        if (is_over(&own->order))
            continue;
        buffer_string(json, first ? "" : ",");
        wire_json(&WIRE_ORDER, &own->order, json);
        first = false;
    }
    buffer_string(json, "],\"balances\":");
    buffer_text(json, balances);
    buffer_byte(json, '}');
}

/* --- messages --------------------------------------------------------------------------------- */

static void begin(const struct telling *telling)
{
    char at[TIME_TEXT_SIZE];
    time_print(telling->at_us, at);
    buffer_reset(&telling->account->json);
    buffer_printf(&telling->account->json, "{\"at\":\"%.*s\"", TIME_TEXT_SIZE, at);
}

static void end(const struct telling *telling, const char *word)
{
    struct buffer *json = &telling->account->json;
    buffer_byte(json, '}');
    CHECK(buffer_ok(json));
    telling->sink.take(telling->sink.context, word, buffer_as_text(json));
}

static void begin_about(const struct telling *telling, const struct order *order)
{
    begin(telling);
    buffer_string(&telling->account->json, ",\"order\":");
    wire_json(&WIRE_ORDER, order, &telling->account->json);
}

static void tell(const struct telling *telling, const char *word, const struct order *order)
{
    begin_about(telling, order);
    end(telling, word);
}

static void add_decimal(struct buffer *json, const char *name, int64_t e8)
{
    char digits[DECIMAL_TEXT_SIZE];
    decimal_print(e8, DECIMALS_MIN, digits);
    buffer_printf(json, "\"%s\":\"%s\"", name, digits);
}

static void tell_fill(const struct telling *telling, const struct order *order, bool last,
                      const struct fill *fill, int64_t fee_e8, bool maker)
{
    struct buffer *json = &telling->account->json;
    char trade_id[UUID_TEXT_SIZE];
    uuid_print(fill->trade_id, trade_id);
    begin_about(telling, order);
    buffer_printf(json, ",\"fill\":{\"trade_id\":\"%.*s\",", UUID_TEXT_SIZE, trade_id);
    add_decimal(json, "price", fill->price_e8);
    buffer_byte(json, ',');
    add_decimal(json, "quantity", fill->quantity_e8);
    buffer_byte(json, ',');
    add_decimal(json, "fee", fee_e8);
    buffer_printf(json, ",\"liquidity\":\"%s\"}", maker ? "maker" : "taker");
    end(telling, last && order->status == ORDER_STATUS_FILLED ? "fill" : "partial_fill");
}

static void tell_end(const struct telling *telling, const struct order *order)
{
    tell(telling, order->status == ORDER_STATUS_EXPIRED ? "expired" : "canceled", order);
}

/* --- events ----------------------------------------------------------------------------------- */

static const char *word_of(enum order_entry entry)
{
    switch (entry) {
    case ORDER_ENTRY_TRIGGERED: return "triggered";
    case ORDER_ENTRY_REPLACED: return "replaced";
    case ORDER_ENTRY_PLACED:
    case ORDER_ENTRY_BRACKET:
    case ORDER_ENTRY_CLOSE: break;
    }
    return "new";
}

static void take_own(const struct telling *telling, const struct order_entered *entered)
{
    const struct order *order = &entered->order;
    tell(telling, word_of(entered->entry), order);
    for (size_t i = 0; i < entered->fills_count; i++)
        tell_fill(telling, order, i + 1 == entered->fills_count, &entered->fills[i],
                  entered->fills[i].fee_e8, false);
    if (is_over(order) && order->status != ORDER_STATUS_FILLED)
        tell_end(telling, order);
    struct own_order *own = known(telling->account, order->id);
    if (!is_over(order))
        stream_account_put(telling->account, order);
    else if (own != NULL)
        forget(telling->account, own);
}

static void take_resting(const struct telling *telling, const struct fill *fill,
                         const struct resting_fill *resting)
{
    struct own_order *own = known(telling->account, resting->order_id);
    if (own == NULL)
        return;
    struct order *order = &own->order;
    order->filled_quantity_e8 = resting->filled_quantity_e8;
    order->remaining_quantity_e8 = resting->remaining_quantity_e8;
    order->filled_notional_e8 = resting->filled_notional_e8;
    order->fees_e8 = resting->fees_e8;
    order->has_average_fill_price_e8 = true;
    order->average_fill_price_e8 = resting->average_fill_price_e8;
    order->status = resting->status;
    order->lifecycle = resting->lifecycle;
    order->has_end_reason = resting->status == ORDER_STATUS_FILLED;
    order->end_reason = END_REASON_FILLED;
    order->updated_at = telling->at_us;
    tell_fill(telling, order, true, fill, resting->fee_e8, true);
    if (order->has_end_reason)
        forget(telling->account, own);
}

static void take_prevented(const struct telling *telling, const struct prevented *prevented)
{
    struct own_order *own = known(telling->account, prevented->order_id);
    if (own == NULL || own->order.remaining_quantity_e8 == prevented->remaining_quantity_e8)
        return;
    own->order.remaining_quantity_e8 = prevented->remaining_quantity_e8;
    own->order.updated_at = telling->at_us;
    tell(telling, "prevented", &own->order);
}

static void take_ended(const struct telling *telling, const struct ended_order *ended)
{
    struct own_order *own = known(telling->account, ended->order_id);
    if (own == NULL)
        return;
    own->order.remaining_quantity_e8 = ended->remaining_quantity_e8;
    own->order.status = ended->status;
    own->order.lifecycle = ended->lifecycle;
    own->order.has_end_reason = true;
    own->order.end_reason = ended->end_reason;
    own->order.updated_at = telling->at_us;
    tell_end(telling, &own->order);
    forget(telling->account, own);
}

static void take_all_ended(const struct telling *telling, const struct ended_order *ended,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_equal(ended[i].account_id, telling->account->id))
            take_ended(telling, &ended[i]);
    }
}

static void take_entered(const struct telling *telling, const struct order_entered *entered)
{
    struct uuid id = telling->account->id;
    for (size_t i = 0; i < entered->resting_count; i++) {
        if (uuid_equal(entered->resting[i].account_id, id))
            take_resting(telling, &entered->fills[i], &entered->resting[i]);
    }
    for (size_t i = 0; i < entered->prevented_count; i++) {
        if (uuid_equal(entered->prevented[i].account_id, id) &&
            entered->order.self_trade == SELF_TRADE_DECREMENT)
            take_prevented(telling, &entered->prevented[i]);
    }
    take_all_ended(telling, entered->ended, entered->ended_count);
    if (uuid_equal(entered->order.account_id, id))
        take_own(telling, entered);
}

/* One that had ended before is canceled once more in vain. */
static void take_canceled(const struct telling *telling, const struct order *order)
{
    struct own_order *own = known(telling->account, order->id);
    if (own == NULL)
        return;
    tell_end(telling, order);
    forget(telling->account, own);
}

static void take_all_canceled(const struct telling *telling, const struct order *orders,
                              size_t count)
{
    for (size_t i = 0; i < count; i++)
        take_canceled(telling, &orders[i]);
}

/* A guard that was there before guards more now. */
static void take_brackets(const struct telling *telling, const struct brackets_entered *entered)
{
    for (size_t i = 0; i < entered->guards_count; i++) {
        const struct order *order = &entered->guards[i].order;
        if (!uuid_equal(order->account_id, telling->account->id))
            continue;
        tell(telling, order->created_at == telling->at_us ? "new" : "replaced", order);
        stream_account_put(telling->account, order);
    }
}

static void take_refused(const struct telling *telling, const struct order_refused *refused)
{
    if (!uuid_equal(refused->order.account_id, telling->account->id))
        return;
    struct buffer *json = &telling->account->json;
    begin_about(telling, &refused->order);
    buffer_string(json, ",\"code\":");
    buffer_json_string(json, refused->code);
    buffer_string(json, ",\"message\":");
    buffer_json_string(json, refused->message);
    end(telling, "rejected");
}

/* Adds those of the account among `count` balances. */
static bool add_balances(const struct telling *telling, const struct balance_after *balances,
                         size_t count, bool any)
{
    struct buffer *json = &telling->account->json;
    for (size_t i = 0; i < count; i++) {
        const struct balance_after *balance = &balances[i];
        if (!uuid_equal(balance->account_id, telling->account->id))
            continue;
        if (!any) {
            begin(telling);
            buffer_string(json, ",\"balances\":{");
        }
        buffer_string(json, any ? "," : "");
        buffer_json_string(json, balance->asset);
        buffer_string(json, ":{");
        add_decimal(json, "available", balance->available_e8);
        buffer_byte(json, ',');
        add_decimal(json, "locked", balance->locked_e8);
        buffer_byte(json, ',');
        add_decimal(json, "total", balance->total_e8);
        buffer_byte(json, '}');
        any = true;
    }
    return any;
}

/* Whatever event of the ledger it is, it says which balances are others behind it. */
static void take_balances(const struct telling *telling, const struct event *event)
{
    const struct wire_record *record = event_message(event)->payload;
    const uint8_t *payload = event_payload(event);
    bool any = false;
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        if (field->record != &WIRE_BALANCE_AFTER || wire_is_null(field, payload))
            continue;
        const void *first = payload + field->offset;
        size_t count = 1;
        if (field->array) {
            first = *(const void *const *)first;
            count = *(const size_t *)(const void *)(payload + field->beside);
        }
        any = add_balances(telling, first, count, any);
    }
    if (!any)
        return;
    buffer_byte(&telling->account->json, '}');
    end(telling, "balances");
}

static void take_notification(const struct telling *telling,
                              const struct notification *notification)
{
    if (!uuid_equal(notification->user_id, telling->account->user_id))
        return;
    begin(telling);
    buffer_string(&telling->account->json, ",\"notification\":");
    wire_json(&WIRE_NOTIFICATION, notification, &telling->account->json);
    end(telling, "notification");
}

void stream_account_apply(struct stream_account *account, const struct event *event,
                          struct stream_sink sink)
{
    struct telling telling = {account, sink, event->meta.occurred_at};
    const struct order_canceled *one = &event->order_canceled;
    const struct orders_canceled *many = &event->orders_canceled;
    const struct notifications_raised *raised = &event->notifications_raised;
    const struct alerts_fired *fired = &event->alerts_fired;
    switch (event->kind) {
    case EVENT_ORDER_ENTERED: take_entered(&telling, &event->order_entered); break;
    case EVENT_ORDER_REFUSED: take_refused(&telling, &event->order_refused); break;
    case EVENT_ORDER_CANCELED:
        take_canceled(&telling, &one->order);
        take_all_ended(&telling, one->ended, one->ended_count);
        break;
    case EVENT_ORDERS_CANCELED:
        take_all_canceled(&telling, many->orders, many->orders_count);
        take_all_ended(&telling, many->ended, many->ended_count);
        break;
    case EVENT_BRACKETS_ENTERED: take_brackets(&telling, &event->brackets_entered); break;
    case EVENT_NOTIFICATIONS_RAISED:
        for (size_t i = 0; i < raised->notifications_count; i++)
            take_notification(&telling, &raised->notifications[i]);
        break;
    case EVENT_ALERTS_FIRED:
        for (size_t i = 0; i < fired->alerts_count; i++)
            take_notification(&telling, &fired->alerts[i].notification);
        break;
    default: take_balances(&telling, event); break;
    }
}
