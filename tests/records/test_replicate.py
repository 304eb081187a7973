"""Finished trials survive interruption and come from the cache; changed code or configuration never gets them."""

import gc
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from recurse_lab.records import origin
from recurse_lab.records.record import Record, RecordError
from recurse_lab.records.replicate import is_fresh, replicate


def counting_trial(config, seed):
    """A stand-in for a training run; it leaves a mark each time it really runs."""
    with (config["marks"] / f"{seed}").open("a") as marks:
        marks.write("x")
    if config.get("fail_on") == seed:
        raise FloatingPointError("planted failure")
    return {"score": seed + config["bonus"], "threads": torch.get_num_threads()}, {
        "w": torch.full((2,), float(seed))
    }


@pytest.fixture
def arms(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    return {"plus_one": {"marks": marks, "bonus": 1}}


def runs_of(arms):
    return {path.name: len(path.read_text()) for path in arms["plus_one"]["marks"].iterdir()}


def test_finished_trials_come_from_the_cache(tmp_path, arms):
    first = replicate(counting_trial, arms, [3, 4], cache=tmp_path / "cache")
    again = replicate(counting_trial, arms, [3, 4, 5], cache=tmp_path / "cache")
    assert runs_of(arms) == {"3": 1, "4": 1, "5": 1}
    assert first["plus_one"][3] == again["plus_one"][3]
    assert torch.equal(again["plus_one"][4].weights["w"], torch.tensor([4.0, 4.0]))


def test_a_record_says_what_made_it(tmp_path, arms):
    (record,) = replicate(counting_trial, arms, [0], cache=tmp_path / "cache")["plus_one"].values()
    assert record.trial == f"{__name__}:counting_trial"
    assert (record.arm, record.seed, record.config) == ("plus_one", 0, repr(arms["plus_one"]))
    assert (record.commit, record.lock) == (origin.commit(), origin.lock())
    assert (record.versions, record.machine) == (origin.versions(), origin.machine_class())


def test_the_first_arm_is_run_on_all_seeds_before_the_second(tmp_path, arms):
    both = {"costly": arms["plus_one"], "cheap": arms["plus_one"] | {"bonus": 2}}
    order = []
    replicate(
        counting_trial, both, [0, 1], cache=tmp_path, finished=lambda run: order.append((run.arm, run.seed))
    )
    assert order == [("costly", 0), ("costly", 1), ("cheap", 0), ("cheap", 1)]


@pytest.mark.parametrize("seed", [3, 5])
def test_the_collector_leaves_out_what_was_there_before_a_trial_and_only_during_it(tmp_path, arms, seed):
    frozen = []

    def trial(config, seed):
        frozen.append(gc.get_freeze_count())
        return counting_trial(config, seed)

    failing = {"plus_one": arms["plus_one"] | {"fail_on": 5}}
    with pytest.raises(FloatingPointError) if seed == 5 else nullcontext():
        replicate(trial, failing, [seed], cache=tmp_path)
    assert frozen[0] > 10_000  # at least the objects of torch
    assert gc.get_freeze_count() == 0


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, arms):
    broken = {"plus_one": arms["plus_one"] | {"fail_on": 5}}
    with pytest.raises(FloatingPointError):
        replicate(counting_trial, broken, [4, 5, 6], cache=tmp_path / "cache")
    kept = list((tmp_path / "cache").glob("*.json"))
    assert len(kept) == 1
    assert Record.load(kept[0]).seed == 4


def test_changed_configuration_or_code_never_meets_old_results(tmp_path, arms, monkeypatch):
    replicate(counting_trial, arms, [0], cache=tmp_path / "cache")
    replicate(counting_trial, {"plus_one": arms["plus_one"] | {"bonus": 2}}, [0], cache=tmp_path / "cache")
    assert runs_of(arms) == {"0": 2}
    monkeypatch.setattr("recurse_lab.records.replicate.code_digest", lambda trial: f"other {trial}")
    replicate(counting_trial, arms, [0], cache=tmp_path / "cache")
    assert runs_of(arms) == {"0": 3}


def test_a_record_is_fresh_by_its_digest_and_its_configuration(tmp_path, arms):
    (record,) = replicate(counting_trial, arms, [0], cache=tmp_path / "cache")["plus_one"].values()
    assert is_fresh(record, counting_trial, arms)
    assert is_fresh(replace(record, commit="elsewhere"), counting_trial, arms)
    assert not is_fresh(replace(record, digest="0"), counting_trial, arms)
    assert not is_fresh(record, counting_trial, {"plus_one": arms["plus_one"] | {"bonus": 7}})
    assert not is_fresh(record, counting_trial, {})


def test_processes_give_what_one_process_gives(tmp_path, arms):
    alone = replicate(counting_trial, arms, [0, 1, 2], cache=tmp_path / "one")
    pooled = replicate(counting_trial, arms, [0, 1, 2], cache=tmp_path / "two", jobs=2)
    assert [r.values for r in alone["plus_one"].values()] == [r.values for r in pooled["plus_one"].values()]
    assert all(record.values["threads"] == 1 for record in pooled["plus_one"].values())


@pytest.mark.parametrize("damage", ["", "{", '{"trial": 1}', "[1]"])
def test_a_damaged_record_is_one_clear_line(tmp_path, arms, damage):
    replicate(counting_trial, arms, [0], cache=tmp_path / "cache")
    next((tmp_path / "cache").glob("*.json")).write_text(damage)
    with pytest.raises(RecordError, match=r"cannot be read .* delete it") as caught:
        replicate(counting_trial, arms, [0], cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_clear_line(tmp_path, arms):
    replicate(counting_trial, arms, [0], cache=tmp_path / "cache")
    next((tmp_path / "cache").glob("*.safetensors")).write_bytes(b"not weights")
    with pytest.raises(RecordError, match="cannot be read"):
        replicate(counting_trial, arms, [0], cache=tmp_path / "cache")


@pytest.mark.parametrize(("seeds", "jobs"), [([], 1), ([-1], 1), ([0], 0)])
def test_impossible_seeds_and_jobs_are_refused(tmp_path, arms, seeds, jobs):
    with pytest.raises(ValueError, match="must be"):
        replicate(counting_trial, arms, seeds, cache=tmp_path, jobs=jobs)
