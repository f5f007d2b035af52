"""A database with the tables of all projections and rows that a test makes up: for what takes many
rows, or other times than now. The queries are run on it as the gateway runs them."""
import json
import re

from venue import REPO, psql, unique

TABLES = REPO / "libs/projection/tables.sql"
JOURNAL = REPO / "libs/projection/journal.sql"
APPROVALS = REPO / "libs/projection/approvals.sql"
WITH_APPROVALS = ("accounts", "settings")


class Scratch:
    def __init__(self, venue):
        self.name = unique("scratch").replace("-", "_")
        server = (f"host=127.0.0.1 port={venue.settings['BOURSE_PG_PORT']} user=postgres"
                  f" passfile={venue.run_dir}/secrets/postgres.pgpass")
        self.server = f"{server} dbname=postgres"
        self.source = f"{server} dbname={self.name}"
        psql(self.server, f"CREATE DATABASE {self.name}")
        scripts = [TABLES.read_text()]
        for schema in sorted(REPO.glob("services/*/schema.sql")):
            service = schema.parent.name
            scripts += [f"CREATE SCHEMA {service}; SET search_path = {service};",
                        JOURNAL.read_text(), schema.read_text()]
            if service in WITH_APPROVALS:
                scripts.append(APPROVALS.read_text())
        self.sql("\n".join(scripts))

    def drop(self):
        psql(self.server, f"DROP DATABASE {self.name} WITH (FORCE)")

    def sql(self, statements):
        return psql(self.source, statements)

    def prepared(self, query, values):
        """(PREPARE of a query's file, its EXECUTE with these values by name)."""
        text = (REPO / "services" / query.replace("/", "/queries/")).read_text()
        params = re.findall(r"(\w+):\w+", re.search(r"^-- params: *(.*)$", text, re.M).group(1))
        assert set(values) <= {*params}, f"{query} has no {set(values) - {*params}}"
        given = [values.get(param, 51 if param == "limit" else None) for param in params]
        literals = ["NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
                    for value in given]
        arguments = f"({', '.join(literals)})" if literals else ""
        return f"PREPARE asked AS {text};", f"EXECUTE asked{arguments}"

    def items(self, query, **values):
        """What a query shows."""
        prepare, execute = self.prepared(query, values)
        found = self.sql(f"{prepare}\nCREATE TEMP TABLE shown AS {execute};"
                         "SELECT item FROM shown WHERE item IS NOT NULL;")
        return [json.loads(item) for item in found]

    def rows(self, query, **values):
        """(item, cursor) of each row of a list."""
        prepare, execute = self.prepared(query, values)
        found = self.sql(f"{prepare}\nCREATE TEMP TABLE shown AS {execute};"
                         "SELECT json_build_array(item, cursor) FROM shown;")
        return [json.loads(row) for row in found]

    def plan(self, query, **values):
        """The nodes of the plan it was run by, the outermost first."""
        prepare, execute = self.prepared(query, values)
        text = "\n".join(self.sql(f"{prepare}\nEXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execute};"))
        nodes, left = [], [json.loads(text)[0]["Plan"]]
        while left:
            node = left.pop()
            nodes.append(node)
            left += node.get("Plans", [])
        return nodes
