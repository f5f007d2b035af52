"""The read model has the tables that its users know, each in the schema of its service."""
import pytest
import topics

from venue import psql

TABLES = {
    "accounts": ["accounts", "asset_transactions", "balances", "market_maker_clients", "positions",
                 "transactions"],
    "orders": ["market_data", "orders", "symbols"],
    "settings": ["session_logs", "users"],
    "desk": ["news_articles"],
    "audit": ["ticket_logs"],
}


@pytest.mark.parametrize("service", TABLES)
def test_the_tables_are_there_under_their_names(venue, service):
    there = [row[0] for row in venue.sql(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{service}'")]
    assert set(TABLES[service]) <= set(there)
    assert "events" in there


def test_money_is_exact_in_every_table(venue):
    inexact = venue.sql(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        f" WHERE table_schema IN {topics.SCHEMAS}"
        " AND data_type IN ('real', 'double precision', 'money')")
    assert inexact == []


def test_every_projection_tells_how_far_it_is(venue):
    services = {row[0] for row in venue.sql("SELECT service FROM bourse.positions")}
    assert services == set(TABLES)


def test_readers_of_the_projections_cannot_write(venue):
    with pytest.raises(AssertionError, match="permission denied|read-only"):
        psql(venue.reader_address(), "DELETE FROM orders.orders")
