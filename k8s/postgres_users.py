#!/usr/bin/python3
"""Writes k8s/platform/postgres-users.yaml from the table of who may do what with the databases, as
`bourse access database` prints it:

    build/debug/services/cli/bourse access database | k8s/postgres_users.py >k8s/platform/postgres-users.yaml
"""
import sys

HEAD = """\
# By which certificate the database knows whom: made by k8s/postgres_users.py from the table in
# libs/rights/rights.c, which a test compares it with. `bourse` owns both databases. libpq reads its
# files at each connection, so a renewal needs no restart.
"""
CERTIFICATE = """\
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {name}
spec:
  secretName: {name}
  usages: [client auth]
  commonName: {role}
  duration: 2160h
  renewBefore: 720h
  privateKey: {{ algorithm: ECDSA, size: 256, rotationPolicy: Always }}
  issuerRef: {{ name: bourse-postgres, kind: Issuer }}
"""


def roles(table):
    """The roles of the lines of the table, in its order."""
    return list(dict.fromkeys(line.split("\t")[0] for line in table.splitlines()))


def document(table):
    return HEAD + "".join(CERTIFICATE.format(name="postgres-" + role.replace("_", "-"), role=role)
                          for role in [*roles(table), "bourse"])


if __name__ == "__main__":
    sys.stdout.write(document(sys.stdin.read()))
