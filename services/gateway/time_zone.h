/* time_zone.h - the names of time zones, as the system's copy of the IANA's database has them. */
#ifndef GATEWAY_TIME_ZONE_H
#define GATEWAY_TIME_ZONE_H
#include "base/base.h"

/* Whether there is a time zone of this name, as Europe/Berlin. Looks into the system's files. */
bool time_zone_is_known(struct text name);

#endif
