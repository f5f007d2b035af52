#include "orders/service.h"

int main(int argc, char **argv)
{
    return service_main(&ORDERS_SERVICE, argc, argv);
}
