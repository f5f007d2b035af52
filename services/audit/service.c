#include "audit/service.h"

#include "audit/observe.h"
#include "audit/project.h"
#include "audit/state.h"

static const enum service_id FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS,
                                          SERVICE_DESK};

const struct service AUDIT_SERVICE = {
    .id = SERVICE_AUDIT,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = AUDIT_RUN_MAX,
    .takes_heads = true,
    .pace = LOG_GATHERING,
    .state_new = audit_new,
    .state_free = audit_free,
    .decide = audit_decide,
    .apply = audit_apply,
    .due_us = audit_due_us,
    .save = audit_save,
    .load = audit_load,
    .projection = &AUDIT_PROJECTION,
    .observe = audit_observe,
};
