#include "accounts/project_events.h"

#include "base/buffer.h"
#include "decimal/decimal.h"
#include "wire/wire.h"

enum { BALANCES_SIZE_MAX = 1 << 20 };

/* What an event says of balances, whatever kind it is: sorted by account and asset. */
static const struct balance_after *balances_of(const struct event *event, size_t *ret_count)
{
    const struct wire_message *message = event_message(event);
    const uint8_t *payload = event_payload(event);
    const struct wire_field *list = wire_field(message->payload, TEXT("balances"));
    const struct wire_field *one = wire_field(message->payload, TEXT("balance"));
    *ret_count = 0;
    if (list != NULL && list->record == &WIRE_BALANCE_AFTER) {
        *ret_count = *(const size_t *)(const void *)(payload + list->beside);
        return *(const struct balance_after *const *)(const void *)(payload + list->offset);
    }
    if (one == NULL || one->record != &WIRE_BALANCE_AFTER || wire_is_null(one, payload))
        return NULL;
    *ret_count = 1;
    return (const struct balance_after *)(const void *)(payload + one->offset);
}

/* {"EUR": ["available", "locked"], ...} */
static void rows_balances(struct rows *rows, const struct balance_after *balances, size_t count)
{
    struct buffer json;
    char available[DECIMAL_TEXT_SIZE], locked[DECIMAL_TEXT_SIZE];
    buffer_init(&json, BALANCES_SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        decimal_print(balances[i].available_e8, 0, available);
        decimal_print(balances[i].locked_e8, 0, locked);
        buffer_byte(&json, i > 0 ? ',' : '{');
        buffer_json_string(&json, balances[i].asset);
        buffer_printf(&json, ":[\"%s\",\"%s\"]", available, locked);
    }
    buffer_byte(&json, '}');
    CHECK(buffer_ok(&json));
    rows_text(rows, buffer_as_text(&json));
    buffer_free(&json);
}

static void add_row(const struct event *event, struct uuid account_id,
                    const struct balance_after *balances, size_t count, int statement,
                    struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, account_id);
    rows_time(rows, event->meta.occurred_at);
    rows_int(rows, rows_offset(rows));
    rows_int(rows, rows_partition(rows));
    if (count > 0)
        rows_balances(rows, balances, count);
    else
        rows_null(rows);
}

void accounts_project_events(const struct event *event, int statement, struct rows *rows)
{
    size_t count, end;
    struct uuid named = {{0}};
    const struct balance_after *balances = balances_of(event, &count);
    bool names = uuid_parse(event->key, &named) == OK;
    for (size_t i = 0; i < count; i = end) {
        struct uuid account_id = balances[i].account_id;
        for (end = i + 1; end < count && uuid_equal(balances[end].account_id, account_id);)
            end++;
        names = names && !uuid_equal(named, account_id);
        add_row(event, account_id, balances + i, end - i, statement, rows);
    }
    if (names)
        add_row(event, named, NULL, 0, statement, rows);
}
