/* replay.h - what became of a command, from the journals of the services: for GET
 * /api/v1/commands/{command_id}, and for the repetition of a command, which is answered as the
 * first one was. */
#ifndef GATEWAY_REPLAY_H
#define GATEWAY_REPLAY_H
#include "gateway/gateway.h"

/* Answers an exchange whose command was a repetition, as the first one was. */
void replay_respond(struct exchange *exchange);
/* The handler of GET /api/v1/commands/{command_id}. */
void replay_command(struct exchange *exchange);

#endif
