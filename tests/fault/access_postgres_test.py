"""Whom the database lets in where BOURSE_TLS_INSIDE is on: whom a certificate of the stack's own
authority names, as the role of that name, and nobody else. What roles may do: rights_test."""
import os
import signal
import subprocess

import pytest

from access_test import Folder
from venue import psql, wait_until


@pytest.fixture(scope="module", autouse=True)
def inside(stack):
    if stack.identity("reader") is None:
        pytest.skip("this stack has no TLS inside: BOURSE_TLS_INSIDE=on")


def source(stack, role="gateway", folder=None, **changes):
    """A connection string; changes to None leave a setting out."""
    settings = {"host": "127.0.0.1", "port": stack.settings["BOURSE_PG_PORT"], "dbname": "bourse",
                "user": role, "sslmode": "verify-full"}
    folder = folder or stack.identity(role)
    settings |= {"sslrootcert": folder / "ca.crt", "sslcert": folder / "user.crt",
                 "sslkey": folder / "user.key"} | changes
    return " ".join(f"{name}={value}" for name, value in settings.items() if value is not None)


def refused(connection):
    done = subprocess.run(["psql", "-X", "-q", connection, "-c", "SELECT 1"], text=True, check=False,
                          capture_output=True, env={**os.environ, "HOME": "/nonexistent"})
    assert done.returncode != 0, f"{connection}: {done.stdout}"
    return done.stderr


@pytest.fixture
def folder(stack, tmp_path):
    return Folder(tmp_path, stack)


def authority(stack):
    return stack.run_dir / "tls/ca.pem", stack.run_dir / "secrets/ca.key"


def test_everybody_comes_by_a_certificate_and_over_tls(stack):
    assert psql(source(stack), "SELECT 1") == ["1"]
    rows = psql(stack.database("postgres", "postgres"),
                "SELECT DISTINCT usename, ssl, client_dn FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
                " WHERE usename IS NOT NULL AND usename <> 'postgres'")
    assert {"gateway", "orders-projector"} <= {row.split("|")[0] for row in rows}
    for row in rows:
        role, ssl, name = row.split("|")
        known_as = {"bourse": "operator", "bourse_reader": "reader"}.get(role, role)
        assert (ssl, name) == ("t", f"/CN={known_as}")


def test_the_way_in_is_there_for_a_certificate_of_the_authority(stack, folder):
    """What the next ones are refused, where nothing is wrong with theirs."""
    folder.make(*authority(stack), name="gateway")
    assert psql(source(stack, folder=folder.path), "SELECT 1") == ["1"]


def test_one_process_does_not_come_in_as_another(stack):
    assert "authentication failed" in refused(source(stack, "gateway", stack.identity("orders")))
    assert "authentication failed" in refused(source(stack, "bourse", stack.identity("reader")))
    assert "authentication failed" in refused(source(stack, "postgres", stack.identity("operator")))


def test_no_password_opens_it(stack):
    said = refused(source(stack, "bourse", stack.identity("operator"), sslcert=None, sslkey=None,
                          passfile=stack.run_dir / "secrets/bourse.pgpass"))
    assert "requires a valid client certificate" in said


def test_nobody_comes_in_without_tls(stack):
    said = refused(source(stack, sslmode="disable"))
    assert "no pg_hba.conf entry" in said


def test_a_certificate_of_another_authority_is_refused(stack, folder):
    folder.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-subj", "/CN=Bourse development authority", "-days", "1",
                   "-keyout", folder.path / "other.key", "-out", folder.path / "other.pem")
    folder.make(folder.path / "other.pem", folder.path / "other.key", name="gateway")
    refused(source(stack, folder=folder.path))


def test_a_certificate_that_has_ended_is_refused(stack, folder):
    folder.make(*authority(stack), days=0, name="gateway")
    wait_until(lambda: subprocess.run(["openssl", "x509", "-checkend", "0", "-noout", "-in",
                                       folder.path / "user.crt"], capture_output=True,
                                      check=False).returncode == 1, 10, "it has ended")
    assert "expired" in refused(source(stack, folder=folder.path))


def test_the_certificate_of_a_web_server_is_nobodys(stack, folder):
    folder.use("user.crt", stack.run_dir / "tls/server.pem")
    folder.use("user.key", stack.run_dir / "secrets/server.key")
    folder.path.joinpath("user.key").chmod(0o600)
    assert "certificate" in refused(source(stack, "localhost", folder.path))


def test_a_database_that_shows_another_certificate_gets_nothing(stack, folder):
    folder.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-subj", "/CN=Bourse development authority", "-days", "1",
                   "-keyout", folder.path / "other.key", "-out", folder.path / "other.pem")
    assert "verify failed" in refused(source(stack, sslrootcert=folder.path / "other.pem"))
    said = refused(source(stack, host="elsewhere.example", hostaddr="127.0.0.1"))
    assert "does not match host name" in said, said


# --- new certificates while everything runs

def serial(path):
    """As Postgres shows it: a number."""
    printed = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-serial"], text=True,
                             capture_output=True, check=True).stdout
    return str(int(printed.strip().removeprefix("serial="), 16))


class Renewed:
    """A process's certificate, with its key, in place of the old one; and back."""

    def __init__(self, stack, name, usage):
        self.files = [(stack.identity(name) / file) for file in ("user.crt", "user.key")]
        self.old = [(file.read_bytes(), file.stat()) for file in self.files]
        key, request, certificate = (stack.run_dir / f"tls/renewed.{end}" for end in ("key", "csr", "crt"))
        extensions = stack.run_dir / "tls/renewed.cnf"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n"
                              f"keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n")
        ca, ca_key = authority(stack)
        for command in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-subj", f"/CN={name}", "-keyout", key, "-out", request],
                        ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", "1",
                         "-set_serial", str(int.from_bytes(os.urandom(8), "big") >> 1), "-out", certificate,
                         "-extfile", extensions]):
            subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
        self.serial = serial(certificate)
        self.put((certificate.read_bytes(), key.read_bytes()))

    def put(self, contents):
        for file, (_, status), content in zip(self.files, self.old, contents):
            new = file.with_suffix(".new")
            new.write_bytes(content)
            new.chmod(status.st_mode & 0o777)
            os.chown(new, status.st_uid, status.st_gid)
            new.rename(file)

    def back(self):
        self.put([content for content, _ in self.old])


def test_a_service_shows_a_new_certificate_at_its_next_connection(stack):
    superuser = stack.database("postgres", "postgres")
    shown = ("SELECT DISTINCT client_serial FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
             " WHERE usename = 'orders-projector' AND datname = 'bourse'")
    pid = stack.pid("orders-projector")
    renewed = Renewed(stack, "orders-projector", "clientAuth")
    try:
        psql(superuser, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE usename = 'orders-projector'")
        wait_until(lambda: psql(superuser, shown) == [renewed.serial], 60, "it is back with the new one")
        assert stack.pid("orders-projector") == pid
    finally:
        renewed.back()


def test_the_database_shows_a_new_certificate_once_it_is_told_to(stack):
    def shown():
        done = subprocess.run(["openssl", "s_client", "-starttls", "postgres", "-connect",
                               f"127.0.0.1:{stack.settings['BOURSE_PG_PORT']}", "-showcerts"],
                              input="", text=True, capture_output=True, check=False)
        path = stack.run_dir / "tls/shown.crt"
        path.write_text(done.stdout)
        return serial(path)

    def reload():
        os.kill(stack.pid("postgres"), signal.SIGHUP)

    pid, before = stack.pid("postgres"), shown()
    renewed = Renewed(stack, "postgres", "clientAuth,serverAuth")
    try:
        assert shown() == before
        reload()
        wait_until(lambda: shown() == renewed.serial, 30, "it shows the new one")
        assert psql(source(stack), "SELECT 1") == ["1"] and stack.pid("postgres") == pid
    finally:
        renewed.back()
        reload()
