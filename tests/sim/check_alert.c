/* Invariant 26: an alert fires when the price that its partition has heard meets what it waits for,
 * once, before anything else comes, and says at which price; it waits no longer when it has fired,
 * unless it is to go on, when it pauses, or when its time is over.
 *
 * Each alert is kept alone, and looked at with every price. A window of percent_change is told by a
 * ledger of spans that may forget a twelfth of it: between the two, either is right.
 */
#include "check_run.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DELETED   "deleted" /* as a status */
enum { SPANS = 12 };

/* Prices that were told while an alert measures changes; the newest first. */
struct told {
    int64_t at_us, low_e8, high_e8, last_e8;
    const struct told *older;
};

struct check_alert {
    const struct check_item *about; /* the Alert, as last said */
    const char *status;
    bool fires; /* it is to be said that it has */
    bool rearms;
    int64_t price_e8; /* at which it fires; 0: any of those told will do */
    const struct told *told;
    struct check_alert *next;
};

/* An instrument's last price. */
struct known {
    struct text instrument;
    int64_t last_e8;
    struct known *next;
};

/* One partition of settings. */
struct alerts {
    struct check_run *run;
    const struct check_fact *fact;
    struct check_map by_id;
    struct check_alert *all;
    struct known *known;
};

static bool says(const struct alerts *alerts, const struct check_alert *alert, const char *what)
{
    return check_says_at(alerts->run, 26, alerts->fact, "alert %s %s",
                         check_show(alerts->run, UUID_OF(alert->about, id)), what);
}

/* --- prices ----------------------------------------------------------------------------------- */

static struct known *known_of(struct alerts *alerts, struct text instrument)
{
    struct known *at = alerts->known;
    while (at != NULL && !text_equal(at->instrument, instrument))
        at = at->next;
    if (at != NULL)
        return at;
    at = ARENA_NEW(alerts->run->arena, struct known, 1);
    *at = (struct known){.instrument = instrument, .next = alerts->known};
    alerts->known = at;
    return at;
}

static const struct told *tell(const struct alerts *alerts, const struct told *older,
                               struct told price)
{
    struct told *told = ARENA_NEW(alerts->run->arena, struct told, 1);
    *told = price;
    told->at_us = alerts->fact->occurred_at_us;
    told->older = older;
    return told;
}

/* True when one is so many percent away from the other, measured from the first. */
static bool differs(const struct check_alert *alert, int64_t from_e8, int64_t to_e8)
{
    __int128 change = (__int128)to_e8 - from_e8;
    return (change < 0 ? -change : change) * 100 * E8 >=
           (__int128)NUMBER(alert->about, percent_e8) * from_e8;
}

/* Whether the price has changed by so much within so long; where the price stood when that began
 * counts, too. */
static bool has_changed(const struct check_alert *alert, const struct told *now, int64_t within_us)
{
    int64_t low_e8 = INT64_MAX, high_e8 = 0;
    for (const struct told *at = now->older; at != NULL; at = at->older) {
        bool inside = at->at_us >= now->at_us - within_us;
        int64_t from_e8 = inside ? at->low_e8 : at->last_e8;
        int64_t to_e8 = inside ? at->high_e8 : at->last_e8;
        low_e8 = from_e8 < low_e8 ? from_e8 : low_e8;
        high_e8 = to_e8 > high_e8 ? to_e8 : high_e8;
        if (!inside)
            break;
    }
    return (now->high_e8 > low_e8 && differs(alert, low_e8, now->high_e8)) ||
           (now->low_e8 < high_e8 && differs(alert, high_e8, now->low_e8)) ||
           differs(alert, now->low_e8, now->last_e8) || differs(alert, now->high_e8, now->last_e8);
}

/* --- one alert -------------------------------------------------------------------------------- */

/* Above or below a level: again only once it was left, though it be between two tellings. */
static void look_at_level(struct check_alert *alert, const struct told *now, bool above)
{
    int64_t level_e8 = NUMBER(alert->about, price_e8);
    bool met = above ? now->high_e8 >= level_e8 : now->low_e8 <= level_e8;
    bool left = above ? now->low_e8 < level_e8 : now->high_e8 > level_e8;
    bool holds = above ? now->last_e8 >= level_e8 : now->last_e8 <= level_e8;
    bool fires = alert->rearms ? left && holds : met;
    if (alert->rearms && left && !holds)
        alert->rearms = false;
    if (!fires)
        return;
    alert->fires = true;
    alert->rearms = holds;
    alert->price_e8 = above ? now->high_e8 : now->low_e8;
}

/* At its price is above it. */
static void look_at_crossing(struct check_alert *alert, const struct told *now, int64_t before_e8)
{
    int64_t level_e8 = NUMBER(alert->about, price_e8);
    bool rises = before_e8 < level_e8;
    alert->fires = rises ? now->high_e8 >= level_e8 : now->low_e8 < level_e8;
    alert->price_e8 = rises ? now->high_e8 : now->low_e8;
}

/* `says_so`: that it fires is what comes next; either is right in the twelfth that may be
 * forgotten. */
static void look_at_change(struct check_alert *alert, const struct told *now, bool says_so)
{
    int64_t window_us = NUMBER(alert->about, window_s) * SECOND_US;
    alert->fires = has_changed(alert, now, window_us - window_us / SPANS) ||
                   (says_so && has_changed(alert, now, window_us));
    alert->price_e8 = 0;
}

/* Whether an AlertsFired among the next ones of the clock names it. */
static bool comes_next(const struct alerts *alerts, const struct check_alert *alert)
{
    const struct check_facts *facts =
        &alerts->run->facts[EVIDENCE_SETTINGS][alerts->fact->partition];
    struct text id = TEXT_OF(alert->about, id);
    for (size_t i = (size_t)alerts->fact->offset + 1; i < facts->count; i++) {
        const struct check_fact *fact = &facts->list[i];
        if (fact->verdict != VERDICT_VALID)
            continue;
        if (fact->causes[0].source != SOURCE_CLOCK)
            return false;
        const struct check_item *fired =
            fact->kind == KIND_AlertsFired ? GET(fact->body, alerts) : NULL;
        for (size_t j = 0; fired != NULL && j < fired->count; j++) {
            if (text_equal(TEXT_OF(&fired->items[j], alert_id), id))
                return true;
        }
    }
    return false;
}

static void look(struct alerts *alerts, struct check_alert *alert, const struct told *price,
                 int64_t before_e8)
{
    const struct check_item *about = alert->about;
    if (strcmp(alert->status, "active") != 0)
        return;
    alert->told = tell(alerts, alert->told, *price);
    if (SAME_SYMBOL(about, condition, "crosses"))
        look_at_crossing(alert, alert->told, before_e8);
    else if (SAME_SYMBOL(about, condition, "percent_change"))
        look_at_change(alert, alert->told, comes_next(alerts, alert));
    else
        look_at_level(alert, alert->told, SAME_SYMBOL(about, condition, "above"));
    if (alert->fires)
        alert->told = tell(alerts, NULL,
                           (struct told){.low_e8 = price->last_e8,
                                         .high_e8 = price->last_e8,
                                         .last_e8 = price->last_e8});
}

/* --- events ----------------------------------------------------------------------------------- */

/* What the partition adopts is what was told. */
static bool check_adopted(struct alerts *alerts, const struct check_item *prices)
{
    const struct check_cause *cause = &alerts->fact->causes[0];
    const struct check_fact *said =
        check_fact_at(alerts->run, cause->service, cause->partition, cause->last);
    const struct check_item *told = GET(said->body, prices);
    bool same = told->count == prices->count;
    for (size_t i = 0; same && i < told->count; i++) {
        const struct check_item *a = &told->items[i], *b = &prices->items[i];
        same = text_equal(TEXT_OF(a, instrument), TEXT_OF(b, instrument)) &&
               NUMBER(a, last_price_e8) == NUMBER(b, last_price_e8) &&
               NUMBER(a, high_price_e8) == NUMBER(b, high_price_e8) &&
               NUMBER(a, low_price_e8) == NUMBER(b, low_price_e8);
    }
    return same || check_says_at(alerts->run, 26, alerts->fact, "it is not what was told");
}

static bool hear_prices(struct alerts *alerts)
{
    const struct check_item *prices = GET(alerts->fact->body, prices);
    if (!check_adopted(alerts, prices))
        return false;
    for (size_t i = 0; i < prices->count; i++) {
        const struct check_item *price = &prices->items[i];
        if (check_is_null(GET(price, last_price_e8)))
            continue;
        int64_t last_e8 = NUMBER(price, last_price_e8);
        const struct told told = {
            .last_e8 = last_e8,
            .low_e8 = check_number_or(GET(price, low_price_e8), last_e8),
            .high_e8 = check_number_or(GET(price, high_price_e8), last_e8),
        };
        struct known *known = known_of(alerts, TEXT_OF(price, instrument));
        for (struct check_alert *at = alerts->all; at != NULL; at = at->next) {
            if (text_equal(TEXT_OF(at->about, instrument), known->instrument))
                look(alerts, at, &told, known->last_e8);
        }
        known->last_e8 = last_e8;
    }
    return true;
}

/* The terms are those that were asked for. */
static bool are_asked(const struct check_item *about, const struct check_item *command)
{
    if (strcmp(command->shape->name, "SwitchAlert") == 0)
        return SAME_SYMBOL(about, status, NUMBER(command, active) != 0 ? "active" : "paused");
    return text_equal(TEXT_OF(about, instrument), TEXT_OF(command, instrument)) &&
           SAME_SYMBOL(about, condition, SYMBOL(command, condition)) &&
           NUMBER(about, price_e8) == NUMBER(command, price_e8) &&
           NUMBER(about, percent_e8) == NUMBER(command, percent_e8) &&
           NUMBER(about, window_s) == NUMBER(command, window_s) &&
           NUMBER(about, recurring) == NUMBER(command, recurring) &&
           NUMBER(about, expires_at) == NUMBER(command, expires_at) &&
           SAME_SYMBOL(about, status, "active");
}

/* From here on it waits for this, from the last price that was told. */
static bool hear_alert(struct alerts *alerts)
{
    const struct check_item *about = GET(alerts->fact->body, alert);
    struct uuid id = UUID_OF(about, id);
    struct check_alert *alert = check_map_get(&alerts->by_id, id.bytes);
    bool is_new = alert == NULL || strcmp(alert->status, DELETED) == 0;
    int64_t version = 1 + (is_new ? 0 : NUMBER(alert->about, version));
    int64_t last_e8 = known_of(alerts, TEXT_OF(about, instrument))->last_e8;
    if (alert == NULL) {
        alert = ARENA_NEW(alerts->run->arena, struct check_alert, 1);
        *alert = (struct check_alert){.next = alerts->all};
        alerts->all = alert;
        check_map_put(&alerts->by_id, id.bytes, alert);
    }
    alert->about = about;
    alert->status = SYMBOL(about, status);
    alert->rearms = alert->fires = false;
    alert->told = tell(alerts, NULL, (struct told){0, last_e8, last_e8, last_e8, NULL});
    return (NUMBER(about, version) == version && are_asked(about, alerts->fact->command)) ||
           says(alerts, alert, "is not what was asked for");
}

static struct check_alert *alert_of(struct alerts *alerts, struct uuid id)
{
    struct check_alert *alert = check_map_get(&alerts->by_id, id.bytes);
    if (alert != NULL && strcmp(alert->status, DELETED) != 0)
        return alert;
    check_says_at(alerts->run, 26, alerts->fact, "there is no alert %s",
                  check_show(alerts->run, id));
    return NULL;
}

static bool hear_fired(struct alerts *alerts)
{
    const struct check_item *fired = GET(alerts->fact->body, alerts);
    for (size_t i = 0; i < fired->count; i++) {
        const struct check_item *item = &fired->items[i], *told = GET(item, notification);
        struct check_alert *alert = alert_of(alerts, UUID_OF(item, alert_id));
        if (alert == NULL)
            return false;
        if (!alert->fires)
            return says(alerts, alert, "fires by no price, or once more");
        if (!text_equal(TEXT_OF(told, user_id), TEXT_OF(alert->about, user_id)) ||
            (alert->price_e8 != 0 && NUMBER(told, price_e8) != alert->price_e8))
            return says(alerts, alert, "tells somebody else, or of another price");
        alert->fires = false;
        alert->status = NUMBER(alert->about, recurring) != 0 ? "active" : "triggered";
        if (!SAME_SYMBOL(item, status, alert->status))
            return says(alerts, alert, "goes on, or does not");
        alerts->run->tally->alerts_fired++;
    }
    return fired->count > 0 || check_says_at(alerts->run, 26, alerts->fact, "it tells of no alert");
}

static bool has_expired(const struct alerts *alerts, const struct check_alert *alert)
{
    return strcmp(alert->status, "active") == 0 && !check_is_null(GET(alert->about, expires_at)) &&
           NUMBER(alert->about, expires_at) <= alerts->fact->occurred_at_us;
}

static bool hear_expired(struct alerts *alerts)
{
    const struct check_item *expired = GET(alerts->fact->body, alerts);
    for (size_t i = 0; i < expired->count; i++) {
        struct check_alert *alert = alert_of(alerts, UUID_OF(&expired->items[i], alert_id));
        if (alert == NULL)
            return false;
        if (!has_expired(alerts, alert))
            return says(alerts, alert, "is over before its time");
        alert->status = "expired";
        alerts->run->tally->alerts_expired++;
    }
    return true;
}

static bool hear_deleted(struct alerts *alerts)
{
    struct check_alert *alert = alert_of(alerts, UUID_OF(alerts->fact->body, alert_id));
    if (alert == NULL)
        return false;
    alert->status = DELETED;
    return true;
}

/* What has fired, and what is over, is said before anything else comes. */
static bool check_nothing_waits(const struct alerts *alerts)
{
    if (alerts->fact->causes[0].source == SOURCE_CLOCK)
        return true;
    for (const struct check_alert *at = alerts->all; at != NULL; at = at->next) {
        if (at->fires)
            return says(alerts, at, "has been met, and it is not said");
        if (has_expired(alerts, at))
            return says(alerts, at, "is over, and it is not said");
    }
    return true;
}

static bool check_event(struct alerts *alerts)
{
    if (!check_nothing_waits(alerts))
        return false;
    switch (alerts->fact->kind) {
    case KIND_PricesAdopted: return hear_prices(alerts);
    case KIND_AlertChanged: return hear_alert(alerts);
    case KIND_AlertDeleted: return hear_deleted(alerts);
    case KIND_AlertsFired: return hear_fired(alerts);
    case KIND_AlertsExpired: return hear_expired(alerts);
    default: return true;
    }
}

static bool check_at_rest(const struct alerts *alerts)
{
    const struct check_alert *at = alerts->all;
    while (at != NULL && !at->fires)
        at = at->next;
    return at == NULL || !alerts->run->at_rest || says(alerts, at, "has been met, for good");
}

bool check_alerts(struct check_run *run)
{
    bool holds = true;
    for (int32_t p = 0; holds && p < run->evidence->partition_counts[EVIDENCE_SETTINGS]; p++) {
        const struct check_facts *facts = &run->facts[EVIDENCE_SETTINGS][p];
        struct alerts alerts = {.run = run};
        for (size_t i = 0; holds && i < facts->count; i++) {
            alerts.fact = &facts->list[i];
            holds = alerts.fact->verdict != VERDICT_VALID || alerts.fact->causes_count == 0 ||
                    check_event(&alerts);
        }
        holds = holds && check_at_rest(&alerts);
        check_map_free(&alerts.by_id);
    }
    return holds;
}
