/* stream_tell.c - the messages of one subscriber: what of an event it was not told yet. */
#include "gateway/stream_hub.h"

#include <stdlib.h>

enum { BATCH = 256 };

void stream_tell(struct stream_subscriber *subscriber, const char *word, struct text data,
                 struct buffer *buffer)
{
    if (subscriber->gone)
        return;
    buffer_reset(buffer);
    stream_message(&subscriber->cursor, word, data, buffer);
    CHECK(buffer_ok(buffer));
    subscriber->gone = !http_stream_write(subscriber->stream, buffer_as_text(buffer));
}

/* --- the messages of an event, each with its id ----------------------------------------------- */

/* Each is held back until it is known whether it is the last of its event: that one's id says that
 * the whole event was told. */
struct teller {
    struct stream_subscriber *subscriber;
    struct stream_position *position;
    int64_t skip;     /* messages that were told before */
    int64_t count;    /* made so far */
    const char *word; /* of the one held back; NULL: none is */
    struct buffer held;
    struct buffer *buffer;
};

static void tell_held(struct teller *teller)
{
    if (teller->word != NULL)
        stream_tell(teller->subscriber, teller->word, buffer_as_text(&teller->held),
                    teller->buffer);
    teller->word = NULL;
}

static void take(void *context, const char *word, struct text data)
{
    struct teller *teller = context;
    tell_held(teller);
    teller->position->messages = ++teller->count;
    if (teller->count <= teller->skip)
        return;
    teller->word = word;
    buffer_reset(&teller->held);
    buffer_text(&teller->held, data);
}

static void take_nothing(void *context, const char *word, struct text data)
{
    (void)context;
    (void)word;
    (void)data;
}

static bool wants(const struct stream_subscriber *subscriber, struct text symbol)
{
    for (size_t i = 0; i < subscriber->links_count; i++) {
        if (text_is(symbol, subscriber->links[i].symbol))
            return true;
    }
    return false;
}

static void tell_trades(struct teller *teller, const struct stream_record *record,
                        const struct event *event)
{
    if (event->kind != EVENT_ORDER_ENTERED ||
        !wants(teller->subscriber, event->order_entered.order.instrument))
        return;
    struct buffer json;
    buffer_init(&json, STREAM_DATA_MAX);
    for (size_t i = 0; i < event->order_entered.fills_count; i++) {
        buffer_reset(&json);
        stream_trade(&event->order_entered, i, record->offset, event->meta.occurred_at, &json);
        take(teller, "trade", buffer_as_text(&json));
    }
    buffer_free(&json);
}

static void tell_new(struct stream_subscriber *subscriber, struct stream_position *position,
                     const struct stream_record *record, const struct event *event,
                     struct buffer *buffer)
{
    struct teller teller = {.subscriber = subscriber,
                            .position = position,
                            .skip = position->offset == record->offset ? position->messages : 0,
                            .buffer = buffer};
    buffer_init(&teller.held, STREAM_DATA_MAX);
    position->offset = record->offset;
    if (subscriber->account != NULL)
        stream_account_apply(subscriber->account, event, (struct stream_sink){&teller, take});
    else if ((subscriber->channels & STREAM_CHANNEL_TRADES) != 0)
        tell_trades(&teller, record, event);
    position->messages = 0;
    tell_held(&teller);
    buffer_free(&teller.held);
}

void stream_tell_event(struct stream_subscriber *subscriber, const struct stream_record *record,
                       const struct event *event, struct buffer *buffer)
{
    struct stream_position *position =
        stream_cursor_at(&subscriber->cursor, record->service, record->partition);
    if (position == NULL)
        return;
    int64_t *loaded = &subscriber->loaded[position - subscriber->cursor.rows];
    if (stream_position_misses(position, record->offset))
        tell_new(subscriber, position, record, event, buffer);
    else if (subscriber->account != NULL && record->offset > *loaded)
        stream_account_apply(subscriber->account, event,
                             (struct stream_sink){.take = take_nothing});
    if (*loaded < record->offset)
        *loaded = record->offset;
}

enum err stream_tell_record(struct stream_subscriber *subscriber,
                            const struct stream_record *record, struct arena *arena,
                            struct buffer *buffer)
{
    struct stream_position *position =
        stream_cursor_at(&subscriber->cursor, record->service, record->partition);
    if (position == NULL)
        return OK;
    const int64_t *loaded = &subscriber->loaded[position - subscriber->cursor.rows];
    if (!stream_position_misses(position, record->offset) &&
        (subscriber->account == NULL || record->offset <= *loaded))
        return OK;
    struct event event;
    arena_reset(arena);
    enum err err = event_decode(record->value, arena, &event);
    if (err == OK)
        stream_tell_event(subscriber, record, &event, buffer);
    return err;
}

/* --- what is in the ring ---------------------------------------------------------------------- */

int64_t stream_needs(const struct stream_subscriber *subscriber, size_t row)
{
    const struct stream_position *position = &subscriber->cursor.rows[row];
    int64_t told = position->offset - (position->messages > 0);
    bool less = subscriber->account != NULL && subscriber->loaded[row] < told;
    return (less ? subscriber->loaded[row] : told) + 1;
}

bool stream_is_covered(const struct stream_subscriber *subscriber, struct stream_ring *ring)
{
    for (size_t i = 0; i < subscriber->cursor.count; i++) {
        const struct stream_position *row = &subscriber->cursor.rows[i];
        if (row->offset >= 0 && stream_ring_covered(ring, row->service, row->partition).from >
                                    stream_needs(subscriber, i))
            return false;
    }
    return true;
}

enum err stream_tell_ring(struct stream_subscriber *subscriber, struct stream_ring *ring,
                          uint64_t end, struct arena *arena, struct buffer *buffer)
{
    struct stream_record *records[BATCH];
    uint64_t first = stream_ring_first(ring);
    uint64_t number = subscriber->number > first ? subscriber->number : first;
    bool lost =
        !stream_is_covered(subscriber, ring); /* asked later, so it holds for `number`, too */
    enum err err = OK;
    while (!lost && err == OK && number < end) {
        size_t max = end - number < BATCH ? (size_t)(end - number) : BATCH;
        size_t count = stream_ring_read(ring, &number, records, max, &lost);
        for (size_t i = 0; i < count; i++) {
            if (err == OK && !lost)
                err = stream_tell_record(subscriber, records[i], arena, buffer);
            stream_record_release(records[i]);
        }
    }
    subscriber->number = number;
    return lost ? ERR_FULL : err;
}

void stream_subscriber_free(struct stream_subscriber *subscriber)
{
    http_stream_end(subscriber->stream);
    stream_account_free(subscriber->account);
    free(subscriber->links);
    free(subscriber);
}
