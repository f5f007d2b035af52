#include "accounts/service.h"
#include "audit/service.h"
#include "desk/service.h"
#include "orders/service.h"
#include "settings/service.h"
#include "venue.h"

const struct service *venue_service(enum service_id service)
{
    static const struct service *const ROWS[SERVICES] = {
        [SERVICE_ACCOUNTS] = &ACCOUNTS_SERVICE, [SERVICE_ORDERS] = &ORDERS_SERVICE,
        [SERVICE_AUDIT] = &AUDIT_SERVICE,       [SERVICE_SETTINGS] = &SETTINGS_SERVICE,
        [SERVICE_DESK] = &DESK_SERVICE,
    };
    return ROWS[service];
}
