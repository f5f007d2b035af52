"""Which partition a key goes to, as Kafka's clients have it."""


def murmur2(key):
    """Kafka's hash of a key, which says its partition."""
    mask, mix = 0xffffffff, 0x5bd1e995
    found = 0x9747b28c ^ len(key)
    whole = len(key) - len(key) % 4
    for place in range(0, whole, 4):
        word = int.from_bytes(key[place:place + 4], "little") * mix & mask
        word = (word ^ word >> 24) * mix & mask
        found = (found * mix & mask) ^ word
    if len(key) > whole:
        found = (found ^ int.from_bytes(key[whole:], "little")) * mix & mask
    found = (found ^ found >> 13) * mix & mask
    return found ^ found >> 15
