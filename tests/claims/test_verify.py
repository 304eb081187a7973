"""Claims judged again: other seeds, shared runs, verdicts compared, bad input refused in one line."""

import json

import pytest

from recurse_lab.__main__ import main
from recurse_lab.claims import again, tested
from recurse_lab.claims.arms import arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.commands.verify import claims_in, committed_claims, verify
from recurse_lab.workbook.execute import find_chapters


class Net:
    """An arm whose configuration holds its share right."""

    def __init__(self, share, marks):
        self.label, self.share, self.marks = f"right {share}", share, marks

    def __repr__(self):
        return f"Net({self.share})"


def trial(net, seed):
    """A stand-in for a training run; it leaves a mark each time it really runs."""
    with (net.marks / f"{net.share} {seed}").open("a") as marks:
        marks.write("x")
    costs = dict.fromkeys(("params", "train_flops", "infer_flops", "train_seconds"), 1)
    return {"share": net.share + seed / 1000} | costs, {}


def claim(name, treatment="good", recorded=False):
    words = dict.fromkeys(("statement", "source", "published", "metric"), "none")
    return Claim(
        id=f"99-{name}",
        chapter="99",
        treatment=treatment,
        controls=("bad" if treatment == "good" else "good",),
        margin=0.1,
        problems=100,
        recorded=recorded,
        **words,
    )


def share(run):
    return run.values["share"]


@pytest.fixture
def marks(tmp_path):
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


@pytest.fixture
def two(marks):
    """A live claim on 2 seeds and a recorded one on 3; both need the same nets."""
    nets = {"good": Net(0.8, marks), "bad": Net(0.2, marks)}
    return [
        tested.by_metric(claim("live"), trial, nets, share, seeds=2),
        tested.by_metric(claim("kept", recorded=True), trial, nets, share, seeds=3),
    ]


def committed(word="supported", seeds=(0, 1), names=("live", "kept")):
    return {f"99-{name}": {"verdict": word, "seeds": list(seeds)} for name in names}


def run(claims, told, tmp_path, first=5):
    out = tmp_path / "new" / "verify.json"
    code = verify(claims, told, first, jobs=1, cache=tmp_path / "cache", out=out)
    return code, json.loads(out.read_text())


def test_the_same_words_on_other_seeds_end_well(tmp_path, two, capsys):
    code, found = run(two, committed(), tmp_path)
    assert code == 0
    assert [claim["id"] for claim in found] == ["99-live", "99-kept"]
    assert [claim["seeds"] for claim in found] == [[5, 6], [5, 6, 7]]
    for claim in found:
        assert (claim["committed"], claim["verdict"], claim["same"]) == ("supported", "supported", True)
        assert claim["effect"] == pytest.approx(0.6)
        assert claim["interval"] == pytest.approx([0.59, 0.61])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("same: committed supported; now 99-live: supported. Effect +0.600")
    assert "[+0.590, +0.610]" in lines[0]
    assert lines[-1].startswith("2 of 2 words are the committed ones: ")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["verify.json"]


def test_a_run_that_two_claims_need_is_done_once(tmp_path, two, marks):
    run(two, committed(), tmp_path)
    assert {path.name: path.read_text() for path in marks.iterdir()} == {
        f"{net} {seed}": "x" for net in (0.8, 0.2) for seed in (5, 6, 7)
    }


def test_a_word_that_differs_is_said_and_gives_1(tmp_path, two, capsys):
    told = committed() | committed("inconclusive", names=["kept"])
    code, found = run(two, told, tmp_path)
    assert code == 1
    assert [claim["same"] for claim in found] == [True, False]
    out = capsys.readouterr().out
    assert "DIFFERS: committed inconclusive; now 99-kept: supported" in out
    assert "1 of 2 words are the committed ones" in out


@pytest.mark.parametrize("told", [{}, committed(word=None, names=["live"])])
def test_a_claim_without_a_committed_word_differs(tmp_path, two, capsys, told):
    code, found = run(two[:1], told, tmp_path)
    assert code == 1
    assert (found[0]["committed"], found[0]["same"]) == (None, False)
    assert "DIFFERS: committed not committed; now 99-live: supported" in capsys.readouterr().out


@pytest.mark.parametrize(("seeds", "first"), [((0, 1), 1), ((7, 8), 5), ((5, 6, 7), 6)])
def test_seeds_of_the_committed_word_are_refused_before_anything_is_trained(
    tmp_path, two, marks, seeds, first
):
    told = committed(seeds=(50, 51)) | committed(seeds=seeds, names=["kept"])
    with pytest.raises(ValueError, match=r"^claim 99-kept: .* rests on seeds? \d") as caught:
        run(two, told, tmp_path, first)
    assert str(caught.value).endswith(f"choose a first seed from {max(seeds) + 1} on")
    assert list(marks.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_trained(tmp_path, two, marks):
    (tmp_path / "file").write_text("a file, no folder")
    for out in (tmp_path, tmp_path / "file" / "verify.json"):
        with pytest.raises(ValueError, match="cannot write to"):
            verify(two, {}, 5, jobs=1, cache=tmp_path / "cache", out=out)
    assert list(marks.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("verify", "required: --seed"),
        ("verify --seed -1", "seed must be a whole number from 0 on, not -1"),
        ("verify --seed x", "invalid int value: 'x'"),
        ("verify --seed 900 --only 77", "no chapter 77; there are 00"),
        ("verify --seed 900 --only 00", "no claims in chapter 00"),
        ("verify --seed 900 --jobs 0", "jobs must be a whole number from 1 on, not 0"),
        ("verify --seed 900 --out {folder}", "cannot write to"),
        (
            "verify --seed 4 --out {folder}/verify.json --only 02",
            "claim 02-length: its committed word rests on",
        ),
    ],
)
def test_bad_input_is_one_line_and_2(tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.setattr(again, "replicate", lambda *_, **__: pytest.fail("this would have trained"))
    try:
        code = main(arguments.format(folder=tmp_path).split())
    except SystemExit as left:
        code = left.code
    streams = capsys.readouterr()
    assert code == 2
    assert streams.err.startswith("recurse-lab: ")
    assert words in streams.err
    assert streams.err.count("\n") == 1
    assert not streams.out


def test_chapters_without_claims_have_none_and_the_others_theirs():
    assert claims_in("00") == ()
    assert [one.claim.chapter for one in claims_in("02")] == ["02"] * 3
    assert {name[:2] for name in committed_claims(find_chapters(["02", "04"]).values())} == {"02", "04"}


def test_what_is_trained_need_not_be_what_is_compared(tmp_path, marks):
    def split(results):
        (one,) = arm_results(results, {"good": Net(0.8, marks)}, share)
        worse = {seed: value / 2 for seed, value in one.values.items()}
        return [one, type(one)(**{**vars(one), "name": "bad", "values": worse})]

    halves = tested.Tested(
        claim=claim("halves"), trial=trial, arms={"good": Net(0.8, marks)}, measure=split, seeds=2
    )
    code, found = run([halves], committed(names=["halves"]), tmp_path)
    assert (code, found[0]["effect"]) == (0, pytest.approx(0.4, abs=0.01))
