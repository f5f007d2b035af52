/* service.h - settings as a service: what it follows, how it decides, applies, keeps and projects.
 */
#ifndef SETTINGS_SERVICE_H
#define SETTINGS_SERVICE_H
#include "service/service.h"

extern const struct service SETTINGS_SERVICE;

#endif
