"""The alerts of infra/observability, seen by a real Prometheus that scrapes the whole stack: those that
are cheap to provoke fire, and clear again."""
import contextlib
import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
import yaml

from gateways import free_port
from metrics import ports
from venue import REPO, wait_until

PROGRAM = shutil.which("prometheus")
RULES = yaml.safe_load((REPO / "infra/observability/alerts.yaml").read_text())["spec"]["groups"]
# So that what takes minutes in a venue takes seconds here; what an alert asks for stays as it is.
FOR, EVERY = "2s", "1s"

pytestmark = [
    pytest.mark.disruptive,
    pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1", reason="takes minutes: infra/test --full"),
    pytest.mark.skipif(PROGRAM is None, reason="there is no prometheus (Debian: prometheus)"),
]


def hurried(groups):
    """The rules with a short `for`."""
    return {"groups": [dict(group, rules=[dict(rule, **({"for": FOR} if "for" in rule else {}))
                                          for rule in group["rules"]]) for group in groups]}


def configuration(venue):
    """Each process under its name, as monitor.yaml has it."""
    targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"process": name}}
               for name, port in ports(venue).items()]
    return {"global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "bourse", "static_configs": targets}]}


class Prometheus:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1/"

    def ask(self, path, **query):
        """What it answers; None: nothing yet."""
        with contextlib.suppress(OSError), \
                urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(query)}", timeout=10) as page:
            return json.load(page)["data"]
        return None

    def up(self):
        found = self.ask("query", query='up{job="bourse"} == 1') or {"result": []}
        return {row["metric"]["process"] for row in found["result"]}

    def firing(self):
        """(alert, process) of each that fires; no process: it is the venue's."""
        found = (self.ask("alerts") or {"alerts": []})["alerts"]
        return {(row["labels"]["alertname"], row["labels"].get("process")) for row in found
                if row["state"] == "firing"}


@pytest.fixture(scope="module")
def prometheus(venue, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration(venue)))
    (folder / "rules.yaml").write_text(yaml.safe_dump(hurried(RULES)))
    with open(folder / "log", "w") as log, subprocess.Popen(
            [PROGRAM, f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log) as process:
        found = Prometheus(port)
        try:
            wait_until(lambda: found.up() == set(ports(venue)), 120, "every process of the stack is scraped")
            yield found
        finally:
            process.terminate()


@pytest.mark.parametrize("process, alerts", [
    ("gateway", {("BourseNoGateway", None), ("BourseProcessDown", "gateway")}),
    ("orders", {("BourseProcessDown", "orders")}),
])
def test_an_alert_tells_that_a_process_is_gone_until_it_is_back(venue, prometheus, process, alerts):
    wait_until(lambda: not alerts & prometheus.firing(), 120, "nothing of it fires yet")
    venue.process("stop", process)
    try:
        wait_until(lambda: alerts <= prometheus.firing(), 120, f"{alerts} fire")
    finally:
        venue.process("start", process)
    wait_until(lambda: not alerts & prometheus.firing(), 120, f"{alerts} are over")


def test_an_alert_tells_that_a_process_begins_again_and_again(venue, prometheus):
    alert = ("BourseProcessRestarts", "desk")
    assert alert not in prometheus.firing()
    for _ in range(3):
        began = 'process_start_time_seconds{process="desk"}'
        before = prometheus.ask("query", query=began)["result"]
        venue.process("restart", "desk")
        wait_until(lambda before=before: [row["value"][1] for row in
                                          prometheus.ask("query", query=began)["result"]]
                   not in ([], [row["value"][1] for row in before]), 60, "the new one has been scraped")
    wait_until(lambda: alert in prometheus.firing(), 60, "it fires")
