"""Commands that the broker deleted before they were read stop their partition, until an operator says
that they are lost."""
import json

import pytest

import avro
import topics
from venue import wait_until

pytestmark = pytest.mark.disruptive
TOPIC = "bourse.accounts.commands"
REASON = "the broker's disk was full for a week"


def delete_before(venue, tmp_path, partition, offset):
    """Deletes the commands before an offset, as retention would."""
    path = tmp_path / "offsets.json"
    path.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": TOPIC, "partition": partition, "offset": offset}]}))
    topics.run_tool(venue, "DeleteRecordsCommand", "--offset-json-file", str(path))


def is_down(venue):
    return venue.process("pid", "accounts", check=False).returncode != 0


def test_lost_commands_stop_the_partition_until_an_operator_gives_them_up(venue, admin, tmp_path):
    before = topics.ends(venue)
    venue.process("stop", "accounts")
    topics.produce(venue, TOPIC, b"lost", [b"first", b"second", b"third"])
    after = topics.ends(venue)
    partition, = [number for name, number in after
                  if name == TOPIC and after[name, number] > before[name, number]]
    place, first = f"accounts/{partition}", before[TOPIC, partition]
    delete_before(venue, tmp_path, partition, first + 2)

    venue.process("start", "--no-wait", "accounts", check=False)
    wait_until(lambda: is_down(venue), 60, "accounts does not go on without them")
    log = venue.process("log", "accounts").stdout.strip()
    assert "bourse commands lost" in open(log).read()

    looked = venue.bourse("commands", "lost", place, check=False)
    assert looked.returncode != 0 and f"from {first} to {first + 1}" in looked.stdout
    assert venue.bourse("commands", "lost", place, "--yes", check=False).returncode != 0
    venue.bourse("commands", "lost", place, "--yes", "--reason", REASON)
    venue.process("start", "accounts")

    registry = avro.Registry(venue)

    def decided():
        events = [event for _, event in topics.valid_events(
            topics.read(venue, "bourse.accounts.events"), registry.decode)
            if event["meta"]["partition"] == partition]
        kinds = [(event["type"], run["first_offset"], run["last_offset"])
                 for event in events for run in event["meta"]["cause"]
                 if run["topic"] == TOPIC and run["first_offset"] >= first]
        return kinds if len(kinds) >= 3 else None

    kinds = wait_until(decided, 60, "the three inputs are decided")
    assert kinds[:3] == [("CommandsLost", first, first + 1), ("CommandRejected", first + 2, first + 2),
                         ("CommandRepeated", first + 3, first + 3)]
    ticket = wait_until(lambda: admin.get("admin/logging/tickets", action="ReportCommandsLost").ok()[
        "items"], 10, "there is a ticket")[0]
    assert ticket["outcome"] == "success"
    whole = admin.get(f"admin/logging/tickets/{ticket['ticket_id']}").ok()
    assert whole["request"]["reason"] == REASON
    assert venue.bourse("commands", "lost", place, check=False).returncode != 0
    assert venue.trader("after the loss", EUR=10).balance("EUR") == (10, 0)
