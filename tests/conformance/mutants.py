"""mutants.py COMPILE... - fold.c without one of its rules, linked with the conformance test: each
must fail there. COMPILE is the command that makes the test, with FOLD for the source and TEST for
the program."""
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "libs/eventlog/fold.c"
UNREADABLE = "wire_decode(&WIRE_EVENT_META, &rest, arena, &meta) == OK && counts_next(fold, &meta)"
CLAIMS = "meta->epoch == fold->state.epoch + 1 && meta->wseq == 0;"
FOREIGN = "!uuid_equal(meta->incarnation, fold->incarnation))\n        return"
MUTANTS = [  # what is left out, what stands there instead, the case that finds it out first
    ("record->offset < fold->next_offset", "false", "an_offset_that_goes_back"),
    (UNREADABLE, "false", "an_unknown_schema_that_is_due"),
    ("meta->wseq == state->wseq + 1 &&\n", "\n", "an_unknown_schema_that_is_not_due"),
    ("return claims || ", "return ", "a_claim_in_an_unknown_schema_stops"),
    ("return claims || ", "return (claims && !fold->state.poisoned) || ",
     "a_claim_in_an_unknown_schema_stops"),
    (CLAIMS, "meta->epoch == fold->state.epoch + 1;", "a_claim_in_an_unknown_schema_that_does"),
    (CLAIMS, "meta->wseq == 0;", "a_claim_in_an_unknown_schema_that_does"),
    (FOREIGN + " false", "false)\n        return false", "a_claim_in_an_unknown_schema_that_does"),
    ("    if (!is_of_partition(fold, meta))\n        return false;\n", "",
     "a_claim_in_an_unknown_schema_that_does"),
    ("    if (!fold->started)\n        return true;", "    if (!fold->started)\n        return false;",
     "a_creation_in_an_unknown_schema"),
    ("text_is(meta->service, service_name(fold->service)) &&", "",
     "another_partition_or_service"),
    (" &&\n           meta->partition == fold->partition", "", "another_partition_or_service"),
    ("    seal_hash_add(&running, size, sizeof size);\n", "    (void)size;\n", "an_honest_log"),
    ("(uint8_t)(key.size >> 24)", "1", "an_honest_log"),
    ("    if (fold->started)\n        return inert(fold, FOLD_VOID_OTHER_LOG, \"a second", "    if (0)\n"
     "        return inert(fold, FOLD_VOID_OTHER_LOG, \"a second", "a_second_creation"),
    ("fold->occurred_at = event->meta.occurred_at;", "", "time_before_the_logs_creation"),
    ("FOLD_STOP, \"LogCreated cannot", "FOLD_INERT, \"LogCreated cannot", "a_creation_that_ends"),
    ("!fold->started)\n        return verdict(fold, FOLD_STOP", "!fold->started)\n"
     "        return verdict(fold, FOLD_INERT", "a_log_without_its_creation"),
    (FOREIGN + " inert", "false)\n        return inert", "another_log"),
    ("event->meta.epoch != fold->state.epoch + 1", "event->meta.epoch <= fold->state.epoch",
     "the_first_claim"),
    ("event->meta.epoch != fold->state.epoch + 1", "event->meta.epoch < fold->state.epoch",
     "the_first_claim"),
    ("event->writer_claimed.min_reader > FOLD_READER_VERSION", "false", "a_newer_writer"),
    ("FOLD_STOP, \"a claim cannot", "FOLD_INERT, \"a claim cannot", "a_claim_that_ends_early"),
    ("    return FOLD_CLAIM;", "    fold->occurred_at = event->meta.occurred_at;\n"
     "    return FOLD_CLAIM;", "a_claims_time"),
    ("fold_hash(&fold->state.head, record", "fold_record_hash(record", "an_honest_log"),
    ("        .epoch = event->meta.epoch,\n", "        .epoch = event->meta.epoch,\n"
     "        .poisoned = fold->state.poisoned,\n", "behind_a_lost_record"),
    ("meta->epoch != state->epoch || state->epoch == 0 ||", "state->epoch == 0 ||",
     "a_nonce_drawn_twice"),
    ("|| state->epoch == 0 ||", "||", "nothing_counts_before"),
    ("state->epoch == 0 ||\n                   memcmp(&meta->nonce, &state->nonce, sizeof state->nonce) != 0",
     "state->epoch == 0", "another_nonce"),
    ("state->poisoned)\n        return inert(", "state->poisoned && false)\n"
     "        return inert(", "in_a_poisoned_epoch"),
    ("meta->wseq <= state->wseq", "false", "a_copy_of_a_record"),
    ("meta->wseq <= state->wseq", "meta->wseq == state->wseq", "an_old_wseq"),
    ("bool gap = meta->wseq != state->wseq + 1;", "bool gap = false;", "in_a_poisoned_epoch"),
    ("memcmp(&meta->prev_hash, &state->head, sizeof state->head) != 0;", "false;",
     "a_record_that_continues"),
    ("state->poisoned = true;", "", "in_a_poisoned_epoch"),
    ("meta->occurred_at < fold->occurred_at", "false", "time_that_goes_back"),
    ("run->first_offset <= source->offset", "false", "an_input_answered_twice_stops"),
    ("run->last_offset < run->first_offset ||", "", "a_run_that_goes_back"),
    ("!first_of_source(meta, i)", "false", "an_input_answered_twice_at_once"),
    ("source->partition == partition && text_is", "text_is", "each_source"),
    ("!headers_agree(record, event)", "false", "a_header_epoch"),
]


def first_failure(printed):
    """The last case that was begun: the test prints each before it folds it."""
    return re.findall(r"^([a-z_]+)$", printed, re.MULTILINE)[-1]


def main(command):
    source = SOURCE.read_text()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        places = {"FOLD": f"{folder}/fold.c", "TEST": f"{folder}/test"}
        for old, new, case in MUTANTS:
            assert source.count(old) >= 1, f"fold.c has no longer: {old}"
            pathlib.Path(places["FOLD"]).write_text(source.replace(old, new, 1))
            subprocess.run([places.get(word, word) for word in command], check=True)
            done = subprocess.run([places["TEST"]], capture_output=True, text=True, check=False)
            found = first_failure(done.stdout) if done.returncode else "nobody"
            if not found.startswith(case):
                missed.append(f"{old!r} -> {new!r}: found out by {found}, not {case}")
    print("\n".join(missed) or f"all {len(MUTANTS)} were found out")
    sys.exit(1 if missed else 0)


main(sys.argv[1:])
