#include "accounts/service.h"

#include "accounts/accounts.h"

static const enum service_id FOLLOWS[] = {SERVICE_ORDERS, SERVICE_SETTINGS};

const struct service ACCOUNTS_SERVICE = {
    .id = SERVICE_ACCOUNTS,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = 1,
    .state_new = accounts_state_new,
    .state_free = accounts_state_free,
    .decide = accounts_decide,
    .apply = accounts_apply,
    .due_us = accounts_due_us,
    .save = accounts_save,
    .load = accounts_load,
    .projection = &ACCOUNTS_PROJECTION,
};
