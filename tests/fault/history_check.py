"""Judges a history against the raw log and the projections: what was said is what is so.

In the manner of Jepsen's queue (what was acknowledged is there exactly once, what was refused is
not) and bank (what the accounts hold together never changes). Shares nothing with the services.
"""
import bisect
import collections
import dataclasses
from decimal import Decimal


@dataclasses.dataclass
class Shown:
    """What somebody was shown of accounts at once, at some moment between two times."""
    by: str
    began: float
    ended: float
    positions: dict  # by partition of the ledger: the first offset that need not be in it
    exact: bool  # and nothing is in it from there on
    balances: dict  # account -> asset -> (available, locked, total)


def check(operations, log, accounts, anomalies=(), shown=()):
    """Sentences on what does not hold; empty: all does.

    `log`: what the valid events say, as the functions below want it; `accounts`: by asset what was
    put in and what is there; `anomalies`: what the clients themselves found strange; `shown`: what
    was read meanwhile.
    """
    findings = list(anomalies)
    findings += check_shown(shown, log["balances"])
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


def check_totals(parts, uneven, put_in):
    """One read of the whole ledger. `parts`: (asset, where, amount), which make up zero, of which
    `external` is what came in; `uneven`: (partition, asset, amount) of lines that do not."""
    sums, external = collections.Counter(), collections.Counter()
    for asset, part, amount in parts:
        sums[asset] += Decimal(amount)
        if part == "external":
            external[asset] += Decimal(amount)
        if part in ("account", "proceeds") and Decimal(amount) < 0:
            yield f"below zero: {part} has {amount} {asset}"
    for asset, amount in sums.items():
        if amount != 0:
            yield f"not conserved: the parts of {asset} make up {amount}: {parts}"
    for asset, amount in put_in.items():
        if -external[asset] != amount:
            yield f"not conserved: {-external[asset]} {asset} came in, and {amount} was put in"
    for partition, asset, amount in uneven:
        yield f"not balanced: the lines of {asset} in partition {partition} make up {amount}"


def check_shown(shown, ledger):
    """Each read has what the log had at its positions, all of an account at once. `ledger`: account
    -> (partition, offsets, what it had behind each of them), in their order."""
    for one in shown:
        for account, balances in one.balances.items():
            for asset, (available, locked, total) in balances.items():
                if min(available, locked) < 0 or available + locked != total:
                    yield (f"not balanced: {one.by} showed {available} and {locked} of {asset} as"
                           f" {total}, of {account}")
            partition, offsets, states = ledger[account]
            place = bisect.bisect_left(offsets, one.positions[partition])
            possible = [states[place - 1] if place > 0 else {}]
            possible += [] if one.exact else states[place:]
            if held_in(balances) not in possible:
                yield (f"not so: {one.by} showed {held_in(balances)} of {account} at"
                       f" {partition}/{one.positions[partition]}, where it had {possible[0]}")


def held_in(balances):
    """What there is: asset -> (available, locked), without what is nothing."""
    return {asset: (available, locked) for asset, (available, locked, _) in balances.items()
            if (available, locked) != (0, 0)}
