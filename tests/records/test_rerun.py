"""Records are drawn by a seed and run again in full by the present code; the results are written beside them."""

import json
from dataclasses import replace

import made_records as made
import pytest

from recurse_lab.__main__ import main
from recurse_lab.chapters import recorded as declared
from recurse_lab.chapters.recorded import recorded
from recurse_lab.records.digest import code_digest
from recurse_lab.records.listing import span
from recurse_lab.records.origin import commit, machine_class
from recurse_lab.records.rerun import Recorded, compared, record_files, rerun
from recurse_lab.records.reruns import mark, read_reruns, write_reruns
from recurse_lab.workbook import start

TEN = [made.record(arm, seed) for arm in ("good", "poor") for seed in range(5)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Ten records of a trial that takes no time, as the only records of the project."""
    for module in ("store", "rerun"):
        monkeypatch.setattr(
            f"recurse_lab.records.{module}.reference_path", lambda *_: tmp_path / "data" / "t.json"
        )
    monkeypatch.setattr(declared, "recorded", lambda: [made.RECORDED])
    monkeypatch.setattr(start, "ROOT", tmp_path)
    made.write(tmp_path / "data", TEN)
    return tmp_path / "data"


@pytest.fixture
def file(folder):
    (found,) = record_files(folder, [made.RECORDED])
    return found


def drawn(file, number, seed):
    return [(one.arm, one.seed) for one in file.sample(number, seed)]


def test_a_seed_draws_always_the_same_records_and_another_seed_others(file):
    assert drawn(file, 3, 0) == drawn(file, 3, 0)
    assert len(set(drawn(file, 3, 0))) == 3
    assert len({tuple(drawn(file, 3, seed)) for seed in range(8)}) > 4
    assert drawn(file, 99, 0) == [(one.arm, one.seed) for one in TEN]
    other = replace(file, path=file.path.with_name("other.json"))
    assert any(drawn(file, 3, seed) != drawn(other, 3, seed) for seed in range(3))


def test_every_record_can_be_drawn_but_those_that_no_chapter_has(file):
    assert {one for seed in range(40) for one in drawn(file, 2, seed)} == {(one.arm, one.seed) for one in TEN}
    fewer = replace(file, recorded=replace(made.RECORDED, arms={"poor": made.ARMS["poor"]}))
    assert {arm for arm, _ in drawn(fewer, 99, 0)} == {"poor"}
    assert (fewer.cheapest().arm, fewer.cheapest().seed) == ("poor", 0)


@pytest.mark.parametrize("jobs", [1, 2])
def test_records_run_again_by_the_present_code(file, jobs):
    chosen = [(file, one) for one in file.sample(10, 0)]
    found = {(one.arm, one.seed): one for one in rerun(chosen, jobs)}
    assert set(found) == {(one.arm, one.seed) for one in TEN}
    one = found["good", 3]
    assert (one.file, one.word, one.metric, one.by, one.allowed) == ("t.json", "same bits", 0.5, 0.0, 0.1)
    assert (one.record, one.digest) == (mark(TEN[3]), code_digest(made.trial))
    assert (one.commit, one.machine) == (commit(), machine_class())


def test_the_present_configuration_of_an_arm_is_what_runs(file):
    arms = made.ARMS | {"good": made.ARMS["good"] | {"right": 0.9}}
    changed = replace(file, recorded=replace(made.RECORDED, arms=arms))
    (one,) = rerun([(changed, TEN[0])], 1)
    assert (one.word, one.agrees, one.by) == ("differs", False, pytest.approx(0.4))


def test_reruns_are_kept_one_for_each_record_and_the_last_counts(tmp_path):
    assert read_reruns(tmp_path) == []
    write_reruns(tmp_path, [made.again(TEN[1]), made.again(TEN[0])])
    write_reruns(tmp_path, [made.again(TEN[1], "differs")])
    assert [(one.seed, one.word) for one in read_reruns(tmp_path)] == [(0, "same bits"), (1, "differs")]
    assert mark(TEN[0]) != mark(made.altered(TEN[0], right=0.6)) != mark(TEN[1])


def test_the_command_runs_a_sample_again_and_lists_it(folder, capsys):
    assert main(["records", "--rerun", "4", "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 records drawn by seed 0, recorded in 17 CPU-s"
    assert len(lines) == 5
    assert all("same bits" in line for line in lines[1:])
    assert [one["word"] for one in json.loads((folder / "reruns.json").read_text())] == ["same bits"] * 4
    assert main(["records"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "t.json: 10 runs, 40 CPU-s, made by the present code; re-run by the present code: 4 of 4 agree (4 same bits)"
    )
    assert [line.split()[0] for line in lines[1:]] == ["good", "poor"]
    assert all(" seeds 0-4 " in line and " 20 CPU-s" in line for line in lines[1:])


def test_the_command_fails_where_a_record_differs_and_keeps_what_ran(folder, capsys):
    made.write(folder, [made.altered(one, right=0.9) if one.seed == 0 else one for one in TEN])
    assert main(["records", "--rerun", "10", "--jobs", "1"]) == 1
    assert capsys.readouterr().out.count("differs, metric 0.900") == 2
    assert [one.seed for one in read_reruns(folder) if not one.agrees] == [0, 0]
    assert len(read_reruns(folder)) == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--only nothing", "no records nothing; there are t"),
        ("--rerun 0", "--jobs and --rerun must be whole numbers from 1 on"),
        ("--rerun 2 --jobs 0", "--jobs and --rerun must be whole numbers from 1 on"),
        ("--rerun x", "invalid int value: 'x'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_bad_input_is_one_line(capsys, arguments, words):
    try:
        code = main(["records", *arguments.split()])
    except SystemExit as left:
        code = left.code
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1)
    assert words in said


def test_seeds_are_written_short():
    assert [span(seeds) for seeds in ([3], [0, 1, 2], [2, 0, 1], [0, 2, 7])] == ["3", "0-2", "0-2", "0, 2, 7"]


# The book's own records


def files():
    return record_files(start.ROOT / "data", recorded())


def test_every_recorded_arm_has_its_configuration_in_some_chapter():
    kept = {path.name for path in (start.ROOT / "data" / "records").glob("*.json")}
    assert {file.path.name for file in files()} == kept
    for file in files():
        assert {one.arm for one in file.records} <= set(file.recorded.arms)
        assert all(isinstance(file.recorded.metric(one), float) for one in file.records)
        assert all(one.commit and one.lock for one in file.records)


def test_every_rerun_that_is_written_down_is_of_a_present_record():
    marks = {mark(one) for file in files() for one in file.records}
    assert [one for one in read_reruns(start.ROOT / "data") if one.record not in marks] == []


def test_one_name_means_one_arm(monkeypatch):
    other = Recorded(trial=made.trial, arms={"good": None}, metric=made.right)
    monkeypatch.setattr(declared, "_declared", lambda: iter([made.RECORDED, other]))
    with pytest.raises(ValueError, match="two chapters record different arms as 'good'"):
        recorded()
    more = Recorded(trial=made.trial, arms={"good": made.ARMS["good"], "third": None}, metric=made.right)
    monkeypatch.setattr(declared, "_declared", lambda: iter([made.RECORDED, more]))
    (merged,) = recorded()
    assert list(merged.arms) == ["good", "poor", "third"]


@pytest.mark.slow
def test_the_cheapest_record_of_each_file_runs_again_and_agrees(capsys):
    chosen = [(file, file.cheapest()) for file in files()]
    found = list(rerun(chosen, jobs=2))
    with capsys.disabled():
        for one in found:
            print(f"\n{one.file}: {one.arm}, seed {one.seed}: {one.word} ({one.by:+.3f})", end="")
    assert len(found) == len(chosen)
    assert [one for one in found if not one.agrees] == []
    for file, record in chosen:  # a changed record does not agree
        bent = (
            {"params": -1}
            if "params" in record.values
            else {key: bend(part) for key, part in record.values.items()}
        )
        assert not compared(file, made.altered(record, **bent), record).agrees


def bend(part):
    if isinstance(part, dict):
        return {key: bend(one) for key, one in part.items()}
    if isinstance(part, list):
        return [bend(one) for one in part]
    return part + 0.5 if isinstance(part, float) else part
