"""What became of a command can be asked, also of one that nobody has seen, and only by its sender."""
import datetime
import time
import uuid

import pytest

from poison import poisoned
from venue import unique, wait_until


def fresh_id(valid_for):
    """An id as a gateway makes it for a command (services/gateway/command_id.h, base/uuid.h)."""
    random = uuid.uuid4().hex
    second = f"{int(time.time() + valid_for):08x}"
    return str(uuid.UUID(f"{random[:8]}{second[:4]}8{second[4:7]}"
                         f"{0x80 | int(second[7], 16) << 2:02x}{random[18:]}"))


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat()


def sent_by(venue, user_id):
    """The id of the newest command of a user."""
    sql = f"SELECT command_id FROM orders.events WHERE actor_id = '{user_id}'" \
          " ORDER BY occurred_at DESC LIMIT 1"
    return wait_until(lambda: venue.sql(sql), 10, "the command is in the journal")[0][0]


def test_a_command_is_shown_to_its_sender_and_to_staff_alone(venue, market, admin):
    sender, other = venue.trader(EUR=100), venue.trader()
    order = sender.order(market, "buy", 1, "5").ok(201)
    path = f"commands/{sent_by(venue, sender.get('auth/me').ok()['id'])}"
    seen = wait_until(lambda: (found := sender.get(path).ok())["ticket_id"] and found, 10, "it has its ticket")
    assert seen["status"] == "succeeded" and order["id"] in str(seen["result"])
    assert admin.get(path).ok() == seen
    other.get(path).refused(404, "NOT_FOUND")


def test_what_nobody_has_seen_is_pending_until_it_can_no_longer_happen(user):
    path = f"commands/{fresh_id(valid_for=5)}"
    first = user.get(path)
    assert first.ok()["status"] == "pending" and 1 <= int(first.headers["Retry-After"]) <= 6
    wait_until(lambda: user.get(path).ok()["status"] == "not_executed", 60, "it is given up")


def test_what_nobody_has_seen_and_is_over_was_not_executed(user):
    answer = user.get(f"commands/{fresh_id(valid_for=-1)}").ok()
    assert answer["status"] == "not_executed"


def test_an_id_that_no_command_can_have_is_not_found(user):
    user.get(f"commands/{fresh_id(valid_for=25 * 3600)}").refused(404, "NOT_FOUND")


def test_an_order_is_placed_until_its_own_end_and_not_later(venue, market):
    trader = venue.trader(EUR=100)
    trader.order(market, "buy", 1, "5", valid_until=in_seconds(3600)).ok(201)
    trader.order(market, "buy", 1, "5", valid_until=in_seconds(-1)).refused(409, "COMMAND_EXPIRED")
    too_long = trader.order(market, "buy", 1, "5", valid_until=in_seconds(25 * 3600))
    assert too_long.refused(422, "VALIDATION_FAILED")["errors"][0]["field"] == "valid_until"
    assert trader.balance("EUR") == (95, 5)


def test_what_its_sender_has_seen_elsewhere_is_not_overtaken(venue, market):
    trader = venue.trader(EUR=100)
    seen = trader.order(market, "buy", 1, "5").headers["X-Position"]
    ahead = " ".join(part.rpartition(":")[0] + ":999999999" for part in seen.split(" "))
    refused = trader.order(market, "buy", 1, "5", headers={"X-Position": ahead})
    refused.refused(503, "OVERLOADED")
    assert int(refused.headers["Retry-After"]) > 0
    assert trader.balance("EUR") == (95, 5)


@pytest.mark.disruptive
def test_a_command_that_ended_its_process_three_times_is_set_aside(venue, market):
    trader = venue.trader(EUR=100)
    order = lambda: trader.order(market, "buy", 1, "5")
    poisoned(venue, "accounts", trader.account_id, order).refused(500, "COMMAND_POISON")
    trader.order(market, "buy", 1, "5").ok(201)
    assert trader.balance("EUR") == (95, 5)


def test_a_repeated_refusal_is_told_as_the_first_was(venue, market):
    trader = venue.trader(EUR=1)
    key = unique("refused")
    first = trader.order(market, "buy", 1, "5", key=key)
    again = trader.order(market, "buy", 1, "5", key=key)
    assert first.headers["Idempotent-Replayed"] is None
    assert again.headers["Idempotent-Replayed"] == "true"
    for answer in (first, again):
        answer.refused(409, "INSUFFICIENT_FUNDS")
        del answer.json["request_id"]
        answer.json.pop("instance", None)
    assert first.json == again.json
