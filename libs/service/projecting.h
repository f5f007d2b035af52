/* projecting.h - the other program of a service: its events into tables (projection/projector.h).
 */
#ifndef SERVICE_PROJECTING_H
#define SERVICE_PROJECTING_H
#include "config/config.h"
#include "service/service.h"

/* Runs until asked to stop. An error: what ended it. */
enum err run_projector(const struct service *service, const struct config *config);
/* True once SIGTERM or SIGINT has come. */
bool service_stop_asked(void);

#endif
