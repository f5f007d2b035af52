/* keyed_network.h - keyed hashes of networks: who compares those needs to keep no address. Pure. */
#ifndef GATEWAY_KEYED_NETWORK_H
#define GATEWAY_KEYED_NETWORK_H
#include "base/network.h"
#include "seal/seal.h"
#include "wire/messages.h"

struct keyed_network keyed_network_of(const struct seal_key *key, const struct network *network);

#endif
