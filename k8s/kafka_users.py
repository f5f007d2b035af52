#!/usr/bin/python3
"""Writes k8s/platform/kafka-users.yaml from the table of who may do what, as `bourse access` prints it:

    build/debug/services/cli/bourse access | k8s/kafka_users.py >k8s/platform/kafka-users.yaml
"""
import sys

HEAD = """\
# Whom the brokers know, and what each may do: made by k8s/kafka_users.py from the table in
# libs/service/access.c, which a test compares it with. `cli` is above rules (kafka.yaml, superUsers):
# it makes topics, backs up and restores.
"""
USER = """\
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: {name}
  labels: {{ strimzi.io/cluster: bourse }}
spec:
  authentication: {{ type: tls }}
"""
RULES = """\
  authorization:
    type: simple
    acls:
"""
RULE = """\
      - resource: {{ type: {kind}, name: {name}, patternType: {pattern} }}
        operations: [{operations}]
"""


def users(table):
    """{principal: {(kind, pattern, name): [right]}} of the lines of the table, in its order."""
    found = {}
    for line in table.splitlines():
        principal, right, kind, pattern, name = line.split("\t")
        found.setdefault(principal, {}).setdefault((kind, pattern, name), []).append(right)
    return found


def document(table):
    text = HEAD
    for principal, rules in users(table).items():
        text += USER.format(name=principal) + RULES
        for (kind, pattern, name), rights in rules.items():
            text += RULE.format(kind=kind, name=name, pattern=pattern, operations=", ".join(rights))
    return text + USER.format(name="cli")


if __name__ == "__main__":
    sys.stdout.write(document(sys.stdin.read()))
