"""A database with the tables of all projections and rows that a test makes up: for what takes many
rows, or other times than now. The queries are run on it as the gateway runs them."""
import json
import re

from venue import REPO, psql, unique

TABLES = REPO / "libs/projection/tables.sql"
JOURNAL = REPO / "libs/projection/journal.sql"
APPROVALS = REPO / "libs/projection/approvals.sql"
WITH_APPROVALS = ("accounts", "settings", "orders", "desk")


class Scratch:
    def __init__(self, venue):
        self.name = unique("scratch").replace("-", "_")
        self.server = venue.database("postgres", "postgres")
        self.source = venue.database(self.name, "postgres")
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
        """(PREPARE of a query's file, its EXECUTE with these values by name), with a plan for any, as
        the gateway has it made: what is not given and what has few values stand in the text
        (services/gateway/query_statement.h)."""
        text = (REPO / "services" / query.replace("/", "/queries/")).read_text()
        params = re.findall(r"(\w+):(\w+)", re.search(r"^-- params: *(.*)$", text, re.M).group(1))
        names = {name for name, _ in params}
        assert set(values) <= names, f"{query} has no {set(values) - names}"
        for place, (name, _) in enumerate(params, 1):
            given = values.get(name, "" if name == "limit" else None) is not None
            text = re.sub(rf"\${place}::[a-z]+ IS NULL", str(not given).lower(), text)
            text = re.sub(rf"\${place}::[a-z]+ IS NOT NULL", str(given).lower(), text)
        arguments, written = [], []
        for name, kind in params:
            value = values.get(name, 51 if name == "limit" else None)
            literal = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
            stays = value is not None and kind not in ("word", "bool") and name != "limit"
            arguments += [literal] if stays else []
            written.append(f"${len(arguments)}" if stays else literal)
        text = re.sub(r"\$(\d+)", lambda found: written[int(found.group(1)) - 1], text)
        listed = f"({', '.join(arguments)})" if arguments else ""
        return (f"SET plan_cache_mode = force_generic_plan;\nPREPARE asked AS {text};",
                f"EXECUTE asked{listed}")

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
        text = "\n".join(self.sql(f"{prepare}\nEXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON) {execute};"))
        nodes, left = [], [json.loads(text)[0]["Plan"]]
        while left:
            node = left.pop()
            nodes.append(node)
            left += node.get("Plans", [])
        return nodes
