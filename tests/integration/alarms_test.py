"""The alerts of infra/observability, seen by a real Prometheus that scrapes the whole stack: each that can be caused
here fires while its cause lasts, and clears when it is over. docs/runbooks/alerts.md says which cannot, and who
stands in for whom."""
import contextlib
import os
import pathlib
import re
import secrets
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import canary_test
import mail_test
import tls_test
import topics
import voids_test
from drift_test import WRONGS, in_a_hurry
from gateways import free_port, gateway_beside
from metrics import ports
from prometheus import CACHE, EVERY, PROGRAM, RULES, debian, renamed, running, target
from restore_test import superuser
from venue import REPO, Session, psql, wait_until

EXPORTER = debian.program("prometheus-node-exporter", "prometheus-node-exporter", CACHE)

canary_accounts, canary_password = canary_test.accounts, canary_test.password
certificate = tls_test.certificate

pytestmark = [
    pytest.mark.disruptive,
    pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1", reason="takes minutes: infra/test --full"),
    pytest.mark.skipif(PROGRAM is None, reason="there is no prometheus (Debian: prometheus)"),
]


def disks(folder):
    """What a node exporter counts of the disk that a test mounts in folder, under the names by which the kubelet
    counts volumes: both ask statfs."""
    return {"job_name": "disks", "file_sd_configs": [{"files": ["disks.json"], "refresh_interval": EVERY}],
            "metric_relabel_configs": [
                {"action": "keep", "source_labels": ["mountpoint"], "regex": f"{folder}/volume"},
                renamed("node_filesystem_avail_bytes", "kubelet_volume_stats_available_bytes"),
                renamed("node_filesystem_size_bytes", "kubelet_volume_stats_capacity_bytes"),
                {"target_label": "namespace", "replacement": "bourse"},
                {"target_label": "persistentvolumeclaim", "replacement": "volume"},
                {"action": "labeldrop", "regex": "process"}]}


def scraped(venue, folder):
    """Each process under its name, as monitor.yaml has it, and those that tests start beside."""
    stack = [target(name, port) for name, port in ports(venue).items()]
    return [{"job_name": "bourse", "static_configs": stack,
             "file_sd_configs": [{"files": ["beside.json"], "refresh_interval": EVERY}]},
            disks(folder)]


@contextlib.contextmanager
def stopped(venue, *processes):
    """And everything is as it was before."""
    venue.process("stop", *processes)
    try:
        yield
    finally:
        venue.process("start", *processes)
        venue.process("wait", *venue.process("names").stdout.split())


@pytest.fixture(scope="module")
def prometheus(venue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    for name in ("beside.json", "disks.json"):
        (folder / name).write_text("[]")
    with running(folder, scraped(venue, folder)) as found:
        wait_until(lambda: found.up() == set(ports(venue)), 120, "every process of the stack is scraped")
        yield found


@pytest.mark.parametrize("process, alerts", [
    ("gateway", {("BourseNoGateway", None), ("BourseProcessDown", "gateway")}),
    ("orders", {("BourseProcessDown", "orders")}),
])
def test_a_process_is_gone_until_it_is_back(venue, prometheus, process, alerts):
    prometheus.wait_until_over(alerts)
    with stopped(venue, process):
        prometheus.wait_for(alerts)
    prometheus.wait_until_over(alerts)


def test_a_process_begins_again_and_again(venue, prometheus):
    alerts = {("BourseProcessRestarts", "desk")}
    began = lambda: [row["value"][1] for row in prometheus.ask(
        "query", query='process_start_time_seconds{process="desk"}')["result"]]

    def begin_anew():
        before = began()
        venue.process("restart", "desk")
        wait_until(lambda: began() not in ([], before), 60, "the new one has been scraped")

    prometheus.wait_until_over(alerts)
    prometheus.wait_for(alerts, act=begin_anew)
    prometheus.wait_until_over(alerts)


def test_orders_get_no_answer_and_then_a_slow_one(venue, market, prometheus):
    buyer = venue.trader("buyer", EUR=1000)
    failed, slow = {("BourseOrdersFail", None)}, {("BourseOrdersSlow", None)}
    order = lambda: buyer.order(market, "buy", 1, "1")
    prometheus.wait_until_over(failed | slow)
    with stopped(venue, "orders"):
        prometheus.wait_for(failed, act=order)
        late = threading.Thread(target=order)
        late.start()
    late.join()
    prometheus.wait_for(slow)
    prometheus.wait_until_over(failed | slow, act=order)


def test_the_database_is_away(venue, market, prometheus):
    """Requests fail, and projectors have what they cannot write: first they stand, then they are behind."""
    buyer = venue.trader("buyer", EUR=1000)
    alerts = {("BourseRequestsFail", None), ("BourseProjectionStands", "accounts-projector"),
              ("BourseProjectionBehind", "accounts-projector")}
    prometheus.wait_until_over(alerts)
    with stopped(venue, "postgres"):
        prometheus.wait_for(alerts, act=lambda: (buyer.order(market, "buy", 1, "1"), buyer.get("portfolio")))
    prometheus.wait_until_over(alerts, act=lambda: buyer.get("portfolio"))


def test_a_row_is_not_what_the_log_says(venue, market, prometheus):
    trader = venue.trader("drifting", EUR=100)
    alerts = {("BourseProjectionDrifts", "accounts-projector"), ("BourseErrorsLogged", "accounts-projector")}
    prometheus.wait_until_over(alerts)
    with in_a_hurry(venue, "accounts"):
        # The counter is scraped before it moves, or nobody sees that it did.
        rows = 'bourse_projection_drift_rows_total{process="accounts-projector"}'
        wait_until(lambda: prometheus.ask("query", query=rows)["result"], 60, "it is scraped")
        psql(superuser(venue, "bourse"), WRONGS["accounts"][0].format(account=trader.account_id))
        prometheus.wait_for(alerts)
        venue.bourse("projection", "rebuild", "accounts")
        prometheus.wait_until_over(alerts)


def test_somebody_else_writes_into_the_log(venue, prometheus):
    alerts = {("BourseLogForeignRecords", None)}
    prometheus.wait_until_over(alerts)
    prometheus.wait_for(alerts, act=lambda: topics.produce(venue, voids_test.TOPIC, b"nobody", [b"none"]))
    prometheus.wait_until_over(alerts)


def test_a_record_of_the_log_is_missing(venue, prometheus, tmp_path):
    alerts = {("BourseLogRecordsLost", None)}
    prometheus.wait_until_over(alerts)
    voids_test.publish(venue.staff_member("operator"))
    with voids_test.without_writer(venue):
        voids_test.lose_one(venue, tmp_path)
        prometheus.wait_for(alerts)
    prometheus.wait_until_over(alerts)


def test_a_certificate_ends_and_its_successor_is_broken(venue, prometheus, tmp_path, certificate, monkeypatch):
    port = free_port()
    trusted = ssl.create_default_context(cadata=certificate.make("ends"))
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: trusted)
    certificate.use()
    ends, refused = {("BourseCertificateEnds", "beside")}, {("BourseSettingsRefused", "beside")}
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port, **certificate.paths), \
            prometheus.watching("beside", port):
        prometheus.wait_for(ends)
        certificate.run("sh", "-c", f"echo none >{certificate.paths['BOURSE_TLS_CERT_FILE']}")
        prometheus.wait_for(refused)
        certificate.make("lasts", days=60)
        certificate.use()
        prometheus.wait_until_over(ends | refused)


@pytest.mark.parametrize("away", ["audit", "audit-signer"])
def test_tickets_are_not_signed(venue, market, prometheus, away):
    """Without a signer there is none of its series, either, once the last one has been forgotten."""
    buyer = venue.trader("buyer", EUR=1000)
    alerts = {("BourseCheckpointsStop", None)}
    order = lambda: buyer.order(market, "buy", 1, "1")
    signed = lambda: prometheus.ask("query", query="sum(increase(bourse_checkpoints_signed_total[90s]))")["result"]
    prometheus.wait_until_over(alerts, act=order)
    with stopped(venue, away):
        prometheus.wait_for(alerts, act=order)
        if away == "audit-signer":
            wait_until(lambda: (order(), signed() == [])[1], 240, "it is forgotten")
            assert alerts <= prometheus.firing()
    prometheus.wait_until_over(alerts, act=order)


@contextlib.contextmanager
def not_there(folder):
    away = folder.with_name(f"{folder.name}.away")
    folder.rename(away)
    try:
        yield
    finally:
        away.rename(folder)


def test_checkpoints_are_not_published(venue, market, prometheus):
    """What was signed meanwhile is put there once it can be, by the same process."""
    buyer, published = venue.trader("buyer", EUR=1000), venue.run_dir / "published"
    alerts = {("BourseCheckpointsUnpublished", "audit-signer")}
    order = lambda: buyer.order(market, "buy", 1, "1")
    signer = venue.process("pid", "audit-signer").stdout
    prometheus.wait_until_over(alerts)
    with not_there(published):
        prometheus.wait_for(alerts, act=order)
        newest = venue.admin().get("admin/logging/checkpoints", limit=1).ok()["items"][0]
        file = published / f"{newest['number']:08}.checkpoint"
        assert not file.exists()
    wait_until(file.exists, 60, "what is owed is published")
    assert file.read_text() == newest["note"]
    assert venue.process("pid", "audit-signer").stdout == signer
    prometheus.wait_until_over(alerts)


def test_mails_are_refused(venue, prometheus):
    """For good: they are not sent later, either."""
    alerts, lost = {("BourseMailsLost", None)}, []
    prometheus.wait_until_over(alerts)
    register = lambda _: lost.append(mail_test.registered(venue))
    with mail_test.mail_server(venue, "refuse"), ThreadPoolExecutor(8) as pool: # each costs a password's hash
        prometheus.wait_for(alerts, act=lambda: list(pool.map(register, range(8))))
    prometheus.wait_until_over(alerts)
    mail_test.registered(venue).wait(mail_test.VERIFY)
    assert lost[0].mails() == []


@contextlib.contextmanager
def disk(folder, size):
    """A small one of its own."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


@contextlib.contextmanager
def exporter(folder, port):
    """A node exporter that counts disks only."""
    with open(folder / "exporter.log", "w") as log, subprocess.Popen(
            [EXPORTER, "--collector.disable-defaults", "--collector.filesystem",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")
@pytest.mark.skipif(EXPORTER is None, reason="there is no node exporter (Debian: prometheus-node-exporter)")
def test_a_disk_fills_up(prometheus):
    alerts, port, volume = {("BourseDiskFull", None)}, free_port(), prometheus.folder / "volume"
    room = lambda: [float(row["value"][1]) for row in prometheus.ask(
        "query", query="kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes")["result"]]
    with disk(volume, "16m"), exporter(prometheus.folder, port), \
            prometheus.watching("disks", port, file="disks.json"):
        (volume / "some").write_bytes(bytes(12 << 20))
        wait_until(lambda: room() == [0.25], 60, "a quarter is free")
        prometheus.wait_until_over(alerts)
        (volume / "more").write_bytes(bytes(2 << 20))
        prometheus.wait_for(alerts)
        (volume / "more").unlink()
        prometheus.wait_until_over(alerts)


def test_logins_fail(venue, prometheus, tmp_path):
    port, alerts = free_port(), {("BourseLoginsFail", None)}
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port, BOURSE_LIMIT_LOGIN="off") as gateway, \
            prometheus.watching("beside", port):
        prometheus.wait_until_over(alerts)
        nobody = lambda _: gateway.venue.seen_from("127.0.0.1").login(
            f"{secrets.token_hex(8)}@example.com", "not the password")
        with ThreadPoolExecutor(8) as pool: # each costs the gateway its password's hash
            prometheus.wait_for(alerts, act=lambda: list(pool.map(nobody, range(16))))
        prometheus.wait_until_over(alerts)


def test_a_refresh_token_is_shown_twice(venue, prometheus):
    alerts, user = {("BourseTokenReused", None)}, venue.register("twice")
    prometheus.wait_until_over(alerts)
    tokens = venue.signed_in(user.user["email"])
    refresh = lambda: Session(venue).post("auth/refresh", {"refresh_token": tokens["refresh_token"]})
    refresh().ok()
    refresh().refused(401, "TOKEN_REUSED")
    prometheus.wait_for(alerts)
    prometheus.wait_until_over(alerts)


def test_the_canary_cannot_trade(venue, prometheus, canary_accounts, canary_password, tmp_path):
    alerts = {("BourseCanaryFails", "canary")}
    with gateway_beside(venue, tmp_path) as gateway, \
            canary_test.canary_at(gateway, canary_password, canary_accounts) as canary, \
            prometheus.watching("canary", canary.port):
        wait_until(canary.is_ready, 60, "it trades")
        prometheus.wait_until_over(alerts)
        for account in canary_accounts:
            venue.activate(account.account_id, "restricted")
        prometheus.wait_for(alerts)
        for account in canary_accounts:
            venue.activate(account.account_id)
        prometheus.wait_until_over(alerts)
    prometheus.wait_for(alerts) # it is gone, and its series are


def test_an_exemplar_is_kept_beside_what_it_is_of(venue, market, prometheus, tmp_path):
    """So that a graph of how long orders take leads to the trace of one."""
    port, trace = free_port(), secrets.token_hex(16)
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port, BOURSE_TRACE_CLIENTS="on",
                        BOURSE_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as gateway, \
            prometheus.watching("beside", port):
        wait_until(lambda: "beside" in prometheus.up(), 60, "it is scraped")
        buyer = gateway.venue.trader("buyer", EUR=1000)
        buyer.order(market, "buy", 1, "1", headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}).ok(201)
        kept = lambda: prometheus.ask("query_exemplars", query="bourse_order_ack_seconds_bucket", start="0",
                                      end="9999999999") or []
        wait_until(lambda: any(one["labels"] == {"trace_id": trace} for series in kept()
                               for one in series["exemplars"]), 60, "the order's trace is kept")


def test_those_that_are_not_caused_here_are_named(prometheus):
    """In the runbook, with why not."""
    page = (REPO / "docs/runbooks/alerts.md").read_text().split("## ")[0]
    tests = (pathlib.Path(__file__), REPO / "tests/fault/ground_alarms_test.py")
    caused = set(re.findall(r'\("(Bourse\w+)", (?:None|"[\w-]+")\)', "".join(test.read_text() for test in tests)))
    for rule in (rule["alert"] for group in RULES for rule in group["rules"]):
        assert (rule in caused) != (f"`{rule}`: " in page), rule
