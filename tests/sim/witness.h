/* witness.h - puts what a part of the venue shows into the evidence. */
#ifndef SIM_WITNESS_H
#define SIM_WITNESS_H
#include "eventlog/log.h"
#include "evidence.h"
#include "projection/store_memory.h"

/* A record as it was read from a topic of a service. */
void witness_record(struct evidence *evidence, bool commands, enum service_id service,
                    const struct log_record *record);
/* All rows of a service's projection, and how far it has come. `database` counts what the database
 * has lost commits, or was made anew: then positions may go back. */
void witness_projection(struct evidence *evidence, const struct store_memory *memory,
                        enum service_id service, int database);

#endif
