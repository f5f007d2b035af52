#include "orders/project.h"
#include "orders/state.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    static const enum service_id FOLLOWS[] = {SERVICE_ACCOUNTS, SERVICE_ORDERS};
    static const struct service ORDERS = {
        .id = SERVICE_ORDERS,
        .follows = FOLLOWS,
        .follows_count = COUNT_OF(FOLLOWS),
        .run_max = 1,
        .state_new = orders_new,
        .state_free = orders_free,
        .decide = orders_decide,
        .apply = orders_apply,
        .save = orders_save,
        .load = orders_load,
        .projection = &ORDERS_PROJECTION,
    };
    return service_main(&ORDERS, argc, argv);
}
