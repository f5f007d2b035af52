#!/usr/bin/python3
"""judge.py PROGRAM [--count N] [--seed N] - holds our verifiers of tokens against a second one.

PROGRAM (token_mutants) prints mutated tokens with our verdict. The second verifier is PyJWT on
Python's cryptography, for the signature and the times, behind a reader of our own for what a token
must look like. It shares no line with libs/auth. Nothing that ours accepts may be refused by it, or
read otherwise; what only ours refuses is counted.
"""
import argparse
import base64
import collections
import datetime
import json
import re
import subprocess
import sys
import time

import jwt
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NOON = 1795348800 # of main.c
SKEW = 60
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_ACCOUNT = "00000000-0000-0000-0000-000000000000"
ROLES = ["admin", "operator", "auditor", "user", "market_maker"] # in the order that ours prints
ACCESS_CLAIMS = ["iss", "aud", "sub", "sid", "roles", "iat", "nbf", "exp", "jti"]
IDENTITY_CLAIMS = ["iss", "aud", "sub", "iat", "exp", "nonce"]
WELL_SIGNED = ("claims", "header", "writing") # kinds of mutants that are good at times
MANY = 5000 # where there are so many


class Refused(Exception):
    """This is no token."""


class Noon(datetime.datetime):
    """PyJWT asks for the time; here it is always the same."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOON, tz)


jwt.api_jwt.datetime = Noon


def demand(condition, what):
    if not condition:
        raise Refused(what)


def members(pairs):
    """A JSON object; one that says a thing twice says nothing."""
    found = dict(pairs)
    demand(len(found) == len(pairs), "a member twice")
    return found


def read_segment(segment):
    """The bytes of a segment, which no other text may stand for."""
    data = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    demand(base64.urlsafe_b64encode(data).rstrip(b"=") == segment, "not canonical")
    return data


def read_token(token):
    """Header and claims of three segments, each strictly what it has to be."""
    header, claims, signature = token.split(b".")
    read_segment(signature)
    objects = [json.loads(read_segment(one).decode("utf-8"), object_pairs_hook=members,
                          parse_constant=lambda name: demand(False, name))
               for one in (header, claims)]
    demand(all(isinstance(one, dict) for one in objects), "no objects")
    return objects


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


class Access:
    """Our access tokens, by our published keys."""

    def __init__(self, jwks):
        self.keys = {key["kid"]: ECAlgorithm.from_jwk(key) for key in jwks["keys"]}

    def read(self, token):
        header, claims = read_token(token)
        demand(set(header) == {"alg", "typ", "kid"} and header["typ"] == "at+jwt", "header")
        said = jwt.decode(token, self.keys[header["kid"]], ["ES256"], audience="bourse",
                          issuer="bourse", leeway=SKEW, options={"require": ACCESS_CLAIMS})
        demand(said == claims, "claims read in two ways")
        demand(said["aud"] == "bourse", "an audience of several")
        demand(all(whole(said[name]) and said[name] > 0 for name in ("iat", "nbf", "exp")), "times")
        demand(said["exp"] > NOON and said["exp"] > said["iat"], "expired")
        ids = [said[name] for name in ("sub", "sid")]
        ids += [said.get("acc", NO_ACCOUNT), said["jti"]]
        demand(all(isinstance(one, str) and UUID.fullmatch(one.lower()) for one in ids), "ids")
        demand(isinstance(said["roles"], list) and all(role in ROLES for role in said["roles"]),
               "roles")
        return ([one.lower() for one in ids] + [str(said["iat"]), str(said["exp"])]
                + [role for role in ROLES if role in said["roles"]])


class Identity:
    """ID tokens of a provider, by its key set."""

    def __init__(self, jwks):
        self.keys = {key["kid"]: RSAAlgorithm.from_jwk(key) for key in jwks["keys"]}

    def read(self, token):
        header, claims = read_token(token)
        demand("crit" not in header, "critical")
        said = jwt.decode(token, self.keys[header["kid"]], ["RS256"], audience="bourse",
                          issuer="https://provider.example", leeway=SKEW,
                          options={"require": IDENTITY_CLAIMS, "verify_nbf": False})
        demand(said == claims, "claims read in two ways")
        demand(said["aud"] in ("bourse", ["bourse"]), "an audience of several")
        demand(whole(said["iat"]) and whole(said["exp"]), "times")
        demand(said["nonce"] == "n-0S6", "another nonce")
        demand(isinstance(said["sub"], str) and said["sub"] != "", "nobody's")
        email = said.get("email")
        return ["x" + said["sub"].encode().hex(),
                "x" + (email.encode().hex() if isinstance(email, str) else ""),
                "verified" if said.get("email_verified") is True else "unverified"]


def second_opinion(verifier, token):
    """What the second verifier reads in a token; None where it refuses, and why."""
    try:
        return verifier.read(token), None
    except (jwt.PyJWTError, Refused, ArithmeticError, LookupError, RecursionError, TypeError,
            ValueError) as error:
        return None, f"{type(error).__name__}: {error}"


def mutants(stream):
    """(family, kind, what ours read or None, token) of what the program prints."""
    for line in stream:
        family, kind, verdict, size, *read = line.decode("ascii").split()
        yield family, kind, read if verdict == "accepted" else None, stream.read(int(size))


def judge(stream):
    """Counts by (family, kind, accepted by ours, accepted by the other); ends at a contradiction."""
    access, identity = (json.loads(stream.readline()) for _ in range(2))
    verifiers = {"access": Access(access), "identity": Identity(identity)}
    counts = collections.Counter()
    for family, kind, ours, token in mutants(stream):
        other, reason = second_opinion(verifiers[family], token)
        if ours is not None and ours != other:
            sys.exit(f"{family} token accepted by ours, which read {ours};\n"
                     f"by the other {other if reason is None else reason}: {token!r}")
        counts[family, kind, ours is not None, other is not None] += 1
    return counts


def report(counts, count):
    """Prints the table, and sees that it was not refused wholesale: that would prove nothing."""
    print("family    kind       both accept  both refuse  only ours refuses")
    for family, kind in sorted({key[:2] for key in counts}):
        both, neither, ours = (counts[family, kind, *pair]
                               for pair in [(True, True), (False, False), (False, True)])
        print(f"{family:9} {kind:10} {both:11} {neither:12} {ours:18}")
        if count >= MANY and both == 0 and kind in WELL_SIGNED:
            sys.exit(f"no {kind} mutant of an {family} token was accepted by anybody")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with subprocess.Popen([options.program, str(options.seed), str(options.count)],
                          stdout=subprocess.PIPE) as program:
        counts = judge(program.stdout)
    if program.returncode != 0 or sum(counts.values()) != options.count:
        sys.exit(f"the program ended with {program.returncode} after {sum(counts.values())}")
    report(counts, options.count)
    accepted = sum(number for key, number in counts.items() if key[2])
    print(f"tokens: {options.count} mutants from seed {options.seed} in "
          f"{time.monotonic() - began:.0f} s; {accepted} accepted, each of them by both")


main()
