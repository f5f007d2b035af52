"""What the audit promises, anybody can check: proofs over HTTP, and a copied log without the venue."""
import json
import pathlib
import secrets
import shutil
import struct
import subprocess

import pytest

import verifier
from venue import unique, wait_until

LOGGING = "admin/logging"
A_CHECKPOINT_S = 120  # one is made a minute after the first ticket that is not signed, then signed


@pytest.fixture(scope="module")
def signed_tickets(venue):
    """Tickets that are in signed checkpoints, of which there are two then."""
    def deposit(maker):
        return venue.admin().post(f"admin/market-makers/{maker['id']}/transactions", {
            "asset": "CEA", "type": "deposit", "amount": 1}).ok(201)["ticket_id"]

    def signed(ticket):
        return venue.admin().get(f"{LOGGING}/tickets/{ticket}").ok()["inclusion_proof"]

    tickets = []
    for _ in range(2):
        maker = venue.maker("proven")
        tickets += [maker["ticket_id"], *(deposit(maker) for _ in range(8))]
        wait_until(lambda: signed(tickets[-1]), A_CHECKPOINT_S, "the ticket is in a signed checkpoint", 0.5)
    return tickets


@pytest.fixture(scope="module")
def admin_key(venue, signed_tickets):
    """The key that signed what is signed."""
    assert signed_tickets
    return venue.admin().get(f"{LOGGING}/public-key").ok()["key"]


@pytest.fixture(scope="module")
def published(venue, admin_key, tmp_path_factory):
    """The checkpoints that were published before the copy was made: it misses later ones, and rightly."""
    assert admin_key
    folder = tmp_path_factory.mktemp("published")
    for path in pathlib.Path(venue.run_dir / "published").glob("*.checkpoint"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def copy(venue, published):
    """A copy of the log, in which there is something of everybody."""
    assert list(published.iterdir())
    folder = venue.run_dir / "state" / "cli" / unique("copy")
    venue.bourse("audit", "export", str(folder))
    yield folder
    shutil.rmtree(folder)


def offline(venue, *arguments):
    """Runs `bourse` with no settings at all: what it says must not need the venue."""
    program = pathlib.Path(venue.settings["BOURSE_BUILD_DIR"]) / "services" / "cli" / "bourse"
    return subprocess.run([program, *arguments], text=True, timeout=60, capture_output=True,
                          check=False, env={})


def verify(venue, key, folder, *options):
    done = offline(venue, "audit", "verify", str(folder), "--key", key, *options)
    return done.returncode, done.stdout.splitlines()


def verify_proof(venue, key, proof, tmp_path):
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof))
    return offline(venue, "audit", "verify", "--proof", str(path), "--key", key)


def root_by(proof):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2), by another one's code."""
    node, last = proof["leaf_index"], proof["tree_size"] - 1
    root = bytes.fromhex(proof["leaf_hash"])
    for sibling in map(bytes.fromhex, proof["hashes"]):
        if node % 2 or node == last:
            root = verifier.sha256(b"\x01", sibling, root)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            root = verifier.sha256(b"\x01", root, sibling)
        node, last = node // 2, last // 2
    assert last == 0
    return root


# --- over HTTP ------------------------------------------------------------------------------------

def test_every_ticket_is_proven_to_be_in_the_newest_checkpoint(admin, admin_key, signed_tickets):
    newest = admin.get(f"{LOGGING}/checkpoints", limit=1).ok()["items"][0]
    said = verifier.checkpoint(verifier.open_note(newest["note"], [admin_key]))
    assert said["size"] == newest["tree_size"] and said["root"].hex() == newest["root_hash"]
    found = [admin.get(f"{LOGGING}/tickets/{ticket}/inclusion-proof",
                       checkpoint=newest["number"]).ok() for ticket in signed_tickets]
    for proof in found:
        assert root_by(proof) == said["root"]
    assert len({proof["leaf_index"] for proof in found}) == len(found)


def test_a_proof_with_its_ticket_is_verified_offline(venue, admin, admin_key, signed_tickets, tmp_path):
    signed = [admin.get(f"{LOGGING}/tickets/{ticket}").ok() for ticket in signed_tickets[-3:]]
    for ticket in signed:
        done = verify_proof(venue, admin_key, ticket, tmp_path)
        assert done.returncode == 0 and f"{ticket['id']}: leaf" in done.stdout, done
    for member, other in (("outcome", "failed" if signed[0]["outcome"] == "success" else "success"),
                          ("id", "TKT-2026-999999"), ("action", "Nothing")):
        done = verify_proof(venue, admin_key, {**signed[0], member: other}, tmp_path)
        assert done.returncode == 1 and "is not in the tree" in done.stderr, done


def test_a_checkpoint_is_proven_to_continue_an_older_one(venue, admin, admin_key, tmp_path):
    newest, older = admin.get(f"{LOGGING}/checkpoints", limit=2).ok()["items"]
    for since in (older["number"], 1, newest["number"]):
        proof = admin.get(f"{LOGGING}/checkpoints/{newest['number']}/consistency-proof",
                          since=since).ok()
        done = verify_proof(venue, admin_key, proof, tmp_path)
        assert done.returncode == 0 and "continues checkpoint" in done.stdout, done
    proof = admin.get(f"{LOGGING}/checkpoints/{newest['number']}/consistency-proof",
                      since=older["number"]).ok()
    proof["hashes"] = proof["hashes"][1:] or ["00" * 32]
    assert verify_proof(venue, admin_key, proof, tmp_path).returncode == 1


def test_what_is_not_there_yet_is_not_proven(admin, admin_key):
    assert admin_key
    admin.get(f"{LOGGING}/checkpoints/2000000000").refused(404, "NOT_FOUND")
    admin.get(f"{LOGGING}/checkpoints/1/consistency-proof", since=2).refused(404, "NOT_FOUND")
    admin.get(f"{LOGGING}/tickets/TKT-2026-999999/inclusion-proof").refused(404, "NOT_FOUND")


def test_each_checkpoint_is_published_outside_of_the_log(venue, admin, admin_key):
    published = venue.run_dir / "published"
    for checkpoint in admin.get(f"{LOGGING}/checkpoints", limit=3).ok()["items"]:
        path = published / f"{checkpoint['number']:08}.checkpoint"
        wait_until(path.exists, 10, "the checkpoint is published")
        assert path.read_text() == checkpoint["note"]
        assert verifier.open_note(path.read_text(), [admin_key])


def test_users_read_no_checkpoints(user):
    for path in ("checkpoints", "checkpoints/1", "public-key", "checkpoints/1/consistency-proof?since=1",
                 "tickets/TKT-2026-000001/inclusion-proof"):
        user.get(f"{LOGGING}/{path}").refused(403, "FORBIDDEN")


# --- a copied log ---------------------------------------------------------------------------------

def test_a_copied_log_is_verified_with_nothing_but_the_key(venue, admin, admin_key, published, copy):
    status, lines = verify(venue, admin_key, copy, "--published", str(published))
    assert status == 0, lines
    assert verifier.verify(copy, [admin_key]) == {}
    places = {line.split(":")[0] for line in lines}
    assert {"audit/0", "accounts/0", "orders/0", "settings/0", "desk/0", "tickets"} <= places
    newest = admin.get(f"{LOGGING}/checkpoints", limit=1).ok()["items"][0]["number"]
    assert int(lines[0].split()[-1]) <= newest


def test_one_ticket_is_found_in_the_copy(venue, admin_key, signed_tickets, copy):
    oldest = f"{signed_tickets[0][:8]}-000001"
    status, lines = verify(venue, admin_key, copy, "--ticket", oldest)
    assert status == 0 and lines[-1].count(":") and f"{oldest}: leaf" in "\n".join(lines)
    status, lines = verify(venue, admin_key, copy, "--ticket", "TKT-1999-000001")
    assert status == 1 and "TKT-1999-000001: there is no such ticket" in lines


def test_without_the_right_key_nothing_is_believed(venue, admin_key, copy):
    name, _, _ = admin_key.split("+", 2)
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert name != "PeterNeumann"
    done = offline(venue, "audit", "verify", str(copy), "--key", other)
    assert done.returncode == 1 and "no checkpoint is signed" in done.stderr


# --- a copied log that somebody has worked on -----------------------------------------------------

def write(path, head, rows):
    part = lambda data: struct.pack(">I", len(data)) + data
    path.write_bytes(head + b"".join(
        struct.pack(">qq", offset, 0) + part(key) + part(value) + struct.pack(">I", len(headers))
        + b"".join(part(name.encode("latin-1")) + part(text.encode("latin-1"))
                   for name, text in headers.items())
        for offset, key, value, headers in rows))


class Forgery:
    """A copy of the copy, in which one partition is worked on: the one of a service where the most
    lies between two signed heads, and there in the middle."""

    def __init__(self, copy, folder, key, service="accounts"):
        signed = verifier.checkpoints(copy, [key])
        heads = {path.stem: [0, *sorted({said["heads"][path.stem.replace("-", "/")][0]
                                         for said in signed})]
                 for path in copy.glob(f"{service}-*.log")}
        _, start, place = max((after - before, before, place) for place, ends in heads.items()
                              for before, after in zip(ends, ends[1:]))
        self.folder, self.key, self.place, self.signed = folder, key, place, heads[place]
        self.middle = start + next(after - before for before, after in zip(
            self.signed, self.signed[1:]) if before == start) // 2
        folder.mkdir()
        for path in copy.iterdir():
            (folder / path.name).symlink_to(path)
        self.path = folder / f"{place}.log"
        self.head = b"".join(self.path.read_bytes().splitlines(keepends=True)[:2])
        self.rows = list(verifier.records(self.path))
        self.path.unlink()

    def judged(self, venue, rows):
        """(first, last) of the records of which the other verifier names one, and Bourse's some of
        them (it knows the heads that audit followed by); None: both are content."""
        write(self.path, self.head, rows)
        place = self.place.replace("-", "/")
        status, lines = verify(venue, self.key, self.folder)
        said = [line for line in lines if line.startswith(f"{place}: ") and " signed" not in line
                or line.startswith(f"{place}: ") and "not what was signed" in line]
        numbers = [int(word) for word in " ".join(said).replace(",", "").split() if word.isdigit()]
        mine = verifier.verify(self.folder, [self.key], [place]).get(place)
        assert (status != 0) == bool(mine) == bool(said), (status, lines, mine)
        if not mine:
            return None
        assert mine[0] <= numbers[0] <= numbers[-1] <= mine[1], (lines, mine)
        return mine


@pytest.fixture
def forgery(copy, admin_key, tmp_path):
    return Forgery(copy, tmp_path / "forged", admin_key)


def changed(row, index):
    """A record with one byte of its value changed, as somebody would who knows the format."""
    offset, key, value, headers = row
    return offset, key, value[:index] + bytes([value[index] ^ 1]) + value[index + 1:], headers


def renumbered(rows):
    return [(index, *row[1:]) for index, row in enumerate(rows)]


def test_every_byte_of_a_record_counts(venue, forgery):
    place = forgery.middle
    size = len(forgery.rows[place][2])
    for index in {*range(0, 24), *range(24, size, max(1, size // 40)), size - 1}:
        rows = forgery.rows[:place] + [changed(forgery.rows[place], index)] + forgery.rows[place + 1:]
        assert forgery.judged(venue, rows) == (place, place), index


def test_what_is_deleted_swapped_cut_or_put_in_is_named(venue, forgery):
    rows, place = forgery.rows, forgery.middle
    deleted = rows[:place] + rows[place + 1:]
    swapped = rows[:place] + [rows[place + 1], rows[place]] + rows[place + 2:]
    doubled = rows[:place + 1] + rows[place - 1:]
    assert forgery.judged(venue, deleted) == (place, place)
    assert forgery.judged(venue, renumbered(deleted)) == (place, place)
    assert forgery.judged(venue, renumbered(swapped)) == (place, place)
    assert forgery.judged(venue, rows[:place]) == (place, place)
    first, last = forgery.judged(venue, renumbered(doubled))
    assert first <= place + 1 <= last
    assert forgery.judged(venue, rows) is None


def test_what_is_appended_behind_the_last_signed_head_is_not_believed(venue, admin_key, forgery):
    rows = forgery.rows[:forgery.signed[-1]]
    assert forgery.judged(venue, rows) is None
    forged = rows + renumbered(rows + [rows[-1]])[-1:]
    write(forgery.path, forgery.head, forged)
    status, lines = verify(venue, admin_key, forgery.folder, "--whole")
    assert status == 1
    assert f"{forgery.place.replace('-', '/')}: record {len(rows)} is not signed, nor is any behind it" in lines


def test_a_log_that_is_made_anew_from_a_record_on_is_found_out(venue, forgery):
    """Whoever changes a record and makes all links behind it anew has no signature for the heads."""
    place = forgery.middle
    offset, key, value, headers = forgery.rows[place]
    rows, head = list(forgery.rows[:place]), None
    for offset, key, value, headers in forgery.rows[place:]:
        meta = verifier.meta_of(value)
        if head is None:
            head, value = meta["prev_hash"], value[:-1] + bytes([value[-1] ^ 2])
        elif meta["wseq"]:
            value = value.replace(meta["prev_hash"], head, 1)
            headers = {**headers, "prev_hash": head.hex()}
        head = verifier.head_of(head, key, value)
        rows.append((offset, key, value, headers))
    write(forgery.path, forgery.head, rows)
    status, lines = verify(venue, forgery.key, forgery.folder)
    said, = [line for line in lines if "not what was signed" in line]
    numbers = [int(word) for word in said.split() if word.isdigit()]
    assert status == 1 and numbers[0] <= place <= numbers[-1]
    first, last = verifier.verify(forgery.folder, [forgery.key])[forgery.place.replace("-", "/")]
    assert first <= place <= last and first <= numbers[0] and numbers[-1] <= last


def test_a_ticket_that_is_changed_is_named(venue, copy, admin_key, tmp_path):
    forgery = Forgery(copy, tmp_path / "forged", admin_key, "audit")
    place = forgery.middle
    for index in (0, 4, len(forgery.rows[place][2]) - 1):
        rows = [changed(row, index) if at == place else row for at, row in enumerate(forgery.rows)]
        assert forgery.judged(venue, rows) == (place, place)


def test_a_published_checkpoint_is_missed_by_a_log_that_was_cut(venue, admin_key, published, copy, tmp_path):
    """Cut back to an older checkpoint the log is whole in itself: what was published says otherwise."""
    forgery = Forgery(copy, tmp_path / "forged", admin_key, "audit")
    write(forgery.path, forgery.head, forgery.rows[:forgery.signed[1] + 2])
    status, lines = verify(venue, admin_key, forgery.folder, "--published", str(published))
    assert status == 1
    assert any(line.startswith("audit/0: record ") and "is missing" in line for line in lines)


# --- another key ----------------------------------------------------------------------------------

@pytest.mark.disruptive
def test_while_the_key_is_changed_both_sign_and_both_are_known(venue, admin, admin_key):
    path = venue.run_dir / "secrets" / "signing.key"
    before = path.read_text()
    try:
        path.write_text(f"{before.strip()}\n{secrets.token_hex(32)}\n")
        venue.process("restart", "audit-signer")
        venue.maker("rotated")
        known_keys = lambda: admin.get(f"{LOGGING}/public-key").ok()["keys"]
        keys = wait_until(lambda: (lambda known: known if len(known) > 1 else None)(known_keys()),
                          A_CHECKPOINT_S, "both keys have signed", 0.5)
        newest = admin.get(f"{LOGGING}/checkpoints", limit=1).ok()["items"][0]
        assert admin_key in [known["key"] for known in keys]
        for known in keys[:2]:
            assert known["last_checkpoint"] == newest["number"]
            assert verifier.open_note(newest["note"], [known["key"]])
    finally:
        path.write_text(before)
        venue.process("restart", "audit-signer")
