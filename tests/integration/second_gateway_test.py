"""A second gateway beside the first: callers may use either, and its limits hold."""
import pytest

from gateways import gateway_beside
from venue import Session, Trader, unique, wait_until

LOGINS, WRITES, READS = 3, 20, 40
NEVER_SENT = "ffffffff-ffff-7fff-bfff-ffffffffffff" # of a time to come


@pytest.fixture(scope="module")
def other(venue, tmp_path_factory):
    """The same venue through a gateway of its own with low limits."""
    limits = {"BOURSE_LIMIT_LOGIN": f"{LOGINS}/60s", "BOURSE_LIMIT_WRITE": f"{2 * WRITES}/60s",
              "BOURSE_LIMIT_READ": f"{2 * READS}/60s", "BOURSE_GATEWAYS": 2}
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway"), **limits) as gateway:
        yield gateway.venue


@pytest.fixture
def trader(venue):
    return venue.trader("of two gateways", EUR=100)


def beside(trader, other):
    """The same caller at the other gateway."""
    return Trader(other, trader.token, trader.user)


def test_a_retry_through_another_gateway_meets_the_first(trader, other, market):
    key = unique("key")
    first = trader.order(market, "buy", 1, "5", key=key).ok(201)
    again = beside(trader, other).order(market, "buy", 1, "5", key=key)
    assert again.ok(201)["id"] == first["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert trader.balance("EUR") == (95, 5)


def test_a_position_from_one_gateway_is_waited_for_by_the_other(trader, other, market):
    elsewhere = beside(trader, other)
    for count in range(1, 6):
        placed = trader.order(market, "buy", 1, "5")
        placed.ok(201)
        seen = elsewhere.get("orders", headers={"X-Position": placed.headers["X-Position"]}).ok()
        assert len(seen["items"]) == count


def test_too_many_logins_are_refused_for_a_while(other):
    email = f"{unique('nobody')}@example.com"
    answers = [other.login(email, "no password of ours") for _ in range(LOGINS + 2)]
    assert {answer.status for answer in answers} <= {401, 429}
    answers[-1].refused(429, "RATE_LIMITED")
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("limit, ask", [
    (READS, lambda caller: caller.get("portfolio")),
    (WRITES, lambda caller: caller.post("orders", {"instrument": "NO-EUR", "side": "buy",
                                                   "type": "limit", "quantity": 1,
                                                   "limit_price": 1})),
    (WRITES, lambda caller: caller.get(f"commands/{NEVER_SENT}"))], # the log is asked, by commands
    ids=["reads", "writes", "questions about writes"])
def test_too_many_requests_of_one_caller_are_refused_and_those_of_others_not(venue, other, limit,
                                                                            ask):
    hasty, calm = (beside(venue.register(name), other) for name in ("hasty", "calm"))
    answers = [ask(hasty) for _ in range(limit * 2)]
    assert 429 not in [answer.status for answer in answers[:limit]]
    refused = next(answer for answer in answers if answer.status == 429)
    refused.refused(429, "RATE_LIMITED")
    assert refused.headers["Retry-After"] and refused.headers["RateLimit"]
    assert ask(calm).status != 429
    assert Session(venue, hasty.token).get("auth/me").status == 200
