#!/usr/bin/python3
"""Real commands that their writer sets aside, as if each had ended its process three times.

As a program: sets an order of somebody's aside, and something that cannot be read; prints whose it was,
and what that is in base64.
"""
import base64
import os
import signal
import struct
from concurrent.futures import ThreadPoolExecutor

import topics
from venue import Venue, unique

ATTEMPTS_MAX = 3  # libs/service/attempts.h


def poisoned(venue, service, key, send):
    """What `send` is answered, whose command goes to the partition of `service` with that key, of
    which the journal has seen events."""
    partition = venue.sql(f"SELECT partition FROM {service}.events WHERE key = '{key}' LIMIT 1")[0][0]
    offset = topics.ends(venue)[f"bourse.{service}.commands", partition]
    writer = int(venue.process("pid", service).stdout)
    notes = venue.run_dir / f"state/{service}/{service}-{partition}.attempts"
    with ThreadPoolExecutor(1) as elsewhere:
        os.kill(writer, signal.SIGSTOP)
        try:
            answer = elsewhere.submit(send)
            # The page as three deaths over the command would have left it.
            notes.write_bytes(struct.pack("=qq", offset + 1, ATTEMPTS_MAX))
        finally:
            os.kill(writer, signal.SIGCONT)
        return answer.result()


def main():
    venue, said = Venue(), unique("no command").encode()
    topics.produce(venue, "bourse.orders.commands", b"garbage", [said])
    market, trader = venue.market(), venue.trader("set aside", EUR=100)
    order = lambda: trader.order(market, "buy", 1, "5")
    poisoned(venue, "accounts", trader.account_id, order).refused(500, "COMMAND_POISON")
    print(trader.user["email"], base64.b64encode(said).decode())


if __name__ == "__main__":
    main()
