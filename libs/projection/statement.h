/* statement.h - what a declared statement (projection.h) is in SQL: a COPY where rows are only
 * inserted, which costs Postgres least; else one statement that takes an array a column. Either way
 * a batch is one execution, whatever its size.
 */
#ifndef PROJECTION_STATEMENT_H
#define PROJECTION_STATEMENT_H
#include "base/buffer.h"
#include "projection/projection.h"

/* CHECKs that the declaration makes sense. */
void statement_check(const struct projection_statement *statement);
/* CHECKs that a whole statement sets all that `behind`, an update of its table, sets: what came
 * before it in a batch is left out for it. */
void statement_check_whole(const struct projection_statement *whole,
                           const struct projection_statement *behind);
/* Whether its rows are copied. */
bool statement_copies(const struct projection_statement *statement);
/* Whether they can be copied as long as all of their keys are new, which is for the table to say.
 */
bool statement_copies_new(const struct projection_statement *statement);
/* Appends the COPY of a statement that one of the two above says yes to. */
void statement_copy_sql(const struct projection_statement *statement, struct buffer *sql);
/* Appends its SQL; where it does not copy, parameter $n is an array of the values of column n. */
void statement_sql(const struct projection_statement *statement, struct buffer *sql);

#endif
