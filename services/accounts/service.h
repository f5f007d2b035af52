/* service.h - accounts as a service: what it follows, how it decides, applies, keeps and projects.
 */
#ifndef ACCOUNTS_SERVICE_H
#define ACCOUNTS_SERVICE_H
#include "service/service.h"

extern const struct service ACCOUNTS_SERVICE;

#endif
