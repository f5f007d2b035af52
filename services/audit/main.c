#include "audit/service.h"
#include "audit/sign.h"

int main(int argc, char **argv)
{
    struct service service = AUDIT_SERVICE;
    service.deliver = audit_deliver;
    service.deliver_process = PROCESS_SIGNER;
    return service_main(&service, argc, argv);
}
