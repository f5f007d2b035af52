/* journal.h - the table `events` of a service's schema: a row for each event that came of a
 * command, so that what a client asked and was told can be found by command id; and what was set
 * aside by the id under which it can be decided anew.
 */
#ifndef PROJECTION_JOURNAL_H
#define PROJECTION_JOURNAL_H
#include "base/arena.h"
#include "projection/projection.h"
#include "wire/wire.h"

extern const struct projection_statement JOURNAL_STATEMENT;

struct journal; /* laid out in journal.c only */

struct journal *journal_new(void) MUST_CHECK;
void journal_free(struct journal *journal);
/* Adds the row of `event`, if it has a command id, as one of `statement`. */
void journal_add(struct journal *journal, const struct event *event, int statement,
                 struct rows *rows);

#endif
