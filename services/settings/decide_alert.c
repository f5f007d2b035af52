/* Price alerts: their user's own affair; and what the clock makes of them. */
#include "settings/decide_parts.h"

enum { PERCENT_MAX = 10000, WINDOW_S_MIN = 60, WINDOW_S_MAX = 86400 };

/* What an alert is to wait for, as either command says it. */
#define ALERT_OF(command)                                                                          \
    ((struct alert){                                                                               \
        .id = (command)->alert_id,                                                                 \
        .user_id = (command)->user_id,                                                             \
        .instrument = (command)->instrument,                                                       \
        .condition = (command)->condition,                                                         \
        .has_price_e8 = (command)->has_price_e8,                                                   \
        .price_e8 = (command)->price_e8,                                                           \
        .has_percent_e8 = (command)->has_percent_e8,                                               \
        .percent_e8 = (command)->percent_e8,                                                       \
        .has_window_s = (command)->has_window_s,                                                   \
        .window_s = (command)->window_s,                                                           \
        .recurring = (command)->recurring,                                                         \
        .has_expires_at = (command)->has_expires_at,                                               \
        .expires_at = (command)->expires_at,                                                       \
    })

static bool refuse_price(const struct alert *about, struct event *event)
{
    if (!about->has_price_e8 || about->price_e8 <= 0)
        settings_reject_value(event, "price", TEXT("Say which price, above zero."));
    else if (about->has_percent_e8)
        settings_reject_value(event, "percent", TEXT("Only percent_change has a percent."));
    else if (about->has_window_s)
        settings_reject_value(event, "window_s", TEXT("Only percent_change has a window."));
    else
        return false;
    return true;
}

static bool refuse_percent(const struct alert *about, struct event *event)
{
    if (about->has_price_e8)
        settings_reject_value(event, "price", TEXT("A percent_change has no price."));
    else if (!about->has_percent_e8 || about->percent_e8 <= 0 ||
             about->percent_e8 > PERCENT_MAX * E8)
        settings_reject_value(event, "percent",
                              TEXT("Say by how much, above 0 to 10,000 percent."));
    else if (!about->has_window_s || about->window_s < WINDOW_S_MIN ||
             about->window_s > WINDOW_S_MAX)
        settings_reject_value(event, "window_s",
                              TEXT("Say within how long, 60 to 86,400 seconds."));
    else
        return false;
    return true;
}

/* True: refused. Whoever waits for a change has to know what it begins from. */
static bool refuse_terms(const struct settings *settings, const struct alert *about, int64_t now_us,
                         struct arena *arena, struct event *event)
{
    const struct settings_instrument *instrument =
        settings_instrument(&settings->market, about->instrument);
    bool changes = about->condition == ALERT_CONDITION_PERCENT_CHANGE;
    int size = (int)about->instrument.size;
    const char *symbol = about->instrument.data;
    if (instrument == NULL)
        event_reject(event, "INSTRUMENT_UNKNOWN",
                     arena_printf(arena, "There is no instrument %.*s.", size, symbol),
                     "instrument");
    else if (about->has_expires_at && about->expires_at <= now_us)
        settings_reject_value(event, "expires_at", TEXT("The alert would be over already."));
    else if (changes ? refuse_percent(about, event) : refuse_price(about, event))
        return true;
    else if ((changes || about->condition == ALERT_CONDITION_CROSSES) && !instrument->has_last)
        settings_reject_value(event, "condition",
                              arena_printf(arena,
                                           "Nothing was traded in %.*s yet, so there is no price "
                                           "to begin from; wait for above or below.",
                                           size, symbol));
    else
        return false;
    return true;
}

static void create(const struct settings *settings, const struct settings_user *user,
                   const struct input *input, struct arena *arena, struct event *event)
{
    struct alert about = ALERT_OF(&input->command->create_alert);
    if (settings_alert(&settings->alerts, about.id) != NULL) {
        settings_reject_value(event, "alert_id", TEXT("The id is taken; send a fresh one."));
    } else if (user->alerts.count >= SETTINGS_ALERTS_MAX) {
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "There are %d of your alerts already; delete one first.",
                                  SETTINGS_ALERTS_MAX),
                     NULL);
    } else if (!refuse_terms(settings, &about, input->now_us, arena, event)) {
        about.status = ALERT_STATUS_ACTIVE;
        about.version = 1;
        about.created_at = about.updated_at = input->now_us;
        event->kind = EVENT_ALERT_CHANGED;
        event->alert_changed.alert = about;
    }
}

/* NULL: refused. */
static const struct settings_alert *own_alert(const struct settings *settings,
                                              const struct settings_user *user, struct uuid id,
                                              struct event *event)
{
    const struct settings_alert *alert = settings_alert(&settings->alerts, id);
    if (alert != NULL && uuid_equal(alert->about.user_id, user->id))
        return alert;
    event_reject(event, "NOT_FOUND", TEXT("You have no such alert."), NULL);
    return NULL;
}

static void become(const struct settings_alert *alert, const struct alert *about,
                   enum alert_status status, int64_t now_us, struct event *event)
{
    event->kind = EVENT_ALERT_CHANGED;
    event->alert_changed.alert = *about;
    event->alert_changed.alert.status = status;
    event->alert_changed.alert.version = alert->about.version + 1;
    event->alert_changed.alert.created_at = alert->about.created_at;
    event->alert_changed.alert.updated_at = now_us;
}

static void change(const struct settings *settings, const struct settings_user *user,
                   const struct input *input, struct arena *arena, struct event *event)
{
    const struct change_alert *wanted = &input->command->change_alert;
    struct alert about = ALERT_OF(wanted);
    const struct settings_alert *alert = own_alert(settings, user, wanted->alert_id, event);
    if (alert != NULL &&
        settings_version_is(wanted->has_if_version, wanted->if_version, alert->about.version, arena,
                            event) &&
        !refuse_terms(settings, &about, input->now_us, arena, event))
        become(alert, &about, ALERT_STATUS_ACTIVE, input->now_us, event);
}

/* What pauses may go on, and what is over begin anew, but for what is over by its own end. */
static void turn(const struct settings *settings, const struct settings_user *user,
                 const struct input *input, struct event *event)
{
    const struct switch_alert *wanted = &input->command->switch_alert;
    const struct settings_alert *alert = own_alert(settings, user, wanted->alert_id, event);
    if (alert == NULL)
        return;
    const struct alert *about = &alert->about;
    bool waits = about->status == ALERT_STATUS_ACTIVE || about->status == ALERT_STATUS_PAUSED;
    if (!wanted->active && !waits)
        event_reject(event, "VALIDATION_FAILED", TEXT("The alert waits for nothing any more."),
                     NULL);
    else if (wanted->active && about->has_expires_at && about->expires_at <= input->now_us)
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("The alert's time is over; change it to a later one."), NULL);
    else
        become(alert, about, wanted->active ? ALERT_STATUS_ACTIVE : ALERT_STATUS_PAUSED,
               input->now_us, event);
}

static void delete (const struct settings *settings, const struct settings_user *user,
                    const struct input *input, struct arena *arena, struct event *event)
{
    const struct delete_alert *wanted = &input->command->delete_alert;
    const struct settings_alert *alert = own_alert(settings, user, wanted->alert_id, event);
    if (alert == NULL || !settings_version_is(wanted->has_if_version, wanted->if_version,
                                              alert->about.version, arena, event))
        return;
    event->kind = EVENT_ALERT_DELETED;
    event->alert_deleted = (struct alert_deleted){
        .user_id = user->id, .alert_id = wanted->alert_id, .deleted_at = input->now_us};
}

static bool user_of(const struct command *command, struct uuid *ret_user_id)
{
    switch ((int)command->kind) {
    case COMMAND_CREATE_ALERT: *ret_user_id = command->create_alert.user_id; return true;
    case COMMAND_CHANGE_ALERT: *ret_user_id = command->change_alert.user_id; return true;
    case COMMAND_SWITCH_ALERT: *ret_user_id = command->switch_alert.user_id; return true;
    case COMMAND_DELETE_ALERT: *ret_user_id = command->delete_alert.user_id; return true;
    default: return false;
    }
}

bool settings_decide_alert(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event)
{
    const struct command *command = input->command;
    struct uuid user_id;
    if (!user_of(command, &user_id))
        return false;
    const struct settings_user *user = settings_own_user(settings, &command->meta, user_id, event);
    if (user == NULL)
        return true;
    if (command->kind == COMMAND_CREATE_ALERT)
        create(settings, user, input, arena, event);
    else if (command->kind == COMMAND_CHANGE_ALERT)
        change(settings, user, input, arena, event);
    else if (command->kind == COMMAND_SWITCH_ALERT)
        turn(settings, user, input, event);
    else
        delete (settings, user, input, arena, event);
    return true;
}

/* --- the clock -------------------------------------------------------------------------------- */

static void tell_fired(const struct settings *settings, const struct input *input,
                       struct arena *arena, struct event *event)
{
    size_t piece = place_piece(settings->place, SETTINGS_FIRED_MAX);
    struct fired_alert *fired = ARENA_NEW(arena, struct fired_alert, piece);
    size_t count = 0;
    const struct settings_alert *alert = settings->alerts.fired;
    for (; alert != NULL && count < piece; alert = alert->fired_next, count++) {
        const struct alert *about = &alert->about;
        fired[count] = (struct fired_alert){
            .alert_id = about->id,
            .status = about->recurring ? ALERT_STATUS_ACTIVE : ALERT_STATUS_TRIGGERED,
            .notification = {.user_id = about->user_id,
                             .kind = NOTIFICATION_KIND_PRICE_ALERT,
                             .subject_id = about->id,
                             .has_instrument = true,
                             .instrument = about->instrument,
                             .has_price_e8 = true,
                             .price_e8 = alert->fired_price_e8},
        };
        settings_address(settings, input, count, arena, &fired[count].notification);
    }
    event->kind = EVENT_ALERTS_FIRED;
    event->key = settings_id_text(settings->alerts.fired->about.user_id, arena);
    event->alerts_fired = (struct alerts_fired){.alerts = fired, .alerts_count = count};
}

static void tell_expired(const struct settings *settings, const struct input *input,
                         struct arena *arena, struct event *event)
{
    struct heap_node *due[SETTINGS_FIRED_MAX];
    size_t count = heap_up_to(&settings->alerts.expiries, input->now_us,
                              place_piece(settings->place, SETTINGS_FIRED_MAX), due);
    struct expired_alert *expired = ARENA_NEW(arena, struct expired_alert, count + 1);
    CHECK(count > 0); /* settings_due_us() said that there is one */
    for (size_t i = 0; i < count; i++) {
        const struct settings_alert *alert = due[i]->thing;
        expired[i] = (struct expired_alert){alert->about.id, alert->about.user_id};
    }
    event->kind = EVENT_ALERTS_EXPIRED;
    event->key = settings_id_text(expired[0].user_id, arena);
    event->alerts_expired = (struct alerts_expired){.alerts = expired, .alerts_count = count};
}

void settings_decide_time(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event)
{
    if (settings->alerts.fired != NULL)
        tell_fired(settings, input, arena, event);
    else
        tell_expired(settings, input, arena, event);
}
