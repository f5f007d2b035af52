/* statement.h - what a declared statement (projection.h) is in SQL: one statement that takes an
 * array a column, so that a batch costs Postgres one execution whatever its size.
 */
#ifndef PROJECTION_STATEMENT_H
#define PROJECTION_STATEMENT_H
#include "base/buffer.h"
#include "projection/projection.h"

/* CHECKs that the declaration makes sense. */
void statement_check(const struct projection_statement *statement);
/* Appends its SQL; parameter $n is an array literal of the values of column n. */
void statement_sql(const struct projection_statement *statement, struct buffer *sql);

#endif
