#!/usr/bin/python3
"""Every query says what it is, every operation that names one can give what it asks for."""
import re
import unittest

from contracts import OPERATIONS, ROOT, body, command_of, fields, parameters, resolved, success

SERVICES = {path.parent.name for path in (ROOT / "services").glob("*/schema.sql")}
CALLER = {"caller_user_id", "caller_account_id", "caller_session_id"}
PAGE = {"limit", "cursor"}
# What the gateway knows of itself.
GATEWAYS = {"log_ends"}
# Read by the gateway itself: no operation may show them.
INTERNAL = {"settings/credentials.sql", "accounts/market_maker_credentials.sql"}
# No operation shows one booking yet: its own answer is the event.
UNNAMED = {"accounts/asset_transaction.sql"}
# May stay null: `any` would let staff read what is another's.
OPTIONAL = {"any"}
# How a parameter's JSON schema looks where SQL takes it as that type.
KINDS = {"uuid": {"string"}, "text": {"string"}, "int": {"integer"}, "bool": {"boolean"},
         "json": {"object"}, "word": {"string"}}
# Nobody's own, though only who has signed in is told.
EVERYBODYS = {"listScreenerFields"}


def header(path):
    """{shape, item, reads, params} of a query's first comments; params as {name: SQL type}."""
    text = path.read_text()
    found = {word: re.search(rf"^-- {word}: *(.*)$", text, re.MULTILINE)
             for word in ("shape", "item", "reads", "params")}
    values = {word: match.group(1).strip() if match else None for word, match in found.items()}
    pairs = re.findall(r"(\w+):(\w+)", values["params"] or "")
    return {"shape": values["shape"], "item": values["item"], "reads": re.findall(r"\w+", values["reads"] or ""),
            "params": dict(pairs), "text": text}


QUERIES = {f"{path.parents[1].name}/{path.name}": header(path)
           for path in sorted((ROOT / "services").glob("*/queries/*.sql"))}
READS = {name: o for name, o in OPERATIONS.items() if "x-query" in o}
RESULTS = {name: o for name, o in OPERATIONS.items() if "x-result" in o}


def asked(operation):
    """{name: schema} of all that a read may be asked for; a body is another way to ask."""
    said = {name: resolved(schema) for name, schema in body(operation).get("properties", {}).items()}
    return {**parameters(operation, "path"), **parameters(operation, "query"), **said}


def is_list(operation):
    return set(success(operation)[0].get("required", [])) == {"items", "next_cursor"}

# What handlers send that are answered with a query.
HANDLED = {"addPaymentMethod": "accounts.AddPaymentMethod"}


class Queries(unittest.TestCase):
    def test_each_query_has_its_header(self):
        for name, query in QUERIES.items():
            with self.subTest(name):
                self.assertRegex(query["text"], r"\A-- \S")
                self.assertIn(query["shape"], ("one", "list", "list of one"))
                self.assertTrue(query["reads"])
                self.assertEqual(set(query["reads"]) - SERVICES, set())

    def test_each_query_uses_its_parameters_and_no_others(self):
        for name, query in QUERIES.items():
            with self.subTest(name):
                code = re.sub(r"--.*", "", query["text"])
                used = {int(n) for n in re.findall(r"\$(\d+)", code)}
                self.assertEqual(used, set(range(1, len(query["params"]) + 1)))

    def test_each_query_waits_for_the_services_whose_tables_it_reads(self):
        for name, query in QUERIES.items():
            with self.subTest(name):
                code = re.sub(r"--.*|'[^']*'", "", query["text"])
                read = set(re.findall(rf"\b(?:FROM|JOIN)\s+({'|'.join(SERVICES)})\.", code))
                self.assertEqual(read - set(query["reads"]), set())

    def test_a_list_gives_items_and_a_cursor(self):
        for name, query in QUERIES.items():
            with self.subTest(name):
                if query["item"] != "columns":
                    self.assertRegex(query["text"], r"(?i)\b(AS|SELECT) item\b")
                if query["shape"] != "one" and name not in INTERNAL:
                    self.assertRegex(query["text"], r"(?i)\bAS cursor\b")
                    self.assertEqual(PAGE - set(query["params"]), set())

    def test_each_query_that_is_named_exists(self):
        for name, operation in {**READS, **RESULTS}.items():
            with self.subTest(name):
                self.assertIn(operation.get("x-query", operation.get("x-result")), list(QUERIES))

    def test_each_query_is_named_and_none_that_is_internal(self):
        named = {o[word] for o in OPERATIONS.values() for word in ("x-query", "x-result", "x-row", "x-document")
                 if word in o}
        self.assertEqual(named & INTERNAL, set())
        self.assertEqual(set(QUERIES) - named - INTERNAL - UNNAMED, set())

    def test_an_operation_is_a_list_where_its_query_is(self):
        for name, operation in READS.items():
            query = QUERIES.get(operation["x-query"])
            with self.subTest(name):
                if query:
                    self.assertEqual(is_list(operation) or "x-stream" in operation,
                                     query["shape"] != "one")

    def test_a_list_under_an_address_with_a_parameter_is_of_the_one_that_it_names(self):
        for name, operation in READS.items():
            query = QUERIES.get(operation["x-query"])
            with self.subTest(name):
                if query and query["shape"] != "one":
                    self.assertEqual(bool(parameters(operation, "path")),
                                     query["shape"] == "list of one")

    def test_an_operation_gives_what_its_query_asks_for(self):
        for name, operation in READS.items():
            query = QUERIES.get(operation["x-query"], {"params": {}})
            given = asked(operation)
            with self.subTest(name):
                pages = PAGE if "x-stream" in operation else set()  # that turn by themselves
                for param, kind in query["params"].items():
                    if param not in CALLER | OPTIONAL | GATEWAYS | pages:
                        self.assertIn(param, list(given), f"{operation['x-query']} asks for it")
                        self.assertIn(given[param]["type"], KINDS[kind])
                        if kind == "word":  # stands in the statement's text
                            for word in given[param]["enum"]:
                                self.assertRegex(word, r"\A[a-z0-9_-]{1,32}\Z")

    def test_a_query_uses_what_its_operation_takes(self):
        for name, operation in READS.items():
            query = QUERIES.get(operation["x-query"])
            with self.subTest(name):
                if query:
                    given = set(asked(operation))
                    self.assertEqual(given - set(query["params"]), set(), operation["x-query"])

    def test_a_result_asks_for_what_the_command_has(self):
        for name, operation in RESULTS.items():
            query = QUERIES.get(operation["x-result"], {"params": {}, "shape": "one"})
            sends = {"x-command": HANDLED[name]} if name in HANDLED else operation
            command = fields(command_of(sends)) if "x-command" in sends else ()
            known = {*parameters(operation, "path"), *command, *CALLER}
            if command:
                known.add("id")  # of what the command is about
            with self.subTest(name):
                self.assertEqual(query["shape"], "one")
                self.assertEqual(set(query["params"]) - known, set(), operation["x-result"])

    def test_what_is_the_callers_own_is_asked_for_with_the_caller(self):
        for name, operation in READS.items():
            query = QUERIES.get(operation["x-query"])
            own = "user" in operation["x-allow"] and name not in EVERYBODYS
            with self.subTest(name):
                if query:
                    self.assertEqual(bool(CALLER & set(query["params"])), own)


if __name__ == "__main__":
    unittest.main()
