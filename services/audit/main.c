#include "audit/service.h"

int main(int argc, char **argv)
{
    return service_main(&AUDIT_SERVICE, argc, argv);
}
