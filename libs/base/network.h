/* network.h - IP addresses and networks of them. Pure. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H
#include "base/base.h"

enum { NETWORK_ADDRESS_SIZE = 46 }; /* of an address as text, its zero included */

struct network {
    bool ipv6;
    int32_t prefix;    /* so many bits count; the others are 0 */
    uint8_t bytes[16]; /* 4 of IPv4 */
};

/* Of "192.0.2.0/24", "2001:db8::/32", or one address, which is a network of itself; one of IPv4 in
 * IPv6's clothes (::ffff:192.0.2.1) is that of IPv4. ERR_INPUT: it is none, or has bits behind its
 * prefix. */
enum err network_parse(struct text text, struct network *ret_network) MUST_CHECK;
/* Of "192.0.2.0/24,2001:db8::/32": at most `max` networks with commas between. ERR_INPUT: one is
 * none; ERR_FULL: they are more. */
enum err network_parse_list(struct text text, size_t max, struct network *ret_networks,
                            size_t *ret_count) MUST_CHECK;
/* The one with so many bits that an address is in. False: it has not as many. */
bool network_around(const struct network *address, int32_t prefix, struct network *ret_network);
/* Whether an address is in one of these. */
bool network_is_in(const struct network *address, const struct network *networks, size_t count);
/* The one text that an address is written as, with a zero behind. */
void network_print(const struct network *address, char ret_text[NETWORK_ADDRESS_SIZE]);
/* Whose line an address is of, for what each may do so much of: an IPv4 address is one's own, and
 * of IPv6 the first 64 bits are, whoever has one address of which has them all. With a zero behind;
 * what is no address stays as it is, cut. */
void network_print_line(struct text address, char ret_text[NETWORK_ADDRESS_SIZE]);

#endif
