#include "settings/service.h"

#include "settings/project.h"
#include "settings/state.h"

static const enum service_id FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS,
                                          SERVICE_DESK};

const struct service SETTINGS_SERVICE = {
    .id = SERVICE_SETTINGS,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = 1,
    .pace = LOG_GATHERING,
    .state_new = settings_new,
    .state_free = settings_free,
    .decide = settings_decide,
    .apply = settings_apply,
    .due_us = settings_due_us,
    .save = settings_save,
    .load = settings_load,
    .projection = &SETTINGS_PROJECTION,
};
