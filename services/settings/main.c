#include "settings/deliver.h"
#include "settings/service.h"

int main(int argc, char **argv)
{
    struct service service = SETTINGS_SERVICE;
    service.deliver = settings_deliver;
    service.deliver_process = PROCESS_DELIVERER;
    return service_main(&service, argc, argv);
}
