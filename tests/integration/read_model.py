"""The read model as a whole: when it is at rest, and all its rows."""
from collections import Counter

import topics
from venue import psql, wait_until


# Checkpoints come by the clock, also while nobody acts: between two looks there may be one more, and
# what became of the command that signs it.
GROWS = ("audit.checkpoints", "audit.events")
FOLLOWS = "audit.checkpoint_keys"  # says again what the newest of them says


def rows(venue):
    """All rows of all tables of the services, as sorted texts by table."""
    tables = venue.sql("SELECT table_schema, table_name FROM information_schema.tables WHERE"
                       f" table_schema IN {topics.SCHEMAS} AND table_type = 'BASE TABLE'"
                       f" AND table_schema || '.' || table_name <> '{FOLLOWS}'")
    source = venue.reader_address()
    return {f"{schema}.{table}": psql(source, f"SELECT t::text FROM {schema}.{table} t ORDER BY 1")
            for schema, table in tables}


def mails_under_way(venue):
    """How many registrations have not led to their mail yet, which then says so in the log."""
    return venue.sql("SELECT count(*) FROM settings.events asked WHERE asked.type LIKE"
                     " '%UserRegistered' AND NOT EXISTS (SELECT FROM settings.events sent WHERE"
                     " sent.type LIKE '%DeliveryCompleted' AND sent.correlation_id ="
                     " asked.event_id)")[0][0]


def wait_until_at_rest(venue):
    """Until the projections are at the end of a log that no longer grows."""
    def at_rest():
        positions = {(f"bourse.{service}.events", partition): offset
                     for service, partition, offset in venue.sql(
                         "SELECT service, partition, next_offset FROM bourse.positions")}
        ends = topics.ends(venue)
        return positions == {place: end for place, end in ends.items()
                             if place[0].endswith(".events")} \
            and mails_under_way(venue) == 0 and topics.ends(venue) == ends

    wait_until(at_rest, 120, "the projections are at the end of the log")


def difference(before, after):
    """By table, the rows that are on one side only; nothing where both are the same."""
    assert after.keys() == before.keys()
    apart = {table: Counter(before[table]) - Counter(after[table])
             + (Counter() if table in GROWS else Counter(after[table]) - Counter(before[table]))
             for table in before}
    return {table: list(lines) for table, lines in apart.items() if lines}


def assert_same(before, after):
    assert difference(before, after) == {}


def assert_tickets_gapless(venue):
    """In each year the numbers go from 1 to as many as there are."""
    years = venue.sql("SELECT split_part(id, '-', 2) AS year, count(*) AS tickets,"
                      " min(split_part(id, '-', 3)::int), max(split_part(id, '-', 3)::int)"
                      " FROM audit.ticket_logs GROUP BY 1")
    assert years and all((lowest, highest) == (1, tickets)
                         for _, tickets, lowest, highest in years), years
