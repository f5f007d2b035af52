/* Writers: a record is queued, sent, lands or does not, and is reported or not. One request is in
 * flight at a time, so the records of a writer land in the order they were sent. */
#include "weather_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRAVEL_MAX_US = 30000,
    REPORT_MAX_US = 30000,
    STUCK_MAX_US = 20000000,
    COPY_LATE_MAX_US = 5000000
};

enum state { QUEUED, SENT, SETTLED };

struct item {
    struct log_writer *record; /* of the log in memory, with this one record in its queue */
    struct log_writer *copy;   /* the same once more; NULL: none */
    enum state state;
    int64_t due_us; /* when it lands or is lost, and from then on when that is reported */
    bool lost;
    bool doubt; /* it is reported that nobody knows */
    bool copy_late;
};

struct weather_writer {
    struct log_writer base;
    struct weather *weather;
    struct weather_writer *next;
    struct weather_owner *owner;
    struct item *items; /* in order */
    size_t items_count, items_max;
    int64_t last_due_us;
    bool losing; /* whatever comes next is lost */
    bool doubt;
    bool orphan; /* its process is dead; what it has sent may still land */
    bool closed;
};

struct log_writer *weather_writer_open(struct log *log)
{
    struct weather *weather = (struct weather *)log;
    struct weather_writer *writer = calloc(1, sizeof *writer);
    CHECK(writer != NULL);
    writer->base.ops = &weather_ops;
    writer->weather = weather;
    writer->owner = weather->owner;
    writer->next = weather->writers;
    weather->writers = writer;
    return &writer->base;
}

static void free_item(struct item *item)
{
    log_writer_close(item->record);
    log_writer_close(item->copy);
}

/* Forgets what was not sent, and where the connection breaks, some of what was. */
static void abandon(struct weather_writer *writer)
{
    struct dice *dice = writer->weather->world.dice;
    bool breaks = dice_below(dice, 2) == 0;
    while (writer->items_count > 0) {
        struct item *last = &writer->items[writer->items_count - 1];
        if (last->state != QUEUED && (last->state == SETTLED || !breaks))
            break;
        breaks = last->state == QUEUED ? breaks : dice_below(dice, 4) > 0;
        free_item(last);
        writer->items_count--;
    }
    writer->orphan = true;
}

void weather_writer_close(struct log_writer *base)
{
    struct weather_writer *writer = (struct weather_writer *)base;
    if (!writer->orphan)
        abandon(writer);
    writer->closed = true;
}

void weather_writers_kill(struct weather *weather, const struct weather_owner *owner)
{
    for (struct weather_writer *writer = weather->writers; writer != NULL; writer = writer->next)
        if (!writer->orphan && writer->owner == owner)
            abandon(writer);
}

/* --- sending --- */

static struct item *add(struct weather_writer *writer)
{
    if (writer->items_count == writer->items_max) {
        writer->items_max = 2 * writer->items_max + 8;
        writer->items = realloc(writer->items, writer->items_max * sizeof *writer->items);
        CHECK(writer->items != NULL);
    }
    return &writer->items[writer->items_count++];
}

enum err weather_writer_append(struct log_writer *base, const char *topic, int32_t partition,
                               struct bytes key, struct bytes value,
                               const struct log_header *headers, size_t headers_count)
{
    struct weather_writer *writer = (struct weather_writer *)base;
    struct weather *weather = writer->weather;
    if (!weather_moment(weather, writer->owner))
        return ERR_DOUBT;
    if (weather_strikes(weather, writer->owner, FATE_FULL))
        return ERR_FULL;
    struct item item = {.record = log_writer_open(weather->world.log),
                        .copy_late = weather_strikes(weather, writer->owner, FATE_TWICE_LATE)};
    enum err err =
        log_writer_append(item.record, topic, partition, key, value, headers, headers_count);
    if (err == OK && (item.copy_late || weather_strikes(weather, writer->owner, FATE_TWICE))) {
        item.copy = log_writer_open(weather->world.log);
        err = log_writer_append(item.copy, topic, partition, key, value, headers, headers_count);
    }
    if (err == OK)
        *add(writer) = item;
    else
        free_item(&item);
    return err;
}

/* What will become of it, and when. */
static void send_item(struct weather_writer *writer, struct item *item)
{
    struct weather *weather = writer->weather;
    const struct weather_owner *owner = writer->owner;
    int64_t due_us = weather_now_us(weather) + dice_span(weather->world.dice, TRAVEL_MAX_US);
    if (weather_strikes(weather, owner, FATE_STUCK))
        due_us += dice_span(weather->world.dice, STUCK_MAX_US);
    if (weather_strikes(weather, owner, FATE_LOSE_REST))
        writer->losing = true;
    bool lost = weather_strikes(weather, owner, FATE_LOSE);
    item->doubt = weather_strikes(weather, owner, FATE_DOUBT) || writer->losing ||
                  (lost && dice_below(weather->world.dice, 4) > 0);
    item->lost = lost || writer->losing;
    item->state = SENT;
    if (due_us < writer->last_due_us)
        due_us = writer->last_due_us;
    item->due_us = writer->last_due_us = due_us;
}

enum err weather_writer_push(struct log_writer *base)
{
    struct weather_writer *writer = (struct weather_writer *)base;
    if (!weather_moment(writer->weather, writer->owner))
        return ERR_DOUBT;
    for (size_t i = 0; i < writer->items_count; i++)
        if (writer->items[i].state == QUEUED)
            send_item(writer, &writer->items[i]);
    return writer->doubt ? ERR_DOUBT : OK;
}

enum err weather_writer_flush(struct log_writer *base, int timeout_ms)
{
    struct weather_writer *writer = (struct weather_writer *)base;
    int64_t deadline_us = weather_now_us(writer->weather) + timeout_ms * INT64_C(1000);
    enum err err = weather_writer_push(base);
    while (err == OK && writer->items_count > 0) {
        if (weather_now_us(writer->weather) >= deadline_us)
            return ERR_TIMEOUT;
        if (!weather_wait(writer->weather))
            return writer->owner != NULL && writer->owner->dead ? ERR_DOUBT : ERR_TIMEOUT;
        err = writer->doubt ? ERR_DOUBT : OK;
    }
    return err;
}

size_t weather_writer_waiting(const struct log_writer *base)
{
    return ((const struct weather_writer *)base)->items_count;
}

/* --- landing --- */

/* Where the copy waits until it is due. */
static void land_later(struct weather *weather, struct log_writer *record)
{
    if (weather->copies_count == weather->copies_max) {
        weather->copies_max = 2 * weather->copies_max + 8;
        weather->copies = realloc(weather->copies, weather->copies_max * sizeof *weather->copies);
        CHECK(weather->copies != NULL);
    }
    int64_t due_us = weather_now_us(weather) + dice_span(weather->world.dice, COPY_LATE_MAX_US);
    weather->copies[weather->copies_count++] = (struct weather_copy){record, due_us};
}

static void land(struct weather_writer *writer, struct item *item)
{
    struct weather *weather = writer->weather;
    if (!item->lost) {
        CHECK(log_writer_push(item->record) == OK);
        if (item->copy != NULL && !item->copy_late)
            CHECK(log_writer_push(item->copy) == OK);
        else if (item->copy != NULL)
            land_later(weather, item->copy);
        if (item->copy_late)
            item->copy = NULL;
    }
    item->state = SETTLED;
    item->due_us = weather_now_us(weather) + dice_span(weather->world.dice, REPORT_MAX_US);
}

static void report(struct weather_writer *writer, const struct item *item)
{
    if (!item->doubt || writer->orphan)
        return;
    writer->doubt = true;
    writer->owner->doubts = true;
    *(item->lost ? &writer->weather->counts.unknown_lost
                 : &writer->weather->counts.unknown_landed) += 1;
}

/* Lands and reports what is due, in order. */
static void tick_writer(struct weather_writer *writer)
{
    int64_t now_us = weather_now_us(writer->weather);
    size_t reported = 0;
    for (size_t i = 0; i < writer->items_count; i++) {
        struct item *item = &writer->items[i];
        if (item->state == SENT && item->due_us <= now_us)
            land(writer, item);
        if (item->state != SETTLED)
            break;
    }
    while (reported < writer->items_count && writer->items[reported].state == SETTLED &&
           writer->items[reported].due_us <= now_us) {
        report(writer, &writer->items[reported]);
        free_item(&writer->items[reported++]);
    }
    writer->items_count -= reported;
    if (reported > 0)
        memmove(writer->items, writer->items + reported,
                writer->items_count * sizeof *writer->items);
}

void weather_writers_tick(struct weather *weather)
{
    struct weather_writer **place = &weather->writers;
    while (*place != NULL) {
        struct weather_writer *writer = *place;
        tick_writer(writer);
        if (!writer->closed || writer->items_count > 0) {
            place = &writer->next;
            continue;
        }
        *place = writer->next;
        free(writer->items);
        free(writer);
    }
}

size_t weather_writers_travelling(const struct weather *weather)
{
    size_t count = 0;
    const struct weather_writer *writer = weather->writers;
    for (; writer != NULL; writer = writer->next)
        count += writer->items_count;
    return count;
}

void weather_writers_free(struct weather *weather)
{
    while (weather->writers != NULL) {
        struct weather_writer *writer = weather->writers;
        weather->writers = writer->next;
        CHECK(writer->closed);
        for (size_t i = 0; i < writer->items_count; i++)
            free_item(&writer->items[i]);
        free(writer->items);
        free(writer);
    }
}
