#!/usr/bin/python3
"""Turns the OpenAPI document into the JSON that the gateway routes by and serves.

    openapi.py SOURCE.yaml problem_codes.yaml TARGET.json
    openapi.py SOURCE.yaml problem_codes.yaml            (only checks)

What follows from an operation's x- fields is added here, so that the source says it once: `security`,
the problem answers, the headers of every answer, an example of every body, the table of codes. A
document the gateway could not act by ends the build with all that is wrong.
"""
import json
import pathlib
import re
import sys

import yaml

METHODS = ("get", "put", "post", "delete", "patch")
ROLES = {"public", "user", "operator", "admin", "auditor"}
ACTIONS = ("x-command", "x-query", "x-handler")
LIMITS = {"login", "register", "write", "read"}
SCOPES = {"read", "trade", "funding", "settings", "admin", "session"}  # session: no API key will do
CACHES = {"trading", "risk", "overview", "preferences", "book"}  # the gateway's, beside a number of seconds for anybody's
ANSWERS = {"event", "audit", "all"}
# What libs/http/schema.h takes in requests. A word that it would pass over must not look like a promise.
FORMATS = {"uuid", "date-time", "date", "email", "decimal", "password"}
VALIDATED = {"type", "format", "required", "properties", "additionalProperties", "enum", "const", "pattern",
             "minLength", "maxLength", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "items",
             "minItems", "maxItems", "default"}
ANNOTATIONS = {"description", "title", "example", "examples", "deprecated"}
HEADERS = {"X-Request-Id": "RequestId", "X-Position": "Position",
           "X-Projection-Position": "ProjectionPosition"}


class UniqueLoader(yaml.SafeLoader):
    """YAML where a key that comes twice is an error, not a surprise."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} comes twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path):
    return yaml.load(pathlib.Path(path).read_text(encoding="utf-8"), UniqueLoader)


def operations(document):
    """(path, method, operation) of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolve(document, node):
    """What a $ref leads to, or the node itself."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def parameters(document, operation):
    return [resolve(document, p) for p in operation.get("parameters", [])]


def body_schemas(operation):
    return [media["schema"] for media in operation.get("requestBody", {}).get("content", {}).values()]


# --- what follows from the source -----------------------------------------------------------------

def has_decimals(document, schema):
    schema = resolve(document, schema)
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return schema.get("format") == "decimal" or any(has_decimals(document, node) for node in inner)


def scope_of(path, method, operation):
    """What an API key has to be good for, where the operation does not say."""
    folder = path.removeprefix("/api/v1/").split("/")[0]
    if "user" not in operation["x-allow"]:
        return "admin"
    if method == "get":
        return "read"
    return {"funding": "funding", "orders": "trade", "positions": "trade"}.get(folder, "settings")


def implied_codes(document, method, operation):
    """Codes that an operation may answer with because of what it is."""
    given = parameters(document, operation)
    codes = ["MALFORMED_REQUEST", "RATE_LIMITED", "OVERLOADED", "DEPENDENCY_DOWN"]
    if operation["x-allow"] != ["public"]:
        codes += ["UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED", "FORBIDDEN",
                  "SCOPE_MISSING"]
        codes += ["CSRF_FAILED"] if method != "get" else []
    if any(p["in"] == "path" for p in given):
        codes += ["NOT_FOUND"]
    if any(p["in"] == "header" and p["name"] == "If-Match" for p in given):
        codes += ["VERSION_CONFLICT"]
    if given or "requestBody" in operation:
        codes += ["VALIDATION_FAILED"]
    if "requestBody" in operation:
        codes += ["MALFORMED_JSON", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"]
    if any(has_decimals(document, schema) for schema in body_schemas(operation)):
        codes += ["AMOUNT_RANGE"]
    if "x-command" in operation:
        codes += ["IDEMPOTENCY_KEY_REUSED", "COMMAND_EXPIRED", "COMMAND_POISON", "OUTCOME_PENDING"]
    return codes


def problem_answers(document, method, operation, status_of):
    by_status = {}
    for code in implied_codes(document, method, operation) + operation.get("x-problems", []):
        by_status.setdefault(str(status_of[code]), []).append(code)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": ", ".join(codes),
                     "content": {"application/problem+json": {"schema": schema}}}
            for status, codes in sorted(by_status.items())}


def example_of(document, schema):
    """A value of the schema, made of its examples."""
    schema = resolve(document, schema)
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    kind = schema.get("type")
    if kind == "object":
        return {name: example_of(document, inner)
                for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(document, schema["items"])]
    return {"integer": 1, "boolean": True, "string": "text"}.get(kind)


def add_examples(document, node):
    for media in node.get("content", {}).values():
        media.setdefault("example", example_of(document, media["schema"]))


def complete(document, codes):
    """The document with everything that its x- fields imply."""
    status_of = {row["code"]: row["status"] for row in codes}
    document["x-problem-codes"] = codes
    for path, method, operation in operations(document):
        operation["security"] = []
        if operation["x-allow"] != ["public"]:
            operation.setdefault("x-scope", scope_of(path, method, operation))
            operation["security"] = [{"bearer": []}, {"cookie": []}]
            if operation["x-scope"] != "session":
                operation["security"].append({"key": [operation["x-scope"]]})
        answers = problem_answers(document, method, operation, status_of)
        answers |= {status: {"$ref": "#/components/responses/HeadTooLarge"} for status in ("414", "431")}
        operation["responses"] = dict(sorted({**answers, **operation["responses"]}.items()))
        add_examples(document, operation.get("requestBody", {}))
        for status, answer in operation["responses"].items():
            if status in answers or status[0] == "4":
                continue
            answer["headers"] = {name: {"$ref": f"#/components/headers/{target}"}
                                 for name, target in HEADERS.items()}
            if operation.get("x-cache") in CACHES:
                answer["headers"]["X-Cache"] = {"$ref": "#/components/headers/Cache"}
            add_examples(document, answer)
    return document


# --- what must hold -------------------------------------------------------------------------------

def schema_faults(document, schema, where, depth=0):
    """What of a request schema the gateway would not validate."""
    if depth > 16:
        return [f"{where}: nested too deeply, or in itself"]
    schema = resolve(document, schema)
    faults = [f"{where}: the gateway does not know {word!r}"
              for word in set(schema) - VALIDATED - ANNOTATIONS]
    if schema.get("format", "uuid") not in FORMATS:
        faults.append(f"{where}: the gateway does not know the format {schema['format']!r}")
    for name in set(schema.get("required", [])) - set(schema.get("properties", {})):
        faults.append(f"{where}: {name} is required but not described")
    if not isinstance(schema.get("additionalProperties", False), bool):
        faults.append(f"{where}: additionalProperties is true or false in a request")
    inner = dict(schema.get("properties", {}))
    if "items" in schema:
        inner["[]"] = schema["items"]
    for name, node in inner.items():
        faults += schema_faults(document, node, f"{where}.{name}", depth + 1)
    return faults


def operation_faults(document, path, operation, known_codes):
    faults = []
    name = operation.get("operationId", path)
    for word in ("operationId", "summary", "tags", "x-allow", "responses"):
        if not operation.get(word):
            faults.append(f"{name}: has no {word}")
    allow = operation.get("x-allow", [])
    if set(allow) - ROLES or ("public" in allow and len(allow) > 1):
        faults.append(f"{name}: x-allow {allow} is not [public] or roles of {sorted(ROLES - {'public'})}")
    if sum(word in operation for word in ACTIONS) != 1:
        faults.append(f"{name}: needs exactly one of {', '.join(ACTIONS)}")
    if operation.get("x-limit", "read") not in LIMITS:
        faults.append(f"{name}: x-limit is none of {sorted(LIMITS)}")
    if not isinstance(operation.get("x-cache", 0), int) and operation["x-cache"] not in CACHES:
        faults.append(f"{name}: x-cache is neither seconds nor one of {sorted(CACHES)}")
    if "x-stream" in operation and not re.fullmatch(r"[a-z-]+\.csv", operation["x-stream"]):
        faults.append(f"{name}: x-stream is no name of a CSV file")
    if "x-document" in operation and "x-stream" not in operation:
        faults.append(f"{name}: x-document without x-stream")
    if operation.get("x-scope", "read") not in SCOPES:
        faults.append(f"{name}: x-scope is none of {sorted(SCOPES)}")
    answer = operation.get("x-answer", "event")
    if set([answer] if isinstance(answer, str) else answer) - ANSWERS:
        faults.append(f"{name}: x-answer {answer} is none of {sorted(ANSWERS)}")
    for word in ("x-fill", "x-answer", "x-result", "x-location"):
        sends = "x-command" in operation or (
            word in ("x-answer", "x-result") and "x-handler" in operation)
        if word in operation and not sends:
            faults.append(f"{name}: {word} without x-command")
    for code in set(operation.get("x-problems", [])) - known_codes:
        faults.append(f"{name}: {code} is not in problem_codes.yaml")
    if not any(status[0] in "23" for status in operation.get("responses", {})):
        faults.append(f"{name}: no answer is a success")
    declared = {p["name"] for p in parameters(document, operation) if p["in"] == "path"}
    if declared != set(re.findall(r"{(\w+)}", path)):
        faults.append(f"{name}: declares the path parameters {sorted(declared)} of {path}")
    for parameter in parameters(document, operation):
        faults += schema_faults(document, parameter["schema"], f"{name} {parameter['name']}")
    for schema in body_schemas(operation):
        faults += schema_faults(document, schema, f"{name} body")
    return faults


def dangling(node, document, where="#"):
    """Every $ref that leads nowhere."""
    faults = []
    if isinstance(node, dict):
        if "$ref" in node:
            try:
                resolve(document, node)
            except (KeyError, TypeError):
                faults.append(f"{where}: {node['$ref']} leads nowhere")
        for key, inner in node.items():
            faults += dangling(inner, document, f"{where}/{key}")
    elif isinstance(node, list):
        for inner in node:
            faults += dangling(inner, document, where)
    return faults


def repeated(words, what):
    return [f"{word}: comes twice as {what}" for word in {w for w in words if words.count(w) > 1}]


def faults_of(document, codes):
    faults = dangling(document, document)
    if faults:
        return faults
    known_codes = {row["code"] for row in codes}
    for path, _, operation in operations(document):
        faults += operation_faults(document, path, operation, known_codes)
    listed = list(operations(document))
    faults += repeated([o.get("operationId") for _, _, o in listed], "operationId")
    addresses = [f"{method} {path}" for path, method, _ in listed]
    addresses += [f"{method} {alias}" for _, method, o in listed for alias in o.get("x-aliases", [])]
    return faults + repeated(addresses, "address")


def converted(source, codes_source):
    """The document as the gateway gets it. Ends the program with everything that is wrong."""
    document, codes = load(source), load(codes_source)
    faults = faults_of(document, codes)
    if faults:
        sys.exit("\n".join(f"openapi: {fault}" for fault in sorted(faults)))
    # YAML's shared nodes become separate ones, so that none is completed twice.
    return complete(json.loads(json.dumps(document)), codes)


def main(source, codes_source, target=None):
    text = json.dumps(converted(source, codes_source), ensure_ascii=False, separators=(",", ":"))
    if target is not None:
        pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(target).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
