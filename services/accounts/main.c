#include "accounts/accounts.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    static const enum service_id FOLLOWS[] = {SERVICE_ORDERS, SERVICE_SETTINGS};
    static const struct service ACCOUNTS = {
        .id = SERVICE_ACCOUNTS,
        .follows = FOLLOWS,
        .follows_count = COUNT_OF(FOLLOWS),
        .run_max = 1,
        .state_new = accounts_state_new,
        .state_free = accounts_state_free,
        .decide = accounts_decide,
        .apply = accounts_apply,
        .save = accounts_save,
        .load = accounts_load,
        .projection = &ACCOUNTS_PROJECTION,
    };
    return service_main(&ACCOUNTS, argc, argv);
}
