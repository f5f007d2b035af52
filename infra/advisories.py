"""advisories.py - what others have found wrong with what is not ours, as one kind of finding, and what
of it is explained in explained.yaml. Pure: infra/audit and the tests of k8s/ fetch and run."""
import collections
import fnmatch
import json
import pathlib
import subprocess

import yaml

EXPLAINED = pathlib.Path(__file__).resolve().parent / "explained.yaml"

# tool: npm, pip, debian, kube-score, checkov; id: the advisory or the check; where: the package or the
# object.
Finding = collections.namedtuple("Finding", "tool id where text")
GRAVE = ("moderate", "medium", "high", "critical")
# What the tracker has not judged may be grave.
GRAVE_URGENCIES = ("medium", "high", "not yet assigned", "end-of-life")


def explanations():
    return yaml.safe_load(EXPLAINED.read_text())


def unexplained(findings, rows):
    """The findings that no row explains."""
    return [one for one in findings if not any(explains(row, one) for row in rows)]


def stale(findings, rows, tools):
    """The rows of these tools that explain nothing that was found."""
    return [row for row in rows if row["tool"] in tools and
            not any(explains(row, one) for one in findings)]


def explains(row, finding):
    return (row["tool"] == finding.tool and row["id"] == finding.id and
            fnmatch.fnmatchcase(finding.where, row["where"]))


def of_npm(report):
    """From `npm audit --json`."""
    for name, row in sorted(report["vulnerabilities"].items()):
        for cause in row["via"]:
            if isinstance(cause, dict) and cause["severity"] in GRAVE:
                yield Finding("npm", cause["url"].split("/")[-1], name,
                              f"{cause['severity']}: {cause['title']} ({cause['range']})")


def of_pip(report):
    """From `pip-audit --format json`, which tells no severities: all count."""
    for row in report["dependencies"]:
        for found in row.get("vulns", []):
            yield Finding("pip", found["id"], row["name"],
                          f"{row['version']}, mended in {', '.join(found['fix_versions']) or 'none'}")


def of_debian(tracker, components, is_older):
    """From the security tracker's list, {source: {CVE: ...}}, for the components of a bill of materials.
    is_older(version, other) compares as dpkg does."""
    sources = sorted({source_of(one) for one in components if one["type"] == "library"})
    for source, version in sources:
        for cve, row in sorted(tracker.get(source, {}).items()):
            release = row.get("releases", {}).get("bookworm")
            if release is None or release["urgency"] not in GRAVE_URGENCIES:
                continue
            fixed = release.get("fixed_version")
            if release["status"] == "open" or (fixed not in (None, "0") and is_older(version, fixed)):
                yield Finding("debian", cve, source, f"{version}, mended in {fixed or 'none'}")


def names_of(components):
    """The binary packages of a bill of materials."""
    return sorted({one["name"] for one in components if one["type"] == "library"})


def of_madison(listed, components, is_older):
    """From `apt-cache madison`, a line for each version of a package that a suite has."""
    newest = {}
    for line in listed.splitlines():
        name, version, where = (word.strip() for word in line.split("|"))
        if not where.endswith("Sources") and (name not in newest or is_older(newest[name], version)):
            newest[name] = version
    installed = sorted({(one["name"], one["version"]) for one in components if one["type"] == "library"})
    for name, version in installed:
        if name in newest and is_older(version, newest[name]):
            yield Finding("debian", "newer", name, f"{version}, Debian 12 has {newest[name]}")


def source_of(component):
    said = {row["name"]: row["value"] for row in component["properties"]}
    return said["debian:source"], said["debian:source-version"]


def is_older(version, other):
    return subprocess.run(["dpkg", "--compare-versions", version, "lt", other], check=False).returncode == 0


def of_kube_score(report):
    """From `kube-score score --output-format json`: what it calls critical."""
    for one in report:
        for check in one["checks"] or []:
            if check["grade"] == 1 and not check["skipped"]:
                for comment in check["comments"] or [{"summary": ""}]:
                    yield Finding("kube-score", check["check"]["id"], named(one), comment["summary"])


def named(one):
    return f"{one['type_meta']['kind']}/{one['object_meta']['name']}"


def of_checkov(report):
    """From `checkov --output json`: whatever failed, for offline it knows no severities."""
    for part in report if isinstance(report, list) else [report]:
        for row in part.get("results", {}).get("failed_checks", []):
            kind, _, name = row["resource"].split(".")[:3]
            yield Finding("checkov", row["check_id"], f"{kind}/{name}", row["check_name"])


def bills(folder):
    """The components of every bill of materials of a folder."""
    return [one for path in sorted(folder.glob("*.cdx.json"))
            for one in json.loads(path.read_text())["components"]]
