/* alert.h - price alerts: what their users wait for, and which of them a price has just met.
 *
 * Order     prices are taken in as they are told (PricesMoved has the highest and the lowest since
 *           the last time, so no crossing is missed). An alert that one of them meets is in the
 *           queue from then on, and leaves it with the event that says so. What is queued is due at
 *           once: no other input is answered before (writer_answer_time). So however many a price
 *           meets, each fires once, SETTINGS_FIRED_MAX an event.
 * Counts    what is told after an alert was made, changed or resumed. `above` and `below` are
 *           levels: one that holds already fires with the next price. `crosses` and
 *           `percent_change` begin from the last price that was told before.
 * Again     a recurring alert fires again once its level was left and is met anew. However often a
 *           price crosses between two tellings, that is once.
 * Shape     two heaps of levels for each instrument; those that measure changes in a list.
 * Bounds    SETTINGS_ALERTS_MAX a user; SETTINGS_SPANS pairs of prices for one that measures.
 * Thread    one owner, no locks. Depends on base, market and wire only, so replay repeats it.
 */
#ifndef SETTINGS_ALERT_H
#define SETTINGS_ALERT_H
#include "settings/market.h"

enum {
    SETTINGS_ALERTS_MAX = 1000, /* of a user */
    SETTINGS_FIRED_MAX = 200,   /* in one event */
    SETTINGS_SPANS = 12 /* that a window is told by: it ends so much of itself early at most */
};

/* The prices of a window, in spans of equal length: the lowest and the highest of each. */
struct settings_spans {
    int64_t began_us; /* the newest of them */
    size_t newest;    /* a ring */
    int64_t low_e8[SETTINGS_SPANS], high_e8[SETTINGS_SPANS];
};

struct settings_alert {
    struct alert about; /* its instrument's symbol is that of the next */
    struct settings_instrument *instrument;
    uint64_t turn;                      /* who was made first; no two are the same */
    bool rearms;                        /* it has fired, and waits for its level to be left */
    struct settings_spans spans;        /* of percent_change */
    bool fired;                         /* it is in the queue */
    int64_t fired_price_e8;             /* by which */
    struct heap_node level, expiry;     /* while it waits for them */
    struct settings_alert *prev, *next; /* of the same user (utlist) */
    struct settings_alert *measured_prev, *measured_next; /* of the same instrument */
    struct settings_alert *fired_prev, *fired_next;
    UT_hash_handle by_id;
};

struct settings_alerts {
    struct settings_alert *by_id;
    struct settings_alert *fired; /* in the order in which they did */
    struct heap expiries;
    uint64_t turns; /* the last one given */
};

/* What a user has; `list` is his. */
struct settings_alert_list {
    struct settings_alert *first;
    size_t count;
};

/* NULL: there is none. */
struct settings_alert *settings_alert(const struct settings_alerts *alerts, struct uuid id);
/* There is such an alert now, and where it is active it waits, from `now_us` on. CHECKs that its
 * instrument is known. */
void settings_set_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                        const struct settings_market *market, const struct alert *about,
                        int64_t now_us);
void settings_drop_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                         struct settings_alert *alert);
void settings_free_alerts(struct settings_alerts *alerts, struct settings_alert_list *list);

/* Prices were told: what they meet is in the queue. */
void settings_take_prices(struct settings_alerts *alerts, const struct settings_market *market,
                          const struct price *prices, size_t count, int64_t now_us);
/* It was said to have fired: it leaves the queue. */
void settings_alert_told(struct settings_alerts *alerts, struct settings_alert *alert,
                         enum alert_status status);
/* It waits no longer. */
void settings_alert_expired(struct settings_alerts *alerts, struct settings_alert *alert);
/* When the clock has something to do with alerts; INT64_MAX: never. */
int64_t settings_alerts_due_us(const struct settings_alerts *alerts);

/* alert_bytes.c: what a user has. */
void settings_alerts_save(const struct settings_alert_list *list, struct buffer *buffer);
void settings_alerts_load(struct settings_alerts *alerts, struct settings_alert_list *list,
                          const struct settings_market *market, struct pack_reader *reader);
/* Adds a copy of one that is not there yet, as a snapshot has it. */
void settings_restore_alert(struct settings_alerts *alerts, struct settings_alert_list *list,
                            const struct settings_market *market,
                            const struct settings_alert *loaded);
/* The queue, behind all alerts. */
void settings_fired_save(const struct settings_alerts *alerts, struct buffer *buffer);
void settings_fired_load(struct settings_alerts *alerts, const struct settings_market *market,
                         struct pack_reader *reader);

#endif
