#include "settings/alert.h"

#include "base/seeded_bug.h"
#include "base/time.h"

#include <stdlib.h>
#include <utlist.h>

#define PERCENT_E8 (100 * E8)

struct settings_alert *settings_alert(const struct settings_alerts *alerts, struct uuid id)
{
    struct settings_alert *alert;
    HASH_FIND(by_id, alerts->by_id, &id, sizeof id, alert);
    return alert;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void wait_for_rise(struct settings_alert *alert, int64_t to_e8)
{
    alert->level = (struct heap_node){.key = to_e8, .turn = alert->turn, .thing = alert};
    heap_add(&alert->instrument->rises, &alert->level);
}

static void wait_for_fall(struct settings_alert *alert, int64_t to_e8)
{
    alert->level = (struct heap_node){.key = -to_e8, .turn = alert->turn, .thing = alert};
    heap_add(&alert->instrument->falls, &alert->level);
}

/* Puts it where what it waits for is looked at. At its price is above it; only `below` is there. */
static void arm(struct settings_alert *alert)
{
    struct settings_instrument *instrument = alert->instrument;
    int64_t price_e8 = alert->about.price_e8;
    switch (alert->about.condition) {
    case ALERT_CONDITION_ABOVE:
        if (alert->rearms)
            wait_for_fall(alert, price_e8 - 1);
        else
            wait_for_rise(alert, price_e8);
        break;
    case ALERT_CONDITION_BELOW:
        if (alert->rearms)
            wait_for_rise(alert, price_e8 + 1);
        else
            wait_for_fall(alert, price_e8);
        break;
    case ALERT_CONDITION_CROSSES:
        if (instrument->last_price_e8 < price_e8)
            wait_for_rise(alert, price_e8);
        else
            wait_for_fall(alert, price_e8 - 1);
        break;
    case ALERT_CONDITION_PERCENT_CHANGE:
        DL_APPEND2(instrument->measured, alert, measured_prev, measured_next);
        break;
    }
}

static void disarm(struct settings_alert *alert)
{
    struct settings_instrument *instrument = alert->instrument;
    if (alert->about.condition == ALERT_CONDITION_PERCENT_CHANGE) {
        if (alert->measured_prev != NULL)
            DL_DELETE2(instrument->measured, alert, measured_prev, measured_next);
        alert->measured_prev = alert->measured_next = NULL;
    } else if (alert->level.place > 0) {
        bool rises = alert->level.key > 0;
        heap_remove(rises ? &instrument->rises : &instrument->falls, &alert->level);
    }
}

static void leave_queue(struct settings_alerts *alerts, struct settings_alert *alert)
{
    if (alert->fired)
        DL_DELETE2(alerts->fired, alert, fired_prev, fired_next);
    alert->fired_prev = alert->fired_next = NULL;
    alert->fired = false;
}

static void stop_waiting(struct settings_alerts *alerts, struct settings_alert *alert)
{
    disarm(alert);
    if (alert->expiry.place > 0)
        heap_remove(&alerts->expiries, &alert->expiry);
}

/* Forgets what a window had: it begins with that price. */
static void begin_spans(struct settings_alert *alert, int64_t price_e8, int64_t now_us)
{
    struct settings_spans *spans = &alert->spans;
    *spans = (struct settings_spans){.began_us = now_us};
    for (size_t i = 0; i < SETTINGS_SPANS; i++)
        spans->low_e8[i] = spans->high_e8[i] = price_e8;
}

static void begin_waiting(struct settings_alerts *alerts, struct settings_alert *alert)
{
    if (alert->about.has_expires_at) {
        alert->expiry =
            (struct heap_node){.key = alert->about.expires_at, .turn = alert->turn, .thing = alert};
        heap_add(&alerts->expiries, &alert->expiry);
    }
    if (!alert->fired || alert->about.recurring)
        arm(alert);
}

/* --- coming and going ------------------------------------------------------------------------- */

static struct settings_alert *add(struct settings_alerts *alerts, struct settings_alert_list *list,
                                  struct uuid id)
{
    struct settings_alert *alert = calloc(1, sizeof *alert);
    CHECK(alert != NULL);
    alert->about.id = id;
    DL_APPEND(list->first, alert);
    list->count++;
    HASH_ADD(by_id, alerts->by_id, about.id, sizeof alert->about.id, alert);
    return alert;
}

void settings_set_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                        const struct settings_market *market, const struct alert *about,
                        int64_t now_us)
{
    struct settings_alert *alert = settings_alert(alerts, about->id);
    if (alert != NULL) {
        leave_queue(alerts, alert);
        stop_waiting(alerts, alert);
    } else {
        alert = add(alerts, list, about->id);
    }
    alert->about = *about;
    alert->instrument = settings_instrument(market, about->instrument);
    CHECK(alert->instrument != NULL);
    alert->about.instrument = alert->instrument->symbol;
    alert->turn = ++alerts->turns;
    alert->rearms = false;
    begin_spans(alert, alert->instrument->last_price_e8, now_us);
    if (about->status == ALERT_STATUS_ACTIVE)
        begin_waiting(alerts, alert);
}

void settings_restore_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                            const struct settings_market *market,
                            const struct settings_alert *loaded)
{
    struct settings_alert *alert = add(alerts, list, loaded->about.id);
    alert->about = loaded->about;
    alert->instrument = settings_instrument(market, loaded->about.instrument);
    CHECK(alert->instrument != NULL);
    alert->about.instrument = alert->instrument->symbol;
    alert->turn = loaded->turn;
    alert->rearms = loaded->rearms;
    alert->spans = loaded->spans;
    alert->fired = loaded->fired;
    if (alert->about.status == ALERT_STATUS_ACTIVE ||
        (SEEDED_BUG(ALERT_FIRES_AGAIN) && alert->about.status == ALERT_STATUS_TRIGGERED))
        begin_waiting(alerts, alert);
}

void settings_drop_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                         struct settings_alert *alert)
{
    leave_queue(alerts, alert);
    stop_waiting(alerts, alert);
    HASH_DELETE(by_id, alerts->by_id, alert);
    DL_DELETE(list->first, alert);
    list->count--;
    free(alert);
}

void settings_free_alerts(struct settings_alerts *alerts, struct settings_alert_list *list)
{
    while (list->first != NULL)
        settings_drop_alert(alerts, list, list->first);
}

void settings_alert_told(struct settings_alerts *alerts, struct settings_alert *alert,
                         enum alert_status status)
{
    leave_queue(alerts, alert);
    alert->about.status = status;
    if (status != ALERT_STATUS_ACTIVE)
        stop_waiting(alerts, alert);
}

void settings_alert_expired(struct settings_alerts *alerts, struct settings_alert *alert)
{
    stop_waiting(alerts, alert);
    alert->about.status = ALERT_STATUS_EXPIRED;
}

int64_t settings_alerts_due_us(const struct settings_alerts *alerts)
{
    const struct heap_node *expires = heap_first(&alerts->expiries);
    if (alerts->fired != NULL)
        return INT64_MIN;
    return expires == NULL ? INT64_MAX : expires->key;
}

/* --- prices ----------------------------------------------------------------------------------- */

/* What was told of an instrument. */
struct told {
    int64_t low_e8, high_e8, last_e8;
    int64_t before_e8; /* the last one before that */
    int64_t now_us;
};

static void fire(struct settings_alerts *alerts, struct settings_alert *alert, int64_t price_e8)
{
    if (!alert->fired)
        DL_APPEND2(alerts->fired, alert, fired_prev, fired_next);
    alert->fired = true;
    alert->fired_price_e8 = price_e8;
}

/* Whether a level holds at that price. */
static bool holds(const struct settings_alert *alert, int64_t price_e8)
{
    return alert->about.condition == ALERT_CONDITION_ABOVE ? price_e8 >= alert->about.price_e8
                                                           : price_e8 <= alert->about.price_e8;
}

/* A price has reached what it waited for. One that was to be left, and holds again by now, was left
 * and met anew in between. */
static void meet(struct settings_alerts *alerts, struct settings_alert *alert, bool rose,
                 const struct told *told)
{
    bool level = alert->about.condition != ALERT_CONDITION_CROSSES;
    bool fires = !alert->rearms || holds(alert, told->last_e8);
    bool upwards = rose != alert->rearms; /* one that was to be left was met the other way */
    alert->rearms = level && fires && holds(alert, told->last_e8);
    if (fires)
        fire(alerts, alert, upwards ? told->high_e8 : told->low_e8);
    if (!fires || alert->about.recurring)
        arm(alert);
}

/* Takes those out that wait for that much or less. They are put back only when all are out, so that
 * none is met twice. */
static struct settings_alert *take_met(struct heap *heap, int64_t key)
{
    struct settings_alert *met = NULL;
    const struct heap_node *first;
    while ((first = heap_first(heap)) != NULL && first->key <= key) {
        struct settings_alert *alert = first->thing;
        heap_remove(heap, &alert->level);
        DL_APPEND2(met, alert, measured_prev, measured_next);
    }
    return met;
}

static void meet_all(struct settings_alerts *alerts, struct settings_alert *met, bool rose,
                     const struct told *told)
{
    struct settings_alert *alert, *next;
    DL_FOREACH_SAFE2(met, alert, next, measured_next)
    {
        alert->measured_prev = alert->measured_next = NULL;
        meet(alerts, alert, rose, told);
    }
}

/* Begins the spans that have come since; in them the price stood where it was. */
static void move_on(struct settings_alert *alert, const struct told *told)
{
    struct settings_spans *spans = &alert->spans;
    int64_t span_us = alert->about.window_s * SECOND_US / SETTINGS_SPANS;
    int64_t passed = (told->now_us - spans->began_us) / span_us;
    spans->began_us += passed * span_us;
    for (int64_t i = 0; i < passed && i < SETTINGS_SPANS; i++) {
        spans->newest = (spans->newest + 1) % SETTINGS_SPANS;
        spans->low_e8[spans->newest] = spans->high_e8[spans->newest] = told->before_e8;
    }
}

static bool changed_by(const struct settings_alert *alert, int64_t from_e8, int64_t to_e8)
{
    __int128 change = (__int128)to_e8 - from_e8;
    return (change < 0 ? -change : change) * PERCENT_E8 >=
           (__int128)alert->about.percent_e8 * from_e8;
}

/* Of what was told at once only the last is known to be behind the others. */
static void measure(struct settings_alerts *alerts, struct settings_alert *alert,
                    const struct told *told)
{
    struct settings_spans *spans = &alert->spans;
    move_on(alert, told);
    int64_t low_e8 = spans->low_e8[0], high_e8 = spans->high_e8[0];
    for (size_t i = 1; i < SETTINGS_SPANS; i++) {
        low_e8 = spans->low_e8[i] < low_e8 ? spans->low_e8[i] : low_e8;
        high_e8 = spans->high_e8[i] > high_e8 ? spans->high_e8[i] : high_e8;
    }
    if (changed_by(alert, low_e8, told->high_e8) && told->high_e8 > low_e8)
        fire(alerts, alert, told->high_e8);
    else if (changed_by(alert, high_e8, told->low_e8) && told->low_e8 < high_e8)
        fire(alerts, alert, told->low_e8);
    else if (changed_by(alert, told->low_e8, told->last_e8) ||
             changed_by(alert, told->high_e8, told->last_e8))
        fire(alerts, alert, told->last_e8);
    if (alert->fired) {
        begin_spans(alert, told->last_e8, told->now_us);
        if (!alert->about.recurring)
            disarm(alert);
        return;
    }
    size_t newest = spans->newest;
    if (told->low_e8 < spans->low_e8[newest])
        spans->low_e8[newest] = told->low_e8;
    if (told->high_e8 > spans->high_e8[newest])
        spans->high_e8[newest] = told->high_e8;
}

static void take_price(struct settings_alerts *alerts, struct settings_instrument *instrument,
                       const struct price *price, int64_t now_us)
{
    struct told told = {.low_e8 = price->last_price_e8,
                        .high_e8 = price->last_price_e8,
                        .last_e8 = price->last_price_e8,
                        .before_e8 = instrument->last_price_e8,
                        .now_us = now_us};
    if (price->has_low_price_e8 && !SEEDED_BUG(ALERT_SEES_LAST))
        told.low_e8 = price->low_price_e8;
    if (price->has_high_price_e8 && !SEEDED_BUG(ALERT_SEES_LAST))
        told.high_e8 = price->high_price_e8;
    instrument->has_last = true;
    instrument->last_price_e8 = told.last_e8;
    struct settings_alert *rose = take_met(&instrument->rises, told.high_e8);
    struct settings_alert *fell = take_met(&instrument->falls, -told.low_e8);
    meet_all(alerts, rose, true, &told);
    meet_all(alerts, fell, false, &told);
    struct settings_alert *alert, *next;
    DL_FOREACH_SAFE2(instrument->measured, alert, next, measured_next)
    {
        measure(alerts, alert, &told);
    }
}

void settings_take_prices(struct settings_alerts *alerts, const struct settings_market *market,
                          const struct price *prices, size_t count, int64_t now_us)
{
    for (size_t i = 0; i < count; i++) {
        struct settings_instrument *instrument = settings_instrument(market, prices[i].instrument);
        if (instrument != NULL && prices[i].has_last_price_e8)
            take_price(alerts, instrument, &prices[i], now_us);
    }
}
