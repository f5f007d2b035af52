#include "settings/deliver.h"
#include "settings/service.h"

int main(int argc, char **argv)
{
    struct service service = SETTINGS_SERVICE;
    service.deliver = settings_deliver;
    return service_main(&service, argc, argv);
}
