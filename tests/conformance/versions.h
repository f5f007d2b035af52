/* versions.h - the scenarios of logs of which a newer version wrote the end: scenarios.c lists
 * them. */
#ifndef VERSIONS_H
#define VERSIONS_H
#include "hostile.h"

void an_unknown_schema_that_is_not_due_is_inert(struct hostile *log);
void an_unknown_schema_that_is_due_stops_the_reader(struct hostile *log);
void a_claim_in_an_unknown_schema_stops_the_reader(struct hostile *log);
void a_claim_in_an_unknown_schema_that_does_not_win_is_inert(struct hostile *log);
void a_creation_in_an_unknown_schema_stops_the_reader(struct hostile *log);
void a_newer_writer_stops_an_old_reader(struct hostile *log);

#endif
