#include "proof/leaf.h"

#include "proof/merkle.h"
#include "wire/wire.h"

/* Trees that are signed never change, so what is in a leaf never does either: a field that Ticket
 * gains is to be left out of it here, and the test sees to that. */
void leaf_of_ticket(const struct ticket *ticket, struct buffer *leaf)
{
    wire_encode(&WIRE_TICKET, ticket, leaf);
}

struct tree_hash leaf_hash_of_ticket(const struct ticket *ticket)
{
    struct buffer leaf;
    buffer_init(&leaf, WIRE_VALUE_SIZE_MAX);
    leaf_of_ticket(ticket, &leaf);
    CHECK(buffer_ok(&leaf)); /* it came in a record of that size at most */
    struct tree_hash hash = merkle_leaf_hash(buffer_bytes(&leaf));
    buffer_free(&leaf);
    return hash;
}
