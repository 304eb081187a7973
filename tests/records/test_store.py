"""Reference records: their paths, and the note on their origin."""

from dataclasses import replace

import made_records as made
import pytest

from recurse_lab.experiments.sudoku import rates
from recurse_lab.experiments.sudoku import trial as sudoku
from recurse_lab.records.record import RecordError, load_reference, save_reference
from recurse_lab.records.reruns import write_reruns
from recurse_lab.records.store import read_reference, reference_path, write_checksums, write_reference

HEAD = "*Recorded*: 3 runs of the full profile (Linux x86_64, 2 cores; torch 2.13.0+cpu), "
THREE = [made.record(seed=seed) for seed in range(3)]


@pytest.fixture
def note(tmp_path, monkeypatch):
    """A function that gives the note on some records and their re-runs."""
    monkeypatch.setattr("recurse_lab.records.store.reference_path", lambda *_: tmp_path / "trials.json")

    def of(records, *again):
        save_reference(records, tmp_path / "trials.json")
        write_reruns(tmp_path, again)
        arms = {name: made.ARMS[name] for name in dict.fromkeys(one.arm for one in records)}
        reference = read_reference(tmp_path, made.trial, arms)
        assert len(repr(reference)) < 400  # notebooks store the repr beside the note
        assert reference._repr_markdown_() == reference.note
        return reference.note

    return of


def at(*commits):
    return [replace(one, digest="0", commit=name) for one, name in zip(THREE, commits, strict=True)]


def test_the_note_says_whether_records_are_fresh_or_at_which_commits_they_were_made(note):
    assert note(THREE) == HEAD + "made by the present code. None re-run yet."
    assert note(at("b", "b", "b")) == HEAD + "made at commit b. None re-run yet."
    some = note([THREE[0], *at("b", "b", "b")[1:]])
    assert some == HEAD + "1 made by the present code, 2 at commit b. None re-run yet."
    assert note(at("b", "c", "c")) == HEAD + "made at 2 commits (c: 2 runs, b: 1 run). None re-run yet."
    changed = [replace(one, config="{}") for one in THREE]
    assert "made at commit aaaaaaa" in note(changed)


def test_many_commits_are_counted(note, monkeypatch):
    monkeypatch.setattr("recurse_lab.records.note.NAMED", 2)
    assert "at 3 commits (a: 1 run, b: 1 run, 1 more)." in note(at("a", "b", "c"))


def test_the_note_names_each_kind_of_machine_once(note):
    first = replace(THREE[0], machine="A", versions={"torch": "1"})
    assert "(A; Linux x86_64, 2 cores; torch 1, 2.13.0+cpu)" in note([first, *THREE[1:]])


def test_the_note_says_what_came_of_running_records_again(note):
    again = [made.again(THREE[0]), made.again(THREE[1], "same values")]
    assert note(THREE, *again).endswith(
        "Re-run by the present code: 2 of 2 agree (1 same bits, 1 same values)."
    )
    differs = made.again(THREE[2], "differs", by=-0.25)
    assert note(THREE, differs).endswith(
        "2 of 3 agree (1 same bits, 1 same values); good, seed 2, differs by -0.250."
    )


def test_reruns_of_other_records_and_by_earlier_code_are_not_taken_for_the_present_ones(note):
    former = made.again(THREE[0], digest="0", commit="eeeeeee")
    assert note(THREE, former).endswith("Re-run at commit eeeeeee: 1 of 1 agree (1 same bits).")
    assert note(THREE, former, made.again(THREE[1])).endswith(
        "Re-run by the present code: 1 of 1 agree (1 same bits); re-run at commit eeeeeee: 1 of 1 agree (1 same bits)."
    )
    remade = [replace(one, seconds=9.0) for one in THREE]
    assert note(remade, former).endswith("None re-run yet.")


def test_a_file_is_named_after_the_room_and_the_module(tmp_path):
    assert reference_path(tmp_path, sudoku.train) == tmp_path / "records" / "sudoku.json"
    assert reference_path(tmp_path, rates.validate) == tmp_path / "records" / "sudoku_rates.json"


def test_runs_take_the_place_of_older_runs_of_the_same_arms(tmp_path, monkeypatch):
    path = tmp_path / "trials.json"
    monkeypatch.setattr("recurse_lab.records.store.reference_path", lambda *_: path)
    write_reference(
        tmp_path, made.trial, {"good": {0: THREE[0], 1: THREE[1]}, "poor": {0: made.record("poor")}}
    )
    write_reference(tmp_path, made.trial, {"good": {2: THREE[2]}})
    assert [(one.arm, one.seed) for one in load_reference(path)] == [("good", 2), ("poor", 0)]
    with pytest.raises(ValueError, match=r"trials\.json has no runs of absent; the full profile makes them"):
        read_reference(tmp_path, made.trial, {"absent": None})


def test_damaged_files_are_one_clear_line(tmp_path):
    path = tmp_path / "records.json"
    save_reference([], path)
    assert load_reference(path) == []
    path.write_text("[{]")
    with pytest.raises(RecordError, match=r"records\.json cannot be read"):
        load_reference(path)
    (tmp_path / "reruns.json").write_text('[{"file": 1}]')
    with pytest.raises(RecordError, match=r"\Areruns\.json cannot be read \(.*\); restore the file\Z"):
        write_reruns(tmp_path, [])


def test_checksums_leave_out_what_an_interrupted_writer_left(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a.json").write_text("1")
    (tmp_path / "records" / ".a.1234.json").write_text("1")
    assert write_checksums(tmp_path).read_text().split()[1:] == ["records/a.json"]
