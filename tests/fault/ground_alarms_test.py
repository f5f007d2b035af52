"""The alerts on what the processes stand on, seen by a real Prometheus: each fires while its fault lasts, and clears when it
is over. Brokers and database are real, and count by the very files that k8s/ gives their operators. Who stands in for
operators, which are not here: the database is asked by Prometheus' own exporter, and CloudNativePG's "cnpg_" put before
its names; what cert-manager and Strimzi count of a certificate is read of one that a server shows."""
import contextlib
import datetime
import http.server
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from cryptography import x509

from brokers_test import partitions
from gateways import free_port
from own_stack import stack_of_its_own
from prometheus import CACHE, PROGRAM, RULES, debian, running
from slow_line import SlowLine
from stack import Stack, hash_of_market
from standby import Standby
from tls_test import Certificate
from venue import PASSWORD, REPO, psql, unique, wait_until

EXPORTER = debian.program("prometheus-postgres-exporter", "prometheus-postgres-exporter", CACHE)
QUERIES = yaml.safe_load((REPO / "k8s/platform/metrics/postgres.yaml").read_text())
# Each is a controller, too: of three of which two are away nobody is left to say so.
BROKERS = 5
COPY_RATE = "8M"  # a second, so that a copy of the database is seen while it is made
LINE_RATE = 20000  # bytes a second
PASSWORD_THREADS = 2  # of a gateway: who registers or signs in has one until they are answered
SSL_REQUEST = struct.pack("!II", 8, 80877103)

pytestmark = [
    pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1",
                       reason="takes minutes and a stack of five brokers: infra/test --full"),
    pytest.mark.skipif(PROGRAM is None, reason="there is no prometheus (Debian: prometheus)"),
]


@pytest.fixture(scope="module")
def ground():
    """The stack that is up where its brokers count, else one of these tests' own."""
    if "BOURSE_RUN_DIR" in os.environ and Stack().settings["BOURSE_BROKER_METRICS_PORT"]:
        yield Stack()
        return
    with stack_of_its_own(second=True, brokers=BROKERS, broker_metrics=True):
        yield Stack()


@contextlib.contextmanager
def watched(folder, ports):
    """A Prometheus that scrapes these, as of the namespace of a venue."""
    targets = {"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {"namespace": "bourse"}}
    with running(folder, [{"job_name": "ground", "static_configs": [targets]}]) as found:
        wait_until(lambda: found.values("sum(up)") == [len(ports)], 120, "all are scraped")
        yield found


def expression(alert):
    [found] = [rule["expr"] for group in RULES for rule in group["rules"] if rule["alert"] == alert]
    return found


# --- brokers

def market_in(stack, partition):
    while True:
        market = stack.market()
        if (hash_of_market(market) & 0x7fffffff) % 3 == partition:
            return market


def too_few_copies(stack):
    """(partitions that cannot be written, partitions that lack a copy), by what the brokers tell clients."""
    found = partitions(stack)
    return (sum(len(part["isrs"]) < 2 for part in found),
            sum(len(part["isrs"]) < len(part["replicas"]) for part in found))


def counted_too_few(prometheus):
    """The same, by what they count."""
    names = ("underminisrpartitioncount", "underreplicatedpartitions")
    return tuple(int(sum(prometheus.values(f"kafka_server_replicamanager_{name}"))) for name in names)


def test_brokers_are_away(ground, tmp_path):
    """Of one nobody notices. Of two: what both had cannot be written, until one of them is back."""
    late, refuses = {("BourseLogCopiesLate", None)}, {("BourseLogRefusesWrites", None)}
    market, trader = market_in(ground, 0), ground.trader("ground", EUR=1000)
    order = lambda: trader.order(market, "buy", 1, "1")
    [book] = [part for part in partitions(ground)
              if (part["topic"], part["partition"]) == ("bourse.orders.events", 0)]
    first, second = ["kafka" if broker == 1 else f"kafka-{broker}" for broker in book["replicas"][:2]]
    port = int(ground.settings["BOURSE_BROKER_METRICS_PORT"])
    with watched(tmp_path, range(port, port + BROKERS)) as prometheus:
        prometheus.wait_until_over(late | refuses)
        ground.kill(first)
        prometheus.wait_for(late)
        wait_until(lambda: order().status == 201, 60, "others lead what it led")
        assert not refuses & prometheus.firing()
        ground.kill(second)
        prometheus.wait_for(refuses)
        assert order().status in (202, 503)
        wait_until(lambda: counted_too_few(prometheus) == too_few_copies(ground), 60, "they tell what they count")
        assert min(too_few_copies(ground)) > 0
        ground.start(second)
        prometheus.wait_until_over(refuses)
        assert late <= prometheus.firing()
        ground.start(first)
        prometheus.wait_until_over(late)
        ground.mend()
        wait_until(lambda: order().status == 201, 60, "orders are taken again")
        wait_until(lambda: counted_too_few(prometheus) == too_few_copies(ground) == (0, 0), 60, "all have all")


# --- the database

@contextlib.contextmanager
def exporter(folder, stack, instance, port):
    """Asks the instance at a port, which may be away, what CloudNativePG is to ask it, with the same rights."""
    queries = folder / "queries.yaml"
    queries.write_text(yaml.safe_dump({f"cnpg_{name}": query for name, query in QUERIES.items()}))
    source = f"host=127.0.0.1 port={instance} dbname=postgres user=postgres sslmode=disable role=pg_monitor"
    environment = {"DATA_SOURCE_NAME": source, "PGPASSFILE": str(stack.run_dir / "secrets/postgres.pgpass")}
    with open(folder / f"exporter-{port}.log", "w") as log, subprocess.Popen(
            [EXPORTER, "--disable-default-metrics", "--disable-settings-metrics",
             f"--extend.query-path={queries}", f"--web.listen-address=127.0.0.1:{port}"],
            env=environment, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def synchronous(stack, standbys):
    """A commit is answered once one of them has it, too: what `synchronous` says in k8s/platform/postgres.yaml."""
    source = stack.database("postgres", "postgres")
    names = ", ".join(f'"{standby.name}"' for standby in standbys)
    psql(source, f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({names})'")
    psql(source, "SELECT pg_reload_conf()")
    try:
        yield
    finally:
        psql(source, "ALTER SYSTEM RESET synchronous_standby_names")
        psql(source, "SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def standbys(ground):
    with Standby(ground, "standby-1") as first, Standby(ground, "standby-2") as second, \
            synchronous(ground, (first, second)):
        yield first, second


@pytest.fixture
def instances(ground, standbys, tmp_path):
    """A Prometheus that asks the primary and its standbys."""
    if EXPORTER is None:
        pytest.skip("there is no exporter (Debian: prometheus-postgres-exporter)")
    asked = [ground.settings["BOURSE_PG_PORT"], *(standby.port for standby in standbys)]
    ports = [free_port() for _ in asked]
    with contextlib.ExitStack() as exporters:
        for instance, port in zip(asked, ports):
            exporters.enter_context(exporter(tmp_path, ground, instance, port))
        with watched(tmp_path, ports) as prometheus:
            wait_until(lambda: following(prometheus) == 2, 60, "both standbys are counted")
            yield prometheus


def following(prometheus):
    return max(prometheus.values("cnpg_bourse_replication_standbys"), default=None)


def register(stack):
    """Its name goes into the vault, sealed by a key that it gets there first."""
    return stack.public.post("auth/register", {"email": f"{unique('ground')}@example.com", "password": PASSWORD,
                                               "full_name": "Ground"})


def test_standbys_are_gone(ground, standbys, instances):
    """One: all goes on. Both: nobody can register until one is back, for a key in the vault has to be on two instances; trading
    and what is read of it go on, and who has registered before can sign in, however many have tried to since."""
    lost, alone = {("BourseDatabaseStandbyLost", None)}, {("BourseDatabaseAlone", None)}
    market, trader = ground.market(), ground.trader("ground", EUR=1000)
    email = ground.register("ground").user["email"]

    def assert_trading_goes_on():
        placed = trader.order(market, "buy", 1, "1").ok(201)["id"]
        wait_until(lambda: trader.get(f"orders/{placed}").status == 200, 60, "it is projected")

    instances.wait_until_over(lost | alone)
    standbys[0].kill()
    instances.wait_for(lost)
    assert not alone & instances.firing()
    assert_trading_goes_on()
    register(ground).ok(201)
    standbys[1].kill()
    instances.wait_for(alone)
    assert_trading_goes_on()
    for _ in range(3 * PASSWORD_THREADS):
        register(ground).refused(503, "OVERLOADED")
    for _ in range(PASSWORD_THREADS):
        ground.login(email, PASSWORD).ok()
    standbys[1].start()
    instances.wait_until_over(alone)
    wait_until(lambda: register(ground).status == 201, 60, "who comes can register again")
    assert lost <= instances.firing()
    standbys[0].start()
    instances.wait_until_over(lost)


def test_a_standby_is_made_anew(ground, standbys, instances):
    """Whoever copies the database is none yet: once it is one, as many follow as did before."""
    lost = {("BourseDatabaseStandbyLost", None)}
    standbys[0].kill()
    instances.wait_for(lost)
    standbys[0].remove()
    copies = lambda: psql(ground.database("postgres", "postgres"),
                          "SELECT count(*) FROM pg_stat_replication WHERE state = 'backup'")
    with ThreadPoolExecutor(1) as pool:
        copied = pool.submit(standbys[0].copy, "--max-rate", COPY_RATE)
        wait_until(lambda: copies() == ["1"], 60, "it copies")

        def is_done():
            assert following(instances) == 1
            return copied.done()

        wait_until(is_done, 120, "it has copied", pause=0.5)
        copied.result()
    standbys[0].start()
    instances.wait_until_over(lost)
    wait_until(lambda: following(instances) == 2, 60, "both are counted")
    assert instances.values(expression("BourseDatabaseStandbyLost")) == []


def test_a_standby_hangs(ground, standbys, instances):
    """It takes what is written, and does not replay it."""
    late = {("BourseDatabaseStandbyLate", None)}
    market, trader = ground.market(), ground.trader("ground", EUR=1000)
    instances.wait_until_over(late)
    with standbys[0].hanging():
        instances.wait_for(late, act=lambda: trader.order(market, "buy", 1, "0.01"))
        assert following(instances) == 2
    instances.wait_until_over(late)


def test_the_line_to_a_standby_is_slow(ground, standbys, instances):
    """It replays all that it has, which is not what there is. Commits are answered by the other one."""
    late, source = {("BourseDatabaseStandbyLate", None)}, ground.database("postgres", "postgres")
    write = lambda: psql(source, f"SELECT pg_logical_emit_message(true, 'slow', repeat('x', {5 * LINE_RATE}))")
    with SlowLine(int(ground.settings["BOURSE_PG_PORT"]), LINE_RATE) as line, \
            standbys[0].reaching_its_primary_at(line.port):
        instances.wait_until_over(late)
        wait_until(lambda: following(instances) == 2, 60, "it is counted there, too")
        instances.wait_for(late, act=write)
        assert following(instances) == 2
        line.mend()
        instances.wait_until_over(late)


# --- certificates

def end_of_what_it_shows(port):
    """When the certificate ends that the database shows to who asks for TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(SSL_REQUEST)
        assert plain.recv(1) == b"S", "it has no TLS"
        with context.wrap_socket(plain) as connection:
            shown = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))
    return int(shown.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp())


@contextlib.contextmanager
def stand_in(series, unit, port):
    """Counts, as an operator does, when the certificate ends that the server at a port shows now."""
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{series} {end_of_what_it_shows(port) * unit}\n".encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def shown_by_the_database(stack, certificate):
    """It has TLS by that certificate, and takes the next one when it is told to reload."""
    source = stack.database("postgres", "postgres")
    settings = {"ssl_cert_file": f"'{certificate.paths['BOURSE_TLS_CERT_FILE']}'",
                "ssl_key_file": f"'{certificate.paths['BOURSE_TLS_KEY_FILE']}'", "ssl": "on"}
    reload = lambda: psql(source, "SELECT pg_reload_conf()")
    for name, value in settings.items():
        psql(source, f"ALTER SYSTEM SET {name} = {value}")
    reload()
    try:
        yield reload
    finally:
        for name in settings:
            psql(source, f"ALTER SYSTEM RESET {name}")
        reload()


@pytest.fixture
def certificate(ground):
    files = Certificate(ground)
    yield files
    shutil.rmtree(files.folder, ignore_errors=True)


@pytest.mark.parametrize("series, unit", [
    ('certmanager_certificate_expiration_timestamp_seconds{name="bourse-postgres-server"}', 1),
    ('strimzi_certificate_expiration_timestamp_ms{cluster="bourse",type="cluster-ca"}', 1000)],
    ids=["by cert-manager", "by Strimzi"])
def test_a_certificate_is_not_renewed_in_time(ground, tmp_path, certificate, series, unit):
    ends = {("BourseInsideCertificateEnds", None)}
    certificate.make("lasts", days=15)
    certificate.use()
    with shown_by_the_database(ground, certificate) as reload, \
            stand_in(series, unit, int(ground.settings["BOURSE_PG_PORT"])) as port, \
            watched(tmp_path, [port]) as prometheus:
        prometheus.wait_until_over(ends)
        certificate.make("ends", days=13)
        certificate.use()
        reload()
        prometheus.wait_for(ends)
        certificate.make("renewed", days=90)
        certificate.use()
        reload()
        prometheus.wait_until_over(ends)
