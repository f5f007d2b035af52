"""An amount that cannot be is refused and changes nothing."""
import pytest

LARGEST = "46116860184"  # 2^62 units of 10^-8, rounded down to a whole


def book(admin, maker, kind, amount, asset="CEA"):
    return admin.post(f"admin/market-makers/{maker['id']}/transactions",
                      {"asset": asset, "type": kind, "amount": amount})


@pytest.fixture(scope="module")
def maker(venue):
    return venue.maker("validated", CEA="100")


@pytest.mark.parametrize("amount", ["0", "-1", "0.5", "1.00000001", 0, -3, 1.5])
@pytest.mark.parametrize("kind", ["deposit", "withdrawal"])
def test_amounts_that_are_no_positive_whole_number_of_certificates_are_refused(
        venue, admin, maker, kind, amount):
    refused = book(admin, maker, kind, amount).refused(422, "VALIDATION_FAILED")
    assert refused["errors"][0]["field"] == "amount"
    assert venue.balance(maker["id"], "CEA") == (100, 0)


@pytest.mark.parametrize("amount", ["", "ten", "1,5", "0x10", "NaN", "Infinity", "1.123456789",
                                    " 1", True, None, [], {}])
def test_what_is_no_decimal_is_refused(venue, admin, maker, amount):
    refused = book(admin, maker, "deposit", amount).refused(422, "VALIDATION_FAILED")
    assert refused["errors"][0]["field"] == "amount"
    assert venue.balance(maker["id"], "CEA") == (100, 0)


def test_a_number_of_more_digits_than_are_exact_is_refused(admin, maker):
    body = '{"asset": "CEA", "type": "deposit", "amount": 1234567890123456}'
    path = f"admin/market-makers/{maker['id']}/transactions"
    admin.post(path, body).refused(422, "VALIDATION_FAILED")


def test_more_than_can_be_counted_is_refused(venue, admin):
    maker = venue.maker("huge")
    book(admin, maker, "deposit", LARGEST).ok(201)
    book(admin, maker, "deposit", "1").refused(422, "AMOUNT_RANGE")
    book(admin, maker, "deposit", "50000000000").refused(422, "AMOUNT_RANGE")
    assert venue.balance(maker["id"], "CEA") == (int(LARGEST), 0)


def test_a_withdrawal_of_all_there_is_succeeds_and_of_one_more_fails(venue, admin):
    maker = venue.maker("emptied", CEA="100")
    book(admin, maker, "withdrawal", "101").refused(409, "INSUFFICIENT_BALANCE")
    assert venue.balance(maker["id"], "CEA") == (100, 0)
    book(admin, maker, "withdrawal", "100").ok(201)
    assert venue.balance(maker["id"], "CEA") == (0, 0)


def test_what_is_on_sale_cannot_be_withdrawn(venue, admin, market):
    maker = venue.maker("selling", **{market.asset: 100})
    venue.offer(maker, market, 60, "5").ok(201)
    book(admin, maker, "withdrawal", 41, market.asset).refused(409, "INSUFFICIENT_BALANCE")
    book(admin, maker, "withdrawal", 40, market.asset).ok(201)
    assert venue.balance(maker["id"], market.asset) == (0, 60)


@pytest.mark.parametrize("amount, exact", [("0.01", True), (10.25, True), ("0.001", False)])
def test_money_has_two_decimals(venue, admin, amount, exact):
    account = venue.trader().account_id
    answer = admin.post(f"admin/accounts/{account}/deposits", {"asset": "EUR", "amount": amount})
    if exact:
        answer.ok(201)
    else:
        answer.refused(422, "VALIDATION_FAILED")


def test_an_operator_cannot_withdraw_more_than_a_client_has(venue, admin):
    trader = venue.trader(EUR="20.00")
    path = f"admin/accounts/{trader.account_id}/withdrawals"
    admin.post(path, {"asset": "EUR", "amount": "20.01"}).refused(409, "INSUFFICIENT_BALANCE")
    admin.post(path, {"asset": "EUR", "amount": "5.01"}).ok(201)
    assert str(venue.balance(trader.account_id, "EUR")[0]) == "14.99"
