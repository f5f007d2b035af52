/* service.h - orders as a service: what it follows, how it decides, applies, keeps and projects. */
#ifndef ORDERS_SERVICE_H
#define ORDERS_SERVICE_H
#include "service/service.h"

extern const struct service ORDERS_SERVICE;

#endif
