"""A real Prometheus with the alerts of infra/observability, for tests that see them fire and clear: in a hurry, but for
what they ask for."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import yaml

from gateways import free_port
from venue import REPO, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "contract"))
import debian  # noqa: E402  (where CI is set, it unpacks what is not installed)

CACHE = os.environ.get("BOURSE_CACHE_DIR", REPO / ".run/cache")
PROGRAM = debian.program("prometheus", "prometheus", CACHE)
RULES = yaml.safe_load((REPO / "infra/observability/alerts.yaml").read_text())["spec"]["groups"]
# So that what takes minutes in a venue takes seconds here: for how long something has to be so, and over what time
# rates and changes are looked at. What an alert asks for, and the bounds, stay as they are. A checkpoint takes a minute
# to be due.
FOR, EVERY = "2s", "1s"
RANGES = {"5m": "30s", "10m": "30s", "15m": "90s", "1h": "30s"}
RATE = re.compile(r"\b((?:rate|increase|changes)\([^\[]*)\[(\w+)\]")


def hurried_rule(rule):
    expr = RATE.sub(lambda found: f"{found[1]}[{RANGES[found[2]]}]", rule["expr"])
    return dict(rule, expr=expr, **({"for": FOR} if "for" in rule else {}))


def hurried(groups):
    return {"groups": [dict(group, rules=[hurried_rule(rule) for rule in group["rules"]]) for group in groups]}


def target(name, port):
    return {"targets": [f"127.0.0.1:{port}"], "labels": {"process": name}}


def renamed(name, to):
    return {"source_labels": ["__name__"], "regex": name, "target_label": "__name__", "replacement": to}


@contextlib.contextmanager
def running(folder, scrape_configs):
    """A Prometheus that scrapes so, and has the alerts."""
    port = free_port()
    (folder / "rules.yaml").write_text(yaml.safe_dump(hurried(RULES)))
    (folder / "prometheus.yaml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
        "rule_files": ["rules.yaml"], "scrape_configs": scrape_configs}))
    with open(folder / "log", "w") as log, subprocess.Popen(
            [PROGRAM, f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
             "--enable-feature=exemplar-storage", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log) as process:
        try:
            yield Prometheus(folder, port)
        finally:
            process.terminate()


class Prometheus:
    def __init__(self, folder, port):
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/api/v1/"

    def ask(self, path, **query):
        """What it answers; None: nothing yet."""
        with contextlib.suppress(OSError), \
                urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(query)}", timeout=10) as page:
            return json.load(page)["data"]
        return None

    def values(self, expr):
        """The numbers that an expression gives now; none: nothing has been scraped that it asks for."""
        return [float(row["value"][1]) for row in (self.ask("query", query=expr) or {"result": []})["result"]]

    @contextlib.contextmanager
    def watching(self, name, port, file="beside.json"):
        """Scrapes a process of the test's own, too."""
        (self.folder / file).write_text(json.dumps([target(name, port)]))
        try:
            yield
        finally:
            (self.folder / file).write_text("[]")

    def up(self):
        found = self.ask("query", query='up{job="bourse"} == 1') or {"result": []}
        return {row["metric"]["process"] for row in found["result"]}

    def firing(self):
        """(alert, process) of each that fires; no process: it is the venue's."""
        found = (self.ask("alerts") or {"alerts": []})["alerts"]
        return {(row["labels"]["alertname"], row["labels"].get("process")) for row in found
                if row["state"] == "firing"}

    def wait_for(self, alerts, act=lambda: None, timeout=240):
        """Until all of them fire, while this is done again and again."""
        wait_until(lambda: (act(), alerts <= self.firing())[1], timeout, f"{alerts} fire")

    def wait_until_over(self, alerts, act=lambda: None, timeout=240):
        wait_until(lambda: (act(), not alerts & self.firing())[1], timeout, f"none of {alerts} fires")
