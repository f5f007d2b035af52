/* command.h - from a request to the command it asks for: its meta and its fields. */
#ifndef GATEWAY_COMMAND_H
#define GATEWAY_COMMAND_H
#include "gateway/gateway.h"

/* Whether command_fill() would not wait for anything: no password to hash, nothing to seal, and the
 * origin known. */
bool command_fills_at_once(struct exchange *exchange);

/* Fills exchange->command as the operation says. False: a value does not do, and the exchange has
 * been answered. */
bool command_fill(struct exchange *exchange) MUST_CHECK;

/* A command of `kind` with its meta but for the ids, for handlers that fill the rest themselves.
 * Errors of the vault, where the origin has to be sealed and `may_wait`; ERR_BUSY where it may not
 * wait but would have to. */
enum err command_begin(struct exchange *exchange, enum command_kind kind, bool may_wait,
                       struct command **ret_command) MUST_CHECK;
/* Sets the key from the fields, as the schema says, and the ids: the command's carries the key's
 * owner, the correlation is the client's where its X-Request-Id is a uuid. */
void command_set_key(struct exchange *exchange, struct command *command);

/* Seals the fields that the schema says are sealed; may wait for the vault. False: it cannot, and
 * the exchange has been answered. */
bool command_seal(struct exchange *exchange, struct command *command) MUST_CHECK;

/* Logs an error of the vault's and why it happened. */
void command_log_vault(struct exchange *exchange, enum err err);

/* Sends exchange->command to `service` and waits for its outcome. Gives the exchange up:
 * `completed` is called with its outcome, or it is answered that it could not be sent. Where the
 * exchange's time is over nothing is sent, and it is answered 503 OVERLOADED, or 202 where it has
 * sent a command before. */
void command_send(struct exchange *exchange, enum service_id service);

#endif
