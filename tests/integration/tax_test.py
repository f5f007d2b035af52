"""Tax documents: lots first in, first out, exact to the unit, by the form an account is marked with."""
import csv
import io
import re
import subprocess
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from scratch import Scratch
from venue import NOBODY, REPO, Market, wait_until

ACCOUNT = NOBODY
DOCUMENT = "44444444-4444-8444-8444-444444444444"
YEAR = datetime.now(timezone.utc).year


class Book:
    """An account of whose trades a test makes up the lines."""

    def __init__(self, scratch):
        self.scratch, self.offset = scratch, 0
        scratch.sql(f"TRUNCATE accounts.transactions, accounts.balances, accounts.accounts,"
                    f" accounts.tax_documents, orders.assets;"
                    f"INSERT INTO orders.assets VALUES ('EUR', 'Euro', 'cash', 2),"
                    f" ('USD', 'US dollar', 'cash', 2), ('A', 'A', 'certificate', 0),"
                    f" ('B', 'B', 'certificate', 0), ('C', 'C', 'option', 0),"
                    f" ('BTC', 'Bitcoin', 'crypto', 8), ('ETH', 'Ether', 'crypto', 8);")

    def line(self, n, day, kind, asset, amount):
        reference = "NULL" if kind == "settlement" else f"md5('{self.offset}')::uuid"
        self.scratch.sql(
            f"INSERT INTO accounts.transactions VALUES (0, {self.offset}, {n}, 'account', '{ACCOUNT}',"
            f" '{asset}', {amount}, 0, '{kind}', {reference}, timestamptz '{day} 12:00Z')")

    def buy(self, day, quantity, paid, asset="A", currency="EUR"):
        self.offset += 1
        self.line(0, day, "trade", asset, quantity)
        self.line(1, day, "trade", currency, f"-{paid}")

    def sell(self, day, quantity, received, asset="A", currency="EUR"):
        self.offset += 1
        self.line(0, day, "trade", asset, f"-{quantity}")
        self.line(1, day, "trade", currency, received)

    def move(self, day, kind, asset, amount):
        self.offset += 1
        self.line(0, day, kind, asset, amount)

    def expire(self, day, quantity, received, asset="C"):
        self.offset += 1
        self.line(0, day, "settlement", asset, f"-{quantity}")
        if received:
            self.line(1, day, "settlement", "EUR", received)

    def lots(self, before=10 ** 9):
        """(asset, quantity, acquired, sold, proceeds, basis, gain, term, wash sale) of each part of a lot."""
        show = lambda text: None if text == "" else Decimal(text)
        found = self.scratch.sql(
            "SELECT asset, quantity, (acquired_at AT TIME ZONE 'UTC')::date, (sold_at AT TIME ZONE 'UTC')::date,"
            " proceeds, basis, gain, CASE WHEN long_term THEN 'long' ELSE 'short' END, wash_sale"
            f" FROM accounts.lots('{ACCOUNT}', {before})")
        rows = [row.split("|") for row in found]
        return [(row[0], Decimal(row[1]), row[2], row[3], *map(show, row[4:7]), row[7], row[8] == "t")
                for row in rows]

    def money(self):
        """(asset, proceeds, currency, basis, its currency, gain, wash sale) of each part of a lot, as text."""
        return [tuple(row.split("|")) for row in self.scratch.sql(
            "SELECT asset, trim_scale(proceeds), currency, trim_scale(basis), basis_currency, trim_scale(gain),"
            f" wash_sale FROM accounts.lots('{ACCOUNT}', 1000000000)")]

    def document(self, query, form):
        """What a query shows of the year 2026 by that form."""
        self.scratch.sql(f"""
            DELETE FROM accounts.accounts; DELETE FROM accounts.tax_documents;
            INSERT INTO accounts.accounts VALUES ('{ACCOUNT}', NULL, 'trading', 'active', NULL, '{form}',
                now(), now(), 1);
            INSERT INTO accounts.tax_documents VALUES ('{DOCUMENT}', '{ACCOUNT}', '{form}',
                '2026-01-01Z', '2027-01-01Z', 0, 1000000000, '[]', now());""")
        return [item for item, _ in self.scratch.rows(f"accounts/{query}.sql", caller_account_id=ACCOUNT,
                                                      document_id=DOCUMENT) if item is not None]

    def csv(self, form="us_1099_b"):
        """The lines of the document as CSV."""
        text = (REPO / "services/accounts/queries/tax_document_lines.sql").read_text()
        names = re.search(r"^-- columns: (.*)$", text, re.M).group(1).split(",")
        return list(csv.DictReader(io.StringIO("".join(self.document("tax_document_lines", form)), newline=""),
                                   names))

    def pdf(self, form="us_1099_b"):
        """(what it comes to by asset, the lots) of the document as PDF, each row by its columns."""
        totals, lots, tables = [], [], []
        for kind, *cells in self.document("tax_document_document", form):
            if kind == "columns":
                names = cells
                tables.append(totals if not tables else lots)
            if kind == "row":
                tables[-1].append(dict(zip(names, cells, strict=True)))
        return totals, lots


@pytest.fixture(scope="module")
def scratch(venue):
    scratch = Scratch(venue)
    yield scratch
    scratch.drop()


@pytest.fixture
def book(scratch):
    return Book(scratch)


def test_what_came_first_goes_first(book):
    book.buy("2026-01-05", 10, "100.25")  # fees are in what was paid
    book.buy("2026-02-05", 10, "120.00")
    book.sell("2026-03-10", 15, "180.45")  # and out of what was received
    assert book.lots() == [
        ("A", 10, "2026-01-05", "2026-03-10", Decimal("120.30"), Decimal("100.25"), Decimal("20.05"), "short", False),
        ("A", 5, "2026-02-05", "2026-03-10", Decimal("60.15"), Decimal("60.00"), Decimal("0.15"), "short", False)]


def test_the_parts_of_a_lot_and_of_a_sale_make_up_the_whole(book):
    book.buy("2026-01-05", 3, "10.00")
    book.buy("2026-01-06", 4, "0.01")
    for _ in range(7):
        book.sell("2026-06-10", 1, "1.01")
    lots = book.lots()
    assert [basis for _, _, _, _, _, basis, *_ in lots[:3]] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert sum(basis for _, _, _, _, _, basis, *_ in lots) == Decimal("10.01")
    book.buy("2026-07-01", 1, "1.00")
    book.buy("2026-07-01", 1, "1.00")
    book.buy("2026-07-01", 1, "1.00")
    book.sell("2026-07-02", 3, "100.00")
    assert sorted(proceeds for _, _, _, sold, proceeds, *_ in book.lots() if sold == "2026-07-02") == [
        Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


def test_each_asset_has_lots_of_its_own(book):
    book.buy("2026-01-05", 1, "10", "B")
    book.buy("2026-01-06", 1, "20", "A")
    book.sell("2026-01-07", 1, "30", "B")
    book.sell("2026-01-08", 1, "40", "A")
    assert [(lot[0], lot[6]) for lot in book.lots()] == [("A", 20), ("B", 20)]


@pytest.mark.parametrize("sold, term", [("2027-03-01", "short"), ("2027-03-02", "long")])
def test_what_is_held_for_more_than_a_year_is_long_term(book, sold, term):
    book.buy("2026-03-01", 1, "10")
    book.sell(sold, 1, "11")
    assert book.lots()[0][7] == term


@pytest.mark.parametrize("bought, washed", [
    ("2026-05-11", True), ("2026-05-10", False), ("2026-07-10", True), ("2026-07-11", False)])
def test_a_loss_is_a_wash_sale_where_the_same_was_bought_within_30_days(book, bought, washed):
    """Of a sale on 10 June, 30 days before or behind it."""
    book.buy("2026-01-05", 10, "100")
    purchase = (bought, 10, "80")
    if bought < "2026-06-10":
        book.buy(*purchase)
    book.sell("2026-06-10", 10, "90")
    if bought > "2026-06-10":
        book.buy(*purchase)
    assert [lot[8] for lot in book.lots()] == [washed]


def test_a_gain_is_never_a_wash_sale(book):
    book.buy("2026-01-05", 10, "100")
    book.sell("2026-06-10", 10, "101")
    book.buy("2026-06-11", 10, "80")
    assert [lot[8] for lot in book.lots()] == [False]


def test_what_is_sold_with_all_the_rest_is_no_wash_sale(book):
    book.buy("2026-06-01", 10, "100")
    book.buy("2026-06-02", 10, "100")
    book.sell("2026-06-10", 20, "150")
    assert [lot[8] for lot in book.lots()] == [False, False]


def test_what_is_left_of_a_newer_lot_makes_the_loss_of_an_older_one_a_wash_sale(book):
    book.buy("2026-01-05", 10, "100")
    book.buy("2026-06-01", 10, "100")
    book.sell("2026-06-10", 15, "90")
    assert [lot[8] for lot in book.lots()] == [True, False]


def test_a_purchase_of_another_asset_washes_nothing(book):
    book.buy("2026-01-05", 10, "100")
    book.sell("2026-06-10", 10, "90")
    book.buy("2026-06-11", 10, "90", "B")
    assert [lot[8] for lot in book.lots()] == [False]


def test_what_was_deposited_has_no_cost_and_what_is_withdrawn_is_gone(book):
    book.move("2026-01-05", "deposit", "A", 10)
    book.move("2026-01-06", "deposit", "EUR", 1000)  # money is no lot
    book.buy("2026-01-07", 10, "100")
    book.move("2026-01-08", "withdrawal", "A", -8)
    book.sell("2026-01-09", 5, "60")
    assert book.lots() == [
        ("A", 2, "2026-01-05", "2026-01-09", 24, None, None, "short", False),
        ("A", 3, "2026-01-07", "2026-01-09", 36, 30, 6, "short", False)]


def test_an_option_that_expires_is_sold_for_what_it_is_worth(book):
    book.buy("2026-01-05", 10, "100", "C")
    book.expire("2026-03-05", 10, "130")
    book.buy("2026-04-05", 10, "100", "C")
    book.expire("2026-05-05", 10, None)
    assert [(lot[4], lot[6]) for lot in book.lots()] == [(130, 30), (0, -100)]


def test_only_what_was_before_the_document_counts(book):
    book.buy("2026-01-05", 10, "100")
    book.sell("2026-06-10", 10, "90")
    book.buy("2026-06-11", 10, "80")
    assert [lot[8] for lot in book.lots(before=3)] == [False]
    assert book.lots(before=2) == []


# --- in several currencies

def test_what_was_bought_for_another_currency_has_a_basis_in_that_and_no_gain(book):
    book.buy("2026-01-05", 10, "800", currency="EUR")
    book.sell("2026-02-05", 10, "900", currency="USD")
    book.buy("2026-03-05", 10, "800", currency="USD")
    book.sell("2026-04-05", 10, "900", currency="USD")
    assert book.money() == [("A", "900", "USD", "800", "EUR", "", ""),
                            ("A", "900", "USD", "800", "USD", "100", "f")]


def test_a_sale_of_lots_in_two_currencies_has_the_gain_of_one_of_them(book):
    book.buy("2026-01-05", 10, "800", currency="EUR")
    book.buy("2026-01-06", 10, "700", currency="USD")
    book.sell("2026-02-05", 15, "1500", currency="USD")
    assert book.money() == [("A", "1000", "USD", "800", "EUR", "", ""),
                            ("A", "500", "USD", "350", "USD", "150", "f")]


def test_whether_it_is_a_wash_sale_is_not_known_where_the_same_was_bought_and_the_gain_is_not_known(book):
    """By its figures it were a loss."""
    book.buy("2026-01-05", 10, "1000", currency="EUR")
    book.sell("2026-06-10", 10, "900", currency="USD")
    book.buy("2026-06-11", 10, "900", currency="USD")
    assert book.money() == [("A", "900", "USD", "1000", "EUR", "", "")]
    assert [row["wash_sale"] for row in book.csv()] == [""]
    assert [row["Wash sale"] for row in book.pdf()[1]] == ["not known"]


@pytest.mark.parametrize("form", ["generic", "us_1099_b"])
def test_each_form_names_the_currency_of_each_amount(book, form):
    book.buy("2026-01-05", 10, "800", currency="EUR")
    book.sell("2026-02-05", 10, "900", currency="USD")
    row, = book.csv(form)
    assert [row[name] for name in ("proceeds", "currency", "cost_basis", "basis_currency", "gain")] == [
        "900.00", "USD", "800.00", "EUR", ""]
    lot, = book.pdf(form)[1]
    assert [lot[name] for name in ("Proceeds", "Cost basis", "Gain")] == ["900.00 USD", "800.00 EUR", None]


def test_totals_are_of_one_currency_and_say_what_they_leave_out(book):
    book.buy("2026-01-05", 10, "800", currency="EUR")
    book.buy("2026-01-06", 10, "700", currency="USD")
    book.sell("2026-02-05", 15, "1500", currency="USD")
    book.sell("2026-02-06", 5, "300", currency="EUR")
    assert book.pdf()[0] == [
        {"Asset": "A", "Currency": "EUR", "Proceeds": "300.00", "Gain not known of": "300.00", "Cost basis": None,
         "Gain": None},
        {"Asset": "A", "Currency": "USD", "Proceeds": "1500.00", "Gain not known of": "1000.00", "Cost basis": "350.00",
         "Gain": "150.00"}]


# --- paid with what is no money

def test_what_was_paid_with_is_sold_and_its_lot_is_gone(book):
    book.buy("2026-01-05", 1, "10000", "BTC")
    book.buy("2026-02-05", 10, "1", "ETH", currency="BTC")
    book.buy("2026-03-05", 1, "50000", "BTC")
    book.sell("2026-04-05", 1, "50000", "BTC")
    assert book.money() == [("BTC", "10", "ETH", "10000", "EUR", "", ""),
                            ("BTC", "50000", "EUR", "50000", "EUR", "0", "f")]
    assert [(row["asset"], row["proceeds"], row["currency"], row["gain"]) for row in book.csv()] == [
        ("BTC", "10.00", "ETH", ""), ("BTC", "50000.00", "EUR", "0.00")]
    assert [lot["Proceeds"] for lot in book.pdf()[1]] == ["10.00 ETH", "50000.00 EUR"]


def test_what_was_received_for_a_sale_is_a_lot_of_that_day(book):
    book.buy("2026-01-05", 10, "20000", "ETH")
    book.sell("2026-02-05", 10, "1", "ETH", currency="BTC")
    book.sell("2026-03-05", 1, "30000", "BTC")
    assert book.money() == [("BTC", "30000", "EUR", "10", "ETH", "", "f"),
                            ("ETH", "1", "BTC", "20000", "EUR", "", "f")]
    assert [(row["asset"], row["acquired"], row["sold"]) for row in book.csv()] == [
        ("BTC", "2026-02-05", "2026-03-05"), ("ETH", "2026-01-05", "2026-02-05")]
    assert [lot["Acquired"] for lot in book.pdf()[1]] == ["2026-02-05", "2026-01-05"]


def test_money_that_was_bought_with_something_is_what_that_was_sold_for(book):
    """In an instrument of money, quoted in something else."""
    book.buy("2026-01-05", 2, "10000", "BTC")
    book.buy("2026-02-05", "15000", "1", "EUR", currency="BTC")
    book.sell("2026-02-06", "7000", "1", "EUR", currency="BTC")
    book.sell("2026-03-05", 2, "18000", "BTC")
    assert book.money() == [("BTC", "15000", "EUR", "5000", "EUR", "10000", "f"),
                            ("BTC", "9000", "EUR", "5000", "EUR", "4000", "f"),
                            ("BTC", "9000", "EUR", "7000", "EUR", "2000", "f")]


def test_the_parts_of_what_was_paid_with_make_up_the_whole(book):
    book.buy("2026-01-05", 1, "100", "BTC")
    book.buy("2026-01-06", 2, "100", "BTC")
    book.buy("2026-02-05", 10, "3", "ETH", currency="BTC")
    assert [row[1] for row in book.money()] == ["3.33333333", "6.66666667"]


def test_a_fee_alone_is_nothing_that_was_received(book):
    """Of a sale whose fee is more than what it brought in its quote."""
    book.buy("2026-01-05", 1, "100", "BTC")
    book.buy("2026-01-06", 1, "100", "A")
    book.sell("2026-02-05", 1, "-0.5", "A", currency="BTC")
    assert book.money() == [("A", "-0.5", "BTC", "100", "EUR", "", "f"), ("BTC", "", "", "50", "EUR", "", "f")]
    assert [(row["asset"], row["proceeds"], row["currency"]) for row in book.csv()] == [
        ("A", "-0.50", "BTC"), ("BTC", "", "")]
    assert book.pdf()[0][1] == {"Asset": "BTC", "Currency": None, "Proceeds": None, "Gain not known of": None,
                                "Cost basis": None, "Gain": None}


@pytest.mark.parametrize("form", ["generic", "us_1099_b"])
def test_a_sale_is_in_every_form_also_where_nothing_is_known_of_its_purchase(book, form):
    book.sell("2026-03-05", 1, "300")
    row, = book.csv(form)
    assert [row[name] for name in ("acquired", "proceeds", "cost_basis", "basis_currency", "gain", "term")] == [
        "", "300.00", "", "", "", ""]
    lot, = book.pdf(form)[1]
    assert (lot["Acquired"], lot["Proceeds"], lot["Cost basis"], lot.get("Term", "")) == (
        None, "300.00 EUR", None, "")


# --- over HTTP

def download(client, document, accept):
    connection = client.connection()
    connection.request("GET", f"/api/v1/tax-documents/{document['id']}/download",
                       headers={**client.credentials(), "Accept": accept})
    response = connection.getresponse()
    return response.status, response.read()


@pytest.fixture(scope="module")
def client(venue):
    """Who bought 10 at 10, sold 4 of them at 8, and bought 2 again."""
    market = venue.market(taker_fee_bps=100)
    seller = venue.trader("seller", **{market.asset: 100}, EUR=1000)
    client = venue.trader("client", EUR=1000)
    client.market = market
    for side, quantity, price in (("buy", 10, "10"), ("sell", 4, "8"), ("buy", 2, "9")):
        other = "sell" if side == "buy" else "buy"
        seller.order(market, other, quantity, price).ok(201)
        client.order(market, side, quantity, price).ok(201)
        wait_until(lambda: client.get("orders").ok()["items"][0]["status"] == "filled", 10, "it is filled")
    wait_until(lambda: client.balance(market.asset) == (8, 0), 10, "it has what is left")
    return client


def issue(venue, client, status=201, **body):
    return venue.admin().post(f"admin/accounts/{client.account_id}/tax-documents",
                              {"year": YEAR, **body}).ok(status)


def test_a_year_is_told_lot_by_lot(venue, client):
    document = issue(venue, client)
    assert (document["form"], document["year"], document["account_id"]) == ("generic", YEAR, client.account_id)
    assert document["ticket_id"]
    wait_until(lambda: client.items("tax-documents"), 10, "it is there for its owner")
    status, body = download(client, document, "text/csv")
    row, = csv.DictReader(io.StringIO(body.decode(), newline=""))
    assert status == 200
    assert (row["quantity"], row["cost_basis"], row["proceeds"], row["gain"]) == (
        "4.00", "40.40", "31.68", "-8.72"), "4 of 10 for 101.00; 32.00 less 0.32"
    assert (row["term"], row["wash_sale"]) == ("", "")


def test_what_a_purchase_was_paid_with_is_told_as_sold_for_what_was_bought(venue):
    paid, bought = venue.market(), venue.market()
    swap = Market(bought.asset, f"{bought.asset}-{paid.asset}")
    venue.admin().surely("POST", "admin/instruments", {"symbol": swap.symbol, "base": bought.asset,
                                                       "quote": paid.asset, "tick_size": "1"}).ok(201)
    seller = venue.trader("seller", **{paid.asset: 10, bought.asset: 2})
    buyer = venue.trader("buyer", EUR=1000)
    for market, quantity, price in ((paid, 10, "10"), (swap, 2, "3")):
        seller.order(market, "sell", quantity, price).ok(201)
        buyer.order(market, "buy", quantity, price).ok(201)
        venue.wait_for_balance(buyer.account_id, market.asset, quantity, 0)
    wait_until(lambda: buyer.balance(paid.asset) == (4, 0), 10, "six of them are given")
    document = issue(venue, buyer)
    wait_until(lambda: buyer.items("tax-documents"), 10, "it is there for its owner")
    row, = csv.DictReader(io.StringIO(download(buyer, document, "text/csv")[1].decode(), newline=""))
    assert [row[name] for name in ("asset", "quantity", "proceeds", "currency", "cost_basis", "basis_currency",
                                   "gain")] == [paid.asset, "6.00", "2.00", bought.asset, "60.00", "EUR", ""]


def test_an_account_marked_so_has_the_form_1099_b(venue, client):
    earlier = len(client.items("tax-documents"))
    changed = venue.admin().put(f"admin/accounts/{client.account_id}",
                                {"status": "active", "tax_form": "us_1099_b"}).ok()
    assert changed["tax_form"] == "us_1099_b"
    assert venue.activate(client.account_id)["tax_form"] == "us_1099_b", "a mark stays"
    document = issue(venue, client)
    assert (document["form"], document["version"]) == ("1099-B", earlier + 1)
    row, = csv.DictReader(io.StringIO(download(client, document, "text/csv")[1].decode(), newline=""))
    assert (row["term"], row["wash_sale"]) == ("short", "true")
    status, body = download(client, document, "application/pdf")
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=body, capture_output=True,
                          check=True).stdout.decode()
    assert status == 200 and f"Form 1099-B: proceeds of {YEAR}" in text and "client of the tests" in text
    assert "-8.72" in text and "Wash sale" in text
    listed = client.items("tax-documents", year=YEAR)
    assert listed[0]["id"] == document["id"] and client.items("tax-documents", year=YEAR - 1) == []


def test_only_operators_have_documents_made_and_only_of_years_there_were(venue, client):
    body = {"year": YEAR}
    client.post(f"admin/accounts/{client.account_id}/tax-documents", body).refused(403, "FORBIDDEN")
    admin = venue.admin()
    for year in (YEAR + 1, YEAR - 1):
        admin.post(f"admin/accounts/{client.account_id}/tax-documents", {"year": year}).refused(
            422, "VALIDATION_FAILED")
    admin.post(f"admin/accounts/{NOBODY}/tax-documents", body).refused(404, "NOT_FOUND")
    maker = venue.maker()
    admin.post(f"admin/accounts/{maker['id']}/tax-documents", body).refused(404, "NOT_FOUND")


def test_nobody_sees_anothers_tax_documents(venue, client):
    document = issue(venue, client)
    other = venue.trader("other")
    assert other.items("tax-documents") == []
    for accept in ("text/csv", "application/pdf"):
        assert download(other, document, accept)[0] == 404
