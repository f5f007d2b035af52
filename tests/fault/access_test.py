"""Who may do what with the topics (libs/service/access.h): each does what it has to, and is refused
what it may not, by a broker that knows everybody by a certificate (BOURSE_TLS_INSIDE)."""
import os
import re
import subprocess

import pytest

import topics
from venue import unique, wait_until

REFUSED = "Topic authorization failed"
READ_ONE = ("-C", "-c", "1", "-e", "-o", "beginning")


@pytest.fixture(scope="module", autouse=True)
def inside(stack):
    if stack.identity("reader") is None:
        pytest.skip("this stack has no TLS inside: BOURSE_TLS_INSIDE=on")


@pytest.fixture(scope="module")
def table(stack):
    """Rules as (principal, operation, kind, pattern, name)."""
    return {tuple(line.split("\t")) for line in stack.bourse("access").stdout.splitlines()}


def properties(folder):
    return [part for name, file in (("ca", "ca.crt"), ("certificate", "user.crt"), ("key", "user.key"))
            for part in ("-X", f"ssl.{name}.location={folder}/{file}")]


def ask(stack, folder, *arguments, given=""):
    """What kcat says that shows the certificate of a folder, and how it ends."""
    command = ["kcat", "-b", f"127.0.0.1:{stack.settings['BOURSE_KAFKA_PORT']}",
               "-X", "security.protocol=ssl", "-X", "topic.metadata.propagation.max.ms=0",
               *properties(folder), *arguments]
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False,
                          timeout=60, errors="replace")
    return done.returncode, done.stderr


def writes(stack, name, topic):
    """Tries to append a record, and gives what is said where it cannot."""
    status, said = ask(stack, stack.identity(name), "-P", "-t", topic, "-p", "0",
                       given="not to be there\n")
    return said if status != 0 else None


def reads(stack, name, topic):
    """Tries to read a record, and gives what is said where it cannot."""
    status, said = ask(stack, stack.identity(name), *READ_ONE, "-t", topic, "-p", "0")
    return said if status != 0 else None


def test_the_broker_has_the_rules_of_the_table_and_no_others(stack, table):
    printed = topics.run_tool(stack, "AclCommand", "--list").decode()
    found, resource = set(), None
    for line in printed.splitlines():
        of = re.search(r"resourceType=(\w+), name=(\S+), patternType=(\w+)", line)
        rule = re.search(r"principal=User:(\S+), host=\*, operation=(\w+), permissionType=ALLOW", line)
        if of:
            resource = of.group(1).lower(), {"LITERAL": "literal", "PREFIXED": "prefix"}[of.group(3)], of.group(2)
        if rule:
            operation = rule.group(2).title().replace("_", "").replace("configs", "Configs")
            found.add((rule.group(1), operation, *resource))
    assert found == table


def test_each_process_has_a_name_of_the_table(stack, table):
    processes = {name.removesuffix("-2") for name in stack.process("names").stdout.split()}
    principals = {principal for principal, *_ in table}
    assert principals == processes - {"postgres", "kafka", "mail", "toxiproxy"} | {"reader"}


@pytest.mark.parametrize("name, topic", [
    ("orders", "bourse.accounts.events"),        # another's events
    ("orders", "bourse.orders.commands"),        # what it is to decide
    ("gateway", "bourse.orders.events"),
    ("accounts-projector", "bourse.accounts.events"),
    ("accounts-projector", "bourse.accounts.commands"),
    ("settings-deliverer", "bourse.settings.events"),
    ("settings-deliverer", "bourse.accounts.commands"),
    ("audit-signer", "bourse.audit.events"),
    ("reader", "bourse.orders.events"),
    ("reader", "bourse.orders.commands"),
])
def test_what_it_may_not_write_nobody_can(stack, name, topic):
    assert REFUSED in writes(stack, name, topic)


@pytest.mark.parametrize("name, topic", [
    ("orders", "bourse.accounts.commands"),
    ("desk", "bourse.orders.events"),            # which it does not follow
    ("gateway", "bourse.orders.commands"),
    ("orders-projector", "bourse.accounts.events"),
    ("orders-projector", "bourse.orders.commands"),
    ("audit-signer", "bourse.accounts.events"),
    ("settings-deliverer", "bourse.accounts.events"),  # whose ends it sees
    ("reader", "bourse.settings.commands"),      # with sealed passwords
])
def test_what_it_may_not_read_nobody_can(stack, name, topic):
    assert REFUSED in reads(stack, name, topic)


@pytest.mark.parametrize("name, topic", [
    ("orders", "bourse.accounts.events"), ("desk", "bourse.settings.events"),
    ("gateway", "bourse.orders.events"), ("orders-projector", "bourse.orders.events"),
    ("reader", "bourse.audit.events"),
])
def test_what_it_follows_it_can_read(stack, name, topic):
    assert reads(stack, name, topic) is None


def test_analysts_read_events_with_the_file_that_infra_env_names(stack):
    config = os.environ["BOURSE_KAFKA_CONFIG"]
    done = subprocess.run(["kcat", "-F", config, *READ_ONE, "-q", "-t", "bourse.orders.events"],
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 and done.stdout
    group = subprocess.run(["kcat", "-F", config, "-q", "-e", "-c", "1", "-G", unique("analytics.of"),
                            "bourse.orders.events"], capture_output=True, check=False, timeout=60)
    assert group.returncode == 0 and group.stdout, group


# --- certificates

class Folder:
    """A folder with a certificate that is not the stack's."""

    def __init__(self, path, stack):
        self.path, self.stack = path, stack
        self.use("ca.crt", stack.identity("reader") / "ca.crt")

    def use(self, name, source):
        (self.path / name).write_bytes(source.read_bytes())

    def openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def make(self, authority, key, days=1, name="operator"):
        """A certificate of the broker's super user, by some authority."""
        request = self.path / "request.pem"
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={name}", "-keyout", self.path / "user.key", "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-set_serial", "7",
                     "-days", str(days), "-out", self.path / "user.crt")

    def is_refused(self):
        status, said = ask(self.stack, self.path, "-L", "-t", "bourse.orders.events", "-m", "10")
        assert status != 0 and "bourse.orders.events" not in said, said
        return said


@pytest.fixture
def folder(stack, tmp_path):
    return Folder(tmp_path, stack)


def test_the_way_in_is_there_for_who_is_known(stack, folder):
    """What the next ones are refused, where nothing is wrong with their certificate."""
    folder.make(stack.run_dir / "tls/ca.pem", stack.run_dir / "secrets/ca.key")
    assert ask(stack, folder.path, "-L", "-t", "bourse.orders.events")[0] == 0


def test_a_certificate_of_another_authority_is_refused(stack, folder):
    folder.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-subj", "/CN=Bourse development authority", "-days", "1",
                   "-keyout", folder.path / "other.key", "-out", folder.path / "other.pem")
    folder.make(folder.path / "other.pem", folder.path / "other.key")
    folder.is_refused()


def test_a_certificate_that_has_ended_is_refused(stack, folder):
    folder.make(stack.run_dir / "tls/ca.pem", stack.run_dir / "secrets/ca.key", days=0)
    wait_until(lambda: subprocess.run(["openssl", "x509", "-checkend", "0", "-noout", "-in",
                                       folder.path / "user.crt"], capture_output=True,
                                      check=False).returncode == 1, 10, "it has ended")
    folder.is_refused()


def test_the_certificate_of_a_web_server_is_nobodys(stack, folder):
    folder.use("user.crt", stack.run_dir / "tls/server.pem")
    folder.use("user.key", stack.run_dir / "secrets/server.key")
    folder.is_refused()


def test_a_certificate_of_an_unknown_name_may_nothing(stack, folder):
    folder.make(stack.run_dir / "tls/ca.pem", stack.run_dir / "secrets/ca.key", name="stranger")
    status, said = ask(stack, folder.path, *READ_ONE, "-t", "bourse.orders.events", "-p", "0")
    assert status != 0 and REFUSED in said


def test_without_a_certificate_nobody_comes_in(stack):
    port = stack.settings["BOURSE_KAFKA_PORT"]
    authority = stack.identity("reader") / "ca.crt"
    for given in ([], ["-X", "security.protocol=ssl", "-X", f"ssl.ca.location={authority}"]):
        done = subprocess.run(["kcat", "-b", f"127.0.0.1:{port}", "-L", "-m", "5", *given], text=True,
                              capture_output=True, check=False, timeout=60)
        assert done.returncode != 0, done


def test_a_broker_that_shows_another_certificate_gets_nothing(stack, folder):
    folder.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-subj", "/CN=Bourse development authority", "-days", "1",
                   "-keyout", folder.path / "other.key", "-out", folder.path / "ca.crt")
    folder.use("user.crt", stack.identity("operator") / "user.crt")
    folder.use("user.key", stack.identity("operator") / "user.key")
    assert "verif" in folder.is_refused()


# --- the doctor

def change_rule(stack, action, *rule):
    topics.run_tool(stack, "AclCommand", action, *rule, *(["--force"] if action == "--remove" else []))


def wait_for_doctor(stack, *expected):
    """Rules are with the broker soon after they are changed: until the doctor says of them just this."""
    def told():
        lines = stack.bourse("doctor", check=False).stdout.splitlines()
        return [line.split(maxsplit=1)[1] for line in lines if " rules: " in line] == list(expected)
    wait_until(told, 120, f"the doctor says {expected}", pause=0.5)


WELL = "rules: each topic is written by whom it is to be written by"


def test_a_doctor_finds_who_may_write_what_it_may_not(stack):
    rule = ("--allow-principal", "User:reader", "--operation", "Write", "--topic", "bourse.desk.events")
    wait_for_doctor(stack, WELL)
    change_rule(stack, "--add", *rule)
    try:
        wait_for_doctor(stack, "rules: User:reader may write to bourse.desk.events")
    finally:
        change_rule(stack, "--remove", *rule)
    wait_for_doctor(stack, WELL)


def test_a_doctor_finds_a_rule_that_is_missing_and_init_makes_it(stack):
    rule = ("--allow-principal", "User:desk", "--operation", "Write", "--topic", "bourse.desk.events")
    change_rule(stack, "--remove", *rule)
    try:
        wait_for_doctor(stack, "rules: desk may not write to bourse.desk.events, and has to")
    finally:
        stack.bourse("init")
    wait_for_doctor(stack, WELL)
