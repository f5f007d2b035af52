#!/usr/bin/python3
"""Every operation that sends a command can fill it, and uses all that its caller says."""
import unittest

from contracts import (COMMANDS, OPERATIONS, TYPES, body, command_of, fields, parameters, parse_fill,
                       resolved, success)

META = {"valid_until"}  # what a body says of the command itself, not of one of its fields
WRITES = {name: o for name, o in OPERATIONS.items() if "x-command" in o}
# Fields whose value a caller may fail to give in a way no schema says; the gateway answers 422.
EITHER_OR = {("placeMarketOrder", "instrument"), ("placeMarketOrder", "order_id")}
# Commands that no operation sends as they are: the gateway's own, its login and its refresh, the senders' and the
# signer's, and the operator's at the log itself.
OWN = {"AddKycDocument", "AddPaymentMethod", "ChangePassword", "CompleteDelivery", "CompleteLogin", "CreateApiKey", "DisableTwoFactor", "EnableTwoFactor",
       "MakeBackupCodes", "PrepareTwoFactor", "ProbeCommand", "RecordRefusal", "RecordLogin", "RefreshSession", "RemoveKycDocument",
       "ReportApiKeyUse", "ReportCommandsLost", "SignCheckpoint"}
PREVIEWS = {"previewOrder": "placeOrder", "previewReplace": "replaceOrder", "previewClose": "closePosition"}


def inner_type(field):
    """The Avro type of a field behind null, and behind the name of a shared type."""
    node = field["type"]
    if isinstance(node, list):
        node = next(branch for branch in node if branch != "null")
    return TYPES.get(node, node) if isinstance(node, str) else node


def needs_value(field):
    return not isinstance(field["type"], list) and "default" not in field


def given(operation, place, name):
    """Whether the caller can say it, and whether it is always said."""
    if place == "caller":
        known = name in ("user_id", "account_id", "session_id", "address_hash")
        return known, known
    if place == "header":
        return name == "if_match" and "If-Match" in parameters(operation, "header"), False
    if place == "row":  # the query's business: it has a row with all of them, or 404
        return "x-row" in operation, True
    if place == "path":
        return (name in parameters(operation, "path"),) * 2
    if place == "query":
        schema = parameters(operation, "query").get(name)
        return schema is not None, schema is not None and "default" in schema
    schema = body(operation)
    described = schema.get("properties", {}).get(name)
    return described is not None, described is not None and (
        name in schema.get("required", []) or "default" in described)


def surely(operation, tree):
    """Whether an expression always has a value. KeyError: it names what nobody can say."""
    if tree[0] == "literal":
        return True
    if tree[0] == "name":
        can, always = given(operation, tree[1], tree[2])
        if not can:
            raise KeyError(f"{tree[1]}.{tree[2]}")
        return always
    if tree[0] == "or":
        return any([surely(operation, term) for term in tree[1]])
    return all([surely(operation, argument) for argument in tree[2]])


def source_of(operation, name):
    """The expression of a field, written or implied; None: nothing fills it."""
    if name in operation.get("x-fill", {}):
        return parse_fill(operation["x-fill"][name])
    for place in ("path", "body", "query"):
        if given(operation, place, name)[0]:
            return ("name", place, name)
    return None


def named(tree, place):
    """The names that an expression reads of one place."""
    if tree[0] == "name":
        return {tree[2]} if tree[1] == place else set()
    parts = {"or": 1, "call": 2}.get(tree[0])
    return set().union(*[named(t, place) for t in tree[parts]]) if parts else set()


def fits(schema, field):
    """Whether what a JSON schema lets through can be the value of a field."""
    node = inner_type(field)
    kinds = schema.get("type", [])
    kinds = set([kinds] if isinstance(kinds, str) else kinds) - {"null"}
    if field["name"].endswith("_e8") and node == "long":
        return schema.get("format") == "decimal"
    if isinstance(node, dict) and node["type"] == "enum":
        return kinds == {"string"} and set(schema.get("enum", ["?"])) <= set(node["symbols"])
    if isinstance(node, dict) and node.get("logicalType") == "uuid":
        return schema.get("format") == "uuid"
    if isinstance(node, dict) and node.get("logicalType") == "timestamp-micros":
        return schema.get("format") == "date-time"
    if isinstance(node, dict) and node["type"] == "array":
        one = resolved(schema["items"]) if kinds == {"array"} else schema  # or of the one that stands alone
        return fits(one, {**field, "type": node["items"]})
    if isinstance(node, dict) and node["type"] == "map":
        return kinds == {"object"}
    if node == "string" and kinds == {"object"}:
        return True  # it is kept as JSON
    return kinds == {{"string": "string", "int": "integer", "long": "integer",
                      "boolean": "boolean"}.get(node)}


class Commands(unittest.TestCase):
    def test_each_command_that_is_named_exists(self):
        for name, operation in WRITES.items():
            with self.subTest(name):
                self.assertIsNotNone(command_of(operation), operation["x-command"])

    def test_a_preview_says_what_its_command_would(self):
        """In the same order, for accounts reads the one as the other."""
        for preview, operation in PREVIEWS.items():
            preview, operation = OPERATIONS[preview], OPERATIONS[operation]
            with self.subTest(preview["x-command"]):
                self.assertEqual(command_of(preview)["fields"], command_of(operation)["fields"])
                for word in ("x-allow", "x-fill", "x-problems", "requestBody"):
                    self.assertEqual(preview.get(word), operation.get(word))

    def test_each_command_is_sent_by_an_operation(self):
        sent = {o["x-command"].split(".")[-1] for o in WRITES.values()}
        self.assertEqual(set(COMMANDS) - sent, OWN)

    def test_each_filled_field_is_one_of_the_command(self):
        for name, operation in WRITES.items():
            with self.subTest(name):
                extra = set(operation.get("x-fill", {})) - set(fields(command_of(operation)))
                self.assertEqual(extra, set())

    def test_each_field_that_must_have_a_value_gets_one(self):
        for name, operation in WRITES.items():
            for field_name, field in fields(command_of(operation)).items():
                with self.subTest(f"{name} {field_name}"):
                    tree = source_of(operation, field_name)
                    sure = tree is not None and surely(operation, tree)
                    if needs_value(field) and (name, field_name) not in EITHER_OR:
                        self.assertTrue(sure, "nothing always fills it")

    def test_all_that_a_caller_says_goes_somewhere(self):
        for name, operation in WRITES.items():
            trees = [source_of(operation, f) for f in fields(command_of(operation))]
            said = {"body": set(body(operation).get("properties", {})) - META,
                    "path": set(parameters(operation, "path")),
                    "query": set(parameters(operation, "query")),
                    "header": {"if_match"} & {h.lower().replace("-", "_")
                                              for h in parameters(operation, "header")}}
            for place, names in said.items():
                with self.subTest(f"{name} {place}"):
                    used = set().union(*[named(tree, place) for tree in trees if tree])
                    self.assertEqual(names - used, set(), "nothing uses it")

    def test_a_change_is_made_from_a_version_where_its_thing_has_one(self):
        for name, operation in WRITES.items():
            changes = name in PREVIEWS or operation["method"] in ("put", "patch", "delete")
            with self.subTest(name):
                self.assertEqual("If-Match" in parameters(operation, "header"),
                                 changes and "if_version" in fields(command_of(operation)))

    def test_what_is_said_has_the_type_of_its_field(self):
        for name, operation in WRITES.items():
            for field_name, field in fields(command_of(operation)).items():
                tree = source_of(operation, field_name)
                if tree is None or tree[0] != "name" or tree[1] in ("caller", "header", "row"):
                    continue
                schemas = {**body(operation).get("properties", {})} if tree[1] == "body" \
                    else parameters(operation, tree[1])
                with self.subTest(f"{name} {field_name}"):
                    self.assertTrue(fits(resolved(schemas[tree[2]]), field), schemas[tree[2]])

    def test_each_literal_is_a_value_of_its_field(self):
        for name, operation in WRITES.items():
            for field_name, text in operation.get("x-fill", {}).items():
                tree = parse_fill(text)
                node = inner_type(fields(command_of(operation))[field_name])
                if tree[0] != "literal":
                    continue
                with self.subTest(f"{name} {field_name}"):
                    if isinstance(node, dict) and node["type"] == "enum":
                        self.assertIn(tree[1], node["symbols"])
                    elif node == "boolean":
                        self.assertIn(tree[1], ("true", "false"))

    def test_whatever_staff_does_is_answered_with_its_ticket(self):
        for name, operation in WRITES.items():
            if not operation["path"].startswith("/api/v1/admin/"):
                continue
            answer = operation.get("x-answer", "event")
            with self.subTest(name):
                self.assertIn("audit", [answer] if isinstance(answer, str) else answer)
                self.assertIn("ticket_id", success(operation)[0]["properties"])


if __name__ == "__main__":
    unittest.main()
