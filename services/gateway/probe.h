/* probe.h - whether a command of which no journal shows anything can still execute (R13).
 *
 * A command's id says until when it may be executed (command_id.h). After that each service is
 * asked in turn, in the partition that the id names: its answer lies behind the command, were it
 * there. Once all have said `closed` and the projections show the journals up to these answers,
 * what they do not show has not been executed and never will be.
 */
#ifndef GATEWAY_PROBE_H
#define GATEWAY_PROBE_H
#include "gateway/gateway.h"

/* Answers an exchange that asks for `command_id` with "pending" while the command may still
 * execute, and with 404 where no gateway can have made the id; else calls `closed` on a work
 * thread, once the journals show all there will ever be. Gives the exchange up. On a thread that
 * may wait. */
void probe_begin(struct exchange *exchange, struct uuid command_id,
                 void (*closed)(struct exchange *exchange, struct db *db));
/* Whether this exchange has been through probe_begin() as far as `closed`. */
bool probe_is_closed(const struct exchange *exchange);

#endif
