#include "desk/service.h"

#include "desk/project.h"
#include "desk/state.h"

static const enum service_id FOLLOWS[] = {SERVICE_SETTINGS};

const struct service DESK_SERVICE = {
    .id = SERVICE_DESK,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = 1,
    .pace = LOG_GATHERING,
    .state_new = desk_new,
    .state_free = desk_free,
    .decide = desk_decide,
    .apply = desk_apply,
    .due_us = desk_due_us,
    .save = desk_save,
    .load = desk_load,
    .projection = &DESK_PROJECTION,
};
