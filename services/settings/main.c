#include "settings/service.h"

int main(int argc, char **argv)
{
    return service_main(&SETTINGS_SERVICE, argc, argv);
}
