"""What is asked of the venue behind every run of clients: their history against the log, the log
against itself, the projections against both."""
import collections
from decimal import Decimal

import avro
import topics
from faults import WITHOUT_DATABASE
from history import PUT_IN
from history_check import check


def read_log(stack, history):
    """What the valid events of the log say, by a fold of our own."""
    registry = avro.Registry(stack)
    found = {service: stack.events(service, registry) for service in topics.SERVICES}
    return {
        "valid": {service: valid for service, (valid, _) in found.items()},
        "void": {service: void for service, (_, void) in found.items()},
        "entered": orders_of(history, found["orders"][0], "OrderEntered"),
        "refused": orders_of(history, found["orders"][0], "OrderRefused"),
        "authorized": {event["order"]["id"]: (record.partition, record.offset)
                       for record, event in found["accounts"][0]
                       if event["type"] == "OrderAuthorized"},
        "balances": balances_of(found["accounts"][0]),
    }


def balances_of(valid):
    """By account: its partition, the offsets of the events that moved what it has, and what it then
    has of everything: asset -> (available, locked)."""
    ledger = {}
    for record, event in valid:
        behind = [*event.get("balances", []), *filter(None, [event.get("balance")])]
        for account in {one["account_id"] for one in behind}:
            _, offsets, states = ledger.setdefault(account, (record.partition, [], []))
            held = dict(states[-1]) if states else {}
            for one in behind:
                if one["account_id"] == account:
                    held[one["asset"]] = tuple(Decimal(one[part]) / 10**8
                                               for part in ("available_e8", "locked_e8"))
            offsets.append(record.offset)
            states.append({asset: parts for asset, parts in held.items() if parts != (0, 0)})
    return ledger


def orders_of(history, valid, kind):
    """The ids of the orders in this history's markets in events of a kind, each as often as it is."""
    symbols = {market.symbol for market in history.markets}
    return [event["order"]["id"] for _, event in valid
            if event["type"] == kind and event["order"]["instrument"] in symbols]


def assets_of(history):
    return ["EUR", *(market.asset for market in history.markets)]


def accounts_of(history):
    """By asset: what was put into the clients' accounts together, and what is in there."""
    return {asset: (PUT_IN * len(history.clients),
                    sum(sum(client.trader.balance(asset)) for client in history.clients))
            for asset in assets_of(history)}


def assert_history_holds(history, log, rounds=()):
    """Nothing that was acknowledged is lost, nothing is there twice, everything is known, and at every
    read the accounts held together what was put in: reads of all of it, during each of these rounds."""
    anomalies = [anomaly for client in history.clients for anomaly in client.anomalies]
    anomalies += history.totals.findings
    holdings = [one for client in history.clients for one in client.shown_holdings]
    findings = check(history.operations, log, accounts_of(history), anomalies,
                     history.totals.shown + holdings)
    print(f"the totals were read {len(history.totals.shown)} times in one statement, the database was"
          f" away {history.totals.away} times; what a client has {len(holdings)} times through gateways")
    assert findings == [], f"seed {history.seed}: " + "\n".join(findings[:20])
    assert holdings and history.totals.shown, "nobody read the totals: vacuous"
    assert [one.name for one in rounds
            if one.totals_read == 0 and one.name not in WITHOUT_DATABASE] == [], "not read meanwhile"


def assert_each_command_answered_once(stack, log):
    for service in topics.SERVICES:
        commands = {(record.partition, record.offset)
                    for record in topics.read(stack, f"bourse.{service}.commands")}
        answered = collections.Counter(
            (run["partition"], offset)
            for _, event in log["valid"][service] for run in event["meta"]["cause"]
            if run["topic"] == f"bourse.{service}.commands"
            for offset in range(run["first_offset"], run["last_offset"] + 1))
        assert [place for place, count in answered.items() if count > 1] == [], service
        if service == "audit":  # whose signers go on by the clock
            newest = max((offset for _, offset in answered), default=-1)
            commands = {place for place in commands if place[1] <= newest}
        assert set(answered) == commands, service


def assert_projections_say_what_the_log_says(stack, history, log):
    symbols = ", ".join(f"'{market.symbol}'" for market in history.markets)
    projected = stack.sql(f"SELECT id FROM orders.orders WHERE instrument IN ({symbols})")
    assert sorted(row[0] for row in projected) == sorted(log["entered"] + log["refused"])
    sums = collections.defaultdict(int)
    for _, event in log["valid"]["accounts"]:
        for posting in event.get("postings", []):
            sums[posting["book"], posting["account_id"], posting["asset"]] += posting["amount_e8"]
    for client in history.clients:
        for asset in assets_of(history):
            book = Decimal(sums["account", client.trader.account_id, asset]) / 10**8
            assert sum(client.trader.balance(asset)) == book
    assert stack.sql("SELECT asset, sum(amount) FROM accounts.transactions GROUP BY asset"
                     " HAVING sum(amount) <> 0") == []


def lost_and_doubled(operations, log):
    """Of orders that were acknowledged: how many are not in the log, and how many more than once."""
    entered = collections.Counter(log["entered"])
    ids = [one.id for one in operations if one.kind == "order" and one.outcome == "ok"]
    return (sum(entered[order_id] == 0 for order_id in ids),
            sum(entered[order_id] > 1 for order_id in ids))


def table_row(name, times, operations, log, recovered_s):
    """A line of README.md's table "Measured"."""
    lost, doubled = lost_and_doubled(operations, log)
    unanswered = sum(one.completed is None for one in operations)
    return (f"| {name} | {times} | {len(operations)} | {lost} | {doubled} | {unanswered}"
            f" | {recovered_s:.1f} s |")
