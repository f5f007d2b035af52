"""Tests of protocol.md that need a place and a moment of their own, on real parts."""
import collections
import os
import re
import subprocess
import time

import pytest

import avro
import segments
import topics
from history import CUT_OFF
from read_model import wait_until_at_rest
from stack import hash_of_market, one_in_each_partition
from venue import unique, wait_until

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
RACES = 50 if FULL else 10
VALID_SECONDS = 30  # of a command, as gateways send them


@pytest.fixture(scope="module")
def registry(stack):
    return avro.Registry(stack)


@pytest.fixture(scope="module")
def market(stack):
    return stack.market()


@pytest.fixture(scope="module")
def trader(stack):
    return stack.trader("of the protocol", EUR=1000)


@pytest.fixture(scope="module")
def old(stack, trader, market):
    """An order of the beginning of this module, and when it was sent."""
    return trader.order(market, "buy", 1, "1", key=unique("old")).ok(201), time.monotonic()


@pytest.fixture(autouse=True)
def whole(stack):
    yield
    stack.mend()


def tool(stack, name, *arguments):
    program = f"{stack.settings['BOURSE_BUILD_DIR']}/tests/fault/fault_{name}"
    broker = f"127.0.0.1:{stack.settings['BOURSE_KAFKA_PORT']}"
    identity = str(stack.identity("operator") or "")
    return subprocess.run([program, broker, identity, *map(str, arguments)], text=True, timeout=300,
                          capture_output=True, check=False)


def test_of_two_that_claim_at_once_one_owns_the_partition(stack, old):
    instances = ("settings", "settings-2")
    stack.process("stop", *instances)
    done = tool(stack, "claim_race", 0, RACES)
    stack.start(*instances)
    assert done.returncode == 0, done
    claims = [record for record in topics.read(stack, "bourse.settings.events")
              if record.partition == 0]
    epochs = [event["meta"]["epoch"] for event in map(avro.Registry(stack).decode,
                                                      (record.value for record in claims))
              if event["type"] == "WriterClaimed"]
    lost = len(epochs) - len(set(epochs))
    assert sorted(set(epochs)) == list(range(1, max(epochs) + 1))
    assert lost >= 1, "no claim came second: the race was none"


def test_a_client_of_a_gateway_that_died_is_answered_by_the_other(stack, trader, market, registry):
    stack.kill("gateway")
    stack.start("gateway", crash_at="before_reply:1", wait=False)
    wait_until(lambda: is_ready(stack), 60, "the gateway is ready")
    key = unique("orphan")
    with pytest.raises(CUT_OFF):
        trader.order(market, "buy", 1, "2", key=key)
    stack.wait_until_dead("gateway")
    again = stack.through(1, trader).order(market, "buy", 1, "2", key=key)
    order = again.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    stack.start("gateway")
    assert [one["id"] for one in trader.items("orders")].count(order["id"]) == 1
    assert entered(stack, registry, order["id"]) == 1


def is_ready(stack):
    try:
        return stack.public.get("/health/ready").status == 200
    except CUT_OFF:
        return False


def entered(stack, registry, order_id):
    """How many valid events say that an order came to the book."""
    valid, _ = stack.events("orders", registry)
    return sum(event["type"] == "OrderEntered" and event["order"]["id"] == order_id
               for _, event in valid)


def test_a_copy_of_a_command_changes_nothing(stack, trader, market, registry):
    order = trader.order(market, "buy", 1, "3").ok(201)
    before = trader.balance("EUR")
    answer = copy_of_its_command(stack, registry, order["id"])
    if answer["type"] == "CommandRejected":
        assert answer["code"] == "COMMAND_EXPIRED"  # by a machine that took its time
    else:
        assert answer["type"] == "CommandRepeated"
    assert trader.balance("EUR") == before and entered(stack, registry, order["id"]) == 1


def test_a_copy_of_a_command_that_was_forgotten_has_expired(stack, trader, market, registry, old):
    order, sent = old
    # What is forgotten is forgotten by log time, which only an event moves on.
    wait_until(lambda: time.monotonic() > sent + VALID_SECONDS + 1, 60, "the command is old")
    trader.order(market, "buy", 1, "4").ok(201)
    before = trader.balance("EUR")
    answer = copy_of_its_command(stack, registry, order["id"])
    assert (answer["type"], answer["code"]) == ("CommandRejected", "COMMAND_EXPIRED")
    assert trader.balance("EUR") == before and entered(stack, registry, order["id"]) == 1


def test_a_copy_is_not_the_outcome_of_its_command(stack, trader, market):
    for name in ("orders", "orders-2"):
        stack.freeze(name)
    pending = trader.order(market, "buy", 1, "3")
    assert pending.status == 202, pending
    path = pending.headers["Location"]
    sql = f"SELECT cause FROM accounts.events WHERE command_id = '{path.rpartition('/')[2]}'"
    answers_to_a_copy(stack, wait_until(lambda: stack.sql(sql), 30, "it is authorized")[0][0])
    assert trader.get(path).ok()["status"] == "pending"
    stack.mend()
    wait_until(lambda: trader.get(path).ok()["status"] == "succeeded", 60, "the order is entered")


def copy_of_its_command(stack, registry, order_id):
    """Appends the command that placed an order once more; gives the event that answers the copy."""
    sql = "SELECT a.cause FROM accounts.events a JOIN orders.events o USING (command_id)" \
          f" WHERE a.type = 'OrderAuthorized' AND o.result->>'id' = '{order_id}'"
    cause = wait_until(lambda: stack.sql(sql), 30, "its command is in the journal")[0][0]
    answered = answers_to_a_copy(stack, cause)
    found = [event for record, event in stack.events("accounts", registry)[0]
             if [record.partition, record.offset] in answered]
    assert len(found) == 1
    return found[0]


def answers_to_a_copy(stack, cause):
    """Appends the command at `cause` once more; gives where the copy is answered."""
    topic = "bourse.accounts.commands"
    partition, offset = map(int, cause.split("/")[1:])
    done = tool(stack, "log_copy", topic, partition, offset)
    assert done.returncode == 0, done
    copy = topics.ends(stack)[topic, partition] - 1
    cause = f"{cause.rpartition('/')[0]}/{copy}"
    return wait_until(lambda: stack.sql("SELECT partition, event_offset FROM accounts.events"
                                        f" WHERE cause = '{cause}'"), 60, "the copy is answered")


# --- positions


def test_a_write_that_names_positions_waits_for_no_table(stack):
    """Only for its gateway to have read the events: no projector that is away keeps anybody from
    trading."""
    trader, market = stack.trader("names positions", EUR=100), stack.market()
    stack.freeze("desk-projector")
    try:
        before = topics.ends(stack)
        asked = trader.post("support/tickets", {"category": "funding", "subject": "My deposit",
                                                "text": "Where is it?"})
        assert asked.status == 202, asked  # decided, and in no table
        named = " ".join(f"desk/{partition}:{end - 1}"
                         for (topic, partition), end in topics.ends(stack).items()
                         if topic == "bourse.desk.events" and end > before[topic, partition])
        assert named
        for door in (0, 1):
            stack.through(door, trader).order(market, "buy", 1, "5",
                                              headers={"X-Position": named}).ok(201)
    finally:
        stack.thaw("desk-projector")


# --- a log that was cut short

HALTS = ("ERR_LOG", "ERR_CONFIG")


def test_a_log_that_was_cut_short_stops_everyone_who_reads_it(stack, trader, tmp_path):
    market = one_in_each_partition(stack.market, hash_of_market, 1)[0]
    partition = (hash_of_market(market) & 0x7fffffff) % 3
    for _ in range(5):
        trader.order(market, "buy", 1, "1").ok(201)
    wait_until_at_rest(stack)
    orders = len(trader.items("orders", limit=500))
    readers = [name for name in stack.names() if reads_orders(stack, name, partition)]
    folder = segments.folder_of(stack, "bourse.orders.events", partition)

    stack.kill("kafka")
    segments.keep(folder, tmp_path / "kept")
    end = segments.cut(folder, 3)
    sizes = {name: stack.log_size(name) for name in readers}
    stack.start("kafka")
    try:
        for name in readers:
            assert_halts(stack, name, sizes[name], partition)
        for name in readers:  # nothing resets itself: they stop again
            size = stack.log_size(name)
            stack.start(name, wait=False)
            assert_halts(stack, name, size, partition)
        ends = topics.ends(stack)["bourse.orders.events", partition]
        assert ends == end, "somebody wrote to a log that is not whole"
    finally:
        stack.kill("kafka")
        segments.put_back(folder, tmp_path / "kept")
        stack.start("kafka")
        stack.mend()
    trader.order(market, "buy", 1, "1").ok(201)
    assert len(trader.items("orders", limit=500)) == orders + 1


def test_who_took_over_a_cut_log_without_the_database_ends_once_that_is_back(stack, trader, tmp_path):
    """As after a power loss: the brokers are up again before the database is."""
    market = one_in_each_partition(stack.market, hash_of_market, 1)[0]
    partition = (hash_of_market(market) & 0x7fffffff) % 3
    writers = ("orders", "orders-2")
    for _ in range(5):
        trader.order(market, "buy", 1, "1").ok(201)
    wait_until_at_rest(stack)
    orders = len(trader.items("orders", limit=500))
    readers = {name for name in stack.names() if reads_orders(stack, name, partition)}
    folder = segments.folder_of(stack, "bourse.orders.events", partition)

    stack.kill(*readers.union(writers), "kafka", "postgres")
    segments.keep(folder, tmp_path / "kept")
    segments.cut(folder, 3)
    sizes = {name: stack.log_size(name) for name in writers}
    stack.start("kafka")
    try:
        stack.start(*writers, wait=False)
        owner = wait_until(lambda: taken_over(stack, partition, sizes), 120, "somebody has taken over")
        stack.start("postgres")
        stack.wait_until_dead(owner, 60)
        said = [line["problem"] for line in stack.logged(owner, sizes[owner])
                if line["event"] == "partition.failed" and line["partition"] == partition]
        assert len(said) == 1 and re.match(
            rf"bourse\.orders\.events/{partition} (has the offsets before \d+, but its projection has read|"
            r"at offset \d+: another record stands where the projection has read one)", said[0]), said
    finally:
        stack.kill("kafka", *(name for name in writers if stack.pid(name)))
        segments.put_back(folder, tmp_path / "kept")
        stack.start("kafka")
        stack.mend()
    trader.order(market, "buy", 1, "1").ok(201)
    assert len(trader.items("orders", limit=500)) == orders + 1


def taken_over(stack, partition, sizes):
    """Who has the partition since its log was so long; None: nobody yet."""
    for name, size in sizes.items():
        if any(line["event"] == "partition.owned" and line["partition"] == partition
               for line in stack.logged(name, size)):
            return name
    return None


def reads_orders(stack, name, partition):
    """Whether a process reads that partition of the orders' events."""
    if name in ("orders", "orders-2"):
        return name == stack.owner("orders", partition)
    if name in ("accounts", "accounts-2", "audit", "audit-2"):
        return stack.owned(name) > 0
    return name in ("gateway", "gateway-2", "orders-projector")


def assert_halts(stack, name, since, partition):
    """It ends, and says that the log is not the one it knows, and where."""
    stack.wait_until_dead(name, 60)
    said = [line.get("problem") or line.get("reason") or "" for line in stack.logged(name, since)]
    assert any(re.search(rf"bourse\.orders\.events/{partition}\b", line) for line in said), \
        f"{name}: {said}"
