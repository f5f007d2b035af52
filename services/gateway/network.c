#include "gateway/network.h"

#include <arpa/inet.h>
#include <string.h>

static int32_t bits(const struct network *network)
{
    return network->ipv6 ? 128 : 32;
}

static enum err parse_address(struct text text, struct network *ret_network)
{
    char terminated[INET6_ADDRSTRLEN] = "";
    struct network network = {.ipv6 = memchr(text.data, ':', text.size) != NULL};
    if (text.size >= sizeof terminated)
        return ERR_INPUT;
    memcpy(terminated, text.data, text.size);
    if (inet_pton(network.ipv6 ? AF_INET6 : AF_INET, terminated, network.bytes) != 1)
        return ERR_INPUT;
    network.prefix = bits(&network);
    *ret_network = network;
    return OK;
}

/* Decimal digits as they are written, without a sign or zeros in front. */
static enum err parse_prefix(struct text text, int32_t max, int32_t *ret_prefix)
{
    int32_t prefix = 0;
    if (text.size == 0 || text.size > 3 || (text.size > 1 && text.data[0] == '0'))
        return ERR_INPUT;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_INPUT;
        prefix = prefix * 10 + (text.data[i] - '0');
    }
    *ret_prefix = prefix;
    return prefix <= max ? OK : ERR_INPUT;
}

bool network_around(const struct network *address, int32_t prefix, struct network *ret_network)
{
    if (prefix < 0 || prefix > address->prefix)
        return false;
    *ret_network = *address;
    ret_network->prefix = prefix;
    for (int32_t bit = prefix; bit < bits(address); bit++)
        ret_network->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    return true;
}

enum err network_parse(struct text text, struct network *ret_network)
{
    const char *slash = memchr(text.data, '/', text.size);
    struct text address = {text.data, slash == NULL ? text.size : (size_t)(slash - text.data)};
    struct network whole, network;
    enum err err = parse_address(address, &whole);
    if (err != OK || slash == NULL) {
        if (err == OK)
            *ret_network = whole;
        return err;
    }
    int32_t prefix;
    struct text digits = {slash + 1, text.size - address.size - 1};
    err = parse_prefix(digits, whole.prefix, &prefix);
    if (err != OK || !network_around(&whole, prefix, &network) ||
        memcmp(network.bytes, whole.bytes, sizeof network.bytes) != 0)
        return ERR_INPUT;
    *ret_network = network;
    return OK;
}

struct keyed_network network_keyed(const struct seal_key *key, const struct network *network)
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
