"""What became of a command can be asked, also of one that nobody has seen, and only by its sender."""
import uuid

from venue import unique, wait_until


def fresh_id():
    random = uuid.uuid4().hex
    return str(uuid.UUID(random[:12] + "8" + random[13:]))


def sent_by(venue, user_id):
    """The id of the newest command of a user."""
    sql = f"SELECT command_id FROM orders.events WHERE actor_id = '{user_id}'" \
          " ORDER BY occurred_at DESC LIMIT 1"
    return wait_until(lambda: venue.sql(sql), 10, "the command is in the journal")[0][0]


def test_a_command_is_shown_to_its_sender_and_to_staff_alone(venue, market, admin):
    sender, other = venue.trader(EUR=100), venue.trader()
    order = sender.order(market, "buy", 1, "5").ok(201)
    path = f"commands/{sent_by(venue, sender.get('auth/me').ok()['id'])}"
    seen = sender.get(path).ok()
    assert seen["status"] == "succeeded" and order["id"] in str(seen["result"])
    assert admin.get(path).ok() == seen
    other.get(path).refused(404, "NOT_FOUND")


def test_what_nobody_has_seen_is_pending_until_it_can_no_longer_happen(user):
    path = f"commands/{fresh_id()}"
    first = user.get(path)
    assert first.ok()["status"] == "pending" and 30 <= int(first.headers["Retry-After"]) <= 40
    wait_until(lambda: user.get(path).ok()["status"] == "not_executed", 60, "it is given up",
               pause=1)


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
