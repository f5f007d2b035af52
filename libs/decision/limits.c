#include "decision/limits.h"

static bool is_sound(bool has, int64_t limit, int64_t max)
{
    return !has || (limit >= 0 && limit <= max);
}

bool limits_are_sound(const struct risk_limits *limits, struct event *event)
{
    if (!is_sound(limits->has_max_order_notional_e8, limits->max_order_notional_e8,
                  LIMITS_NOTIONAL_MAX_E8))
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("max_order_notional must be 0 to 46116860184.27387904; leave it out for "
                          "none."),
                     "max_order_notional");
    else if (!is_sound(limits->has_max_daily_notional_e8, limits->max_daily_notional_e8,
                       LIMITS_NOTIONAL_MAX_E8))
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("max_daily_notional must be 0 to 46116860184.27387904; leave it out for "
                          "none."),
                     "max_daily_notional");
    else if (!is_sound(limits->has_max_concentration_percent_e8,
                       limits->max_concentration_percent_e8, LIMITS_PERCENT_MAX_E8))
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("max_concentration_percent must be 0 to 100; leave it out for none."),
                     "max_concentration_percent");
    else if (!is_sound(limits->has_max_open_orders, limits->max_open_orders,
                       LIMITS_OPEN_ORDERS_MAX))
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("max_open_orders must be 0 to 1000000000; leave it out for none."),
                     "max_open_orders");
    else
        return true;
    return false;
}
