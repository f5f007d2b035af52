#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

static int32_t bits(const struct network *network)
{
    return network->ipv6 ? 128 : 32;
}

static enum err parse_address(struct text text, struct network *ret_network)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, 0xff};
    char terminated[NETWORK_ADDRESS_SIZE] = "";
    struct network network = {.ipv6 = memchr(text.data, ':', text.size) != NULL};
    if (text.size >= sizeof terminated)
        return ERR_INPUT;
    memcpy(terminated, text.data, text.size);
    if (inet_pton(network.ipv6 ? AF_INET6 : AF_INET, terminated, network.bytes) != 1)
        return ERR_INPUT;
    if (network.ipv6 && memcmp(network.bytes, MAPPED, sizeof MAPPED) == 0) {
        memcpy(network.bytes, network.bytes + sizeof MAPPED, 4);
        memset(network.bytes + 4, 0, sizeof network.bytes - 4);
        network.ipv6 = false;
    }
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

enum err network_parse_list(struct text text, size_t max, struct network *ret_networks,
                            size_t *ret_count)
{
    size_t count = 0;
    for (bool more = true; more;) {
        const char *comma = memchr(text.data, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.data);
        if (count == max)
            return ERR_FULL;
        enum err err = network_parse((struct text){text.data, size}, &ret_networks[count++]);
        if (err != OK)
            return err;
        more = comma != NULL;
        text = (struct text){text.data + size + more, text.size - size - more};
    }
    *ret_count = count;
    return OK;
}

bool network_is_in(const struct network *address, const struct network *networks, size_t count)
{
    struct network around;
    for (size_t i = 0; i < count; i++) {
        if (networks[i].ipv6 == address->ipv6 &&
            network_around(address, networks[i].prefix, &around) &&
            memcmp(around.bytes, networks[i].bytes, sizeof around.bytes) == 0)
            return true;
    }
    return false;
}

void network_print(const struct network *address, char ret_text[NETWORK_ADDRESS_SIZE])
{
    CHECK(inet_ntop(address->ipv6 ? AF_INET6 : AF_INET, address->bytes, ret_text,
                    NETWORK_ADDRESS_SIZE) != NULL);
}

void network_print_line(struct text address, char ret_text[NETWORK_ADDRESS_SIZE])
{
    enum { LINE_PREFIX = 64 };
    struct network whole, line;
    if (network_parse(address, &whole) == OK) {
        line = whole;
        if (whole.ipv6)
            CHECK(network_around(&whole, LINE_PREFIX, &line));
        network_print(&line, ret_text);
        return;
    }
    size_t size = address.size < NETWORK_ADDRESS_SIZE ? address.size : NETWORK_ADDRESS_SIZE - 1;
    memcpy(ret_text, address.data, size);
    ret_text[size] = '\0';
}
