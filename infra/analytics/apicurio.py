#!/usr/bin/env python3
"""apicurio.py - puts every schema that the venue hands out into an Apicurio registry, under the same ids.

    eval "$(infra/env)"
    infra/analytics/apicurio.py http://localhost:8080

Then deserializers work with http://localhost:8080/apis/ccompat/v7 in place of BOURSE_REGISTRY. Again: what
is new. The ids are the venue's for ever, so it stops where the registry has given one of them to something
else: give the venue a registry of its own, and publish before anybody else does. Needs Python's standard
library, and Apicurio 3.
"""
import hashlib
import io
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile

KEPT = ("fields", "items", "values", "symbols", "size", "logicalType", "default")
PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
CONFLUENT, IMPORT = "/apis/ccompat/v7", "/apis/registry/v3/admin/import?requireEmptyRegistry=false"
MANIFEST = {"systemName": "Bourse", "systemVersion": "", "exportVersion": "3.0"}


def canonical(node, namespace=None):
    """A schema without what readers do not depend on: Apicurio prints it anew, by its own habits."""
    if isinstance(node, list):
        return [canonical(branch, namespace) for branch in node]
    if isinstance(node, str):
        return node if node in PRIMITIVES or "." in node else f"{namespace}.{node}"
    namespace = node.get("namespace", namespace)
    kind = node["type"]
    said = {"type": kind if kind in ("record", "enum", "fixed", "array", "map") else canonical(kind, namespace)}
    if "name" in node:
        said["name"] = canonical(node["name"], namespace)
    for name in KEPT:
        if name in node:
            said[name] = canonical(node[name], namespace) if name in ("items", "values") else node[name]
    if "fields" in node:
        said["fields"] = [{"name": field["name"], "type": canonical(field["type"], namespace),
                           **({"default": field["default"]} if "default" in field else {})} for field in node["fields"]]
    return said


class Registry:
    """The read half of Confluent's API: the venue's, or Apicurio's."""

    def __init__(self, url, ca=None):
        self.url, self.tls = url.rstrip("/"), ssl.create_default_context(cafile=ca) if ca else None

    def get(self, path):
        """What is there, or None."""
        try:
            with urllib.request.urlopen(self.url + path, context=self.tls, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def versions(self, subject):
        return self.get(f"/subjects/{urllib.parse.quote(subject)}/versions") or []

    def version(self, subject, number):
        return self.get(f"/subjects/{urllib.parse.quote(subject)}/versions/{number}")

    def schema(self, number):
        """The schema of an id; None: there is none."""
        found = self.get(f"/schemas/ids/{number}")
        return found and canonical(json.loads(found["schema"]))


def everything(venue):
    """{subject: its versions, oldest first} of what the venue hands out."""
    return {subject: [venue.version(subject, number) for number in venue.versions(subject)]
            for subject in venue.get("/subjects")}


def missing(subjects, known):
    """What of it the other registry does not have. Stops where it has something else."""
    for number, text in {one["id"]: one["schema"] for ones in subjects.values() for one in ones}.items():
        if known.schema(number) not in (None, canonical(json.loads(text))):
            sys.exit(f"{known.url} has another schema under id {number}: ours needs a registry of its own")
    there = {subject: known.versions(subject) for subject in subjects}
    return {subject: [one for one in ones if one["version"] not in there[subject]]
            for subject, ones in subjects.items() if len(ones) > len(there[subject])}


def archive(subjects, all_subjects):
    """Apicurio's own form of an export, which keeps ids."""
    target, now = io.BytesIO(), {"owner": "bourse", "createdOn": 0, "modifiedBy": "bourse", "modifiedOn": 0}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as files:
        write = lambda name, entity: files.writestr(name, json.dumps(entity))
        write("manifest-0.Manifest.json", MANIFEST)
        for text, number in {one["schema"]: one["id"] for ones in subjects.values() for one in ones}.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            write(f"content/{digest}.Content.json",
                  {"contentId": number, "contentHash": digest, "canonicalHash": None, "artifactType": "AVRO",
                   "contentType": "application/json", "serializedReferences": None})
            files.writestr(f"content/{digest}.Content.data", text)
        for subject, ones in subjects.items():
            folder, place = f"groups/default/artifacts/{subject}", {"groupId": None, "artifactId": subject}
            write(f"{folder}/MetaData.Artifact.json", {**place, **now, "artifactType": "AVRO"})
            for one in ones:
                number = one["version"]
                write(f"{folder}/versions/{number}.ArtifactVersion.json",
                      {**place, **now, "globalId": 0, "version": str(number), "versionOrder": number,
                       "state": "ENABLED", "contentId": one["id"]})
            write(f"{folder}/branches/latest.Branch.json",
                  {**place, **now, "branchId": "latest", "systemDefined": True,
                   "versions": [str(one["version"]) for one in all_subjects[subject]]})
    return target.getvalue()


def publish(url, body):
    request = urllib.request.Request(url + IMPORT, body, method="POST", headers={
        "Content-Type": "application/zip", "X-Registry-Preserve-ContentId": "true",
        "X-Registry-Preserve-GlobalId": "false"})
    try:
        with urllib.request.urlopen(request, timeout=600):
            pass
    except urllib.error.HTTPError as error:
        sys.exit(f"{url} does not take them: {error.code} {error.read().decode(errors='replace')[:500]}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    url = sys.argv[1].rstrip("/")
    venue, registry = Registry(os.environ["BOURSE_REGISTRY"], os.environ.get("BOURSE_CA")), Registry(url + CONFLUENT)
    subjects = everything(venue)
    new = missing(subjects, registry)
    if new:
        publish(url, archive(new, subjects))
    ids = {one["id"]: one["schema"] for ones in subjects.values() for one in ones}
    for number, text in ids.items():
        if registry.schema(number) != canonical(json.loads(text)):
            sys.exit(f"{url} does not show the schema of id {number} under that id")
    print(f"{len(ids)} schemas of {len(subjects)} subjects are in {url}; {sum(map(len, new.values()))} versions are new")


if __name__ == "__main__":
    main()
