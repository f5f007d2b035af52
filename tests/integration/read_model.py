"""The read model as a whole: when it is at rest, and all its rows."""
import topics
from venue import psql, wait_until


def rows(venue):
    """All rows of all tables of the services, as sorted texts by table."""
    tables = venue.sql("SELECT table_schema, table_name FROM information_schema.tables WHERE"
                       f" table_schema IN {topics.SCHEMAS}"
                       " AND table_type = 'BASE TABLE'")
    source = venue.reader_address()
    return {f"{schema}.{table}": psql(source, f"SELECT t::text FROM {schema}.{table} t ORDER BY 1")
            for schema, table in tables}


def mails_under_way(venue):
    """How many registrations have not led to their mail yet, which then says so in the log."""
    return venue.sql("SELECT count(*) FROM settings.events asked WHERE asked.type LIKE"
                     " '%UserRegistered' AND NOT EXISTS (SELECT FROM settings.events sent WHERE"
                     " sent.type LIKE '%DeliveryCompleted' AND sent.correlation_id ="
                     " asked.event_id)")[0][0]


def unsigned_tickets(venue):
    """How many tickets are in no signed checkpoint yet: the next one is made by the clock."""
    return venue.sql("SELECT count(*) FROM audit.ticket_logs WHERE seq >="
                     " coalesce((SELECT max(tree_size) FROM audit.checkpoints), 0)")[0][0]


def wait_until_at_rest(venue):
    """Until the projections are at the end of a log that no longer grows."""
    def at_rest():
        positions = {(f"bourse.{service}.events", partition): offset
                     for service, partition, offset in venue.sql(
                         "SELECT service, partition, next_offset FROM bourse.positions")}
        ends = topics.ends(venue)
        return positions == {place: end for place, end in ends.items()
                             if place[0].endswith(".events")} \
            and mails_under_way(venue) == 0 and unsigned_tickets(venue) == 0 \
            and topics.ends(venue) == ends

    wait_until(at_rest, 120, "the projections are at the end of the log")


def assert_same(before, after):
    assert after.keys() == before.keys()
    for table, lines in before.items():
        assert set(lines) ^ set(after[table]) == set(), table
        assert len(lines) == len(after[table]), table


def assert_tickets_gapless(venue):
    """In each year the numbers go from 1 to as many as there are."""
    years = venue.sql("SELECT split_part(id, '-', 2) AS year, count(*) AS tickets,"
                      " min(split_part(id, '-', 3)::int), max(split_part(id, '-', 3)::int)"
                      " FROM audit.ticket_logs GROUP BY 1")
    assert years and all((lowest, highest) == (1, tickets)
                         for _, tickets, lowest, highest in years), years
