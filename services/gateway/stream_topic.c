/* stream_topic.c - the instruments that somebody is subscribed to: their books, and each message
 * about them made once for all. */
#include "base/murmur2.h"
#include "base/table.h"
#include "gateway/stream_hub.h"
#include "gateway/stream_load.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, LOAD_AGAIN_NS = 200 * 1000000 };

struct stream_topic {
    UT_hash_handle hh;
    int32_t partition;
    struct stream_link *links;
    struct stream_book *book; /* NULL: nobody wants it, or it is not loaded yet */
    bool loading;
    int64_t load_ns; /* not before */
    char symbol[STREAM_SYMBOL_SIZE];
};

/* What a message is about, in streams->data. */
struct piece {
    const char *word;
    size_t start;
    size_t size;
};

/* --- telling ---------------------------------------------------------------------------------- */

void stream_sync(struct streams *streams, struct stream_subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->cursor.count; i++) {
        struct stream_position *row = &subscriber->cursor.rows[i];
        int64_t handled = streams->positions[row->service][row->partition];
        if (row->offset >= handled)
            continue;
        row->offset = handled;
        row->messages = 0;
    }
}

static struct text piece_text(const struct streams *streams, struct piece piece)
{
    return (struct text){.data = (const char *)streams->data.data + piece.start,
                         .size = piece.size};
}

/* The text from `start` to the end of streams->data. */
static struct piece piece_from(const struct streams *streams, const char *word, size_t start)
{
    CHECK(buffer_ok(&streams->data));
    return (struct piece){.word = word, .start = start, .size = streams->data.size - start};
}

static bool wants_book(const struct stream_link *link)
{
    return (link->subscriber->channels & (STREAM_CHANNEL_BOOK | STREAM_CHANNEL_QUOTES)) != 0;
}

static struct piece print(struct streams *streams, const struct stream_book *book, const char *word,
                          void (*print_book)(const struct stream_book *, struct buffer *))
{
    size_t start = streams->data.size;
    print_book(book, &streams->data);
    return piece_from(streams, word, start);
}

static void tell_link(struct streams *streams, struct stream_link *link, uint32_t channel,
                      struct piece piece)
{
    if ((link->subscriber->channels & channel) != 0)
        stream_tell(link->subscriber, piece.word, piece_text(streams, piece), &streams->message);
}

/* The whole book, to those who have not got it yet. */
static void tell_snapshot(struct streams *streams, struct stream_topic *topic)
{
    buffer_reset(&streams->data);
    struct piece book = print(streams, topic->book, "snapshot", stream_book_snapshot);
    struct piece quote = print(streams, topic->book, "quote", stream_book_quote);
    for (struct stream_link *link = topic->links; link != NULL; link = link->next) {
        if (link->has_book || !wants_book(link))
            continue;
        stream_sync(streams, link->subscriber);
        tell_link(streams, link, STREAM_CHANNEL_BOOK, book);
        tell_link(streams, link, STREAM_CHANNEL_QUOTES, quote);
        link->has_book = true;
    }
}

/* --- topics ----------------------------------------------------------------------------------- */

static struct stream_topic *find(const struct streams *streams, struct text symbol)
{
    struct stream_topic *topic = NULL;
    HASH_FIND(hh, streams->topics, symbol.data, symbol.size, topic);
    return topic;
}

static struct stream_topic *find_or_make(struct streams *streams, const char *symbol)
{
    struct stream_topic *topic = find(streams, text_of(symbol));
    if (topic != NULL)
        return topic;
    topic = calloc(1, sizeof *topic);
    CHECK(topic != NULL);
    snprintf(topic->symbol, sizeof topic->symbol, "%s", symbol);
    topic->partition =
        place_partition(&streams->gateway->place, SERVICE_ORDERS, text_of(topic->symbol));
    HASH_ADD(hh, streams->topics, symbol, strlen(topic->symbol), topic);
    return topic;
}

uint64_t stream_topic_bit(struct text symbol)
{
    return UINT64_C(1) << (murmur2(symbol.data, symbol.size) & 63);
}

uint64_t stream_topics_bits(const struct streams *streams)
{
    uint64_t bits = 0;
    for (const struct stream_topic *topic = streams->topics; topic != NULL; topic = topic->hh.next)
        bits |= stream_topic_bit(text_of(topic->symbol));
    return bits;
}

void stream_topics_join(struct streams *streams, struct stream_subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->links_count; i++) {
        struct stream_link *link = &subscriber->links[i];
        link->topic = find_or_make(streams, link->symbol);
        link->next = link->topic->links;
        link->topic->links = link;
        if (link->topic->book != NULL)
            tell_snapshot(streams, link->topic);
    }
}

void stream_topics_leave(struct streams *streams, struct stream_subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->links_count; i++) {
        struct stream_topic *topic = subscriber->links[i].topic;
        if (topic == NULL)
            continue;
        struct stream_link **at = &topic->links;
        while (*at != &subscriber->links[i]) {
            CHECK(*at != NULL);
            at = &(*at)->next;
        }
        *at = (*at)->next;
        if (topic->links != NULL)
            continue;
        HASH_DEL(streams->topics, topic); /* NOLINT: it is there, so the table is not empty */
        stream_book_free(topic->book);
        free(topic);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

/* A run of cancels may be of any instruments; all else has its instrument as the key. */
static bool may_concern(const struct stream_record *record, const struct stream_topic *topic)
{
    return record->service == SERVICE_ORDERS && record->partition == topic->partition &&
           (record->kind == EVENT_ORDERS_CANCELED || text_is(record->key, topic->symbol));
}

bool stream_topics_want(const struct streams *streams, const struct stream_record *record)
{
    if (record->service != SERVICE_ORDERS || streams->topics == NULL)
        return false;
    return record->kind == EVENT_ORDERS_CANCELED || find(streams, record->key) != NULL;
}

/* Those of a trade that a subscriber was told before, here or elsewhere, are passed over. */
static void tell_trades(struct streams *streams, struct stream_link *link,
                        const struct stream_record *record, const struct piece *trades,
                        size_t count)
{
    struct stream_position *position =
        stream_cursor_at(&link->subscriber->cursor, record->service, record->partition);
    if ((link->subscriber->channels & STREAM_CHANNEL_TRADES) == 0 || position == NULL ||
        !stream_position_misses(position, record->offset))
        return;
    size_t told = position->offset == record->offset ? (size_t)position->messages : 0;
    position->offset = record->offset;
    for (size_t i = told; i < count; i++) {
        position->messages = i + 1 < count ? (int64_t)i + 1 : 0;
        tell_link(streams, link, STREAM_CHANNEL_TRADES, trades[i]);
    }
    position->messages = 0;
}

static size_t print_trades(struct streams *streams, const struct stream_record *record,
                           const struct event *event, struct piece *ret_trades)
{
    if (event->kind != EVENT_ORDER_ENTERED)
        return 0;
    size_t count = event->order_entered.fills_count;
    for (size_t i = 0; i < count; i++) {
        size_t start = streams->data.size;
        stream_trade(&event->order_entered, i, record->offset, event->meta.occurred_at,
                     &streams->data);
        ret_trades[i] = piece_from(streams, "trade", start);
    }
    return count;
}

/* What moved, to those who have the rest. */
static void tell_book(struct streams *streams, struct stream_topic *topic)
{
    struct piece change = print(streams, topic->book, "book", stream_book_change);
    bool moved = stream_book_quote_moved(topic->book);
    struct piece quote = {.word = NULL};
    if (moved)
        quote = print(streams, topic->book, "quote", stream_book_quote);
    for (struct stream_link *link = topic->links; link != NULL; link = link->next) {
        if (!link->has_book)
            continue;
        stream_sync(streams, link->subscriber);
        tell_link(streams, link, STREAM_CHANNEL_BOOK, change);
        if (moved)
            tell_link(streams, link, STREAM_CHANNEL_QUOTES, quote);
    }
}

static void tell_topic(struct streams *streams, struct stream_topic *topic,
                       const struct stream_record *record, const struct event *event)
{
    size_t fills = event->kind == EVENT_ORDER_ENTERED ? event->order_entered.fills_count : 0;
    struct piece *trades = ARENA_NEW(streams->arena, struct piece, fills + 1);
    buffer_reset(&streams->data);
    size_t count = print_trades(streams, record, event, trades);
    for (struct stream_link *link = topic->links; link != NULL; link = link->next) {
        stream_sync(streams, link->subscriber);
        tell_trades(streams, link, record, trades, count);
    }
    streams->positions[record->service][record->partition] = record->offset;
    if (topic->book != NULL && stream_book_apply(topic->book, event, record->offset))
        tell_book(streams, topic);
}

void stream_topics_tell(struct streams *streams, const struct stream_record *record,
                        const struct event *event)
{
    struct stream_topic *topic, *next;
    if (record->service != SERVICE_ORDERS)
        return;
    if (record->kind != EVENT_ORDERS_CANCELED) {
        topic = find(streams, record->key);
        if (topic != NULL)
            tell_topic(streams, topic, record, event);
        return;
    }
    HASH_ITER(hh, streams->topics, topic, next)
    {
        if (may_concern(record, topic))
            tell_topic(streams, topic, record, event);
    }
}

/* --- loading ---------------------------------------------------------------------------------- */

static void load(struct work_item *item, struct db *db)
{
    struct stream_loading *loading = (struct stream_loading *)(void *)item;
    struct streams *streams = loading->streams;
    enum err err = stream_load_book(db, text_of(loading->symbol), loading->partition,
                                    &loading->book, &loading->next_offset);
    if (err != OK)
        log_warn("streams.not_loaded", LOG_STR("symbol", loading->symbol), LOG_ERR(err));
    pthread_mutex_lock(&streams->lock);
    loading->next = streams->loaded;
    streams->loaded = loading;
    pthread_cond_signal(&streams->changed);
    pthread_mutex_unlock(&streams->lock);
}

static bool somebody_wants_book(const struct stream_topic *topic)
{
    for (const struct stream_link *link = topic->links; link != NULL; link = link->next) {
        if (wants_book(link))
            return true;
    }
    return false;
}

void stream_topics_load(struct streams *streams, int64_t now_ns)
{
    struct stream_topic *topic, *next;
    HASH_ITER(hh, streams->topics, topic, next)
    {
        if (topic->book != NULL || topic->loading || topic->load_ns > now_ns ||
            !somebody_wants_book(topic))
            continue;
        struct stream_loading *loading = calloc(1, sizeof *loading);
        CHECK(loading != NULL);
        loading->work.run = load;
        loading->streams = streams;
        loading->partition = topic->partition;
        memcpy(loading->symbol, topic->symbol, sizeof loading->symbol);
        topic->loading = work_submit(streams->work, &loading->work);
        topic->load_ns = now_ns + LOAD_AGAIN_NS;
        if (!topic->loading)
            free(loading);
    }
}

static enum err apply(struct streams *streams, struct stream_topic *topic,
                      const struct stream_record *record, struct stream_book *book)
{
    struct event event;
    if (!may_concern(record, topic))
        return OK;
    arena_reset(streams->arena);
    enum err err = event_decode(record->value, streams->arena, &event);
    if (err == OK)
        (void)stream_book_apply(book, &event, record->offset);
    return err;
}

/* Brings a book to where the hub stands. False: the ring does not reach back to where it was
 * loaded, so it has to be loaded anew. */
static bool catch_up(struct streams *streams, struct stream_topic *topic,
                     const struct stream_loading *loading)
{
    struct stream_record *records[BATCH];
    uint64_t number = stream_ring_first(streams->ring);
    bool lost = stream_ring_covered(streams->ring, SERVICE_ORDERS, topic->partition).from >
                loading->next_offset;
    enum err err = OK;
    while (!lost && err == OK && number < streams->number) {
        uint64_t left = streams->number - number;
        size_t max = left < BATCH ? (size_t)left : BATCH;
        size_t count = stream_ring_read(streams->ring, &number, records, max, &lost);
        for (size_t i = 0; i < count; i++) {
            if (err == OK && !lost)
                err = apply(streams, topic, records[i], loading->book);
            stream_record_release(records[i]);
        }
    }
    return !lost && err == OK;
}

void stream_topics_loaded(struct streams *streams, struct stream_loading *loading)
{
    struct stream_topic *topic = find(streams, text_of(loading->symbol));
    bool wanted = topic != NULL && topic->loading && loading->book != NULL;
    if (topic != NULL)
        topic->loading = false;
    if (wanted && catch_up(streams, topic, loading)) {
        topic->book = loading->book;
        loading->book = NULL;
        tell_snapshot(streams, topic);
    }
    stream_book_free(loading->book);
    free(loading);
}
