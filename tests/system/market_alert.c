/* What the crowd wants to be told of prices. */
#include "base/time.h"
#include "market_parts.h"

static const enum alert_condition CONDITIONS[] = {ALERT_CONDITION_ABOVE, ALERT_CONDITION_BELOW,
                                                  ALERT_CONDITION_CROSSES, ALERT_CONDITION_CROSSES,
                                                  ALERT_CONDITION_PERCENT_CHANGE};

/* Near enough for it to happen; some wait for a moment only. */
static struct create_alert random_alert(struct market *market)
{
    enum alert_condition condition = CONDITIONS[market_below(market, COUNT_OF(CONDITIONS))];
    bool changes = condition == ALERT_CONDITION_PERCENT_CHANGE;
    bool expires = market_below(market, 4) == 0;
    return (struct create_alert){
        .instrument = market_below(market, 3) == 0 ? TEXT("EUA-EUR") : TEXT("CEA-EUR"),
        .condition = condition,
        .has_price_e8 = !changes,
        .price_e8 = changes ? 0 : market_amount(market, 990, 30, E8 / 100),
        .has_percent_e8 = changes,
        .percent_e8 = changes ? market_amount(market, 5, 150, E8 / 100) : 0,
        .has_window_s = changes,
        .window_s = changes ? market_amount(market, 60, 60, 1) : 0,
        .recurring = market_below(market, 2) == 0,
        .has_expires_at = expires,
        .expires_at =
            expires ? market->venue->clock_us + market_amount(market, 0, 400, SECOND_US / 100) : 0};
}

static void create(struct market *market)
{
    const struct venue_client *client = market_any_client(market);
    struct command command = venue_command(market->venue, COMMAND_CREATE_ALERT);
    struct create_alert *alert = &command.create_alert;
    *alert = random_alert(market);
    alert->user_id = client->user_id;
    alert->alert_id = venue_id(market->venue, uuid_owner_hash(client->user_id));
    venue_ask_as(&command, client);
    market_keep(&market->alerts, alert->alert_id, client);
    market_send_kept(market, &command);
}

static void change(struct market *market, const struct market_thing *alert)
{
    const struct create_alert terms = random_alert(market);
    struct command command = venue_command(market->venue, COMMAND_CHANGE_ALERT);
    command.change_alert = (struct change_alert){.user_id = alert->owner.user_id,
                                                 .alert_id = alert->id,
                                                 .instrument = terms.instrument,
                                                 .condition = terms.condition,
                                                 .has_price_e8 = terms.has_price_e8,
                                                 .price_e8 = terms.price_e8,
                                                 .has_percent_e8 = terms.has_percent_e8,
                                                 .percent_e8 = terms.percent_e8,
                                                 .has_window_s = terms.has_window_s,
                                                 .window_s = terms.window_s,
                                                 .recurring = terms.recurring,
                                                 .has_expires_at = terms.has_expires_at,
                                                 .expires_at = terms.expires_at};
    venue_ask_as(&command, &alert->owner);
    market_send_kept(market, &command);
}

/* It pauses, goes on or begins anew, or goes. */
static void turn(struct market *market, const struct market_thing *alert)
{
    bool goes = market_below(market, 4) == 0;
    struct command command =
        venue_command(market->venue, goes ? COMMAND_DELETE_ALERT : COMMAND_SWITCH_ALERT);
    if (goes)
        command.delete_alert =
            (struct delete_alert){.user_id = alert->owner.user_id, .alert_id = alert->id};
    else
        command.switch_alert = (struct switch_alert){.user_id = alert->owner.user_id,
                                                     .alert_id = alert->id,
                                                     .active = market_below(market, 3) > 0};
    venue_ask_as(&command, &alert->owner);
    market_send_kept(market, &command);
}

static void tell_how(struct market *market)
{
    const struct venue_client *client = market_any_client(market);
    bool reads = market_below(market, 2) == 0;
    struct command command = venue_command(
        market->venue, reads ? COMMAND_READ_NOTIFICATIONS : COMMAND_CHANGE_NOTIFICATION_SETTINGS);
    if (reads)
        command.read_notifications.user_id = client->user_id;
    else
        command.change_notification_settings =
            (struct change_notification_settings){.user_id = client->user_id,
                                                  .order_fills = market_below(market, 2) == 0,
                                                  .transfers = market_below(market, 2) == 0};
    venue_ask_as(&command, client);
    market_send_kept(market, &command);
}

void market_watch(struct market *market)
{
    const struct market_thing *alert = market_any(market, &market->alerts);
    uint32_t what = market_below(market, 12);
    if (what < 6 || alert == NULL)
        create(market);
    else if (what < 8)
        change(market, alert);
    else if (what < 11)
        turn(market, alert);
    else
        tell_how(market);
}
