"""infra/analytics/fold.py against libs/eventlog/conformance, and with each of its rules left out."""
import json
import pathlib
import sys
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANALYTICS = ROOT / "infra" / "analytics"
CORPUS = sorted((ROOT / "libs" / "eventlog" / "conformance").glob("*.jsonl"))
sys.path.insert(0, str(ANALYTICS))

import fold as fold_py  # noqa: E402
import values  # noqa: E402

SCHEMAS = values.event_schemas()
SOURCE = (ANALYTICS / "fold.py").read_text()

# What is left out of fold.py, what stands there instead, and a case that must find it out.
MUTANTS = [
    ('offset < self.next_offset', 'False', "an_offset_that_goes_back_stops_the_reader"),
    ('raise Stop("its schema is not known here")', 'pass',
     "an_unknown_schema_that_is_due_stops_the_reader"),
    ('schema or self.any_schema).decode_meta(body)',
     'schema or self.any_schema).decode_meta(body.replace(MOST, bytes(10)))',
     "a_time_that_nobody_can_write_down_is_inert"),
    ('or in_force and due:', 'or in_force:', "an_unknown_schema_that_is_not_due_is_inert"),
    ('or in_force and due:', 'or False:', "an_unknown_schema_that_is_due_stops_the_reader"),
    (' or claims or', ' or', "a_claim_in_an_unknown_schema_stops_the_reader"),
    (' or claims or', ' or claims and not self.poisoned or',
     "a_claim_in_an_unknown_schema_stops_the_reader"),
    (' or claims or', ' or claims and meta["prev_hash"] == self.head or',
     "a_claim_in_an_unknown_schema_stops_the_reader"),
    (' and meta["wseq"] == 0', '', "a_claim_in_an_unknown_schema_that_does_not_win_is_inert"),
    ('claims = writer[:2] == (self.incarnation, self.epoch + 1)', 'claims = True',
     "a_claim_in_an_unknown_schema_that_does_not_win_is_inert"),
    ('claims = writer[:2] == (self.incarnation, self.epoch + 1)',
     'claims = writer[1] == self.epoch + 1',
     "a_claim_in_an_unknown_schema_that_does_not_win_is_inert"),
    ('(meta["service"], meta["partition"]) != self.place', 'schema and (meta["service"], '
     'meta["partition"]) != self.place', "a_claim_in_an_unknown_schema_that_does_not_win_is_inert"),
    ('if self.incarnation is None or claims', 'if claims',
     "a_creation_in_an_unknown_schema_stops_the_reader"),
    ('(meta["service"], meta["partition"]) != self.place', 'meta["service"] != self.place[0]',
     "another_partition_or_service_is_inert"),
    ('(meta["service"], meta["partition"]) != self.place', 'meta["partition"] != self.place[1]',
     "another_partition_or_service_is_inert"),
    ('len(key).to_bytes(4, "big") + key', 'key', "an_honest_log_is_valid"),
    ('"big"', '"little"', "the_key_is_part_of_the_head"),
    ('schema.name == "LogCreated" and self.incarnation is not None', 'False',
     "a_second_creation_is_inert"),
    ('            whole(schema, value)\n', '', "a_creation_that_ends_early_stops_the_reader"),
    ('self.occurred_at, self.head = writer[0], meta["occurred_at"], head',
     'self.occurred_at, self.head = writer[0], 0, head',
     "time_before_the_logs_creation_stops_the_reader"),
    ('raise Stop("the log does not begin with LogCreated")', 'pass',
     "a_log_without_its_creation_stops_the_reader"),
    ('writer[:2] != (self.incarnation, self.epoch + 1)', 'writer[1] != self.epoch + 1',
     "another_log_is_inert"),
    ('writer[:2] != (self.incarnation, self.epoch + 1)', 'writer[1] <= self.epoch',
     "the_first_claim_of_an_epoch_wins"),
    ('writer[:2] != (self.incarnation, self.epoch + 1)',
     'writer[1] not in (self.epoch, self.epoch + 1)', "the_first_claim_of_an_epoch_wins"),
    ('writer[:2] != (self.incarnation, self.epoch + 1)',
     'writer[1] != self.epoch + 1 or meta["prev_hash"] != self.head',
     "a_claim_need_not_know_the_head"),
    ('whole(schema, value)["min_reader"] > READER_VERSION', 'False',
     "a_newer_writer_stops_an_old_reader"),
    ('return schema.decode(values.frame(value)[1])', 'return {"min_reader": 1}',
     "a_claim_that_ends_early_stops_the_reader"),
    ('self.start(writer[1], writer[2], head)\n',
     'self.start(writer[1], writer[2], head)\n            self.occurred_at = meta["occurred_at"]\n',
     "a_claims_time_is_not_log_time"),
    ('self.start(writer[1], writer[2], head)', 'self.start(writer[1], writer[2], self.head)',
     "an_honest_log_is_valid"),
    ('self.wseq, self.poisoned = epoch, nonce, head, 0, False',
     'self.wseq = epoch, nonce, head, 0\n        self.poisoned = getattr(self, "poisoned", False)',
     "behind_a_lost_record_all_is_inert_until_a_claim"),
    ('writer == (self.incarnation, self.epoch, self.nonce)',
     'writer[1:] == (self.epoch, self.nonce)', "another_log_is_inert"),
    ('writer == (self.incarnation, self.epoch, self.nonce)',
     '(writer[0], writer[2]) == (self.incarnation, self.nonce)',
     "a_nonce_drawn_twice_does_not_mix_two_epochs"),
    ('writer == (self.incarnation, self.epoch, self.nonce)',
     'writer[:2] == (self.incarnation, self.epoch)',
     "another_nonce_in_the_same_epoch_is_inert"),
    ('writer == (self.incarnation, self.epoch, self.nonce)',
     '(writer == (self.incarnation, self.epoch, self.nonce or bytes(16)))',
     "nothing_counts_before_the_first_claim"),
    ('if not in_force or meta["wseq"]', 'if meta["wseq"]', "a_replaced_writers_record_is_inert"),
    (' and not self.poisoned', '', "in_a_poisoned_epoch_not_even_the_right_record_counts"),
    (' or meta["wseq"] <= self.wseq', '', "a_copy_of_a_record_is_inert"),
    ('meta["wseq"] <= self.wseq', 'meta["wseq"] == self.wseq',
     "an_old_wseq_with_other_contents_poisons_nothing"),
    ('meta["wseq"] == self.wseq + 1 and ', '',
     "in_a_poisoned_epoch_not_even_the_right_record_counts"),
    (' and meta["prev_hash"] == self.head', '',
     "a_record_that_continues_another_history_poisons"),
    ('self.poisoned = True', 'pass', "a_record_that_continues_another_history_poisons"),
    ('meta["occurred_at"] < self.occurred_at', 'False', "time_that_goes_back_stops_the_reader"),
    ('return run["topic"], run["partition"]', 'return run["topic"]',
     "each_source_has_its_own_position"),
    ('return run["topic"], run["partition"]', 'return run["partition"]',
     "each_source_has_its_own_position"),
    ('not self.sources.get(source_of(run), -1) < run', 'not run',
     "an_input_answered_twice_stops_the_reader"),
    (' <= run["last_offset"]', '', "a_run_that_goes_back_stops_the_reader"),
    ('len({source_of(run) for run in meta["cause"]}) < len(meta["cause"]) or ', '',
     "an_input_answered_twice_at_once_stops_the_reader"),
    ('"epoch": str(meta["epoch"]), ', '', "a_header_epoch_that_differs_stops_the_reader"),
    ('"wseq": str(meta["wseq"]), ', '', "a_header_wseq_that_differs_stops_the_reader"),
    ('headers.get(name, "") != text', 'headers.get(name, text) != text',
     "a_header_that_is_missing_stops_the_reader"),
    ('"nonce": meta["nonce"].hex(),', '', "a_header_nonce_that_differs_stops_the_reader"),
    ('"prev_hash": meta["prev_hash"].hex(), ', '',
     "a_header_prev_hash_that_differs_stops_the_reader"),
    (', "touches": " ".join(touches)', '', "a_header_touches_that_differs_stops_the_reader"),
    ('        schema, meta = self.read(value)\n',
     '        schema, meta = self.read(value)\n        meta and self.check(meta, headers)\n',
     "headers_of_what_does_not_count_say_nothing"),
    ("'*' if touch['partition'] < 0 else touch['partition']", "touch['partition']",
     "headers_of_what_does_not_count_say_nothing"),
    ('        if meta is None:\n            return "INERT"\n',
     '        if meta is None:\n            raise Stop("unreadable")\n',
     "what_cannot_be_read_is_inert"),
    ('        self.check(meta, headers)\n', '        self.check(meta, headers)\n'
     '        whole(schema, value)\n', "only_meta_is_the_folds_business"),
]


def play(module, path):
    """Verdicts and final state that a fold comes to, as the file writes them, beside the file's."""
    first, *lines, last = (json.loads(line) for line in path.read_text().splitlines())
    fold = module.Fold(first["service"], first["partition"], SCHEMAS)
    verdicts, final = [], None
    for line in lines:
        try:
            verdicts.append(fold.step(line["offset"], bytes.fromhex(line["key"]),
                                      bytes.fromhex(line["value"]), line["headers"]))
        except module.Stop:
            verdicts.append("STOP")
            final = "STOP"
    final = final or {"epoch": fold.epoch, "nonce": (fold.nonce or bytes(16)).hex(),
                      "wseq": fold.wseq, "head": fold.head.hex(), "poisoned": fold.poisoned}
    return (verdicts, final), ([line["verdict"] for line in lines], last["final"])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_fold_py_comes_to_what_the_file_says(path):
    found, expected = play(fold_py, path)
    assert found == expected


@pytest.mark.parametrize("number", range(len(MUTANTS)))
def test_a_fold_without_one_of_its_rules_is_found_out(number):
    old, new, case = MUTANTS[number]
    assert old in SOURCE
    mutant = types.ModuleType("mutant")
    mutant.MOST = b"\xfe" + 8 * b"\xff" + b"\x01"  # the largest number, as Avro has it
    exec(compile(SOURCE.replace(old, new), "mutant", "exec"), mutant.__dict__)
    caught = []
    for path in CORPUS:
        try:
            found, expected = play(mutant, path)
        except (TypeError, AttributeError):
            found, expected = "it crashed", None
        if found != expected:
            caught.append(path.stem)
    assert case in caught, f"{old} -> {new} is caught by {caught} only"


def test_every_case_finds_something_out():
    named = {case for _, _, case in MUTANTS}
    assert {path.stem for path in CORPUS} == named, "a case that no left out rule needs"
