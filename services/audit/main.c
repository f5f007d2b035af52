#include "audit/project.h"
#include "audit/state.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    static const enum service_id FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS, SERVICE_SETTINGS};
    static const struct service AUDIT = {
        .id = SERVICE_AUDIT,
        .follows = FOLLOWS,
        .follows_count = COUNT_OF(FOLLOWS),
        .run_max = AUDIT_RUN_MAX,
        .pace = LOG_GATHERING,
        .state_new = audit_new,
        .state_free = audit_free,
        .decide = audit_decide,
        .apply = audit_apply,
        .save = audit_save,
        .load = audit_load,
        .projection = &AUDIT_PROJECTION,
    };
    return service_main(&AUDIT, argc, argv);
}
