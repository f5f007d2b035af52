"""A purchase that crosses a market maker's offer settles both sides to the unit."""
from decimal import Decimal

from venue import wait_until


def test_a_crossing_purchase_settles_both_sides_to_the_unit(venue, admin, market):
    maker = venue.maker("seller", **{market.asset: 100})
    offer = venue.offer(maker, market, 100, "12.50").ok(201)
    buyer = venue.trader("buyer", EUR="1000.00")

    bought = buyer.order(market, "buy", 40, "13.00").ok(201)

    assert bought["status"] == "filled"
    assert Decimal(bought["average_fill_price"]) == Decimal("12.50")
    assert [(Decimal(fill["price"]), Decimal(fill["quantity"])) for fill in bought["fills"]] == [
        (Decimal("12.50"), 40)]
    assert buyer.balance("EUR") == (Decimal("500.00"), 0)
    assert buyer.balance(market.asset) == (40, 0)
    venue.wait_for_balance(maker["id"], market.asset, 0, 60)
    balances = admin.get(f"admin/market-makers/{maker['id']}/balances").ok()
    assert Decimal(balances["proceeds"]["EUR"]) == Decimal("500.00")
    assert "EUR" not in admin.get(f"admin/market-makers/{maker['id']}").ok()["balances"]
    sold = lambda: admin.get(f"admin/market-orders/{offer['id']}").ok()
    wait_until(lambda: sold()["status"] == "partially_filled", 10, "the offer is partly filled")
    assert Decimal(sold()["filled_quantity"]) == 40


def test_a_position_shows_what_was_bought_at_its_average_cost(venue, market):
    seller = venue.trader("seller", **{market.asset: 30})
    buyer = venue.trader("buyer", EUR=1000)
    for quantity, price in ((10, "10"), (20, "13")):
        seller.order(market, "sell", quantity, price).ok(201)
        buyer.order(market, "buy", quantity, price).ok(201)
    portfolio = buyer.get("portfolio").ok()
    position, = [found for found in portfolio["positions"] if found["instrument"] == market.symbol]
    assert (Decimal(position["quantity"]), Decimal(position["average_cost"])) == (30, 12)


def test_one_order_sweeps_many_and_pays_each_its_own_price(venue, market):
    sellers = [venue.trader(f"seller {number}", **{market.asset: 10}) for number in range(3)]
    for seller, price in zip(sellers, ("10.00", "10.01", "10.02")):
        seller.order(market, "sell", 10, price).ok(201)
    buyer = venue.trader("buyer", EUR=1000)
    bought = buyer.order(market, "buy", 25, "11").ok(201)
    assert [Decimal(fill["price"]) for fill in bought["fills"]] == [
        Decimal("10.00"), Decimal("10.01"), Decimal("10.02")]
    assert buyer.balance("EUR") == (1000 - Decimal("250.20"), 0)
    for seller, money, left in zip(sellers, ("100.00", "100.10", "50.10"), (0, 0, 5)):
        venue.wait_for_balance(seller.account_id, "EUR", money, 0)
        venue.wait_for_balance(seller.account_id, market.asset, 0, left)


def test_proceeds_are_paid_out_and_never_more_than_there_are(venue, admin, market):
    maker = venue.maker("paid", **{market.asset: 10})
    venue.offer(maker, market, 10, "7.77").ok(201)
    venue.trader("buyer", EUR=100).order(market, "buy", 10, "8").ok(201)
    path = f"admin/market-makers/{maker['id']}"
    venue.wait_for_balance(maker["id"], market.asset, 0, 0)
    admin.post(f"{path}/payouts", {"asset": "EUR", "amount": "77.71"}).refused(
        409, "INSUFFICIENT_BALANCE")
    paid = admin.post(f"{path}/payouts", {"asset": "EUR", "amount": "77.00"}).ok(201)
    assert (Decimal(paid["balance_before"]), Decimal(paid["balance_after"])) == (
        Decimal("77.70"), Decimal("0.70"))
    assert Decimal(admin.get(f"{path}/balances").ok()["proceeds"]["EUR"]) == Decimal("0.70")


def test_the_transactions_of_every_event_sum_to_zero_in_every_asset(venue):
    assert venue.sql("SELECT count(*) FROM accounts.transactions")[0][0] > 0
    assert venue.sql("SELECT partition, event_offset, asset, sum(amount) FROM accounts.transactions"
                     " GROUP BY partition, event_offset, asset HAVING sum(amount) <> 0") == []


def test_what_clients_hold_is_what_came_in_less_what_went_out(venue):
    came = "SELECT asset, sum(amount) AS amount FROM (" \
           " SELECT asset, CASE type WHEN 'deposit' THEN amount ELSE -amount END AS amount" \
           " FROM accounts.asset_transactions" \
           " UNION ALL SELECT asset, amount FROM accounts.transactions" \
           " WHERE book = 'account' AND kind = 'settlement') AS moves GROUP BY asset"
    held = "SELECT asset, sum(amount) AS amount FROM (" \
           " SELECT asset, total AS amount FROM accounts.balances" \
           " UNION ALL SELECT asset, amount FROM accounts.market_maker_proceeds" \
           " UNION ALL SELECT asset, amount FROM accounts.ledger_shards" \
           " WHERE book IN ('house', 'clearing')) AS parts GROUP BY asset"
    differing = f"SELECT * FROM ({came}) AS came FULL JOIN ({held}) AS held USING (asset)" \
                " WHERE coalesce(came.amount, 0) <> coalesce(held.amount, 0)"
    wait_until(lambda: venue.sql(differing) == [], 10, "every asset's sum is what came in")
