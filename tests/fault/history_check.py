"""Judges a history against the raw log and the projections: what was said is what is so.

In the manner of Jepsen's queue (what was acknowledged is there exactly once, what was refused is
not) and bank (what the accounts hold together never changes). Shares nothing with the services.
"""
import collections


def check(operations, log, accounts, anomalies=()):
    """Sentences on what does not hold; empty: all does.

    `log`: what the valid events say, as the functions below want it; `accounts`: by asset what was
    put in and what is there; `anomalies`: what the clients themselves found strange.
    """
    findings = list(anomalies)
    findings += check_known(operations)
    findings += check_orders(operations, log["entered"])
    findings += check_order_of_events(operations, log["authorized"])
    findings += check_bank(accounts)
    return findings


def check_known(operations):
    for one in operations:
        if one.completed is None:
            yield f"nobody knows what became of {one}"


def check_orders(operations, entered):
    """`entered`: the id of each order in the events of the book, as often as it is there."""
    counts = collections.Counter(entered)
    acknowledged = {one.id for one in operations if one.kind == "order" and one.outcome == "ok"}
    for order_id in acknowledged:
        if counts[order_id] == 0:
            yield f"lost: order {order_id} was acknowledged and is not in the log"
    for order_id, count in counts.items():
        if count > 1:
            yield f"doubled: order {order_id} is in the log {count} times"
        if order_id not in acknowledged:
            yield f"unasked: order {order_id} is in the log, but was refused or never sent"
    sent = [one.id for one in operations if one.kind == "order" and one.outcome == "ok"]
    for order_id, count in collections.Counter(sent).items():
        if count > 1:
            yield f"confused: {count} orders were acknowledged as {order_id}"


def check_order_of_events(operations, authorized):
    """What a client sent after the answer to another order stands behind it in the log.
    `authorized`: order id -> (partition, offset)."""
    by_client = collections.defaultdict(list)
    for one in operations:
        if one.kind == "order" and one.outcome == "ok" and one.id in authorized:
            by_client[one.client].append(one)
    for done in by_client.values():
        yield from overtaken(done, authorized)


def overtaken(done, authorized):
    """`done`: the orders of one client."""
    answered = sorted(done, key=lambda one: one.completed)
    last, number = None, 0  # the order answered by then that stands furthest behind
    for one in sorted(done, key=lambda one: one.invoked):
        while number < len(answered) and answered[number].completed < one.invoked:
            if last is None or authorized[last.id] < authorized[answered[number].id]:
                last = answered[number]
            number += 1
        if last is not None and authorized[last.id] >= authorized[one.id]:
            yield f"overtaken: {one.id} stands before {last.id}, which was answered before it was sent"


def check_bank(accounts):
    for asset, (put_in, found) in accounts.items():
        if put_in != found:
            yield f"the accounts hold {found} {asset} together, but {put_in} was put in"
