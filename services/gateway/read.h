/* read.h - answers from the projections: of reads, and of writes whose answer is a row. */
#ifndef GATEWAY_READ_H
#define GATEWAY_READ_H
#include "gateway/gateway.h"

/* Adds the operation's query to the batch under way. */
void read_ask(struct exchange *exchange, struct db *db);

/* Begins a read: waits until the projections show what the caller has been shown, 2 s at most, and
 * answers. Gives the exchange up. */
void read_begin(struct exchange *exchange);
/* Runs the operation's x-row, for what its command is filled with. False: it has been answered. */
bool read_row(struct exchange *exchange, struct db *db);
/* Runs the query of a decided command and answers with its row. For exchange_ask(). */
void read_result(struct exchange *exchange, struct db *db);

/* Answers what a query has failed with; `wrong` names the parameter that is, or is empty. */
void read_failed(struct exchange *exchange, struct db *db, enum err err, struct text wrong);

/* Where the query's parameters come from: the caller, the request, the command. */
struct query_values read_values(struct exchange *exchange);
/* The Location header as x-location says; empty: none. */
struct text read_location(struct exchange *exchange);

#endif
