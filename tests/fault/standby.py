"""A standby of the stack's Postgres: a copy that follows the primary's write-ahead log, until it is
cut off from it or killed, and takes the primary's place when it is promoted."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess

from venue import psql, wait_until

BIN = "/usr/lib/postgresql/15/bin"
START_S = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


class Standby:
    """Beside the primary, on a port of its own, until it is promoted."""

    def __init__(self, stack, name="standby"):
        self.stack, self.name, self.port = stack, name, free_port()
        self.primary = stack.run_dir / "postgres/data"
        self.data = stack.run_dir / "postgres" / name
        owner = self.primary.stat()
        self.owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} \
            if os.getuid() == 0 else {}

    def __enter__(self):
        self.let_in()
        self.copy()
        self.start()
        return self

    def __exit__(self, *_):
        if self.data.exists():
            if (self.data / "postmaster.pid").exists():
                self.kill()
            self.remove()

    def copy(self, *options):
        """Takes the primary's files; it will follow it under its own name."""
        self.run("pg_basebackup", "-D", self.data, "-d", f"{self.source('postgres')} application_name={self.name}",
                 "-R", "-c", "fast", "-X", "stream", *options)

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-l", self.stack.run_dir / f"logs/{self.name}.log", "-w",
                 "-t", str(START_S), "-o", f"-c port={self.port} -c listen_addresses=127.0.0.1"
                 f" -c unix_socket_directories= -c max_connections=100 {self.as_the_primary()}", "start")
        wait_until(lambda: self.ask("SELECT pg_last_wal_receive_lsn() IS NOT NULL") == ["t"], START_S,
                   "the standby follows the primary")

    def kill(self):
        """It ends as in a crash."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def remove(self):
        """Its files are gone, too."""
        shutil.rmtree(self.data)

    @contextlib.contextmanager
    def hanging(self):
        """What replays hangs, as on a disk that does not answer; what comes from the primary it still takes."""
        [pid] = self.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'")
        os.kill(int(pid), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(int(pid), signal.SIGCONT)

    def let_in(self):
        """A stack of certificates lets nobody in who is not named; passwords it lets in as it is."""
        rules = self.stack.run_dir / "postgres/hba.conf"
        if self.stack.settings.get("BOURSE_TLS_INSIDE") == "on":
            with open(rules, "a", encoding="utf-8") as file:
                file.write("hostssl replication postgres 127.0.0.1/32 cert map=bourse\n")
            psql(self.source("postgres"), "SELECT pg_reload_conf()")

    def as_the_primary(self):
        """Whom it lets in, and by which certificate, which the primary was told as it began."""
        return " ".join(psql(self.source("postgres"),
                             "SELECT format('-c %s=%s', name, setting) FROM pg_settings WHERE setting <> ''"
                             " AND name IN ('ssl', 'ssl_cert_file', 'ssl_key_file', 'ssl_ca_file', 'hba_file',"
                             " 'ident_file')"))

    def source(self, database):
        return self.stack.database(database, "postgres")

    def run(self, program, *arguments):
        done = subprocess.run([f"{BIN}/{program}", *map(str, arguments)], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
                              stdin=subprocess.DEVNULL, **self.owner)
        assert done.returncode == 0, done.stdout

    def own_source(self, database):
        port = self.stack.settings["BOURSE_PG_PORT"]
        return self.source(database).replace(f"port={port}", f"port={self.port}")

    def ask(self, statement, database="postgres"):
        """What the standby says, not the primary."""
        return psql(self.own_source(database), statement)

    @contextlib.contextmanager
    def reaching_its_primary_at(self, port):
        """It comes by another way meanwhile."""
        [direct] = self.ask("SHOW primary_conninfo")
        usual = self.stack.settings["BOURSE_PG_PORT"]
        self.follow(direct.replace(f"port={usual}", f"port={port}"), port)
        try:
            yield
        finally:
            self.follow(direct, usual)

    def follow(self, primary, port):
        quoted = primary.replace("'", "''")
        self.ask(f"ALTER SYSTEM SET primary_conninfo = '{quoted}'")
        self.ask("SELECT pg_reload_conf()")
        wait_until(lambda: self.ask("SELECT sender_port FROM pg_stat_wal_receiver") == [str(port)], START_S,
                   "the standby follows by that way")

    def wait_until_level(self):
        """Until it has replayed whatever the primary has now."""
        [now] = psql(self.source("postgres"), "SELECT pg_current_wal_lsn()")
        wait_until(lambda: self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{now}'") == ["t"], START_S,
                   "the standby has what the primary had")

    def cut_off(self):
        """It hears nothing more from the primary."""
        self.ask("ALTER SYSTEM SET primary_conninfo = ''")
        self.ask("SELECT pg_reload_conf()")
        wait_until(lambda: self.ask("SELECT count(*) FROM pg_stat_wal_receiver") == ["0"], START_S,
                   "the standby is cut off")

    def positions(self):
        """{'orders/0': 55}: behind the last event in its tables."""
        return positions_in(self.ask("SELECT service || '/' || partition || ' ' || next_offset"
                                     " FROM bourse.positions", "bourse"))

    def promote(self):
        """It is a primary from now on, and takes the place and the port of the one that is gone."""
        self.ask("SELECT pg_promote()")
        self.run("pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")
        shutil.rmtree(self.primary)
        self.data.rename(self.primary)
        self.stack.start("postgres")


def positions_in(lines):
    return {place: int(offset) for place, offset in (line.split() for line in lines)}
