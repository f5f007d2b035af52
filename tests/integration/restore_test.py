"""An older backup of Postgres, projections and vault, brings back nothing that was taken away since:
no session, no key, no used code, nobody who was erased. What counts is in the log."""
import subprocess

import pytest

from erasure_test import Person, erase, rows_with, wait_until_forgotten
from read_model import wait_until_at_rest
from sessions_test import refresh
from two_factor_test import Guarded
from venue import PASSWORD, REPO, Session, psql, wait_until

DATABASES = ("bourse", "bourse_vault")


def superuser(venue, database):
    return venue.database(database, "postgres")


def back_up(venue, folder):
    for database in DATABASES:
        subprocess.run(["pg_dump", "-Fc", "-f", folder / database, superuser(venue, database)],
                       check=True)


def restore(venue, folder):
    """As one does it: nothing runs meanwhile, and then everything starts."""
    services = [name for name in venue.process("names").stdout.split()
                if name not in ("postgres", "kafka", "mail")]
    venue.process("stop", *reversed(services))
    for database in DATABASES:
        psql(superuser(venue, "postgres"), f"DROP DATABASE {database} WITH (FORCE)")
        psql(superuser(venue, "postgres"), f"CREATE DATABASE {database} OWNER bourse")
        subprocess.run(["pg_restore", "--exit-on-error", "-d", superuser(venue, database),
                        folder / database], check=True)
    subprocess.run([REPO / "infra/up", "--no-demo"], env=venue.environment(), check=True,
                   stdout=subprocess.DEVNULL, timeout=900)


def key_of(venue, user):
    made = user.post("settings/api-keys", {"name": "k", "scopes": ["read"]}).ok(201)
    session = Session(venue)
    session.credentials = lambda: {"X-API-Key": made["key"]}
    return made["id"], session


def wrapped_key(venue, user_id):
    """The person's key in the vault: empty where it was destroyed."""
    return psql(superuser(venue, "bourse_vault"),
                f"SELECT coalesce(encode(wrapped, 'hex'), '') FROM keys WHERE key_id = '{user_id}'")


@pytest.mark.disruptive
def test_an_older_backup_brings_back_nothing_that_was_taken_away(venue, tmp_path):
    person, guarded, someone = Person(venue), Guarded(venue), venue.register("leaves")
    leaves, spends = (venue.login(someone.user["email"], PASSWORD).ok() for _ in range(2))
    key_id, key = key_of(venue, someone)
    wait_until(lambda: key.get("auth/me").status == 200, 10, "the key is good")
    wait_until_at_rest(venue)
    back_up(venue, tmp_path)

    Session(venue, leaves["access_token"]).post("auth/logout").ok()
    someone.delete(f"settings/api-keys/{key_id}").ok()
    refresh(venue, spends["refresh_token"]).ok()
    code = guarded.backups[0]
    guarded.complete(guarded.challenge(), code).ok()
    erase(venue, person)
    wait_until_forgotten(venue, person)
    assert wrapped_key(venue, person.id) in ([], [""])
    restore(venue, tmp_path)

    Session(venue, leaves["access_token"]).get("auth/me").refused(401, "TOKEN_REVOKED")
    refresh(venue, leaves["refresh_token"]).refused(401, "TOKEN_REVOKED")
    refresh(venue, spends["refresh_token"]).refused(401, "TOKEN_REUSED")
    key.get("auth/me").refused(401, "TOKEN_REVOKED")
    guarded.complete(guarded.challenge(), code).refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(guarded.challenge(), guarded.backups[1]).ok()
    person.trader.get("auth/me").refused(401, "TOKEN_REVOKED")
    wait_until(lambda: wrapped_key(venue, person.id) in ([], [""]), 60, "the key is destroyed again")
    wait_until_forgotten(venue, person)
    assert not rows_with(venue, person.words)
    venue.login(person.email, PASSWORD).refused(401, "INVALID_CREDENTIALS")
