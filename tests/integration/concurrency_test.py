"""Many at once: ticket numbers stay unique and gapless, sums stay exact."""
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from venue import number_of


@pytest.mark.disruptive
@pytest.mark.parametrize("count, workers", [(10, 10), (1000, 64)])
def test_simultaneous_deposits_have_unique_gapless_tickets_and_exact_sums(venue, admin, count,
                                                                         workers):
    maker = venue.maker("crowded")
    start = threading.Barrier(workers)
    path = f"admin/market-makers/{maker['id']}/transactions"

    def deposit(number):
        if number < workers:
            start.wait(60)
        body = {"asset": "CEA", "type": "deposit", "amount": str(number + 1)}
        return admin.post(path, body).ok(201)

    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(deposit, range(count)))
    total = count * (count + 1) // 2
    numbers = sorted(number_of(entry["ticket_id"])[1] for entry in done)
    assert numbers == list(range(numbers[0], numbers[0] + count))
    assert len({entry["id"] for entry in done}) == count
    assert venue.balance(maker["id"], "CEA") == (total, 0)
    check_chain(done, total)
    history = admin.items(path, limit=500)
    assert sum(Decimal(entry["amount"]) for entry in history) == total


def check_chain(done, total):
    """Each balance before is another's balance after: one happened behind the other."""
    after = {Decimal(entry["balance_before"]): entry for entry in done}
    balance = Decimal(0)
    for _ in done:
        entry = after.pop(balance)
        assert Decimal(entry["balance_after"]) == balance + Decimal(entry["amount"])
        balance = Decimal(entry["balance_after"])
    assert balance == total


def test_deposits_and_withdrawals_at_once_never_overdraw(venue, admin):
    maker = venue.maker("rushed", CEA=50)
    path = f"admin/market-makers/{maker['id']}/transactions"

    def withdraw(_):
        return admin.post(path, {"asset": "CEA", "type": "withdrawal", "amount": 10}).status

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(withdraw, range(20)))
    assert sorted(statuses) == [201] * 5 + [409] * 15
    assert venue.balance(maker["id"], "CEA") == (0, 0)


def test_orders_at_once_never_lock_more_than_there_is(venue, market):
    trader = venue.trader("eager", EUR=100)

    def buy(_):
        return trader.order(market, "buy", 1, "10").status

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(buy, range(20)))
    assert sorted(statuses) == [201] * 10 + [409] * 10
    assert trader.balance("EUR") == (0, 100)
