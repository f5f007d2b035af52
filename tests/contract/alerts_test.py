#!/usr/bin/python3
"""alerts_test.py CACHE - the alerts of infra/observability fire when they should, and what they and
the dashboards ask for is counted. promtool is had from Debian's package prometheus; where CI is set it
is unpacked into CACHE, which installs no server."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

import debian
from contracts import ROOT

CACHE = pathlib.Path(sys.argv.pop(1)).resolve()
FOLDER = ROOT / "infra/observability"
GROUPS = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["spec"]["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
TESTS = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())
RUNBOOK = ROOT / "docs/runbooks/alerts.md"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in (FOLDER / "dashboards").glob("*.json")}
METRICS = ROOT / "k8s/platform/metrics"
# What brokers count, and the database, by what their operators are given.
BROKERS = {f"kafka_server_replicamanager_{name.rpartition('name=')[2].lower()}"
           for name in yaml.safe_load((METRICS / "kafka.yaml").read_text())["includeObjectNames"]}
DATABASE = {f"cnpg_{query}_{column}" for query, asked in yaml.safe_load((METRICS / "postgres.yaml").read_text()).items()
            for metric in asked["metrics"] for column in metric}
# What Prometheus, the kubelet, and the operators of Kafka, Postgres and certificates count.
OTHERS = BROKERS | DATABASE | {
    "up", "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
    "strimzi_certificate_expiration_timestamp_ms", "certmanager_certificate_expiration_timestamp_seconds"}
NAME = re.compile(r"\b(?:bourse|process|kubelet|kafka|cnpg|strimzi|certmanager)_[a-z_]+\b|\bup\b")
REGISTERED = re.compile(r'metrics_(?:counter|gauge|histogram)(?:_from)?\(\s*"(\w+)"')


def promtool():
    return debian.program("promtool", "prometheus", CACHE)


SOURCES = "".join(path.read_text() for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.c"))


def counted():
    """Every name that some process registers; a histogram's series too."""
    names = set(REGISTERED.findall(SOURCES))
    return names | {f"{name}_{part}" for name in names for part in ("bucket", "count", "sum")}


# What is counted and stands in no picture, and why.
NOT_SHOWN = {
    "bourse_attempts_elsewhere_total": "how gateways share a limit: for who looks for a fault in it",
    "bourse_partition_next_offset": "of each partition: for who compares two instances",
    "bourse_projection_drift_checked_rows_total": "that rows are looked at; what is found is shown",
    "bourse_projection_drift_passes_total": "the same",
    "bourse_projection_last_event_timestamp_seconds": "the lag is shown",
    "bourse_settings_reread_total": "what was refused is shown",
}
# What issue 8 wants to be seen, each by what it is counted with.
WANTED = {
    "orders that succeed": "bourse_orders_total",
    "fill time": "bourse_order_fill_seconds_bucket",
    "trigger accuracy": "bourse_trigger_slippage_ratio_bucket",
    "cache hit rate": "bourse_cache_hits_total",
    "failed sign-ins, PKCE, CSRF and limit refusals": "bourse_security_events_total",
    "tickets a second": "bourse_tickets_total",
    "time to ticket": "bourse_ticket_seconds_bucket",
    "active sessions": "bourse_sessions_active",
    "memory per process": "process_resident_memory_bytes",
    "database query time": "bourse_database_operation_seconds_bucket",
    "health-check time": "bourse_health_check_seconds_bucket",
}
# Labels that come with a scrape, or whose values are made as they are counted.
SCRAPED = {"job", "process", "namespace", "le", "cluster", "name"}
MATCHED = re.compile(r'(\w+) *(?:=~|!~|!=|=) *"([^"]*)"')


def expressions():
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]


def without_labels(expr):
    """An expression without what stands in braces and after by: those are labels."""
    return re.sub(r"\{[^}]*\}|\b(by|on|without) *\([^)]*\)", "", expr)


class Alerts(unittest.TestCase):
    def check(self, what, document, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "rules.yaml")
            path.write_text(yaml.safe_dump(document))
            tests = pathlib.Path(folder, "tests.yaml")
            tests.write_text(yaml.safe_dump(dict(TESTS, rule_files=[str(path)])))
            said = subprocess.run([promtool(), *arguments, tests if what == "test" else path],
                                  text=True, capture_output=True, check=False)
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def setUp(self):
        if promtool() is None and "promtool" in self.id():
            self.skipTest("there is no promtool (Debian: prometheus); CI=true fetches it")

    def test_promtool_finds_no_fault_in_them(self):
        self.check("check", {"groups": GROUPS}, "check", "rules")

    def test_promtool_sees_each_fire_and_keep_still(self):
        bare = [dict(group, rules=[{key: value for key, value in rule.items() if key != "annotations"}
                                   for rule in group["rules"]]) for group in GROUPS]
        self.check("test", {"groups": bare}, "test", "rules")

    def test_promtool_reads_every_dashboard(self):
        rules = [{"record": f"dashboard:{number}", "expr": expr}
                 for number, (_, expr) in enumerate(expressions())]
        self.check("check", {"groups": [{"name": "all", "rules": rules}]}, "check", "rules")

    def test_each_is_tested_to_fire_and_to_keep_still(self):
        fires, still = set(), set()
        for test in TESTS["tests"]:
            for row in test["alert_rule_test"]:
                (fires if row.get("exp_alerts") else still).add(row["alertname"])
        names = {rule["alert"] for rule in RULES}
        self.assertEqual((fires, still), (names, names))

    def test_each_says_how_grave_it_is_and_what_to_do(self):
        sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
        self.assertEqual(sections, [rule["alert"] for rule in RULES])
        for rule in RULES:
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
            self.assertEqual(rule["annotations"]["runbook_url"],
                             f"docs/runbooks/alerts.md#{rule['alert'].lower()}")

    def test_what_is_asked_for_is_counted(self):
        known = counted() | OTHERS
        for title, expr in expressions():
            names = set(NAME.findall(without_labels(expr)))
            self.assertTrue(names, title)
            self.assertEqual(names - known, set(), title)

    def test_certificates_are_watched_and_renewed_before_anybody_is_told(self):
        [expr] = [rule["expr"] for rule in RULES if rule["alert"] == "BourseInsideCertificateEnds"]
        watched = re.search(r'certmanager_\w+\{name=~"([^"]+)"\}', expr)[1]
        told_days = int(re.search(r"time\(\) \+ (\d+) \* 86400", expr)[1])
        found = [one for path in (ROOT / "k8s/platform").glob("*.yaml")
                 for one in yaml.safe_load_all(path.read_text()) if one["kind"] == "Certificate"]
        self.assertTrue(found)
        for one in found:
            self.assertRegex(one["metadata"]["name"], f"^({watched})$")
            # cert-manager's defaults: 90 days, and a third of them before the end.
            duration = int(one["spec"].get("duration", "2160h").removesuffix("h"))
            before = int(one["spec"].get("renewBefore", f"{duration // 3}h").removesuffix("h"))
            self.assertGreater(before, told_days * 24, one["metadata"]["name"])

    def test_what_is_counted_is_shown_or_it_is_said_why_not(self):
        shown = {name for _, expr in expressions() for name in NAME.findall(without_labels(expr))}
        missing = {name for name in REGISTERED.findall(SOURCES)
                   if not {name, f"{name}_bucket", f"{name}_count"} & shown}
        self.assertEqual(missing, set(NOT_SHOWN))

    def test_what_operators_want_to_see_is_in_a_picture(self):
        pictures = " ".join(target["expr"] for dashboard in DASHBOARDS.values()
                            for panel in dashboard["panels"] for target in panel["targets"])
        for what, name in WANTED.items():
            self.assertRegex(pictures, rf"\b{name}\b", what)

    def test_labels_are_asked_for_values_that_they_have(self):
        for title, expr in expressions():
            for label, values in MATCHED.findall(expr):
                for value in values.split("|") if label not in SCRAPED else []:
                    self.assertIn(f'"{value}"', SOURCES, f"{title}: {label}")

    def test_pictures_stand_beside_each_other(self):
        for name, dashboard in DASHBOARDS.items():
            places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
            numbers = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual((len(set(places)), len(set(numbers))), (len(places), len(places)), name)


if __name__ == "__main__":
    unittest.main()
