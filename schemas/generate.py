#!/usr/bin/python3
"""Makes the C contract of every command and event from the Avro schemas.

    generate.py code OUT_DIR [SCHEMAS_DIR]    writes messages.h and messages.c (the build does this)
    generate.py publish                       gives every new or changed schema its id in history/
    generate.py check                         fails unless history/ is complete and compatible (a test does this)

Sources are types/*.avsc (shared), commands/*.avsc and events/*.avsc, which name shared types;
what is published in history/ID-FULLNAME.avsc is self-contained, as a registry serves it. The id is
the file's for ever. Beside Avro's own attributes a schema may say: on a field `sealed` (the field
holds ciphertext under the key that the named field identifies); on an event `answers`, `ticket`,
`result`; on a command `key`, `entity`, `account` (see README.md).
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(sys.argv[3] if len(sys.argv) == 4 else __file__).resolve()
HERE = HERE if HERE.is_dir() else HERE.parent
SCALARS = {  # Avro type -> wire type, C type, what codec.h calls it
    "boolean": ("WIRE_BOOLEAN", "bool", "boolean"),
    "int": ("WIRE_INT", "int32_t", "int"),
    "long": ("WIRE_LONG", "int64_t", "long"),
    "string": ("WIRE_TEXT", "struct text", "text"),
    "bytes": ("WIRE_BYTES", "struct bytes", "bytes"),
    "uuid": ("WIRE_UUID", "struct uuid", "uuid"),
    "timestamp-micros": ("WIRE_TIME", "int64_t", "time"),
    "e8": ("WIRE_E8", "int64_t", "long"),
}


def fail(message):
    sys.exit(f"schemas: {message}")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def load(folder):
    schemas = {}
    for path in sorted((HERE / folder).glob("*.avsc")):
        schema = json.loads(path.read_text())
        if schema["name"] != path.stem:
            fail(f"{path} holds {schema['name']}: the file must have the name of its schema")
        schemas[schema["name"]] = schema
    return schemas


TYPES = load("types")
COMMANDS = load("commands")
EVENTS = load("events")


def full_name(schema):
    return f"{schema['namespace']}.{schema['name']}"


# --- self-contained form and history --------------------------------------------------------------

def inline(node, seen):
    """The same schema with each shared type written out where it is first named."""
    if isinstance(node, str):
        if node not in TYPES:
            return node
        name = full_name(TYPES[node])
        if name in seen:
            return name
        seen.add(name)
        return inline(TYPES[node], seen)
    if isinstance(node, list):
        return [inline(branch, seen) for branch in node]
    node = dict(node)
    for inner in ("items", "values"):
        if inner in node:
            node[inner] = inline(node[inner], seen)
    if "fields" in node:
        node["fields"] = [dict(f, type=inline(f["type"], seen)) for f in node["fields"]]
    return node


def published_text(schema):
    return json.dumps(inline(schema, set()), separators=(",", ":"), ensure_ascii=False)


def history():
    """{full name: [(id, schema), ...] oldest first}"""
    versions = {}
    for path in sorted((HERE / "history").glob("*.avsc")):
        number, name = path.stem.split("-", 1)
        versions.setdefault(name, []).append((int(number), json.loads(path.read_text())))
    return versions


def contract(node):
    """What of a schema readers depend on: docs and our own attributes may change freely."""
    if isinstance(node, list):
        return [contract(branch) for branch in node]
    if isinstance(node, dict):
        return {k: contract(v) for k, v in node.items()
                if k in ("type", "name", "namespace", "fields", "items", "values", "symbols",
                         "size", "logicalType", "default")}
    return node


def compatible(old, new, where):
    """FULL_TRANSITIVE in the small: fields may come and go only with a default of zero."""
    problems = []
    if isinstance(old, dict) and isinstance(new, dict) and old.get("type") == new.get("type"):
        kind = old["type"]
        if kind == "record":
            before = {f["name"]: f for f in old["fields"]}
            after = {f["name"]: f for f in new["fields"]}
            for name in before.keys() | after.keys():
                place = f"{where}.{name}"
                if name in before and name in after:
                    problems += compatible(before[name]["type"], after[name]["type"], place)
                elif (before.get(name) or after.get(name)).get("default", "none") not in (
                        None, [], {}, 0, False, ""):
                    problems.append(f"{place}: comes or goes without an empty default")
            return problems
        if kind == "enum" and old["symbols"] == new["symbols"]:
            return problems
        if kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            return compatible(old[inner], new[inner], where)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for a, b in zip(old, new):
            problems += compatible(a, b, where)
        return problems
    if contract(old) != contract(new):
        problems.append(f"{where}: changed from {contract(old)} to {contract(new)}")
    return problems


def messages():
    return list(EVENTS.values()) + list(COMMANDS.values())


def check():
    known = history()
    for schema in messages():
        name, text = full_name(schema), published_text(schema)
        if name not in known:
            fail(f"{name} has no id yet: run schemas/generate.py publish")
        if contract(json.loads(text)) != contract(known[name][-1][1]):
            fail(f"{name} differs from its last published version: run schemas/generate.py publish")
        for number, old in known[name]:
            for problem in compatible(old, json.loads(text), name):
                fail(f"not compatible with id {number}: {problem}")


def publish():
    known = history()
    next_id = max((i for v in known.values() for i, _ in v), default=0) + 1
    for schema in messages():
        name, text = full_name(schema), published_text(schema)
        if name in known and contract(json.loads(text)) == contract(known[name][-1][1]):
            continue
        for number, old in known.get(name, []):
            for problem in compatible(old, json.loads(text), name):
                fail(f"not compatible with id {number}: {problem}")
        (HERE / "history").mkdir(exist_ok=True)
        (HERE / "history" / f"{next_id:05d}-{name}.avsc").write_text(text + "\n")
        next_id += 1


# --- C ---------------------------------------------------------------------------------------------

class Field:
    """One field of a record in C: its declaration, its descriptor, and how it is read and written."""

    def __init__(self, record, field):
        self.name, self.record = field["name"], record
        self.sealed = field.get("sealed")
        node = field["type"]
        self.nullable = isinstance(node, list)
        if self.nullable:
            if node[0] != "null" or len(node) != 2:
                fail(f"{record}.{self.name}: a union must be [null, type]")
            node = node[1]
        self.array = self.map = False
        if isinstance(node, dict) and node["type"] in ("array", "map"):
            if self.nullable:
                fail(f"{record}.{self.name}: an array or map is empty, not null")
            self.array, self.map = True, node["type"] == "map"
            node = node.get("items", node.get("values"))
        self.wire, self.c_type, self.coded, self.target = self.element(node)
        if self.map:
            self.value_coded = self.coded
            self.entry = self.coded = f"{snake(record)}_{self.name}_entry"

    def element(self, node):
        if isinstance(node, str) and node in TYPES:
            schema = TYPES[node]
            name, table = snake(node), f"&WIRE_{snake(node).upper()}"
            if schema["type"] == "record":
                return "WIRE_RECORD", f"struct {name}", name, table
            if schema["type"] == "enum":
                return "WIRE_ENUM", f"enum {name}", name, table
            return "WIRE_FIXED", f"struct {name}", name, "NULL"
        key = node if isinstance(node, str) else node.get("logicalType", node["type"])
        if key == "long" and self.name.endswith("_e8"):
            key = "e8"
        if key not in SCALARS:
            fail(f"{self.record}.{self.name}: no C type for {node}")
        return *SCALARS[key], "NULL"

    def declarations(self):
        if self.map:
            return [f"struct {self.entry} *{self.name};", f"size_t {self.name}_count;"]
        if self.array:
            return [f"{self.c_type} *{self.name};", f"size_t {self.name}_count;"]
        return ([f"bool has_{self.name};"] if self.nullable else []) + [
            f"{self.c_type} {self.name};"]

    def step(self, one, nullable, array, coded=None):
        """Its line among what is done with all fields of its record."""
        kind = array if self.array else nullable if self.nullable else one
        return f"{kind}({coded or self.coded}, {self.name})"

    def descriptor(self, struct):
        c_type, wire, target = self.c_type, self.wire, self.target
        if self.map:
            c_type, wire = f"struct {self.entry}", "WIRE_RECORD"
            target = f"&WIRE_{self.entry.upper()}"
        flags = [f".{f} = true" for f in ("nullable", "array", "map") if getattr(self, f)]
        if self.sealed:
            flags.append(f'.sealed_by = "{self.sealed}"')
        beside = ""
        if self.array or self.nullable:
            other = f"{self.name}_count" if self.array else f"has_{self.name}"
            beside = f", .beside = offsetof(struct {struct}, {other})"
        record = f", .record = {target}" if wire == "WIRE_RECORD" else ""
        symbols = f", .symbols = {target}" if wire == "WIRE_ENUM" else ""
        return (f'    {{.name = "{self.name}", .type = {wire}, .size = sizeof({c_type}), '
                f".offset = offsetof(struct {struct}, {self.name}){beside}{record}{symbols}"
                f"{''.join(', ' + f for f in flags)}}},")


def record_fields(schema):
    return [Field(schema["name"], f) for f in schema["fields"] if f["name"] != "meta"]


def type_order():
    """Shared types so that each comes after those it names."""
    done = []

    def visit(name):
        if name in done:
            return
        for found in re.findall(r'"([A-Z]\w+)"', json.dumps(TYPES[name].get("fields", []))):
            if found in TYPES:
                visit(found)
        done.append(name)

    for name in TYPES:
        visit(name)
    return [TYPES[name] for name in done]


def struct_code(name, schema):
    fields = record_fields(schema)
    lines = []
    for f in fields:
        if f.map:
            lines += [f"struct {f.entry} {{", "    struct text key;", f"    {f.c_type} value;", "};"]
    lines += [f"/* {schema['doc']} */", f"struct {name} {{"]
    docs = {f["name"]: f.get("doc") for f in schema["fields"]}
    for f in fields:
        declared = f.declarations()
        comment = f" /* {docs[f.name]} */" if docs[f.name] else ""
        lines += [f"    {d}" for d in declared[:-1]] + [f"    {declared[-1]}{comment}"]
    if not fields:
        lines.append("    char nothing;")
    return lines + ["};", ""]


def descriptor_code(name, schema):
    fields = record_fields(schema)
    lines = []
    for f in fields:
        if f.map:
            value = f"&WIRE_{f.entry.upper()}"
            inner = f", .record = {f.target}" if f.wire == "WIRE_RECORD" else ""
            lines += [f"static const struct wire_field {f.entry.upper()}_FIELDS[] = {{",
                      f'    {{.name = "key", .type = WIRE_TEXT, .size = sizeof(struct text), '
                      f".offset = offsetof(struct {f.entry}, key)}},",
                      f'    {{.name = "value", .type = {f.wire}, .size = sizeof({f.c_type}), '
                      f".offset = offsetof(struct {f.entry}, value){inner}}},", "};",
                      *codec_code(f.entry, ["ONE(text, key)", f"ONE({f.value_coded}, value)"]),
                      f'static const struct wire_record {value[1:]} = {{.name = "{f.entry}", '
                      f".size = sizeof(struct {f.entry}), .fields = {f.entry.upper()}_FIELDS, "
                      f".fields_count = 2, {coders(f.entry)}}};"]
    constant = name.upper()
    if fields:
        lines += [f"static const struct wire_field {constant}_FIELDS[] = {{"]
        lines += [f.descriptor(name) for f in fields] + ["};"]
    lines += codec_code(name, [f.step("ONE", "NULLABLE", "ARRAY") for f in fields])
    lines += [f'const struct wire_record WIRE_{constant} = {{.name = "{schema["name"]}", '
              f".size = sizeof(struct {name}), "
              f".fields = {constant + '_FIELDS' if fields else 'NULL'}, "
              f".fields_count = {len(fields)}, {coders(name)}}};", ""]
    return lines


def codec_code(name, steps):
    """What codec.h makes of the fields of a record: the functions that coders() names."""
    macro = f"{name.upper()}_CODED"
    return [" \\\n    ".join([f"#define {macro}(ONE, NULLABLE, ARRAY)", *steps]),
            f"WIRE_RECORD_CODEC({name}, {macro})"]


def coders(name):
    return f".read = read_{name}, .bound = bound_{name}, .write = write_{name}"


def header_code():
    lines = ["/* Made by schemas/generate.py from schemas/: not to be edited. */",
             "#ifndef WIRE_MESSAGES_H", "#define WIRE_MESSAGES_H",
             '#include "base/base.h"', '#include "base/uuid.h"', '#include "wire/record.h"', ""]
    for schema in type_order():
        name, upper = snake(schema["name"]), snake(schema["name"]).upper()
        if schema["type"] == "enum":
            lines += [f"/* {schema['doc']} */", f"enum {name} {{"]
            lines += [f"    {upper}_{s.upper()}," for s in schema["symbols"]]
            lines += ["};", f"extern const struct wire_enum WIRE_{upper};", ""]
        elif schema["type"] == "fixed":
            lines += [f"/* {schema['doc']} */", f"struct {name} {{",
                      f"    uint8_t bytes[{schema['size']}];", "};", ""]
        else:
            lines += struct_code(name, schema) + [f"extern const struct wire_record WIRE_{upper};", ""]
    for what, schemas in (("event", EVENTS), ("command", COMMANDS)):
        for schema in schemas.values():
            name = snake(schema["name"])
            lines += struct_code(name, schema)
            lines += [f"extern const struct wire_record WIRE_{name.upper()};", ""]
        lines += [f"enum {what}_kind {{"]
        lines += [f"    {what.upper()}_{snake(n).upper()}," for n in schemas]
        lines += ["};", f"enum {{ {what.upper()}_KINDS = {len(schemas)} }};", ""]
        lines += cases_code(what, schemas)
        lines += [f"/* Any {what}: what it is, who and why, and its own fields. */",
                  f"struct {what} {{", f"    enum {what}_kind kind;",
                  "    struct text key; /* of the record: whose partition it is in */",
                  f"    struct {what}_meta meta;", "    union {"]
        lines += [f"        struct {snake(n)} {snake(n)};" for n in schemas]
        lines += ["    };", "};", ""]
    return lines + ["#endif", ""]


def cases_code(what, schemas):
    """The kinds of each service's own, to be written behind `case` in a switch over all."""
    lines = [f"/* For `case {what.upper()}S_OF_ORDERS:`: the kinds that only this service has. */"]
    for namespace in sorted({s["namespace"] for s in schemas.values()} - {"bourse"}):
        kinds = [f"{what.upper()}_{snake(n).upper()}" for n, s in schemas.items()
                 if s["namespace"] == namespace]
        name = f"{what.upper()}S_OF_{namespace.removeprefix('bourse.').upper()}"
        lines += [f"#define {name} " + ": \\\n    case ".join(kinds)]
    return lines + [""]


def c_string(text):
    """A C string literal, cut into lines that compilers take."""
    parts = [text[i:i + 90] for i in range(0, len(text), 90)] or [""]
    return "\n        ".join(
        '"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts)


class OldVersion:
    """Functions by which what was written by an older version of a message is read into the structs
    of today: its fields in its order, those that are gone passed over."""

    def __init__(self, number, schema):
        self.prefix, self.lines, self.named, self.done = f"v{number}", [], {}, set()
        self.collect(schema)
        self.schema = schema

    def collect(self, node):
        """Notes the shared types that the schema writes out, by full name."""
        for inner in node if isinstance(node, list) else []:
            self.collect(inner)
        if isinstance(node, dict):
            if "name" in node and "type" in node and "namespace" in node:
                self.named[full_name(node)] = node
            for inner in [f["type"] for f in node.get("fields", [])] + [
                    node[k] for k in ("items", "values") if k in node]:
                self.collect(inner)

    def spelled(self, node):
        """A node with every shared type written out, so that two can be compared."""
        if isinstance(node, str):
            return self.spelled(self.named[node]) if node in self.named else node
        if isinstance(node, list):
            return [self.spelled(inner) for inner in node]
        node = {k: self.spelled(v) if k in ("items", "values") else v for k, v in node.items()}
        if "fields" in node:
            node["fields"] = [dict(f, type=self.spelled(f["type"])) for f in node["fields"]]
        return contract(node)

    def record(self, old, new, struct, without_meta=False):
        """What reads record `old`; `new` is what it is today, or None: gone, and passed over."""
        today = OldVersion("", json.loads(published_text(new))) if new else None
        if new and self.spelled(old) == today.spelled(today.schema):
            return struct
        name = f"{self.prefix}_{snake(old['name'])}"
        if (name, bool(new)) not in self.done:
            self.done.add((name, bool(new)))
            fields = {f["name"]: f for f in new["fields"]} if new else {}
            steps = [self.step(f, fields.get(f["name"]), new) for f in old["fields"]
                     if not (without_meta and f["name"] == "meta")]
            head = f"WIRE_READER({name}, {struct}," if new else f"WIRE_SKIPPER({name},"
            self.lines += [head, *[f"    {step}" for step in steps], ")", ""]
        return name

    def step(self, old, now, new):
        """How one field of an older record is read, or passed over."""
        node = old["type"][1] if isinstance(old["type"], list) else old["type"]
        outer = node if isinstance(node, dict) else {}
        inner = outer.get("items", outer.get("values", node))
        inner = self.named.get(inner, inner) if isinstance(inner, str) else inner
        if now is not None:
            described, coded = Field(new["name"], now), None
            if described.wire == "WIRE_RECORD" and not described.map:
                coded = self.record(inner, TYPES[inner["name"]], snake(inner["name"]))
            return described.step("READ", "READ_NULLABLE", "READ_ARRAY", coded)
        if "values" in outer:
            fail(f"{old['name']}: a map that is gone cannot be passed over: keep it, empty")
        kind = "SKIP_NULLABLE" if isinstance(old["type"], list) else "SKIP"
        return f"{'SKIP_ARRAY' if 'items' in outer else kind}({self.gone(inner)})"

    def gone(self, node):
        """What passes over an element of that type."""
        kind = node["type"] if isinstance(node, dict) else node
        if kind == "record":
            return self.record(node, None, "")
        if kind == "enum":
            return "long"
        if kind != "fixed":
            return SCALARS[node if isinstance(node, str) else node.get("logicalType", kind)][2]
        name = f"{self.prefix}_{snake(node['name'])}"
        if name not in self.done:
            self.done.add(name)
            self.lines += [f"WIRE_FIXED_SKIPPER({name}, {node['size']})", ""]
        return name


def versions_code(what, schema, versions):
    """The table of a message's versions, oldest first, and what the older ones are read by."""
    struct, lines, rows = snake(schema["name"]), [], []
    meta_name = f"{what.capitalize()}Meta"
    for number, old in versions:
        meta, payload, text = snake(meta_name), struct, old
        if number == versions[-1][0]:
            text = published_text(schema)
        else:
            version = OldVersion(number, old)
            meta = version.record(version.named[full_name(TYPES[meta_name])], TYPES[meta_name],
                                  snake(meta_name))
            payload = version.record(old, schema, struct, without_meta=True)
            lines += version.lines
            text = json.dumps(old, separators=(",", ":"), ensure_ascii=False)
        rows.append(f"    {{.schema_id = {number}, .read_meta = read_{meta}, "
                    f".read_payload = read_{payload}, .schema =\n        {c_string(text)}}},")
    return lines + [f"static const struct wire_version {struct.upper()}_VERSIONS[] = {{", *rows,
                    "};", ""]


def message_row(what, schema, versions_count):
    upper = snake(schema["name"]).upper()
    row = [f"    {{.kind = {what.upper()}_{upper}, "
           f'.full_name = "{full_name(schema)}",',
           f"     .versions = {upper}_VERSIONS, .versions_count = {versions_count},",
           f"     .payload = &WIRE_{upper}, .payload_offset = offsetof(struct {what}, "
           f"{snake(schema['name'])}),"]
    if what == "event":
        answers = schema.get("answers", False)
        result = schema.get("result", [])
        row.append(f"     .answers = {str(answers).lower()}, "
                   f".ticket = {str(answers and schema.get('ticket', True)).lower()},")
        if schema.get("relays", False):
            row.append("     .relays = true,")
        row.append("     .result = {%s}," % ", ".join([f'"{r}"' for r in result] + ["NULL"]))
    else:
        entity = schema.get("entity", {})
        row.append(f"     .key = \"{schema['key'].replace(chr(34), '')}\", "
                   f".entity_type = \"{entity['type']}\", .entity_field = \"{entity['id'].replace(chr(34), '')}\",")
        if "account" in schema:
            row.append(f"     .account_field = \"{schema['account']}\",")
    return row[:-1] + [row[-1].removesuffix(",") + "},"]


def source_code():
    known = history()
    lines = ["/* Made by schemas/generate.py from schemas/: not to be edited. */",
             '#include "wire/messages.h"', "", '#include "wire/codec.h"', '#include "wire/wire.h"', "", "#include <stddef.h>",
             ""]
    for schema in type_order():
        name, upper = snake(schema["name"]), snake(schema["name"]).upper()
        if schema["type"] == "enum":
            symbols = ", ".join(f'"{s}"' for s in schema["symbols"])
            lines += [f"static const char *const {upper}_SYMBOLS[] = {{{symbols}}};",
                      f'const struct wire_enum WIRE_{upper} = {{.name = "{schema["name"]}", '
                      f".symbols = {upper}_SYMBOLS, .symbols_count = {len(schema['symbols'])}}};",
                      f"WIRE_ENUM_CODEC({name}, {len(schema['symbols'])})", ""]
        elif schema["type"] == "fixed":
            lines += [f"WIRE_FIXED_CODEC({name})", ""]
        elif schema["type"] == "record":
            lines += descriptor_code(name, schema)
    for what, schemas in (("event", EVENTS), ("command", COMMANDS)):
        for schema in schemas.values():
            lines += descriptor_code(snake(schema["name"]), schema)
        for schema in schemas.values():
            if full_name(schema) not in known:
                fail(f"{full_name(schema)} has no id yet: run schemas/generate.py publish")
            lines += versions_code(what, schema, known[full_name(schema)])
        lines += [f"const struct wire_message WIRE_{what.upper()}S[{what.upper()}_KINDS] = {{"]
        for schema in schemas.values():
            lines += message_row(what, schema, len(known[full_name(schema)]))
        lines += ["};", ""]
    return lines + ids_code(known)


def ids_code(known):
    """The table from a schema id to its message and version."""
    lines = ["const struct wire_id WIRE_IDS[] = {"]
    for what, schemas in (("EVENT", EVENTS), ("COMMAND", COMMANDS)):
        for schema in schemas.values():
            upper = snake(schema["name"]).upper()
            lines += [f"    [{number}] = {{&WIRE_{what}S[{what}_{upper}], "
                      f"&{upper}_VERSIONS[{version}]}},"
                      for version, (number, _) in enumerate(known[full_name(schema)])]
    return lines + ["};", "const size_t WIRE_IDS_COUNT = COUNT_OF(WIRE_IDS);", ""]


def code(out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "messages.h").write_text("\n".join(header_code()))
    (out / "messages.c").write_text("\n".join(source_code()))


def main():
    match sys.argv[1:]:
        case ["code", out] | ["code", out, _]:
            code(pathlib.Path(out))
        case ["publish"]:
            publish()
        case ["check"]:
            check()
        case _:
            sys.exit(__doc__)


main()
