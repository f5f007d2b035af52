"""What the contract tests share: the contracts as they are in the source tree, read once."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
sys.path.insert(0, str(SCHEMAS))
import openapi  # noqa: E402  (schemas/openapi.py, which the build converts with)

SOURCE = openapi.load(SCHEMAS / "openapi.yaml")
CODES = openapi.load(SCHEMAS / "problem_codes.yaml")
DOCUMENT = openapi.converted(SCHEMAS / "openapi.yaml", SCHEMAS / "problem_codes.yaml")


def avro(folder):
    """{name: schema} of a folder of schemas/."""
    return {path.stem: json.loads(path.read_text()) for path in (SCHEMAS / folder).glob("*.avsc")}


TYPES, COMMANDS, EVENTS = avro("types"), avro("commands"), avro("events")


def operations():
    """{operationId: operation} of the source, with `path` and `method` beside its own fields."""
    return {o["operationId"]: dict(o, path=path, method=method)
            for path, method, o in openapi.operations(SOURCE)}


OPERATIONS = operations()


def resolved(node):
    return openapi.resolve(SOURCE, node)


def parameters(operation, place):
    """{name: schema} of an operation's parameters in path, query or header."""
    return {p["name"]: resolved(p["schema"]) for p in openapi.parameters(SOURCE, operation)
            if p["in"] == place}


def body(operation):
    """The schema of an operation's body; an empty object where it takes none."""
    return resolved((openapi.body_schemas(operation) or [{}])[0])


def success(operation):
    """The schema of the first answer that is a success, and its media type."""
    status = min(s for s in operation["responses"] if s[0] in "23")
    media, content = next(iter(operation["responses"][status]["content"].items()))
    return resolved(content["schema"]), media


def fields(command):
    """{JSON name: field} of a command's own fields."""
    return {f["name"].removesuffix("_e8"): f for f in command["fields"] if f["name"] != "meta"}


def command_of(operation):
    """The schema that x-command names, as service.Name, or as Name where any service takes it."""
    *service, name = operation["x-command"].split(".")
    schema = COMMANDS.get(name)
    return schema if schema and schema["namespace"] == ".".join(["bourse", *service]) else None


# --- x-fill ---------------------------------------------------------------------------------------

FUNCTIONS = {"id": (0, 1), "email_hash": (1, 1), "password_hash": (1, 1), "concat": (2, 2), "time_zone": (1, 1),
             "text_messages": (1, 1), "browser_push": (1, 1), "id_of": (2, 2), "amount_hash": (2, 2),
             "mail_token_user": (2, 2), "mail_token_version": (2, 2)}


def parse_fill(text):
    """An expression as (kind, ...): ('or', terms), ('call', name, arguments), ('literal', text) or
    ('name', place, name). ValueError where it is none."""
    tokens = re.findall(r"=[^|,)]*|[a-z_]+\.[A-Za-z_]+|[a-z_]+|[(),|]", text)
    if "".join(tokens).replace(" ", "") != text.replace(" ", ""):
        raise ValueError(f"{text!r} has something that is no expression")
    tree, rest = parse_alternatives(tokens)
    if rest:
        raise ValueError(f"{text!r} goes on after its end: {rest}")
    return tree


def parse_alternatives(tokens):
    terms = []
    while True:
        term, tokens = parse_term(tokens)
        terms.append(term)
        if not tokens or tokens[0] != "|":
            return (terms[0] if len(terms) == 1 else ("or", terms)), tokens
        tokens = tokens[1:]


def parse_term(tokens):
    if not tokens:
        raise ValueError("an expression ends too early")
    head, tokens = tokens[0], tokens[1:]
    if head.startswith("="):
        return ("literal", head[1:].strip()), tokens
    if "." in head:
        return ("name", *head.split(".")), tokens
    if head not in FUNCTIONS or tokens[:1] != ["("]:
        raise ValueError(f"{head!r} is no function of x-fill")
    arguments, tokens = [], tokens[1:]
    while tokens[:1] != [")"]:
        argument, tokens = parse_alternatives(tokens)
        arguments.append(argument)
        tokens = tokens[1:] if tokens[:1] == [","] else tokens
        if not tokens:
            raise ValueError(f"{head}( is not closed")
    least, most = FUNCTIONS[head]
    if not least <= len(arguments) <= most:
        raise ValueError(f"{head} takes {least} to {most} arguments, not {len(arguments)}")
    return ("call", head, arguments), tokens[1:]
