#include "accounts/project_events.h"

#include "base/buffer.h"
#include "decimal/decimal.h"
#include "wire/wire.h"

#include <stdlib.h>

enum { JSON_SIZE_MAX = 1 << 20 };

/* What an event says, whatever kind it is, that it left behind; each sorted by account and asset.
 */
struct left_behind {
    const struct balance_after *balances;
    size_t balances_count;
    const struct proceeds_after *proceeds;
    size_t proceeds_count;
    const int64_t *bought_e8; /* what its balance's buys of the day came to; NULL: it bought none */
};

/* The elements of a field, where the event has one of that name and kind. */
static const void *elements(const struct event *event, const char *name,
                            const struct wire_record *record, size_t *ret_count)
{
    const uint8_t *payload = event_payload(event);
    const struct wire_field *field = wire_field(event_message(event)->payload, text_of(name));
    *ret_count = 0;
    if (field == NULL || field->record != record || (!field->array && wire_is_null(field, payload)))
        return NULL;
    *ret_count = field->array ? *(const size_t *)(const void *)(payload + field->beside) : 1;
    return field->array ? *(const void *const *)(const void *)(payload + field->offset)
                        : payload + field->offset;
}

/* Of an order's authorisation, and of its replace's. */
static const int64_t *bought_e8(const struct event *event)
{
    const struct order_authorized *placed = &event->order_authorized;
    const struct replace_authorized *replaced = &event->replace_authorized;
    if (event->kind == EVENT_ORDER_AUTHORIZED && placed->has_daily_notional_e8)
        return &placed->daily_notional_e8;
    if (event->kind == EVENT_REPLACE_AUTHORIZED && replaced->has_daily_notional_e8)
        return &replaced->daily_notional_e8;
    return NULL;
}

static struct left_behind left_behind(const struct event *event)
{
    struct left_behind left = {0};
    left.proceeds = elements(event, "proceeds", &WIRE_PROCEEDS_AFTER, &left.proceeds_count);
    left.balances = elements(event, "balances", &WIRE_BALANCE_AFTER, &left.balances_count);
    if (left.balances == NULL)
        left.balances = elements(event, "balance", &WIRE_BALANCE_AFTER, &left.balances_count);
    left.bought_e8 = bought_e8(event);
    return left;
}

static int compare_makers(const void *a, const void *b)
{
    const struct proceeds_after *left = a, *right = b;
    return uuid_compare(left->market_maker_id, right->market_maker_id);
}

static void add_member(struct buffer *json, struct text name)
{
    buffer_byte(json, json->size > 0 ? ',' : '{');
    buffer_json_string(json, name);
    buffer_byte(json, ':');
}

/* What came due to the account: an event is of one book, so it is of one asset. */
static void add_proceeds(const struct left_behind *left, struct uuid account_id,
                         struct buffer *json)
{
    char amount[DECIMAL_TEXT_SIZE];
    const struct proceeds_after key = {.market_maker_id = account_id};
    if (left->proceeds_count == 0)
        return;
    const struct proceeds_after *due =
        bsearch(&key, left->proceeds, left->proceeds_count, sizeof key, compare_makers);
    if (due == NULL)
        return;
    decimal_print(due->amount_e8, 0, amount);
    add_member(json, TEXT("proceeds"));
    buffer_byte(json, '{');
    buffer_json_string(json, due->asset);
    buffer_printf(json, ":\"%s\"}", amount);
}

static void add_balance(const struct left_behind *left, const struct balance_after *balance,
                        struct buffer *json)
{
    char available[DECIMAL_TEXT_SIZE], locked[DECIMAL_TEXT_SIZE], bought[DECIMAL_TEXT_SIZE];
    decimal_print(balance->available_e8, 0, available);
    decimal_print(balance->locked_e8, 0, locked);
    add_member(json, balance->asset);
    buffer_printf(json, "[\"%s\",\"%s\"", available, locked);
    if (left->bought_e8 != NULL) {
        decimal_print(*left->bought_e8, 0, bought);
        buffer_printf(json, ",\"%s\"", bought);
    }
    buffer_byte(json, ']');
}

/* {"EUR": ["available", "locked"], ..., "proceeds": {"EUR": "amount"}}, or null. A buy's has a
 * third element: what those of the day have come to. */
static void rows_left(struct rows *rows, const struct left_behind *left, struct uuid account_id,
                      const struct balance_after *balances, size_t count)
{
    struct buffer json;
    buffer_init(&json, JSON_SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        add_balance(left, &balances[i], &json);
    add_proceeds(left, account_id, &json);
    bool some = json.size > 0;
    if (some)
        buffer_byte(&json, '}');
    CHECK(buffer_ok(&json));
    if (some)
        rows_text(rows, buffer_as_text(&json));
    else
        rows_null(rows);
    buffer_free(&json);
}

static void add_row(const struct event *event, const struct left_behind *left,
                    struct uuid account_id, const struct balance_after *balances, size_t count,
                    int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, account_id);
    rows_time(rows, event->meta.occurred_at);
    rows_int(rows, rows_offset(rows));
    rows_int(rows, rows_partition(rows));
    rows_left(rows, left, account_id, balances, count);
}

void accounts_project_events(const struct event *event, int statement, struct rows *rows)
{
    size_t end;
    struct uuid named = {{0}};
    const struct left_behind left = left_behind(event);
    const struct balance_after *balances = left.balances;
    bool names = uuid_parse(event->key, &named) == OK;
    for (size_t i = 0; i < left.balances_count; i = end) {
        struct uuid account_id = balances[i].account_id;
        for (end = i + 1;
             end < left.balances_count && uuid_equal(balances[end].account_id, account_id);)
            end++;
        names = names && !uuid_equal(named, account_id);
        add_row(event, &left, account_id, balances + i, end - i, statement, rows);
    }
    if (names)
        add_row(event, &left, named, NULL, 0, statement, rows);
}
