"""Records of earlier code count as fresh where that code was seen to compute the same, and nowhere else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import recurse_lab
from recurse_lab.evidence.equal_code import compare, is_equal, mark, read_equal_code, stale_kinds, trials
from recurse_lab.evidence.provenance import code_digest
from recurse_lab.evidence.records import Record, load_reference, save_reference
from recurse_lab.evidence.replicate import is_fresh
from recurse_lab.evidence.short_trials import Made, outcome, rebuilt, shortened
from recurse_lab.recipes.arc import ARC
from recurse_lab.recipes.hierarchy import ABLATIONS
from recurse_lab.recipes.looping import LIVE as PREFIX_SUMS
from recurse_lab.recipes.recursion import APART, LIVE, PLATEAU, RULE
from recurse_lab.recipes.sudoku import train_sudoku
from recurse_lab.recipes.sudoku_arms import smoke

PACKAGE = Path(recurse_lab.__file__).parent
SUDOKU = "recurse_lab.recipes.sudoku:train_sudoku"
ARM = replace(smoke(LIVE)["once"], plateau=RULE)
EPS = "EPS = 1e-5"


def code(folder, eps):
    """The present code with another way to write the norms' epsilon, or another epsilon."""
    shutil.copytree(PACKAGE, folder / "recurse_lab", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "recurse_lab" / "backward.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(EPS) == 1
    path.write_text(text.replace(EPS, f"EPS = {eps}"), encoding="utf-8")
    return folder


def recorded(data, digest):
    made = Made(SUDOKU, digest, repr(ARM))
    rest = {"versions": {}, "machine": "", "command": "", "seconds": 1.0, "values": {}}
    record = Record(recipe=made.recipe, arm="once", seed=0, config=made.config, digest=digest, **rest)
    save_reference([record], data / "records" / "sudoku.json")
    return made, record


@pytest.mark.parametrize(("eps", "word"), [("2 * 5e-6", "equal"), ("2e-5", "different")])
def test_code_is_equal_if_its_numbers_are(tmp_path, eps, word):
    old, data = code(tmp_path, eps), tmp_path / "data"
    ((digest, config, _),) = trials(old, [Made(SUDOKU, "", repr(ARM))])
    assert config == repr(ARM)
    assert digest != code_digest(train_sudoku, ARM)
    made, record = recorded(data, digest)
    assert compare(data, old) == {made: word}
    assert load_reference(data / "records" / "sudoku.json") == [record]
    assert not is_fresh(record, train_sudoku, {"once": ARM})
    assert is_fresh(record, train_sudoku, {"once": ARM}, read_equal_code(data)) is (word == "equal")


def test_records_of_other_code_are_not_taken_for_equal(tmp_path):
    made, _ = recorded(tmp_path, "0")
    assert compare(tmp_path, PACKAGE.parent) == {made: "not made by this code"}
    assert read_equal_code(tmp_path) == {}


def test_fresh_records_are_not_tried(tmp_path):
    recorded(tmp_path, code_digest(train_sudoku, ARM))
    assert compare(tmp_path, PACKAGE.parent) == {}


def test_no_record_of_the_book_is_stale_and_no_line_of_the_list_is_idle():
    data = PACKAGE.parent / "data"
    equal = read_equal_code(data)
    assert stale_kinds(data, equal) == []
    earlier = {mark(made.digest, made.config) for made in stale_kinds(data, {})}
    assert earlier == equal.keys()


def test_a_folder_without_the_code_is_one_line(tmp_path):
    with pytest.raises(ValueError, match="has no folder recurse_lab; give a checkout") as caught:
        compare(tmp_path, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("recipe", "arm"),
    [(SUDOKU, arm) for arm in (*LIVE.values(), *PLATEAU.values(), *APART.values(), *ABLATIONS.values())]
    + [("recurse_lab.recipes.prefix_sums:train_prefix_sums", arm) for arm in PREFIX_SUMS.values()]
    + [("recurse_lab.recipes.arc:train_arc", ARC)],
)
def test_a_configuration_comes_back_from_its_words(recipe, arm):
    assert rebuilt(Made(recipe, "", repr(arm))) == arm
    short = shortened(arm)
    assert (short.plan if hasattr(arm, "plan") else short).steps == 60
    assert getattr(short, "plateau", None) is None or short.plateau.every == 20


def test_an_outcome_is_every_value_and_every_bit_but_not_the_clock():
    values, weights = {"exact": {"1": 0.5}, "train_seconds": 1.0}, {"w": torch.ones(3)}
    first = outcome(values, weights)
    assert outcome(values | {"train_seconds": 2.0}, weights) == first
    assert outcome(values | {"exact": {"1": 0.25}}, weights) != first
    assert outcome(values, {"w": torch.ones(3).nextafter(torch.zeros(3))}) != first
    assert outcome(values, {"v": torch.ones(3)}) != first


def test_code_that_comes_back_needs_no_line():
    equal = {"first": "second"}
    assert is_equal("first", "second", equal)
    assert is_equal("first", "first", equal)
    assert not is_equal("second", "first", equal)
    assert not is_equal("first", "third", equal)


def test_a_mark_tells_code_and_configuration_apart():
    assert len({mark("a", "b"), mark("a", "c"), mark("c", "b"), mark("b", "a")}) == 4
