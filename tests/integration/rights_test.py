"""Who may do what with the databases (libs/rights): each role does what the table says, and is refused
everything else."""
import re
import subprocess

import pytest

from venue import psql, wait_until

DATABASES = {"projections": "bourse", "vault": "bourse_vault"}
COLUMNS = """SELECT nspname, relname, attname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
            WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"""
# EXPLAIN asks for the same rights as what it explains, and does nothing.
PROBE = f"""
    DO $$
    DECLARE
        one record;
    BEGIN
        FOR one IN
            SELECT DISTINCT nspname, relname, CASE WHEN of_whole THEN 'it' ELSE attname END AS attname,
                   privilege, format(form, nspname, relname, attname) AS tried
            FROM ({COLUMNS}) AS found,
                 (VALUES ('SELECT', false, 'EXPLAIN SELECT %3$I FROM %1$I.%2$I'),
                         ('UPDATE', false, 'EXPLAIN UPDATE %1$I.%2$I SET %3$I = DEFAULT'),
                         ('INSERT', true, 'EXPLAIN INSERT INTO %1$I.%2$I DEFAULT VALUES'),
                         ('DELETE', true, 'EXPLAIN DELETE FROM %1$I.%2$I')) AS ways (privilege, of_whole, form)
        LOOP
            BEGIN
                EXECUTE one.tried;
                RAISE NOTICE 'may % % % %', one.privilege, one.nspname, one.relname, one.attname;
            EXCEPTION WHEN insufficient_privilege THEN
                NULL;
            END;
        END LOOP;
    END $$"""
MAY = re.compile(r"NOTICE: +may (\w+) (\w+) (\w+) (\w+)$")
WELL = ["rights: in the projections each role may do what it is to do, and no more",
        "rights: in the vault each role may do what it is to do, and no more"]


class Right:
    """A line of the table."""

    def __init__(self, line):
        self.role, database, tables, but, privileges, columns = line.split("\t")
        self.database = DATABASES[database]
        self.schema, self.tables = tables.split(".")
        self.but, self.privileges = but.split(","), privileges.split(",")
        self.columns = columns.split(",") if columns else None

    def covers(self, schema, table, column):
        return (schema == self.schema and self.tables in ("*", table) and table not in self.but
                and (self.columns is None or column in self.columns))


@pytest.fixture(scope="module")
def table(venue):
    return [Right(line) for line in venue.bourse("access", "database").stdout.splitlines()]


def refused(source, statement):
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", source], input=statement,
                          text=True, capture_output=True, check=False)
    assert done.returncode != 0, f"{statement}: {done.stdout}"
    return done.stderr


def may(source):
    """{(privilege, schema, table, column or "it")} that a connection is let do, by trying it."""
    done = subprocess.run(["psql", "-X", "-q", source], input=PROBE, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    return {MAY.search(line).groups() for line in done.stderr.splitlines() if "NOTICE" in line}


def test_every_process_has_a_role_but_the_signer(venue, table):
    processes = {name.removesuffix("-2") for name in venue.process("names").stdout.split()}
    brokers = {name for name in processes if name.startswith("kafka")}
    others = brokers | {"postgres", "mail", "toxiproxy", "audit-signer"}
    assert {right.role for right in table} == processes - others | {"bourse_reader"}


@pytest.mark.parametrize("database", DATABASES.values())
def test_each_role_may_do_what_the_table_says_and_nothing_else(venue, table, database):
    columns = [line.split("|") for line in psql(venue.database(database, "postgres"), COLUMNS)]
    assert len(columns) > 10
    for role in sorted({right.role for right in table}):
        rights = [right for right in table if (right.role, right.database) == (role, database)]
        source = venue.database(database, role)
        if not rights:
            assert "permission denied for database" in refused(source, "SELECT 1"), role
            continue
        due = {(privilege, schema, of, column if privilege in ("SELECT", "UPDATE") else "it")
               for right in rights for privilege in right.privileges
               for schema, of, column in columns if right.covers(schema, of, column)}
        assert may(source) == due, role
        # What is not tried, as it cannot be explained.
        assert psql(venue.database(database, "postgres"), f"""
            SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE relkind = 'r' AND has_table_privilege('{role}', pg_class.oid, 'TRUNCATE, REFERENCES, TRIGGER')
            """) == []


@pytest.mark.parametrize("role", ["orders-projector", "orders", "gateway", "settings-deliverer", "bourse_reader"])
@pytest.mark.parametrize("statement", [
    "CREATE SCHEMA mine", "CREATE TABLE bourse.mine (one int)", "CREATE TABLE orders.mine (one int)",
    "CREATE TEMP TABLE mine (one int)", "DROP TABLE orders.orders", "ALTER SCHEMA orders RENAME TO mine",
    "ALTER TABLE bourse.positions DISABLE ROW LEVEL SECURITY", "CREATE ROLE mine", "SET ROLE bourse"])
def test_nobody_but_the_owner_makes_or_changes_tables(venue, role, statement):
    said = refused(venue.database("bourse", role), statement)
    assert "permission denied" in said or "must be owner" in said or "read-only" in said, said


def test_positions_and_snapshots_are_moved_by_their_own_service_alone(venue):
    projector, writer = venue.database("bourse", "orders-projector"), venue.database("bourse", "orders")
    move = ("WITH moved AS (UPDATE bourse.positions SET updated_at = updated_at WHERE service = '{}'"
            " RETURNING 1) SELECT count(*) FROM moved")
    assert psql(projector, move.format("accounts")) == ["0"]
    assert psql(projector, move.format("orders")) == [venue.settings["BOURSE_PARTITIONS"]]
    insert = "BEGIN; INSERT INTO bourse.snapshots VALUES ('{}', 0, -1, 0, 0, ''); ROLLBACK;"
    assert "row-level security" in refused(writer, insert.format("accounts"))
    psql(writer, insert.format("orders"))


def told(venue):
    lines = venue.bourse("doctor", check=False).stdout.splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if " rights: " in line]


@pytest.mark.disruptive
def test_a_doctor_finds_a_right_too_many_and_one_that_is_missing_and_init_mends_both(venue):
    owner, vault = venue.database("bourse", "bourse"), venue.database("bourse_vault", "bourse")
    assert told(venue) == WELL
    psql(owner, 'GRANT INSERT ON orders.orders TO "accounts-projector"; GRANT SELECT ON desk.events TO PUBLIC;'
                'REVOKE SELECT ON accounts.balances FROM gateway;'
                'GRANT UPDATE (roles) ON settings.users TO "settings-deliverer"')
    psql(vault, "GRANT DELETE ON keys TO gateway")
    try:
        assert told(venue) == ["rights: PUBLIC has SELECT on desk.events, and may not",
                               "rights: accounts-projector has INSERT on orders.orders, and may not",
                               "rights: gateway has no SELECT on accounts.balances, and needs it",
                               "rights: settings-deliverer has UPDATE on settings.users (roles), and may not",
                               "rights: gateway has DELETE on public.keys, and may not"]
    finally:
        venue.bourse("init")
    assert told(venue) == WELL


@pytest.mark.disruptive
def test_tables_that_are_made_anew_are_in_nobody_elses_hands(venue):
    try:
        venue.bourse("projection", "rebuild", "desk", "--beside", check=False)
        assert told(venue) == WELL
        wait_until(lambda: venue.bourse("projection", "switch", "desk", check=False).returncode == 0, 60,
                   "it is switched")
        assert told(venue) == WELL
        assert ("SELECT", "desk_previous", "events", "key") in may(venue.database("bourse", "gateway"))
        assert not [right for right in may(venue.database("bourse", "orders-projector"))
                    if right[1].startswith("desk")]
    finally:
        venue.bourse("projection", "drop", "desk")
