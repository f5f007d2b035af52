#include "gateway/concern.h"

#include "base/murmur2.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

enum kind { KIND_ACCOUNT = 1, KIND_USER, KIND_BOOK, KIND_PRICE };

static uint64_t mark(enum kind kind, const void *data, size_t size)
{
    return (uint64_t)kind << 32 | murmur2(data, size);
}

uint64_t concern_account(struct uuid account_id)
{
    return mark(KIND_ACCOUNT, account_id.bytes, sizeof account_id.bytes);
}

uint64_t concern_user(struct uuid user_id)
{
    return mark(KIND_USER, user_id.bytes, sizeof user_id.bytes);
}

uint64_t concern_book(struct text instrument)
{
    return mark(KIND_BOOK, instrument.data, instrument.size);
}

uint64_t concern_price(struct text instrument)
{
    return mark(KIND_PRICE, instrument.data, instrument.size);
}

void concerns_add(struct concerns *concerns, uint64_t mark)
{
    if (concerns->count == concerns->capacity) {
        concerns->capacity = concerns->capacity * 2 + 64;
        concerns->rows = realloc(concerns->rows, concerns->capacity * sizeof *concerns->rows);
        CHECK(concerns->rows != NULL);
    }
    concerns->rows[concerns->count++] = mark;
}

void concerns_free(struct concerns *concerns)
{
    free(concerns->rows);
    *concerns = (struct concerns){.rows = NULL};
}

/* Whether `text` begins with `word`; moves it behind that. */
static bool begins(struct text *text, const char *word)
{
    size_t size = strlen(word);
    if (text->size <= size || memcmp(text->data, word, size) != 0)
        return false;
    *text = (struct text){.data = text->data + size, .size = text->size - size};
    return true;
}

bool concerns_parse(struct text depends, struct concerns *concerns)
{
    while (depends.size > 0) {
        const char *comma = memchr(depends.data, ',', depends.size);
        size_t size = comma == NULL ? depends.size : (size_t)(comma - depends.data);
        struct text piece = {.data = depends.data, .size = size};
        if (begins(&piece, "price "))
            concerns_add(concerns, concern_price(piece));
        else if (begins(&piece, "book "))
            concerns_add(concerns, concern_book(piece));
        else
            return false;
        size += comma != NULL;
        depends = (struct text){.data = depends.data + size, .size = depends.size - size};
    }
    return true;
}

/* --- accounts and users ----------------------------------------------------------------------- */

static void add_named(const struct wire_record *record, const uint8_t *value,
                      struct concerns *concerns);

/* One element of a field: an account, a user, or a record that may name some. */
static void add_element(const struct wire_record *owner, const struct wire_field *field,
                        const uint8_t *element, struct concerns *concerns)
{
    if (field->type == WIRE_RECORD) {
        add_named(field->record, element, concerns);
        return;
    }
    struct uuid id = *(const struct uuid *)(const void *)element;
    if (strcmp(field->name, "account_id") == 0 ||
        (owner == &WIRE_LEDGER_ACCOUNT && strcmp(field->name, "id") == 0))
        concerns_add(concerns, concern_account(id));
    else if (strcmp(field->name, "user_id") == 0)
        concerns_add(concerns, concern_user(id));
}

static void add_named(const struct wire_record *record, const uint8_t *value,
                      struct concerns *concerns)
{
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        if (field->map || (field->type != WIRE_RECORD && field->type != WIRE_UUID) ||
            (field->nullable && wire_is_null(field, value)))
            continue;
        if (!field->array) {
            add_element(record, field, value + field->offset, concerns);
            continue;
        }
        const uint8_t *elements = *(const uint8_t *const *)(const void *)(value + field->offset);
        size_t count = *(const size_t *)(const void *)(value + field->beside);
        for (size_t e = 0; e < count; e++)
            add_element(record, field, elements + e * field->size, concerns);
    }
}

/* --- instruments ------------------------------------------------------------------------------ */

static void add_instrument(struct text instrument, bool price, struct concerns *concerns)
{
    concerns_add(concerns, concern_book(instrument));
    if (price)
        concerns_add(concerns, concern_price(instrument));
}

static void add_changed(const struct instrument *instrument, struct concerns *concerns)
{
    if (instrument->version <= 1)
        concerns_add(concerns, CONCERN_ALL);
    add_instrument(instrument->symbol, true, concerns);
}

/* What else than accounts and users an event of orders concerns. */
static void add_instruments(const struct event *event, struct concerns *concerns)
{
    if (event->kind == EVENT_ORDER_ENTERED)
        add_instrument(event->key, event->order_entered.fills_count > 0, concerns);
    else if (event->kind == EVENT_INSTRUMENT_CHANGED)
        add_changed(&event->instrument_changed.instrument, concerns);
    else if (event->kind == EVENT_ORDER_CANCELED)
        add_instrument(event->key, false, concerns);
    else if (event->kind == EVENT_OPTION_EXPIRED)
        concerns_add(concerns, CONCERN_ALL);
    for (size_t i = 0;
         event->kind == EVENT_ORDERS_CANCELED && i < event->orders_canceled.orders_count; i++)
        add_instrument(event->orders_canceled.orders[i].instrument, false, concerns);
    for (size_t i = 0;
         event->kind == EVENT_BRACKETS_ENTERED && i < event->brackets_entered.guards_count; i++)
        add_instrument(event->brackets_entered.guards[i].order.instrument, false, concerns);
}

void concerns_of(const struct event *event, struct concerns *concerns)
{
    add_named(event_message(event)->payload, event_payload(event), concerns);
    add_instruments(event, concerns);
}
