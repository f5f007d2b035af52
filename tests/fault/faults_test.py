"""Every fault under load, then the history against the log: nothing lost, doubled or unanswered."""
import collections
import dataclasses
import os
import random
import time
from decimal import Decimal

import pytest

import avro
import topics
from faults import schedule
from history import PUT_IN, History
from history_check import check
from read_model import assert_same, assert_tickets_gapless, rows, wait_until_at_rest
from venue import REPO

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))
TABLE = REPO / "build/fault-table.md"


@dataclasses.dataclass
class Round:
    name: str
    injected: float
    healed: float
    recovered: float
    in_flight: list


@pytest.fixture(scope="module")
def run(stack):
    """Clients act while one fault follows another; gives the history and its rounds."""
    dice = random.Random(SEED)
    history, rounds = History(stack, SEED), []
    with history:
        history.wait_for_all(time.monotonic())
        for name, fault in schedule(dice, FULL):
            print(f"seed {SEED}: {name}", flush=True)
            rounds.append(suffer(stack, history, name, fault, dice))
    stack.mend()
    history.resolve()
    wait_until_at_rest(stack)
    return history, rounds


def suffer(stack, history, name, fault, dice):
    injected = time.monotonic()
    fault(stack, dice)
    healed = time.monotonic()
    recovered = history.wait_for_all(healed)
    touched = [one for one in history.operations if one.invoked < healed and
               (one.completed is None or one.completed > injected)]
    return Round(name, injected, healed, recovered, touched)


@pytest.fixture(scope="module")
def log(stack, run):
    """What the valid events of the log say, by a fold of our own."""
    registry = avro.Registry(stack)
    found = {service: stack.events(service, registry) for service in topics.SERVICES}
    return {
        "valid": {service: valid for service, (valid, _) in found.items()},
        "void": {service: void for service, (_, void) in found.items()},
        "entered": orders_of(run[0], found["orders"][0], "OrderEntered"),
        "refused": orders_of(run[0], found["orders"][0], "OrderRefused"),
        "authorized": {event["order"]["id"]: (record.partition, record.offset)
                       for record, event in found["accounts"][0]
                       if event["type"] == "OrderAuthorized"},
    }


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


def test_the_history_agrees_with_the_log(run, log):
    history, _ = run
    anomalies = [anomaly for client in history.clients for anomaly in client.anomalies]
    findings = check(history.operations, log, accounts_of(history), anomalies)
    assert findings == [], f"seed {SEED}: " + "\n".join(findings[:20])
    kinds = collections.Counter((one.kind, one.outcome) for one in history.operations)
    assert kinds["order", "ok"] > 100 and kinds["cancel", "ok"] > 10 and history.reads > 100, kinds


def test_every_command_has_exactly_one_valid_event(stack, log):
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


def test_zombies_left_records_and_none_of_them_counts(log):
    assert sum(len(void) for void in log["void"].values()) >= 1, "no record of a zombie: vacuous"


def test_the_projections_say_what_the_log_says(stack, run, log):
    history, _ = run
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


def test_tickets_are_without_gaps(stack, run):
    assert_tickets_gapless(stack)


@pytest.mark.skipif(not FULL, reason="takes long: infra/test --full")
def test_the_projections_equal_a_replay(stack, run):
    before = rows(stack)
    for service in topics.SERVICES:
        stack.bourse("projection", "rebuild", service)
        stack.process("restart", f"{service}-projector")
    assert_same(before, rows(stack))


def test_the_table_says_zero(run, log):
    """Writes the table of README.md, as measured."""
    history, rounds = run
    table = tabulate(rounds, collections.Counter(log["entered"]))
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(table)
    print(table)
    for line in table.splitlines()[2:]:
        assert [cell.strip() for cell in line.split("|")[4:7]] == ["0", "0", "0"], line


def tabulate(rounds, entered):
    lines = ["| fault | times | commands in flight | lost | doubled | unanswered | recovered after |",
             "|---|---|---|---|---|---|---|"]
    by_name = collections.defaultdict(list)
    for one in rounds:
        by_name[one.name].append(one)
    for name, these in sorted(by_name.items()):
        orders = [one for round_ in these for one in round_.in_flight]
        acknowledged = [one.id for one in orders if one.kind == "order" and one.outcome == "ok"]
        lines.append(" | ".join((
            f"| {name}", str(len(these)), str(len(orders)),
            str(sum(entered[order_id] == 0 for order_id in acknowledged)),
            str(sum(entered[order_id] > 1 for order_id in acknowledged)),
            str(sum(one.completed is None for one in orders)),
            f"{max(one.recovered - one.healed for one in these):.1f} s |")))
    return "\n".join(lines) + "\n"
