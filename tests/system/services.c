/* The four services as their main.c has them, but for their projections. */
#include "accounts/accounts.h"
#include "audit/state.h"
#include "orders/state.h"
#include "settings/state.h"
#include "venue.h"

static const enum service_id ACCOUNTS_FOLLOWS[] = {SERVICE_ORDERS, SERVICE_SETTINGS};
static const enum service_id ORDERS_FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS};
static const enum service_id AUDIT_FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS};
static const enum service_id SETTINGS_FOLLOWS[] = {SERVICE_ACCOUNTS};

static const struct service SERVICE_ROWS[SERVICES] = {
    [SERVICE_ACCOUNTS] = {.id = SERVICE_ACCOUNTS,
                          .follows = ACCOUNTS_FOLLOWS,
                          .follows_count = COUNT_OF(ACCOUNTS_FOLLOWS),
                          .run_max = 1,
                          .state_new = accounts_state_new,
                          .state_free = accounts_state_free,
                          .decide = accounts_decide,
                          .apply = accounts_apply,
                          .save = accounts_save,
                          .load = accounts_load},
    [SERVICE_ORDERS] = {.id = SERVICE_ORDERS,
                        .follows = ORDERS_FOLLOWS,
                        .follows_count = COUNT_OF(ORDERS_FOLLOWS),
                        .run_max = 1,
                        .state_new = orders_new,
                        .state_free = orders_free,
                        .decide = orders_decide,
                        .apply = orders_apply,
                        .save = orders_save,
                        .load = orders_load},
    [SERVICE_AUDIT] = {.id = SERVICE_AUDIT,
                       .follows = AUDIT_FOLLOWS,
                       .follows_count = COUNT_OF(AUDIT_FOLLOWS),
                       .run_max = AUDIT_RUN_MAX,
                       .state_new = audit_new,
                       .state_free = audit_free,
                       .decide = audit_decide,
                       .apply = audit_apply,
                       .save = audit_save,
                       .load = audit_load},
    [SERVICE_SETTINGS] = {.id = SERVICE_SETTINGS,
                          .follows = SETTINGS_FOLLOWS,
                          .follows_count = COUNT_OF(SETTINGS_FOLLOWS),
                          .run_max = 1,
                          .state_new = settings_new,
                          .state_free = settings_free,
                          .decide = settings_decide,
                          .apply = settings_apply,
                          .save = settings_save,
                          .load = settings_load},
};

const struct service *venue_service(enum service_id service)
{
    return &SERVICE_ROWS[service];
}
