#include "gateway/keyed_network.h"

#include "base/buffer.h"

struct keyed_network keyed_network_of(const struct seal_key *key, const struct network *network)
{
    static const char DOMAIN[] = "network\n"; /* so that it is no hash of anything else */
    struct keyed_network keyed = {.prefix = network->prefix};
    struct buffer named;
    buffer_init(&named, sizeof DOMAIN + 2 + sizeof network->bytes);
    buffer_string(&named, DOMAIN);
    buffer_byte(&named, network->ipv6 ? 6 : 4);
    buffer_byte(&named, (uint8_t)network->prefix);
    buffer_append(&named, network->bytes, sizeof network->bytes);
    CHECK(buffer_ok(&named));
    seal_keyed_hash16(key, named.data, named.size, keyed.hash.bytes);
    buffer_free(&named);
    return keyed;
}
