/* project.h - the read model of audit: ticket_logs, checkpoints, checkpoint_keys (schema.sql). */
#ifndef AUDIT_PROJECT_H
#define AUDIT_PROJECT_H
#include "projection/projection.h"

extern const struct projection AUDIT_PROJECTION;

#endif
