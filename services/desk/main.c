#include "desk/service.h"

int main(int argc, char **argv)
{
    return service_main(&DESK_SERVICE, argc, argv);
}
