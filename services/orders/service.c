#include "orders/service.h"

#include "orders/observe.h"
#include "orders/project.h"
#include "orders/state.h"

static const enum service_id FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS};

const struct service ORDERS_SERVICE = {
    .id = SERVICE_ORDERS,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = 1,
    .state_new = orders_new,
    .state_free = orders_free,
    .decide = orders_decide,
    .apply = orders_apply,
    .due_us = orders_due_us,
    .save = orders_save,
    .load = orders_load,
    .projection = &ORDERS_PROJECTION,
    .observe = orders_observe,
};
