/* service.h - audit as a service: what it follows, how it decides, applies, keeps and projects. */
#ifndef AUDIT_SERVICE_H
#define AUDIT_SERVICE_H
#include "service/service.h"

extern const struct service AUDIT_SERVICE;

#endif
