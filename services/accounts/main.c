#include "accounts/service.h"

int main(int argc, char **argv)
{
    return service_main(&ACCOUNTS_SERVICE, argc, argv);
}
