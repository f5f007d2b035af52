"""mmdb.py FILE - writes a MaxMind DB with PLACES; after its specification, version 2.0, with records of
24 bits and networks of IPv4 at ::/96."""
import ipaddress
import pathlib
import sys

PLACES = { # of networks that are nobody's (RFC 5737, 3849)
    "203.0.113.0/24": {"city": {"names": {"en": "Prague", "de": "Prag"}},
                       "country": {"iso_code": "CZ", "names": {"en": "Czechia"}}},
    "198.51.100.0/25": {"country": {"iso_code": "DE", "names": {"en": "Germany"}}},
    "198.51.100.128/25": {"country": {"iso_code": "FR"}},
    "2001:db8::/32": {"city": {"names": {"en": "Zürich"}},
                      "country": {"iso_code": "CH", "names": {"en": "Switzerland"}}},
    "192.0.2.0/24": {"location": {"time_zone": "Europe/Prague"}}}
MARKER = b"\xab\xcd\xefMaxMind.com"


def sized(kind, size):
    """The control byte of a value that has so many bytes or members."""
    assert size < 285
    more = bytes([size - 29]) if size >= 29 else b""
    number = min(size, 29)
    return bytes([kind << 5 | number]) + more if kind < 8 else bytes([number, kind - 7]) + more


def encoded(value):
    if isinstance(value, str):
        data = value.encode()
        return sized(2, len(data)) + data
    if isinstance(value, dict):
        return sized(7, len(value)) + b"".join(encoded(name) + encoded(value[name]) for name in value)
    if isinstance(value, list):
        return sized(11, len(value)) + b"".join(map(encoded, value))
    kind, number = value # an unsigned number: 5 of 16 bits, 6 of 32, 9 of 64
    data = number.to_bytes(8, "big").lstrip(b"\0")
    return sized(kind, len(data)) + data


def bits_of(network):
    network = ipaddress.ip_network(network)
    pad = 128 - network.max_prefixlen # an address of IPv4 has 96 zeros before it
    return f"{int(network.network_address):0128b}"[:pad + network.prefixlen]


def database(places):
    nodes, data = [[None, None]], b""
    for network, place in places.items():
        node, *bits, last = 0, *map(int, bits_of(network))
        for bit in bits:
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        nodes[node][last] = ("data", len(data))
        data += encoded(place)

    def record(child):
        if child is None:
            return len(nodes)
        return len(nodes) + 16 + child[1] if isinstance(child, tuple) else child
    tree = b"".join(record(child).to_bytes(3, "big") for node in nodes for child in node)
    about = {"node_count": (6, len(nodes)), "record_size": (5, 24), "ip_version": (5, 6),
             "database_type": "Bourse-Test", "languages": ["en"], "description": {"en": "for tests"},
             "binary_format_major_version": (5, 2), "binary_format_minor_version": (5, 0),
             "build_epoch": (9, 1)}
    return tree + bytes(16) + data + MARKER + encoded(about)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(database(PLACES))
