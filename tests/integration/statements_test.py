"""Statements: what an account had and what moved, frozen, as figures, PDF and CSV, to the last unit."""
import collections
import csv
import io
import os
import random
import re
import subprocess
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

import avro
import topics
from venue import NOBODY, wait_until

E8 = Decimal(10 ** 8)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SAMPLE = 1_000 if os.environ.get("BOURSE_TEST_FULL") == "1" else 20  # accounts


def now():
    return datetime.now(timezone.utc).isoformat()


@pytest.fixture(scope="module")
def client(venue):
    """Somebody who was given money, bought, sold, and paid some out again."""
    market = venue.market(taker_fee_bps=25)
    seller = venue.trader("seller", **{market.asset: 100})
    client = venue.trader("client", EUR="1000.50")
    client.market = market
    seller.order(market, "sell", 20, "10").ok(201)
    client.order(market, "buy", 20, "10").ok(201)
    wait_until(lambda: client.balance(market.asset) == (20, 0), 10, "it has what it bought")
    seller.order(market, "buy", 5, "11").ok(201)
    client.order(market, "sell", 5, "11").ok(201)
    wait_until(lambda: client.balance(market.asset) == (15, 0), 10, "it has sold")
    return client


def issue(client, since="2020-01-01T00:00:00Z", until=None):
    """A statement of that time; where none is given of all until now."""
    return client.post("statements", {"from": since, "to": until or now()}).ok(201)


def download(client, statement, accept, status=200):
    connection = client.connection()
    connection.request("GET", f"/api/v1/statements/{statement['id']}/download",
                       headers={**client.credentials(), "Accept": accept})
    response = connection.getresponse()
    body = response.read()
    assert response.status == status, body
    return response, body


def rows_of(client, statement):
    response, body = download(client, statement, "text/csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def text_of(pdf):
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True,
                          check=True)
    return done.stdout.decode()


def assert_adds_up(statement):
    for held in statement["assets"]:
        moved = sum(Decimal(kind["net"]) for kind in held["movements"])
        assert Decimal(held["opening"]) + moved == Decimal(held["closing"]), held


def test_a_statement_leads_from_opening_to_closing(client):
    statement = issue(client)
    assert_adds_up(statement)
    assert (statement["kind"], statement["version"]) == ("on_demand", 1)
    held = {asset["asset"]: asset for asset in statement["assets"]}
    assert held["EUR"]["closing"] == held["EUR"]["total_when_issued"] == "854.86"
    assert held["EUR"]["opening"] == "0.00"
    assert held[client.market.asset]["closing"] == "15.00"
    assert {kind["kind"]: (kind["count"], kind["received"], kind["paid"])
            for kind in held["EUR"]["movements"]} == {
        "deposit": (1, "1000.50", "0.00"), "trade": (2, "54.86", "200.50")}
    assert client.get(f"statements/{statement['id']}").ok() == statement


def test_statements_of_times_that_meet_fit_together(client):
    lines = client.items("transactions", sort="occurred_at")
    middle = lines[len(lines) // 2]["occurred_at"]
    before, behind = issue(client, until=middle), issue(client, since=middle)
    opened = {asset["asset"]: asset["opening"] for asset in behind["assets"]}
    for asset in before["assets"]:
        assert asset["closing"] == opened[asset["asset"]]
    assert_adds_up(before)
    assert_adds_up(behind)


def test_a_statement_is_frozen_and_one_of_the_same_time_is_its_next_version(venue, client):
    since, until = "2021-01-01T00:00:00Z", now()
    first = issue(client, since, until)
    csv_before = rows_of(client, first)
    venue.fund(client.account_id, "EUR", "10")
    wait_until(lambda: client.items("transactions")[0]["amount"] == "10.00", 10, "it is booked")
    assert client.get(f"statements/{first['id']}").ok() == first
    assert rows_of(client, first) == csv_before
    second = issue(client, since, until)
    assert (first["version"], second["version"]) == (1, 2)
    figures = lambda statement: [{name: asset[name] for name in ("asset", "opening", "closing", "movements")}
                                 for asset in statement["assets"]]
    assert figures(second) == figures(first)
    total = {asset["asset"]: Decimal(asset["total_when_issued"]) for asset in second["assets"]}
    closing = {asset["asset"]: Decimal(asset["closing"]) for asset in second["assets"]}
    assert total["EUR"] == closing["EUR"] + 10, "what moved since its time leads to what there was"


def test_the_csv_has_every_line_between_opening_and_closing(client):
    statement = issue(client)
    rows = rows_of(client, statement)
    held = {asset["asset"]: asset for asset in statement["assets"]}
    for asset, figures in held.items():
        mine = [row for row in rows if row["asset"] == asset]
        edges = {row["kind"]: row["balance"] for row in mine if not row["id"]}
        assert edges == {"opening": figures["opening"], "closing": figures["closing"]}
        moved = sum(Decimal(row["amount"]) for row in mine if row["id"])
        assert Decimal(figures["opening"]) + moved == Decimal(figures["closing"])
    assert [row["id"] for row in rows if row["id"]] == [
        line["id"] for line in client.items("transactions", sort="occurred_at")]


def test_the_pdf_says_the_same_and_who_it_is_for(client):
    statement = issue(client)
    for accept in ("application/pdf", "*/*", "application/pdf, text/csv"):
        response, body = download(client, statement, accept)
        assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="statement.pdf"'
    text = text_of(body)
    assert "client of the tests" in text and client.account_id in text and "Page 1 of 1" in text
    for asset in statement["assets"]:
        found = re.search(rf"^ *{asset['asset']} +(\S+) +(\S+) +(\S+) +(\S+) *$", text, re.M)
        opening, received, paid, closing = (Decimal(cell) for cell in found.groups())
        assert opening + received - paid == closing == Decimal(asset["closing"])
    for line in client.items("transactions"):
        assert re.search(rf"{line['kind']} +{line['asset']} +{line['amount']} +{line['balance']}", text)


def test_a_statement_is_about_a_time_that_is_over(client):
    ahead = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    client.post("statements", {"from": "2026-01-01T00:00:00Z", "to": ahead}).refused(422, "VALIDATION_FAILED")
    client.post("statements", {"from": now(), "to": "2026-01-01T00:00:00Z"}).refused(422, "VALIDATION_FAILED")
    client.post("statements", {"from": "2026-01-01T00:00:00Z"}).refused(422, "VALIDATION_FAILED")
    client.post("statements", {"from": "soon", "to": now()}).refused(422, "VALIDATION_FAILED")


def test_nobody_sees_anothers_statements(venue, client):
    other = venue.trader("other")
    statement = issue(client)
    assert other.items("statements") == []
    other.get(f"statements/{statement['id']}").refused(404, "NOT_FOUND")
    for accept in ("text/csv", "application/pdf"):
        download(other, statement, accept, 404)
    client.get(f"statements/{NOBODY}").refused(404, "NOT_FOUND")
    empty = issue(other)
    assert empty["assets"] == [] and rows_of(other, empty) == []
    assert "other of the tests" in text_of(download(other, empty, "application/pdf")[1])


def test_statements_are_listed_page_by_page(venue):
    trader = venue.trader("trader", EUR=1)
    made = [issue(trader, f"2020-01-{day:02}T00:00:00Z")["id"] for day in range(1, 8)]
    for limit in (1, 3, 50):
        assert [one["id"] for one in trader.items("statements", limit=limit)] == made[::-1]
    assert [one["id"] for one in trader.items("statements", **{"from": "2020-01-07T00:00:00Z"})] == made[-1:]


def test_a_statement_of_somebody_forgotten_has_no_name(venue):
    person = venue.trader("person", EUR=5)
    statement = issue(person)
    assert "person of the tests" in text_of(download(person, statement, "application/pdf")[1])
    venue.admin().delete(f"admin/users/{person.user['id']}/personal-data").ok()
    source = f"SELECT full_name FROM settings.users WHERE id = '{person.user['id']}'"
    wait_until(lambda: venue.sql(source)[0][0] is None, 10, "the projection has forgotten")
    # Nobody may ask any more: what a gateway would show is what the query says.
    text = (topics.REPO / "services/accounts/queries/statement_document.sql").read_text()
    query = text.replace("$1", f"'{person.account_id}'").replace("$2", f"'{statement['id']}'").replace(
        "$3", "'100'").replace("$4::text", "NULL::text")
    lines = [item for item, _ in venue.sql(query)]
    assert ["pair", "Account", person.account_id] in lines
    assert not [line for line in lines if line[:2] == ["pair", "Holder"]]


def postings_of_the_log(venue):
    """{account: [(occurred_at, position, asset, amount_e8)]}, from the records of the log alone."""
    found = collections.defaultdict(list)
    records = topics.read(venue, "bourse.accounts.events")
    for record, event in topics.valid_events(records, avro.Registry(venue).decode):
        for posting in event.get("postings", ()):
            if posting["book"] == "account":
                found[posting["account_id"]].append((event["meta"]["occurred_at"], record.offset, posting["asset"],
                                                     posting["amount_e8"]))
    return found


def expected_figures(postings, since_us, until_us, before):
    """{asset: (opening_e8, closing_e8, received_e8, paid_e8)} by adding postings up, one by one."""
    figures = {}
    for at, offset, asset, amount in postings:
        opening, closing, received, paid = figures.get(asset, (0, 0, 0, 0))
        if offset < before and at < since_us:
            opening += amount
        if offset < before and at < until_us:
            closing += amount
        if offset < before and since_us <= at < until_us:
            received += max(amount, 0)
            paid += max(-amount, 0)
        figures[asset] = (opening, closing, received, paid)
    return figures


def test_the_sums_of_statements_are_those_of_the_log(venue):
    """Of many accounts that trade with each other, and of times that begin and end anywhere."""
    random.seed(SAMPLE)
    market = venue.market(taker_fee_bps=25, maker_fee_bps=7)
    traders = []
    for n in range(SAMPLE):
        traders.append(venue.trader(f"trader{n}", EUR=1000 + n, **{market.asset: 100}))
        traders[-1].close()  # a gateway has not as many connections as there are traders
    for _ in range(3 * SAMPLE):
        trader = random.choice(traders)
        trader.order(market, random.choice(("buy", "sell")), random.randint(1, 9),
                     f"{random.uniform(9, 11):.2f}")
        trader.close()
    statements = []
    for trader in traders:
        lines = trader.items("transactions", sort="occurred_at")
        edges = sorted(random.choice(lines)["occurred_at"] for _ in range(2))
        statements.append((trader, issue(trader, until=now())))
        if edges[0] < edges[1]:
            statements.append((trader, issue(trader, *edges)))
        trader.close()
    postings = postings_of_the_log(venue)
    for trader, statement in statements:
        since, until = (round((datetime.fromisoformat(statement[name].replace("Z", "+00:00")) - EPOCH)
                              / timedelta(microseconds=1)) for name in ("from", "to"))
        before = int(statement["position"].split("/")[2])
        expected = expected_figures(postings[trader.account_id], since, until, before)
        shown = {asset["asset"]: tuple(
            int(amount * E8) for amount in (
                Decimal(asset["opening"]), Decimal(asset["closing"]),
                sum(Decimal(kind["received"]) for kind in asset["movements"]),
                sum(Decimal(kind["paid"]) for kind in asset["movements"])))
                 for asset in statement["assets"]}
        assert shown == {asset: figures for asset, figures in expected.items() if asset in shown}
        assert all(figures == (0, 0, 0, 0) for asset, figures in expected.items() if asset not in shown)
        totals = {asset["asset"]: int(Decimal(asset["total_when_issued"]) * E8) for asset in statement["assets"]}
        for asset, total in totals.items():
            assert total == sum(amount for _, offset, held, amount in postings[trader.account_id]
                                if held == asset and offset < before)
