/* network.h - networks of IP addresses, and keyed hashes of them: who compares those needs to keep
 * no address. Pure.
 */
#ifndef GATEWAY_NETWORK_H
#define GATEWAY_NETWORK_H
#include "base/base.h"
#include "seal/seal.h"
#include "wire/messages.h"

struct network {
    bool ipv6;
    int32_t prefix;    /* so many bits count; the others are 0 */
    uint8_t bytes[16]; /* 4 of IPv4 */
};

/* Of "192.0.2.0/24", "2001:db8::/32", or one address, which is a network of itself. ERR_INPUT: it
 * is none, or has bits behind its prefix. */
enum err network_parse(struct text text, struct network *ret_network) MUST_CHECK;
/* The one with so many bits that an address is in. False: it has not as many. */
bool network_around(const struct network *address, int32_t prefix, struct network *ret_network);
struct keyed_network network_keyed(const struct seal_key *key, const struct network *network);

#endif
