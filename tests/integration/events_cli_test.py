"""`bourse events`: the past in one order, one command's story, and forms for other tools."""
import csv
import io
import json

import pytest
from venue import wait_until


@pytest.fixture(scope="module")
def traded(venue):
    """(order, command id) of a purchase that everybody has followed."""
    market = venue.market()
    maker = venue.maker("replayed", **{market.asset: 10})
    venue.offer(maker, market, 10, "12.50").ok(201)
    order = venue.trader("replayed", EUR=1000).order(market, "buy", 4, "12.50").ok(201)
    entered = lines(venue.bourse("events", "tail", "orders", "--key", market.symbol, "--type", "OrderEntered").stdout)[-1]
    assert entered["order"]["id"] == order["id"]
    command = entered["meta"]["command_id"]
    wait_until(lambda: "FillsSettled" in types(story(venue, command)), 60, "the ledger has settled it")
    return market, order, command


def story(venue, command, *options):
    """What came of a command, as its ticket names it."""
    return lines(venue.bourse("events", "replay", "--command", command, *options).stdout)


def lines(printed):
    return [json.loads(line) for line in printed.splitlines()]


def types(events):
    return [event["type"].split(".")[-1] for event in events]


def test_the_story_of_an_order_is_told_from_the_hold_to_the_settlement(venue, traded):
    _, order, command = traded
    events = story(venue, command)
    assert types(events)[:2] == ["OrderAuthorized", "OrderEntered"] and set(types(events)[2:]) == {"FillsSettled"}
    assert events[1]["order"]["id"] == order["id"]


def test_a_replay_is_the_same_each_time_and_ends_where_it_is_told_to(venue, traded):
    _, order, _ = traded
    until = ("--to", order["updated_at"])
    once, again = (venue.bourse("events", "replay", *until).stdout for _ in range(2))
    assert once == again and once
    assert all(event["meta"]["occurred_at"] < order["updated_at"] for event in lines(once))
    shown = {(event["topic"], event["partition"]): 0 for event in lines(once)}
    for event in lines(once):
        assert event["offset"] >= shown[event["topic"], event["partition"]]
        shown[event["topic"], event["partition"]] = event["offset"] + 1


def test_types_and_keys_narrow_what_is_printed(venue, traded):
    market, _, _ = traded
    printed = lines(venue.bourse("events", "tail", "orders", "--key", market.symbol, "--type", "OrderEntered").stdout)
    assert [event["order"]["side"] for event in printed] == ["sell", "buy"]
    first = printed[0]
    place = ("--partition", str(first["partition"]), "--from", str(first["offset"]))
    assert lines(venue.bourse("events", "tail", "bourse.orders.events", *place, "-n", "1").stdout) == [first]
    assert lines(venue.bourse("events", "replay", "orders", *place, "--to", str(first["offset"] + 1)).stdout) == [first]


def test_csv_has_a_column_for_each_field_of_one_type(venue, traded):
    market, order, _ = traded
    printed = venue.bourse("events", "replay", "orders", "--csv", "--type", "OrderEntered", "--key", market.symbol).stdout
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [json.loads(row["order"])["side"] for row in rows] == ["sell", "buy"]
    assert json.loads(rows[1]["fills"])[0]["quantity"] == "4.00" and rows[1]["last_price"] == "12.50"
    assert json.loads(rows[1]["order"])["id"] == order["id"] and rows[1]["key"] == market.symbol


def test_cloudevents_have_their_attributes(venue, traded):
    _, order, command = traded
    event, = (event for event in story(venue, command, "--cloudevents", "--type", "OrderEntered"))
    assert event["specversion"] == "1.0" and event["type"] == "bourse.orders.OrderEntered"
    assert event["source"].startswith("/bourse/orders/") and event["datacontenttype"] == "application/json"
    assert event["causationid"] == command and event["id"] == event["data"]["meta"]["event_id"]
    assert event["time"] == event["data"]["meta"]["occurred_at"] and event["data"]["order"]["id"] == order["id"]


def test_what_cannot_be_asked_is_said_in_a_line(venue):
    for options, said in ((("tail",), "one topic"), (("tail", "nothing"), "no topic"),
                          (("replay", "--type", "Nothing"), "no event"), (("replay", "--from", "noon"), "--from takes"),
                          (("replay", "--from", "3"), "one topic"), (("replay", "--follow"), "follows"),
                          (("replay", "--command", "3"), "id of a command")):
        done = venue.bourse("events", *options, check=False)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1, done
    for command in ("tail", "replay"):
        helped = venue.bourse("events", command, "--help").stdout
        assert "--from" in helped and len(helped.splitlines()) < 40
