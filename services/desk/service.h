/* service.h - the desk as a service: what it follows, how it decides, applies, keeps and projects.
 */
#ifndef DESK_SERVICE_H
#define DESK_SERVICE_H
#include "service/service.h"

extern const struct service DESK_SERVICE;

#endif
