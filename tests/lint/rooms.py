"""rooms.py ROOT - every include is made in a room where it may be.

Each outside header belongs to one folder. Our own go libs/base <- pure libs <- adapter libs <-
services, without circles, and no service includes another's. What decides and applies sees only
values. Tests are free.
"""
import re
import sys

import common

# Where an outside header, by the start of its name, may be included.
OUTSIDE = {
    "librdkafka/": ["libs/eventlog"],
    "avro": ["libs/wire"],
    "libpq": ["libs/db"],
    "jansson.h": ["libs/json"],
    "microhttpd.h": ["libs/http"],
    "gnutls/": ["libs/http"],
    "zlib.h": ["libs/http"],
    "zstd.h": ["libs/http"],
    "regex.h": ["libs/http"],
    "jwt.h": ["libs/auth"],
    "liboath/": ["libs/auth"],
    "hpdf.h": ["libs/pdf"],
    "maxminddb.h": ["libs/geo"],
    "qrencode.h": ["libs/auth"],
    "openssl/": ["libs/auth"],
    "sodium": ["libs/seal"],
    "curl/": ["libs/client"],
    "libxml/": ["libs/syndication"],
    "libical/": ["libs/syndication"],
}
# libs/x/ by layer: a room includes from its own layer and the ones below it.
LAYERS = [
    ["base"],
    ["decimal", "wire", "decision", "log", "config", "metrics"],
    ["json", "db", "eventlog", "seal", "auth", "http", "client", "pdf", "geo", "projection", "rights",
     "service", "syndication", "proof", "trace"],
]
LAYER_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}

# A service's decide, apply and state: these rooms, its own folder, and these headers.
PURE_PATH = re.compile(r"^services/.*/([a-z0-9]+_)*(decide|apply|state)(_[a-z0-9_]+)?\.[ch]$")
PURE_ROOMS = {"base", "decimal", "decision", "wire", "proof"}
PURE_SYSTEM = {"ctype.h", "inttypes.h", "limits.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
               "stdio.h", "stdlib.h", "string.h"}  # of stdio.h only snprintf: see banned.py

ANYWHERE = re.compile(
    r"^(uthash|utarray|utlist|utstring)\.h$"
    r"|^(sys|arpa|net|netinet|linux)/"
    r"|^(ctype|dirent|endian|errno|fcntl|getopt|grp|inttypes|limits|locale|math|netdb|poll|pthread"
    r"|pwd|sched|semaphore|setjmp|signal|spawn|stdarg|stdatomic|stdalign|stdbool|stddef|stdint"
    r"|stdio|stdlib|stdnoreturn|string|strings|termios|threads|time|unistd)\.h$")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)


def fault_of_outside(path, header):
    """What is wrong with <header> in this file; None: nothing."""
    for start, rooms in OUTSIDE.items():
        if header.startswith(start):
            if any(path.startswith(room + "/") for room in rooms):
                return None
            return f"<{header}> belongs to {rooms[0]}: use what that room offers"
    if PURE_PATH.match(path) and header not in PURE_SYSTEM and not header.startswith("ut"):
        return f"<{header}> reaches outside: a decide, apply or state sees only values"
    if ANYWHERE.match(header):
        return None
    return f"<{header}> has no room yet: give it one in tests/lint/rooms.py"


def fault_of_own(path, header):
    """What is wrong with "header" in this file; None: nothing."""
    kind, own = path.split("/")[:2]
    room = header.split("/")[0]
    if "/" not in header:
        return f'"{header}" does not say its room: write "room/{header}"'
    if kind == "libs" and own not in LAYER_OF:
        return f"libs/{own} has no layer yet: give it one in tests/lint/rooms.py"
    if room == own:
        return None
    if room not in LAYER_OF:
        return f'"{header}" is no lib: services stand apart, and no lib knows of them'
    if kind == "libs" and LAYER_OF[room] > LAYER_OF[own]:
        return f'"{header}" is above libs/{own}: it goes libs/base <- pure <- adapters <- services'
    if PURE_PATH.match(path) and room not in PURE_ROOMS:
        rooms = ", ".join(sorted(PURE_ROOMS))
        return f'"{header}" reaches outside: a decide, apply or state includes only {rooms}'
    return None


def circle(edges):
    """A list of rooms that include each other in a circle, or None."""
    def walk(room, way):
        if room in way:
            return way[way.index(room):] + [room]
        ways = (walk(other, way + [room]) for other in sorted(edges.get(room, {})))
        return next(filter(None, ways), None)

    return next(filter(None, (walk(room, []) for room in sorted(edges))), None)


def main(root):
    paths = [path for path in common.c_files(root) if not path.startswith("tests/")]
    findings, edges = [], {}
    for path in paths:
        text = common.read(root, path)
        for match in INCLUDE.finditer(text):
            outside, own = match.groups()
            line = text.count("\n", 0, match.start()) + 1
            fault = fault_of_outside(path, outside) if outside else fault_of_own(path, own)
            if fault:
                findings.append((path, line, fault))
            elif own and path.startswith("libs/") and own.split("/")[0] != path.split("/")[1]:
                edges.setdefault(path.split("/")[1], {}).setdefault(own.split("/")[0], (path, line))
    way = circle(edges)
    if way:
        path, line = edges[way[0]][way[1]]
        findings.append((path, line, "rooms include each other in a circle: " + " -> ".join(way)))
    common.report(findings, len(paths))


main(sys.argv[1])
