"""Every code of these endpoints, each met once in the plainest way; those that need a stage of
their own stand in the test of what they are about."""
import pytest

from venue import NOBODY, PASSWORD, unique

FORM = "application/x-www-form-urlencoded"


class Stage:
    """Who and what the requests of the table are about."""

    def __init__(self, venue):
        self.venue = venue
        self.public = venue.public
        self.market = venue.market(price_band_percent="10")
        self.maker = venue.maker("of the codes", password=PASSWORD, **{self.market.asset: 1000})
        self.trader = venue.trader("of the codes", EUR=1000)
        self.pending = venue.register("pending")
        self.once = unique("once")

    @property
    def admin(self):
        return self.venue.admin()

    def order(self, quantity=1, price="10", side="buy", **terms):
        return self.trader.order(self.market, side, quantity, price, **terms)

    def book(self, kind, asset, amount):
        return self.admin.post(f"admin/market-makers/{self.maker['id']}/transactions",
                               {"asset": asset, "type": kind, "amount": amount})

    def offer(self, **terms):
        body = {"market_maker_id": self.maker["id"], "instrument": self.market.symbol,
                "quantity": 1, "price": "10", **terms}
        return self.admin.post("admin/market-orders", body)

    def traded(self):
        """Makes sure that something rests at 10 and that something was traded there."""
        self.offer(quantity=10).ok(201)
        self.order().ok(201)

    def twice(self, *orders):
        for order in orders[:-1]:
            order()
        return orders[-1]()

    def register(self, **change):
        return self.public.post("auth/register", {
            "email": f"{unique('code')}@example.com", "password": PASSWORD, "full_name": "C.",
            **change})


@pytest.fixture(scope="module")
def stage(venue):
    stage = Stage(venue)
    stage.traded()
    return stage


CODES = [
    ("VALIDATION_FAILED", 422, lambda s: s.order(side="sideways")),
    ("MALFORMED_JSON", 400, lambda s: s.trader.post("orders", "{")),
    ("UNSUPPORTED_MEDIA_TYPE", 415, lambda s: s.trader.post(
        "orders", "<order/>", headers={"Content-Type": "application/xml"})),
    ("BODY_TOO_LARGE", 413, lambda s: s.trader.post("orders", " " * 70_000 + "{}")),
    ("NOT_FOUND", 404, lambda s: s.trader.get(f"orders/{NOBODY}")),
    ("NOT_FOUND", 404, lambda s: s.admin.get(f"admin/market-makers/{NOBODY}/transactions")),
    ("NOT_FOUND", 404, lambda s: s.public.get("market/NO-EUR/trades")),
    ("NOT_FOUND", 404, lambda s: s.public.get("no/such/address")),
    ("METHOD_NOT_ALLOWED", 405, lambda s: s.public.delete("market/cash")),
    ("UNAUTHENTICATED", 401, lambda s: s.public.get("portfolio")),
    ("INVALID_CREDENTIALS", 401, lambda s: s.venue.login(f"{unique('nobody')}@example.com", PASSWORD)),
    ("FORBIDDEN", 403, lambda s: s.trader.get("admin/assets")),
    ("EMAIL_TAKEN", 409, lambda s: s.register(email=s.trader.user["email"])),
    ("WEAK_PASSWORD", 422, lambda s: s.register(password="password123")),
    ("IDEMPOTENCY_KEY_REUSED", 422, lambda s: s.twice(lambda: s.order(price="1", key=s.once),
                                                      lambda: s.order(price="2", key=s.once))),
    ("VERSION_CONFLICT", 412, lambda s: s.admin.put(
        f"admin/accounts/{s.trader.account_id}", {"status": "active"},
        headers={"If-Match": '"another"'})),
    ("ASSET_NOT_SUPPORTED", 422, lambda s: s.book("deposit", "EUR", 1)),
    ("MARKET_MAKER_SELL_ONLY", 422, lambda s: s.offer(side="buy")),
    ("INSUFFICIENT_BALANCE", 409, lambda s: s.book("withdrawal", s.market.asset, 5000)),
    ("INSUFFICIENT_FUNDS", 409, lambda s: s.order(quantity=1000)),
    ("ACCOUNT_NOT_ACTIVE", 409, lambda s: s.pending.order(s.market, "buy", 1, "10")),
    ("INSTRUMENT_UNKNOWN", 422, lambda s: s.offer(instrument="NO-EUR")),
    ("TICK_SIZE", 422, lambda s: s.order(price="10.001")),
    ("LOT_SIZE", 422, lambda s: s.order(quantity="1.5")),
    ("QUANTITY_RANGE", 422, lambda s: s.venue.trader(EUR=11000000).order(
        s.market, "buy", 1000001, "10")),
    ("PRICE_BAND", 409, lambda s: s.order(price="8.99")),
    ("POST_ONLY_WOULD_TRADE", 409, lambda s: s.order(post_only=True)),
    ("FOK_NOT_FILLABLE", 409, lambda s: s.order(quantity=50, time_in_force="fok")),
    ("DUPLICATE_CLIENT_ORDER_ID", 409, lambda s: s.twice(
        lambda: s.order(client_order_id=s.once), lambda: s.order(client_order_id=s.once))),
    ("AMOUNT_RANGE", 422, lambda s: s.order(quantity="90000000000", price="90000000000")),
    ("AMOUNT_RANGE", 422, lambda s: s.book("deposit", s.market.asset, "92233720369")),
    ("AMOUNT_RANGE", 422, lambda s: s.order(price="1" + "0" * 30)),
    ("COMMAND_EXPIRED", 409, lambda s: s.order(valid_until="2026-01-01T00:00:00Z")),
    ("MALFORMED_REQUEST", 400, lambda s: s.public.post(
        "auth/login", "username=%4", headers={"Content-Type": FORM})),
]


@pytest.mark.parametrize("code, status, request_of", CODES,
                         ids=[f"{number}-{row[0]}" for number, row in enumerate(CODES)])
def test_the_code_is_told_as_a_problem(stage, code, status, request_of):
    problem = request_of(stage).refused(status, code)
    assert problem["type"] and problem["instance"].startswith("/") and problem["request_id"]


def test_what_was_wrong_is_told_by_field(user):
    body = {"instrument": "CEA-EUR", "side": "up", "type": "limit", "quantity": [], "extra": 1}
    problem = user.post("orders", body).refused(422, "VALIDATION_FAILED")
    assert {"side", "quantity", "extra"} <= {error["field"] for error in problem["errors"]}
    assert all(error["code"] and error["message"] for error in problem["errors"])


def test_an_unknown_parameter_or_cursor_is_refused(user):
    user.get("orders", limit="many").refused(422, "VALIDATION_FAILED")
    user.get("orders", limit=501).refused(422, "VALIDATION_FAILED")
    user.get("orders", cursor="no cursor of ours").refused(422, "VALIDATION_FAILED")
    user.get("orders/not-an-id").refused(422, "VALIDATION_FAILED")
