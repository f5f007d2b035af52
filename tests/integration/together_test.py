"""Many who read at the same time: a gateway asks for several of them at once, and each gets its own answer."""
import base64
import random
from concurrent.futures import ThreadPoolExecutor

import metrics
from gateways import free_port, gateway_beside
from venue import Trader

READERS, ORDERS, READS = 16, 8, 60
GARBAGE = base64.urlsafe_b64encode(b"no cursor").decode() # which only the database finds out


def reader(venue, market):
    trader = venue.trader("of many readers", EUR=1000)
    return trader, [trader.order(market, "buy", 1, str(1 + n)).ok(201)["id"] for n in range(ORDERS)]


def test_each_of_many_readers_gets_its_own_answer(venue, market, tmp_path):
    port = free_port()
    with gateway_beside(venue, tmp_path, BOURSE_LIMIT_READ="off", BOURSE_METRICS_PORT=port) as gateway:
        owners = [reader(venue, market) for _ in range(READERS)]

        def read(number):
            draw = random.Random(number)
            trader, own = owners[number]
            here = Trader(gateway.venue, trader.token, trader.user)
            events = f"accounts/{trader.account_id}/events"
            for _ in range(READS):
                one, others = draw.choice(own), draw.choice(owners[number - 1][1])
                assert here.get(f"orders/{one}").ok()["id"] == one
                here.get(f"orders/{others}").refused(404, "NOT_FOUND")
                assert {row["id"] for row in here.get("orders").ok()["items"]} == set(own)
                assert here.get("auth/me").ok()["id"] == trader.user["id"]
                here.request("GET", f"{events}?cursor={GARBAGE}").refused(
                    422, "VALIDATION_FAILED")
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(read, range(READERS)))
        together = metrics.counted(
            port, 'bourse_database_operation_seconds_count{operation="batch"}')
    assert together > READERS
