/* limits.h - risk limits as commands ask for them: the venue's in settings, an account's in
 * accounts. Both take the same, so both are judged here.
 */
#ifndef DECISION_LIMITS_H
#define DECISION_LIMITS_H
#include "decision/decision.h"

/* No limit says more: so what is counted against one never wraps. */
#define LIMITS_NOTIONAL_MAX_E8 (INT64_C(1) << 62)
#define LIMITS_PERCENT_MAX_E8  (100 * E8)
#define LIMITS_OPEN_ORDERS_MAX INT64_C(1000000000)

/* The limits that a command names, one field each. */
#define LIMITS_OF(command)                                                                         \
    ((struct risk_limits){                                                                         \
        .has_max_order_notional_e8 = (command)->has_max_order_notional_e8,                         \
        .max_order_notional_e8 = (command)->max_order_notional_e8,                                 \
        .has_max_daily_notional_e8 = (command)->has_max_daily_notional_e8,                         \
        .max_daily_notional_e8 = (command)->max_daily_notional_e8,                                 \
        .has_max_concentration_percent_e8 = (command)->has_max_concentration_percent_e8,           \
        .max_concentration_percent_e8 = (command)->max_concentration_percent_e8,                   \
        .has_max_open_orders = (command)->has_max_open_orders,                                     \
        .max_open_orders = (command)->max_open_orders,                                             \
    })

/* True when none of them is below zero or above its bound; otherwise `event` refuses the command
 * with VALIDATION_FAILED. */
bool limits_are_sound(const struct risk_limits *limits, struct event *event);

#endif
