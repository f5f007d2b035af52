/* leaf.h - what of a ticket is in the tree: its Avro encoding by `bourse.Ticket`, as it stands in
 * the event. Whoever reads TicketsIssued and RefusalRecorded by their schemas has it.
 */
#ifndef PROOF_LEAF_H
#define PROOF_LEAF_H
#include "base/buffer.h"
#include "wire/messages.h"

/* Appends the bytes of a ticket's leaf. */
void leaf_of_ticket(const struct ticket *ticket, struct buffer *leaf);
/* Their hash in the tree. */
struct tree_hash leaf_hash_of_ticket(const struct ticket *ticket);

#endif
