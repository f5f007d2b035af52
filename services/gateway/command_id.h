/* command_id.h - ids of commands, which say until when the command may be executed: so any gateway
 * can tell, of the id alone, when a command that no journal shows can no longer happen (R13).
 *
 * Layout   that of uuid.h; its second is the one valid_until lies in or before. 58 bits are random.
 */
#ifndef GATEWAY_COMMAND_ID_H
#define GATEWAY_COMMAND_ID_H
#include "base/uuid.h"

/* A fresh id in the partition of `owner_hash`. A time that has no such second is cut to one. */
struct uuid command_id_new(uint32_t owner_hash, int64_t valid_until_us);
/* The valid_until that an id was made for, up to a second later. Any UUID has one. */
int64_t command_id_valid_until_us(struct uuid id);

#endif
