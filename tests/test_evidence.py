"""Records survive interruption; new code never meets old results."""

import gc
import json
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from recurse_lab.chapters.ch02_looping.arms import LARGER, LIVE
from recurse_lab.experiments.mazes.arm import MAZES_LOOPED
from recurse_lab.experiments.mazes.inside import maze_net
from recurse_lab.experiments.prefix_sums.trial import restore, trial
from recurse_lab.measure.statistics import Effect
from recurse_lab.experiments.prefix_sums.rates import RATES, best_rates, validate
from recurse_lab.experiments.prefix_sums.trial import restore, train_prefix_sums
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.records import definitions
from recurse_lab.records import digest as provenance
from recurse_lab.records.equal_code import mark
from recurse_lab.records.record import Record, RecordError, load_reference, save_reference
from recurse_lab.records.replicate import is_fresh, replicate
from recurse_lab.records.store import read_reference, write_reference
from recurse_lab.workbook.start import ROOT


def counting_recipe(config, seed):
    """Stands for a training run; leaves a mark for every time it really runs."""
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
    first = replicate(counting_recipe, arms, [3, 4], cache=tmp_path / "cache")
    again = replicate(counting_recipe, arms, [3, 4, 5], cache=tmp_path / "cache")
    assert runs_of(arms) == {"3": 1, "4": 1, "5": 1}
    assert first["plus_one"][3] == again["plus_one"][3]
    assert torch.equal(again["plus_one"][4].weights["w"], torch.tensor([4.0, 4.0]))


def test_the_first_arm_is_run_on_all_seeds_before_the_second(tmp_path, arms):
    both = {"costly": arms["plus_one"], "cheap": arms["plus_one"]}
    order = []
    replicate(
        counting_recipe, both, [0, 1], cache=tmp_path, finished=lambda run: order.append((run.arm, run.seed))
    )
    assert order == [("costly", 0), ("costly", 1), ("cheap", 0), ("cheap", 1)]


@pytest.mark.parametrize("seed", [3, 5])
def test_the_collector_leaves_out_what_was_there_before_a_trial_and_only_during_it(tmp_path, arms, seed):
    frozen = []

    def recipe(config, seed):
        frozen.append(gc.get_freeze_count())
        return counting_recipe(config, seed)

    failing = {"plus_one": arms["plus_one"] | {"fail_on": 5}}
    with pytest.raises(FloatingPointError) if seed == 5 else nullcontext():
        replicate(recipe, failing, [seed], cache=tmp_path)
    assert frozen[0] > 10_000  # torch is loaded
    assert gc.get_freeze_count() == 0


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, arms):
    broken = {"plus_one": arms["plus_one"] | {"fail_on": 5}}
    with pytest.raises(FloatingPointError):
        replicate(counting_recipe, broken, [4, 5, 6], cache=tmp_path / "cache")
    kept = list((tmp_path / "cache").glob("*.json"))
    assert len(kept) == 1
    assert Record.load(kept[0]).seed == 4


def test_changed_configuration_or_code_never_meets_old_results(tmp_path, arms, monkeypatch):
    replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")
    replicate(counting_recipe, {"plus_one": arms["plus_one"] | {"bonus": 2}}, [0], cache=tmp_path / "cache")
    assert runs_of(arms) == {"0": 2}
    monkeypatch.setattr(
        "recurse_lab.evidence.replicate.code_digest", lambda recipe, config: f"other {recipe} {config}"
    )
    replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")
    assert runs_of(arms) == {"0": 3}


def test_processes_give_what_one_process_gives(tmp_path, arms):
    alone = replicate(counting_recipe, arms, [0, 1, 2], cache=tmp_path / "one")
    pooled = replicate(counting_recipe, arms, [0, 1, 2], cache=tmp_path / "two", jobs=2)
    assert [r.values for r in alone["plus_one"].values()] == [r.values for r in pooled["plus_one"].values()]
    assert all(record.values["threads"] == 1 for record in pooled["plus_one"].values())


@pytest.mark.parametrize("damage", ["", "{", '{"recipe": 1}', "[1]"])
def test_a_damaged_record_is_one_clear_line(tmp_path, arms, damage):
    replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")
    next((tmp_path / "cache").glob("*.json")).write_text(damage)
    with pytest.raises(RecordError, match=r"cannot be read .* delete it") as caught:
        replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_clear_line(tmp_path, arms):
    replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")
    next((tmp_path / "cache").glob("*.safetensors")).write_bytes(b"not weights")
    with pytest.raises(RecordError, match="cannot be read"):
        replicate(counting_recipe, arms, [0], cache=tmp_path / "cache")


@pytest.mark.parametrize(("seeds", "jobs"), [([], 1), ([-1], 1), ([0], 0)])
def test_impossible_seeds_and_jobs_are_refused(tmp_path, arms, seeds, jobs):
    with pytest.raises(ValueError, match="must be"):
        replicate(counting_recipe, arms, seeds, cache=tmp_path, jobs=jobs)


def test_reference_records_say_when_they_are_stale(tmp_path, arms):
    results = replicate(counting_recipe, arms, [0, 1], cache=tmp_path / "cache")
    write_reference(tmp_path, counting_recipe, results)
    fresh = read_reference(tmp_path, counting_recipe, arms)
    assert fresh.stale == ()
    assert len(repr(fresh)) < 250  # notebooks keep it beside the note
    assert fresh.results["plus_one"][1].values == results["plus_one"][1].values
    changed = {"plus_one": arms["plus_one"] | {"bonus": 7}}
    stale = read_reference(tmp_path, counting_recipe, changed)
    assert stale.stale == ("plus_one",)
    assert "Stale" in stale.note
    record = results["plus_one"][0]
    assert is_fresh(record, counting_recipe, arms)
    assert not is_fresh(replace(record, digest="0"), counting_recipe, arms)


def test_records_of_code_that_computes_the_same_are_not_stale(tmp_path, arms):
    results = replicate(counting_recipe, arms, [0, 1], cache=tmp_path / "cache")
    runs = results["plus_one"]
    first, now = replace(runs[1], digest="0"), runs[1]
    runs[1] = first
    write_reference(tmp_path, counting_recipe, results)
    assert read_reference(tmp_path, counting_recipe, arms).stale == ("plus_one",)
    equal = {mark(first.digest, first.config): mark(now.digest, now.config)}
    (tmp_path / "equal_code.json").write_text(json.dumps(equal))
    found = read_reference(tmp_path, counting_recipe, arms)
    assert found.stale == ()
    assert "earlier code that was seen to compute the same numbers, bit for bit: 1." in found.note
    assert found.results["plus_one"][1] == first
    # equal is one version of the code under one configuration, not any other
    for other in (replace(first, digest="1"), replace(first, config="{}")):
        assert not is_fresh(other, counting_recipe, arms, equal)
    assert not is_fresh(first, counting_recipe, {"plus_one": arms["plus_one"] | {"bonus": 7}}, equal)


def test_the_note_names_each_kind_of_machine_once(tmp_path, arms):
    (of_arm,) = replicate(counting_recipe, arms, [0, 1, 2], cache=tmp_path / "cache").values()
    of_arm = {seed: replace(run, machine="BA"[seed % 2]) for seed, run in of_arm.items()}
    write_reference(tmp_path, counting_recipe, {"plus_one": of_arm})
    torch_version = of_arm[0].versions["torch"]
    note = read_reference(tmp_path, counting_recipe, arms).note
    assert note == (
        f"*Recorded*: 3 runs of the full profile (torch {torch_version}, A; torch {torch_version}, B)."
    )


def test_a_damaged_reference_file_is_one_clear_line(tmp_path):
    path = tmp_path / "records.json"
    save_reference([], path)
    assert load_reference(path) == []
    path.write_text("[{]")
    with pytest.raises(RecordError, match=r"records\.json cannot be read"):
        load_reference(path)


def forget():
    definitions._module.cache_clear()
    provenance.digest_of.cache_clear()


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Digest of `f` of module `a`, for modules given as text."""

    def of(**modules):
        for name, text in modules.items():
            (tmp_path / name).write_text(text)
        forget()
        return provenance.digest_of(frozenset({("recurse_lab.a", "f")}))

    monkeypatch.setattr(
        definitions, "_source_of", lambda module: tmp_path / module.removeprefix("recurse_lab.")
    )
    yield of
    forget()


G = "K = 1\ndef g(x):\n    return x + K\n"


def test_digest_ignores_words_and_unrelated_code_and_sees_what_is_mentioned(digest):
    plain = digest(a=f'{G}def f(x):\n    """Words."""\n    return g(x)\n')
    same = f'{G}def f(x):\n    """Other."""\n    return g(x)  # why\n'
    assert digest(a=same + "def h(x):\n    return f(x)\n") == plain
    assert digest(a=same.replace("x + K", "x - K")) != plain
    assert digest(a=same.replace("K = 1", "K = 2")) != plain


def test_digest_ignores_where_code_stands_and_sees_what_its_names_mean(digest):
    f = "def f(x):\n    return g(x)\n"
    together = digest(a=G + f)
    assert digest(a=f"from recurse_lab.b import g\n{f}", b=G) == together
    assert digest(a=f"from recurse_lab.c import g\n{f}", b=G, c="from recurse_lab.b import g\n") == together


SWAPPED = [  # the same definitions are reached, but `f` and `h` mean different ones by `g`
    {"b": G, "c": G.replace("x + K", "x * K")},
    # and these `g` even say the same
    {
        "b": "from recurse_lab.d import k\ndef g(x):\n    return k(x)\n",
        "c": "from recurse_lab.e import k\ndef g(x):\n    return k(x)\n",
        "d": "def k(x):\n    return x\n",
        "e": "def k(x):\n    return -x\n",
    },
    {
        "b": "from recurse_lab.d import A as g\n",
        "c": "from recurse_lab.d import B as g\n",
        "d": "A, B = abs, abs\n",
    },
]


@pytest.mark.parametrize("modules", SWAPPED)
def test_digest_tells_apart_who_means_what(digest, modules):
    f = "from recurse_lab.{} import g\nfrom recurse_lab.h import h\ndef f(x):\n    return g(h(x))\n"
    h = "from recurse_lab.{} import g\ndef h(x):\n    return g(x)\n"
    found = {digest(a=f.format(one), h=h.format(other), **modules) for one, other in ("bc", "cb")}
    assert len(found) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("from math import log2 as log", "from numpy import log2 as log"),
        ("import math as log", "import numpy as log"),
    ],
)
def test_digest_sees_where_names_of_other_packages_come_from(digest, one, other):
    f = "\ndef f(x):\n    return log(x)\n"
    assert digest(a=one + f) != digest(a=other + f)
    assert digest(a=one + "\nfrom math import pi" + f) == digest(a=one + f)


def test_digest_is_found_in_circles_and_where_a_package_imports_its_own_module(digest):
    assert digest(a="def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\n")
    assert digest(a="from recurse_lab.a import b\ndef f(x):\n    return b.g(x)\n")


def test_digest_follows_imports_and_the_classes_of_a_configuration(monkeypatch):
    read = definitions._source_of
    reached = set()
    monkeypatch.setattr(definitions, "_source_of", lambda module: reached.add(module) or read(module))
    forget()
    provenance.code_digest(trial, LIVE["looped"])
    wanted = {"models.deep_thinking", "layers", "recurrence", "train.objectives", "tasks.prefix_sums"}
    assert {f"recurse_lab.{name}" for name in wanted} <= reached
    assert ("recurse_lab.train.objectives", "Progressive") in set(provenance.classes_of(LIVE["looped"]))


def test_every_rate_in_use_is_the_one_that_validation_chose():
    arms = LIVE | LARGER
    tried = {
        f"{name} at {rate:g}": replace(arm, plan=replace(arm.plan, rate=rate))
        for name, arm in arms.items()
        for rate in RATES
    }
    reference = read_reference(ROOT / "data", validate, tried)
    assert reference.stale == ()
    assert best_rates(reference.results) == {name: arm.plan.rate for name, arm in arms.items()}


def test_a_trials_net_comes_back_and_weights_of_another_configuration_are_one_line():
    looped = LIVE["looped"]
    weights = DeepThinking(looped.model).state_dict()
    net = restore(looped, weights)
    assert not net.training
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
    wider = replace(looped, model=replace(looped.model, width=2 * looped.model.width))
    for other in (wider, replace(looped, model=MAZES_LOOPED.model), LIVE["same_compute"]):
        with pytest.raises(
            ValueError, match=f"^these weights are not those of {other.label}: Error"
        ) as caught:
            restore(other, weights)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 260


@pytest.mark.parametrize("config", [replace(MAZES_LOOPED.model, width=48), LIVE["looped"].model])
def test_kept_maze_weights_of_another_configuration_are_one_line(tmp_path, config):
    (tmp_path / "weights").mkdir()
    kept = {name: value.contiguous() for name, value in DeepThinking(config).state_dict().items()}
    save_file(kept, tmp_path / "weights" / "mazes.safetensors")
    with pytest.raises(ValueError, match=r"^these weights are not those of looped maze net: Error") as caught:
        maze_net(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_kept_maze_net_can_be_read():
    assert not maze_net(ROOT / "data").training
