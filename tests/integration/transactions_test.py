"""Every posting of an account is there for its owner: in pages, summed up, and as a file."""
import csv
import io
import re
from decimal import Decimal

import pytest

from scratch import Scratch
from venue import NOBODY, wait_until

MANY = 10_000


@pytest.fixture(scope="module")
def client(venue):
    """Somebody who was given money, bought and sold, and paid some out again."""
    market = venue.market(taker_fee_bps=25)
    seller = venue.trader("seller", **{market.asset: 100})
    client = venue.trader("client", EUR="1000.50")
    client.market, client.seller = market, seller
    seller.order(market, "sell", 20, "10").ok(201)
    client.bought = client.order(market, "buy", 20, "10").ok(201)
    wait_until(lambda: client.balance(market.asset) == (20, 0), 10, "it has what it bought")
    seller.order(market, "buy", 5, "11").ok(201)
    client.order(market, "sell", 5, "11").ok(201)
    wait_until(lambda: client.balance(market.asset) == (15, 0), 10, "it has sold")
    venue.admin().post(f"admin/accounts/{client.account_id}/withdrawals",
                       {"asset": "EUR", "amount": "0.50", "notes": "=HYPERLINK(\"evil\"), \"he said\""}).ok(201)
    wait_until(lambda: len(client.items("transactions")) == 6, 10, "all of it is booked")
    return client


def rows_of(answer):
    """The rows of a CSV answer by column, and the bytes of it as they are."""
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].startswith("text/csv"), answer.headers
    assert answer.text.endswith("\r\n") and "\n" not in answer.text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_each_posting_shows_the_balance_behind_it(client):
    lines = client.items("transactions", sort="occurred_at")
    assert [(line["kind"], line["asset"]) for line in lines] == [
        ("deposit", "EUR"), ("trade", client.market.asset), ("trade", "EUR"),
        ("trade", client.market.asset), ("trade", "EUR"), ("withdrawal", "EUR")]
    running = {}
    for line in lines:
        running[line["asset"]] = running.get(line["asset"], 0) + Decimal(line["amount"])
        assert Decimal(line["balance"]) == running[line["asset"]], line
    assert running == {"EUR": sum(client.balance("EUR")), client.market.asset: 15}
    assert running["EUR"] == Decimal("1000.50") - Decimal("200.50") + Decimal("54.86") - Decimal("0.50")
    assert lines[1]["instrument"] == client.market.symbol
    assert lines[1]["reference_id"] == client.bought["id"]
    assert client.items("transactions") == lines[::-1]


def test_transactions_are_found_by_asset_kind_and_time(client):
    lines = client.items("transactions")
    of = lambda **query: client.items("transactions", **query)
    assert of(asset="EUR") == [line for line in lines if line["asset"] == "EUR"]
    assert of(kind="deposit") == [line for line in lines if line["kind"] == "deposit"]
    assert of(kind="trade", asset=client.market.asset) == [
        line for line in lines if line["kind"] == "trade" and line["asset"] != "EUR"]
    middle = lines[2]["occurred_at"]
    assert of(**{"from": middle}) == [line for line in lines if line["occurred_at"] >= middle]
    assert of(to=middle) == [line for line in lines if line["occurred_at"] < middle]
    assert of(asset="NONE") == []
    client.get("transactions", kind="gift").refused(422, "VALIDATION_FAILED")
    client.get("transactions", cursor="nonsense!").refused(422, "VALIDATION_FAILED")


def test_a_page_ends_where_the_next_begins_even_within_one_event(client):
    lines = client.items("transactions")
    for limit in (1, 2, 5):
        assert client.items("transactions", limit=limit) == lines
        assert client.items("transactions", limit=limit, sort="occurred_at") == lines[::-1]


def test_one_transaction_has_an_address(client):
    for line in client.items("transactions"):
        assert client.get(f"transactions/{line['id']}").ok() == line
    client.get("transactions/0-999999999-0").refused(404, "NOT_FOUND")
    client.get("transactions/first").refused(422, "VALIDATION_FAILED")


def test_the_summary_leads_from_the_opening_to_the_closing_balance(client):
    lines = client.items("transactions", sort="occurred_at")
    since, until = lines[1]["occurred_at"], lines[-1]["occurred_at"]
    for query in ({}, {"from": since}, {"to": until}, {"from": since, "to": until}):
        summary = client.get("transactions/summary", **query).ok()
        meant = [line for line in lines if line["occurred_at"] >= query.get("from", "")
                 and line["occurred_at"] < query.get("to", "9")]
        for held in summary["assets"]:
            mine = [line for line in meant if line["asset"] == held["asset"]]
            moved = sum(Decimal(kind["net"]) for kind in held["movements"])
            assert Decimal(held["opening"]) + moved == Decimal(held["closing"]), summary
            assert moved == sum(Decimal(line["amount"]) for line in mine)
            assert sum(kind["count"] for kind in held["movements"]) == len(mine)
    assert {kind["kind"]: kind["net"] for kind in summary["assets"][0]["movements"]}


def test_the_export_has_every_line_as_the_list_has_it(client):
    rows = rows_of(client.get("transactions/export"))
    lines = client.items("transactions")
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    for row, line in zip(rows, lines):
        for column in ("occurred_at", "kind", "asset", "amount", "balance"):
            assert row[column] == line[column]
        assert row["reference_id"] == line["reference_id"]
    answer = client.get("transactions/export", asset="EUR", kind="trade", sort="occurred_at")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    assert [row["amount"] for row in rows_of(answer)] == ["-200.50", "54.86"]
    assert rows_of(client.get("transactions/export", asset="NONE")) == []


def test_no_cell_of_an_export_is_a_formula(client):
    answer = client.get("transactions/export", kind="withdrawal")
    row, = rows_of(answer)
    assert row["notes"] == "'=HYPERLINK(\"evil\"), \"he said\""
    assert row["amount"] == "-0.50", "a number stays one"


@pytest.mark.parametrize("text, cell", [
    ("plain", "plain"), ("", ""), ("a,b", '"a,b"'), ('a "b"', '"a ""b"""'), ("a\nb", '"a\nb"'),
    ("=1+1", "\"'=1+1\""), ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@sum", "\"'@sum\""),
    ("\t=1", "\"'\t=1\""), ("\r=1", "\"'\r=1\""), ("a=1", "a=1")])
def test_a_text_becomes_a_cell(venue, text, cell):
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace(
        "\r", "\\r").replace("\t", "\\t")
    assert venue.sql(f"SELECT bourse.csv(E'{escaped}') AS cell") == [[cell]]


def test_nobody_sees_anothers_transactions(client, user):
    assert user.items("transactions") == []
    assert rows_of(user.get("transactions/export")) == []
    assert user.get("transactions/summary").ok()["assets"] == []
    line = client.items("transactions")[0]
    user.get(f"transactions/{line['id']}").refused(404, "NOT_FOUND")
    theirs = {line["id"] for line in client.seller.items("transactions")}
    assert theirs and not theirs & {line["id"] for line in client.items("transactions")}


def test_ten_thousand_lines_are_read_page_by_page_without_a_gap(venue):
    scratch = Scratch(venue)
    try:
        scratch.sql(f"""
            INSERT INTO accounts.balances
            SELECT '{NOBODY}', asset, 1, 0, 1, now() FROM (VALUES ('EUR'), ('CEA')) AS held (asset);
            INSERT INTO accounts.transactions
            SELECT 0, n / 3, n % 3, 'account', '{NOBODY}', CASE n % 2 WHEN 0 THEN 'EUR' ELSE 'CEA' END,
                   1, n, 'trade', '{NOBODY}', timestamptz '2026-01-01' + n / 7 * interval '1 second'
            FROM generate_series(0, {MANY - 1}) AS n""")
        for sort in ("occurred_at", "-occurred_at"):
            found, cursor = [], None
            while True:
                page = scratch.rows("accounts/transactions.sql", caller_account_id=NOBODY, sort=sort,
                                    limit=501, cursor=cursor)
                found += [item["balance"] for item, _ in page[:500]]
                if len(page) < 501:
                    break
                cursor = page[499][1]
            expected = [f"{n}.00" for n in range(MANY)]
            assert found == (expected if sort == "occurred_at" else expected[::-1])
    finally:
        scratch.drop()
