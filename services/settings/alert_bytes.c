/* Alerts in a snapshot. Where each waits follows from what it is and from the last price. */
#include "settings/alert.h"
#include "wire/wire.h"

#include <utlist.h>

enum { ALERT_SIZE_MAX = 4096 };

static void save_spans(const struct settings_spans *spans, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)spans->began_us);
    pack_u64(buffer, spans->newest);
    for (size_t i = 0; i < SETTINGS_SPANS; i++) {
        pack_u64(buffer, (uint64_t)spans->low_e8[i]);
        pack_u64(buffer, (uint64_t)spans->high_e8[i]);
    }
}

void settings_alerts_save(const struct settings_alert_list *list, struct buffer *buffer)
{
    pack_u64(buffer, list->count);
    const struct settings_alert *alert;
    DL_FOREACH(list->first, alert)
    {
        wire_encode(&WIRE_ALERT, &alert->about, buffer);
        pack_u64(buffer, alert->turn);
        buffer_byte(buffer, alert->rearms);
        buffer_byte(buffer, alert->fired);
        save_spans(&alert->spans, buffer);
    }
}

static void load_spans(struct pack_reader *reader, struct settings_spans *ret_spans)
{
    ret_spans->began_us = (int64_t)pack_read_u64(reader);
    ret_spans->newest = pack_read_u64(reader);
    for (size_t i = 0; i < SETTINGS_SPANS; i++) {
        ret_spans->low_e8[i] = (int64_t)pack_read_u64(reader);
        ret_spans->high_e8[i] = (int64_t)pack_read_u64(reader);
    }
    reader->failed = reader->failed || ret_spans->newest >= SETTINGS_SPANS;
}

static bool is_sound(const struct settings_alerts *alerts, const struct settings_market *market,
                     const struct alert *about)
{
    return settings_alert(alerts, about->id) == NULL &&
           settings_instrument(market, about->instrument) != NULL;
}

static void load_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                       const struct settings_market *market, struct arena *arena,
                       struct pack_reader *reader)
{
    struct settings_alert loaded = {.turn = 0};
    if (wire_decode(&WIRE_ALERT, &reader->rest, arena, &loaded.about) != OK)
        reader->failed = true;
    loaded.turn = pack_read_u64(reader);
    loaded.rearms = pack_read_u8(reader) != 0;
    loaded.fired = pack_read_u8(reader) != 0;
    load_spans(reader, &loaded.spans);
    if (reader->failed || !is_sound(alerts, market, &loaded.about)) {
        reader->failed = true;
        return;
    }
    settings_restore_alert(alerts, list, market, &loaded);
}

void settings_alerts_load(struct settings_alerts *alerts, struct settings_alert_list *list,
                          const struct settings_market *market, struct pack_reader *reader)
{
    uint64_t count = pack_read_u64(reader);
    struct arena *arena = arena_new(ALERT_SIZE_MAX);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        arena_reset(arena);
        load_alert(alerts, list, market, arena, reader);
    }
    arena_free(arena);
}

/* --- the queue -------------------------------------------------------------------------------- */

void settings_fired_save(const struct settings_alerts *alerts, struct buffer *buffer)
{
    const struct settings_alert *alert;
    size_t count;
    pack_u64(buffer, alerts->turns);
    DL_COUNT2(alerts->fired, alert, count, fired_next);
    pack_u64(buffer, count);
    DL_FOREACH2(alerts->fired, alert, fired_next)
    {
        buffer_append(buffer, &alert->about.id, sizeof alert->about.id);
        pack_u64(buffer, (uint64_t)alert->fired_price_e8);
    }
}

static int by_turn(const struct settings_alert *a, const struct settings_alert *b)
{
    return (a->turn > b->turn) - (a->turn < b->turn);
}

/* Alerts came in the order of their users. */
static void sort_measured(const struct settings_market *market)
{
    for (struct settings_instrument *at = market->instruments; at != NULL; at = at->by_symbol.next)
        DL_SORT2(at->measured, by_turn, measured_prev, measured_next);
}

void settings_fired_load(struct settings_alerts *alerts, const struct settings_market *market,
                         struct pack_reader *reader)
{
    alerts->turns = pack_read_u64(reader);
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid id = {{0}};
        pack_read(reader, &id, sizeof id);
        struct settings_alert *alert = settings_alert(alerts, id);
        reader->failed = reader->failed || alert == NULL || alert->fired_prev != NULL;
        if (reader->failed)
            return;
        DL_APPEND2(alerts->fired, alert, fired_prev, fired_next);
        alert->fired_price_e8 = (int64_t)pack_read_u64(reader);
    }
    sort_measured(market);
}
