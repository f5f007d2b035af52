#!/usr/bin/python3
"""advisories_test.py - infra/advisories.py finds in what others report what is of medium severity or
above, and knows what explained.yaml explains of it."""
import sys
import unittest

from contracts import ROOT

sys.path.insert(0, str(ROOT / "infra"))
import advisories  # noqa: E402
from advisories import Finding  # noqa: E402

NPM = {"vulnerabilities": {
    "vite": {"via": [{"url": "https://github.com/advisories/GHSA-1", "severity": "moderate",
                      "title": "reads files", "range": "<8.3.9"},
                     {"url": "https://github.com/advisories/GHSA-2", "severity": "low", "title": "is slow",
                      "range": "<9"}]},
    "plugin": {"via": ["vite"]}}}
PIP = {"dependencies": [{"name": "a", "version": "1", "vulns": []},
                        {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]},
                        {"name": "c", "skip_reason": "not found"}]}
TRACKER = {"openssl": {
    "CVE-1": {"releases": {"bookworm": {"status": "open", "urgency": "medium"}}},
    "CVE-2": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
    "CVE-3": {"releases": {"bookworm": {"status": "resolved", "urgency": "high", "fixed_version": "3.0.9-1"}}},
    "CVE-4": {"releases": {"bookworm": {"status": "resolved", "urgency": "high", "fixed_version": "3.0.17-1"}}},
    "CVE-5": {"releases": {"bookworm": {"status": "resolved", "urgency": "high", "fixed_version": "0"}}},
    "CVE-6": {"releases": {"bookworm": {"status": "open", "urgency": "not yet assigned"}}},
    "CVE-7": {"releases": {"trixie": {"status": "open", "urgency": "high"}}}}}


def component(name, source, version):
    return {"type": "library", "name": name, "version": "binary", "properties": [
        {"name": "debian:source", "value": source}, {"name": "debian:source-version", "value": version}]}


class Advisories(unittest.TestCase):
    def test_of_npm_each_cause_counts_once_and_the_slight_ones_do_not(self):
        self.assertEqual([(one.id, one.where) for one in advisories.of_npm(NPM)], [("GHSA-1", "vite")])

    def test_of_pypi_all_count(self):
        self.assertEqual([(one.id, one.where) for one in advisories.of_pip(PIP)], [("PYSEC-1", "b")])

    def test_of_debian_what_is_not_mended_in_what_is_installed_counts(self):
        found = advisories.of_debian(TRACKER, [component("libssl3", "openssl", "3.0.16-1~deb12u1"),
                                               {"type": "application", "name": "bourse-orders"}],
                                     advisories.is_older)
        self.assertEqual([one.id for one in found], ["CVE-1", "CVE-4", "CVE-6"])

    def test_of_apt_what_has_a_newer_version_in_any_suite_counts(self):
        listed = """ libssl3 | 3.0.16-1~deb12u1 | http://deb.debian.org/debian bookworm/main amd64 Packages
 libssl3 | 3.0.17-1~deb12u3 | http://deb.debian.org/debian-security bookworm-security/main amd64 Packages
 libssl3 | 3.0.99-1 | http://deb.debian.org/debian bookworm/main Sources
    tini | 0.19.0-1+b3 | http://deb.debian.org/debian bookworm/main amd64 Packages
"""
        bill = [{"type": "library", "name": "libssl3", "version": "3.0.16-1~deb12u1"},
                {"type": "library", "name": "tini", "version": "0.19.0-1+b3"},
                {"type": "library", "name": "of-our-own", "version": "1"}, {"type": "application", "name": "bourse"}]
        self.assertEqual(advisories.names_of(bill), ["libssl3", "of-our-own", "tini"])
        self.assertEqual(list(advisories.of_madison(listed, bill, advisories.is_older)), [
            Finding("debian", "newer", "libssl3", "3.0.16-1~deb12u1, Debian 12 has 3.0.17-1~deb12u3")])

    def test_a_row_explains_what_it_names_and_is_stale_without_it(self):
        rows = [{"tool": "debian", "id": "CVE-1", "where": "openssl", "why": "not called"},
                {"tool": "debian", "id": "CVE-9", "where": "*", "why": "gone"},
                {"tool": "npm", "id": "GHSA-9", "where": "*", "why": "npm was not asked"}]
        known, new = Finding("debian", "CVE-1", "openssl", ""), Finding("debian", "CVE-1", "curl", "")
        self.assertEqual(advisories.unexplained([known, new], rows), [new])
        self.assertEqual(advisories.stale([known, new], rows, ["debian"]), [rows[1]])

    def test_each_explanation_says_what_and_why(self):
        for row in advisories.explanations():
            with self.subTest(row["id"]):
                self.assertEqual(set(row), {"tool", "id", "where", "why"})
                self.assertIn(row["tool"], ("npm", "pip", "debian", "kube-score", "checkov"))


if __name__ == "__main__":
    unittest.main()
