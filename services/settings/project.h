/* project.h - the read model of settings: users, credentials, session_logs, venue_rules
 * (schema.sql). */
#ifndef SETTINGS_PROJECT_H
#define SETTINGS_PROJECT_H
#include "projection/projection.h"

extern const struct projection SETTINGS_PROJECTION;

#endif
