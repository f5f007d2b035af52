"""A missing, weak or unknown setting ends a process at its start with a line that says which."""
import os
import pathlib
import subprocess
import tempfile

import pytest

from mailbox import Mailbox
from venue import wait_until

PROGRAMS = {"gateway": ["services/gateway/bourse-gateway"],
            "settings": ["services/settings/bourse-settings"],
            "projector": ["services/accounts/bourse-accounts", "--project"]}


def start(venue, tmp_path, program, without=(), **settings):
    """Starts a program with the stack's settings, some of them changed; gives its end."""
    run_dir, build_dir = venue.run_dir, venue.settings["BOURSE_BUILD_DIR"]
    gateway = {"BOURSE_TLS_CERT_FILE": run_dir / "tls/server.pem",
               "BOURSE_TLS_KEY_FILE": run_dir / "secrets/server.key", "BOURSE_HTTPS_PORT": 1,
               "BOURSE_STATE_DIR": tmp_path}
    assignments = [f"{name}={value}" for name, value in {**gateway, **settings}.items()]
    removals = [part for name in without for part in ("-u", name)]
    path, *arguments = PROGRAMS[program]
    return venue.process("run", "env", *removals, *assignments, "timeout", "20",
                         f"{build_dir}/{path}", *arguments, check=False)


def reachable(tmp_path):
    """The folder, for the stack's user too."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder == pathlib.Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    return tmp_path


def secret(venue, tmp_path, text):
    """A file that the stack's user can read, and nobody else."""
    path, owner = reachable(tmp_path) / "key", (venue.run_dir / "secrets/server.key").stat()
    path.write_text(text)
    path.chmod(0o600)
    os.chown(path, owner.st_uid, owner.st_gid)
    return path


def assert_refused(done, name):
    assert done.returncode not in (0, 124, 139), done
    lines = [line for line in (done.stdout + done.stderr).splitlines() if name in line]
    assert lines, done
    return lines[0]


@pytest.mark.parametrize("program, name", [
    ("gateway", "BOURSE_SEAL_KEY_FILE"), ("gateway", "BOURSE_TOKEN_KEY_FILE"),
    ("gateway", "BOURSE_KAFKA"), ("gateway", "BOURSE_PG"), ("settings", "BOURSE_KAFKA"),
    ("projector", "BOURSE_SEAL_KEY_FILE"), ("projector", "BOURSE_PG")])
def test_without_a_setting_that_it_needs_it_does_not_start(venue, tmp_path, program, name):
    assert_refused(start(venue, tmp_path, program, without=[name]), name)


@pytest.mark.parametrize("key", ["", "secret", "0" * 64, "f" * 64, "ab" * 31, "xy" * 32])
def test_a_weak_key_is_refused_and_not_shown(venue, tmp_path, key):
    done = start(venue, tmp_path, "gateway", BOURSE_SEAL_KEY_FILE=secret(venue, tmp_path, key))
    line = assert_refused(done, "BOURSE_SEAL_KEY_FILE")
    assert ("is empty" if not key else "openssl rand -hex 32") in line
    assert not key or key not in line


@pytest.mark.parametrize("password", ["password123", "Password123"])
def test_a_weak_password_of_the_first_admin_is_refused_and_not_shown(venue, tmp_path, password):
    file = secret(venue, tmp_path, password)
    done = venue.process("run", "env", f"BOURSE_ADMIN_PASSWORD_FILE={file}",
                         f"{venue.settings['BOURSE_BUILD_DIR']}/services/cli/bourse", "init", check=False)
    line = assert_refused(done, "BOURSE_ADMIN_PASSWORD_FILE")
    assert "most common" in line and password not in line


def test_a_key_file_that_is_not_there_is_named(venue, tmp_path):
    done = start(venue, tmp_path, "gateway", BOURSE_TOKEN_KEY_FILE="/nonexistent/token.key")
    assert "/nonexistent/token.key" in assert_refused(done, "BOURSE_TOKEN_KEY_FILE")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_setting_that_does_not_exist_is_refused_with_the_one_that_was_meant(venue, tmp_path,
                                                                             program):
    done = start(venue, tmp_path, program, **{"BOURSE_" + "KAFAK": "127.0.0.1:1"})
    assert "BOURSE_KAFKA" in assert_refused(done, "BOURSE_" + "KAFAK")


@pytest.mark.parametrize("name, value", [
    ("BOURSE_LOG_LEVEL", "loud"), ("BOURSE_METRICS_PORT", "port"), ("BOURSE_LIMIT_LOGIN", "many"),
    ("BOURSE_ACCESS_TTL", "-1")])
def test_a_value_that_cannot_be_is_refused(venue, tmp_path, name, value):
    assert value in assert_refused(start(venue, tmp_path, "gateway", **{name: value}), name)


def test_no_other_user_of_the_machine_reads_secrets_or_mails(venue):
    """Whoever reads a mail may set another password, be it the first admin's."""
    mailbox = Mailbox(venue, venue.register("mailed").user["email"])
    wait_until(mailbox.mails, 20, "there is a mail")
    for name in ("secrets", "mail"):
        assert (venue.run_dir / name).stat().st_mode & 0o077 == 0, name
    done = subprocess.run(["find", venue.run_dir / "mail", "-ignore_readdir_race", "-perm", "/077"],
                          stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.splitlines() == []


def test_no_core_file_and_no_debugger_of_the_same_user_gets_what_a_process_holds(venue):
    """Of what may be dumped the kernel gives the files in /proc to the process's user, of all else to
    root."""
    if os.environ.get("BOURSE_PRESET") in ("asan", "tsan"):
        pytest.skip("a sanitizer looks into its process as a debugger")
    for name in ("gateway", "accounts", "accounts-projector", "settings-deliverer"):
        process = pathlib.Path("/proc") / venue.process("pid", name).stdout.strip()
        user = int((process / "status").read_text().split("Uid:")[1].split()[0])
        assert user != 0, "the stack's processes run as root: who may look at them cannot be seen"
        assert (process / "stat").stat().st_uid == 0, name
