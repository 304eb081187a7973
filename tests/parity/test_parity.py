"""The parity command reproduces golden files of all sizes, and reports numbers that differ and broken files."""

import json
import math
import re
import shutil
from functools import partialmethod
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import derived
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recurse_lab.__main__ import main
from recurse_lab.kernels import parts
from recurse_lab.models.trm import TRM
from recurse_lab.nn import norms
from recurse_lab.nn.blocks import TokenBlock
from recurse_lab.parity import compact, recompute
from recurse_lab.parity import errors as parity
from recurse_lab.parity.golden import official_name, our_name, read_golden
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*.npz"))
FORWARD = {"embedding", "latents", "logits", "halting", "losses", "gradients"}
TRAINED = {"losses", "slots", "trained weights", "trained table", "slow average"}


def test_the_projects_own_copy_is_whole_small_and_explained():
    assert [path.stem for path in FILES] == [
        "hrm", "trm_att", "trm_att_pe1_learned", "trm_mlp", "trm_singlez", "trm_train6",
    ]  # fmt: skip
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 1_000_000
    assert {path.stem for path in GOLDEN.glob("*.json")} == {path.stem for path in FILES}
    told = (GOLDEN / "README.md").read_text(encoding="utf-8")
    assert all(word in told for word in ("MIT", "Apache-2.0", "random", *(path.stem for path in FILES)))


@pytest.mark.parametrize("way", [(), ("--fused",)], ids=["plain", "fused"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_official_numbers_come_out(path, way, capsys):
    assert main(["parity", str(path), *way]) == 0
    printed = capsys.readouterr().out.splitlines()
    groups = {line[2:18].strip() for line in printed[2:]}
    assert groups == (TRAINED if path.stem == "trm_train6" else FORWARD)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_latent_of_every_recursion_is_compared(path):
    golden = read_golden(path)
    names = {name.removeprefix("sketch/") for name in golden.arrays}
    config = golden.config
    if path.stem == "trm_train6":
        assert {f"step{step}/used_labels" for step in range(6)} <= names
        ends = {name.split("/")[0] for name in names}
        assert {"w_end", "ema_end"} <= ends
        return
    for step in range(2):
        for cycle in range(config["H_cycles"]):
            latents = [f"z_L{i}" for i in range(config["L_cycles"])] + ["z_H"]
            assert {f"step{step}/cycle{cycle}/{name}" for name in latents} <= names
        gradients = {name for name in names if name.startswith(f"step{step}/grad/")}
        weights = {name for name in golden.weights("w/") if "init" not in name}
        assert len(gradients) == len(weights)


KINDS = {
    "rope": {},
    "learned": {"pos_encodings": "learned"},
    "no positions": {"pos_encodings": "none"},
    "tokens": {"mlp_t": True, "pos_encodings": "none"},
    "tokens, learned": {"mlp_t": True, "pos_encodings": "learned"},
    "no puzzles": {"puzzle_emb_ndim": 0},
    "half a row": {"puzzle_emb_ndim": 8},
    "two rows": {"puzzle_emb_ndim": 32},
    "hrm": {"H_layers": 1},
    "hrm, learned": {"H_layers": 3, "L_layers": 1, "pos_encodings": "learned", "puzzle_emb_len": 3},
}


@pytest.mark.parametrize("single", [False, True], ids=["two latents", "one"])
@pytest.mark.parametrize("kind", KINDS)
def test_files_of_every_kind(tmp_path, kind, single):
    if single and kind.startswith("hrm"):
        return  # no official implementation has two networks and one latent
    path = derived.write_supervised(tmp_path / "x.npz", derived.configuration(**KINDS[kind]), single=single)
    found = parity.errors(path)
    assert set(found) == FORWARD
    assert parity.agree(found), found


@given(
    seed=st.integers(0, 2**31),
    heads=st.integers(1, 3),
    layers=st.integers(1, 3),
    cycles=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    prefix=st.integers(1, 4),
    size=st.integers(1, 4),
    cells=st.integers(2, 17),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_files_of_every_size(tmp_path_factory, seed, heads, layers, cycles, prefix, size, cells, kind):
    config = derived.configuration(
        hidden_size=8 * heads, num_heads=heads, L_layers=layers, seq_len=cells, puzzle_emb_ndim=8 * heads
    )
    config |= {"H_cycles": cycles[0], "L_cycles": cycles[1], "puzzle_emb_len": prefix, **KINDS[kind]}
    if kind in ("no puzzles", "half a row", "two rows"):
        config |= {"puzzle_emb_len": 0}
    path = tmp_path_factory.mktemp("golden") / "x.npz"
    found = parity.errors(derived.write_supervised(path, config, size=size, steps=2, seed=seed))
    assert parity.agree(found), found


# token mixing is left out: its norm over few cells amplifies rounding until signs in the table's update flip
@pytest.mark.parametrize("kind", ["rope", "learned", "half a row", "hrm"])
@pytest.mark.parametrize("seed", range(3))
def test_optimizer_steps_of_other_sizes(tmp_path, kind, seed):
    config = derived.configuration(**KINDS[kind], halt_max_steps=2 + seed)
    found = parity.errors(derived.write_trained(tmp_path / "x.npz", config, size=2 + seed, seed=seed))
    assert set(found) == TRAINED
    assert parity.agree(found), found


def test_the_small_form_of_a_file_is_judged_alike(tmp_path):
    full = derived.write_supervised(tmp_path / "full.npz", derived.configuration(seq_len=40))
    (tmp_path / "small").mkdir()
    compact.main("0", str(tmp_path / "small"), str(full))
    names = read_golden(tmp_path / "small" / "full.npz").arrays
    assert "sketch/step0/cycle0/z_L0" in names
    whole, small = parity.errors(full), parity.errors(tmp_path / "small" / "full.npz")
    assert set(whole) == set(small)
    assert parity.agree(small)


def test_weights_are_drawn_again_bit_for_bit():
    golden = read_golden(GOLDEN / "trm_att.npz")
    kept = compact.compact({f"w/{name}": value for name, value in golden.weights("w/").items()}, 1234)
    assert {"drawn/w/H_init", "drawn/w/embed_tokens.embedding_weight"} <= set(kept)
    again = compact.draw_weights(kept, {"compact": {"seed": 1234}})
    for name, value in golden.weights("w/").items():
        assert np.array_equal(again[f"w/{name}"].view(np.int32), value.view(np.int32))
    by = np.concatenate([value[1] for name, value in kept.items() if name.startswith("last_place/")])
    assert len(by) < 200


@given(seed=st.integers(0, 2**31), at=st.floats(0, 1, exclude_max=True))
def test_a_sketch_notices_one_changed_number(seed, at):
    array = np.random.default_rng(seed).normal(size=(2, 97, 64))
    changed = array.copy()
    changed.reshape(-1)[int(at * array.size)] += 0.1
    before, after = compact.sketch(array), compact.sketch(changed)
    moved = np.sqrt(np.square(before - after).mean()) / (1 + np.sqrt(np.square(before).mean()))
    assert before.shape == (compact.SAMPLES + 4,)
    assert moved > 1e-5


def test_names_go_both_ways():
    for path in FILES:
        for name in read_golden(path).weights("w/") | read_golden(path).weights("w0/"):
            assert official_name(our_name(name)) == name != our_name(name)


def with_eps(monkeypatch):
    for module in (norms, parts):  # the plain form and the fused one
        monkeypatch.setattr(module, "EPS", 1e-4)


def x_shown_to_y(monkeypatch):
    def refine_y(self, state, context):
        return state._replace(y=self.nets[-1](state.y + state.z + context.x, context.biases[-1]))

    monkeypatch.setattr(TRM, "refine_y", refine_y)


def norm_over_width(monkeypatch):
    def forward(self, h, _=None):
        h = norms.rms(h + self.tokens(h.mT).mT)
        return norms.rms(h + self.mlp(h))

    monkeypatch.setattr(TokenBlock, "forward", forward)


def heavier_halting(monkeypatch):
    monkeypatch.setattr(
        HaltingSupervision, "__init__", partialmethod(HaltingSupervision.__init__, halt_weight=0.55)
    )


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("trm_att", with_eps), ("hrm", with_eps), ("trm_mlp", with_eps),
        ("trm_att", x_shown_to_y), ("trm_mlp", x_shown_to_y), ("trm_mlp", norm_over_width),
        ("hrm", heavier_halting), ("trm_mlp", heavier_halting),
    ],
)  # fmt: skip
def test_a_wrong_model_fails(name, spoil, monkeypatch, capsys):
    spoil(monkeypatch)
    assert main(["parity", str(GOLDEN / f"{name}.npz")]) == 1
    assert f"{name}.npz: DIFFERS" in capsys.readouterr().out


DEEP_TOKENS = derived.configuration(mlp_t=True, pos_encodings="none", H_cycles=3, L_cycles=6)
CHANGED = {  # kind -> function that writes the file, its configuration, groups to change
    "attention": (derived.write_supervised, derived.configuration(), sorted(FORWARD)),
    "deep tokens": (derived.write_supervised, DEEP_TOKENS, sorted(FORWARD)),
    "trained": (derived.write_trained, derived.configuration(), sorted(TRAINED)),
}


@pytest.mark.parametrize(("kind", "group"), [(kind, group) for kind in CHANGED for group in CHANGED[kind][2]])
def test_a_changed_number_fails(tmp_path, kind, group, capsys):
    # change the last tensor of its group: its allowed error is the largest
    write, config, _ = CHANGED[kind]
    path = write(tmp_path / "x.npz", config)
    with np.load(path) as file:
        arrays = dict(file)
    name = [name for name in arrays if re.fullmatch(parity.GROUPS[group][0], name) and arrays[name].any()][-1]
    arrays[name] = arrays[name] * (1.05 if kind == "deep tokens" else 1.001)
    if group == "slots":
        arrays[name] = arrays[name].round() + (np.arange(arrays[name].size).reshape(arrays[name].shape) == 0)
    np.savez(path, **arrays)
    assert main(["parity", str(path)]) == 1
    assert capsys.readouterr().out.startswith(f"{path}: DIFFERS")
    assert parity.errors(path)[group].share > 1


def judged(monkeypatch, **tensors):
    """The errors of a file with these tensors, each given as (theirs, ours, exact)."""
    told = {
        name: tuple(np.atleast_1d(part).astype(float) for part in parts) for name, parts in tensors.items()
    }
    arrays = {name: theirs for name, (theirs, _, _) in told.items()}
    monkeypatch.setattr(parity, "read_golden", lambda _: SimpleNamespace(arrays=arrays))

    def numbers(_, dtype=torch.float32, **__):
        return iter([(n, torch.from_numpy(told[n][1 if dtype == torch.float32 else 2])) for n in told])

    monkeypatch.setattr(parity, "numbers", numbers)
    return parity.errors(Path("x.npz"))


def rough(rounding, error=0.0, size=4):
    """Theirs, ours and exact: ours differs from theirs by `error`, and from the exact numbers by `rounding`."""
    return np.full(size, 1.0), np.full(size, 1.0 + error), np.full(size, 1.0 + error + rounding)


def test_a_tensor_that_rounding_spared_by_luck_is_allowed_what_its_group_has_shown_so_far(monkeypatch):
    first = {"step1/q_halt": rough(2e-4)}
    found = judged(monkeypatch, **first, **{"step1/q_continue": rough(0, 7e-4, size=1)})
    assert found["halting"].name == "step1/q_continue"
    assert found["halting"].allowed == pytest.approx(4e-4)
    assert parity.agree(found)
    assert not parity.agree(judged(monkeypatch, **first, **{"step1/q_continue": rough(0, 9e-4, size=1)}))


@pytest.mark.parametrize(
    ("device", "code"), [("cpu", 0), ("nowhere", 2), ("cuda:99", 2), ("hpu", 2), ("meta", 2)]
)
def test_numbers_are_computed_on_a_device_that_torch_has(device, code, capsys):
    assert main(["parity", str(GOLDEN / "hrm.npz"), "--device", device]) == code
    told = capsys.readouterr().err
    assert told == (f"recurse-lab: device {device!r} cannot be used here; cpu always can\n" if code else "")


def test_our_numbers_are_computed_on_the_device_and_the_exact_ones_on_the_cpu(monkeypatch):
    used, numbers = [], parity.numbers

    def noted(golden, *given, **words):
        used.append((given, words))
        return numbers(golden, *given)

    monkeypatch.setattr(parity, "numbers", noted)
    monkeypatch.setattr(parity, "usable", lambda _: "there")
    parity.errors(GOLDEN / "hrm.npz", "cuda")
    assert used == [((), {"device": "there"}), ((torch.float64,), {})]


@pytest.mark.parametrize("name", ["hrm", "trm_att", "trm_mlp"])
def test_model_and_boards_go_to_the_device(name):
    golden, meta = read_golden(GOLDEN / f"{name}.npz"), torch.device("meta")  # a device that holds no numbers
    first, value = next(iter(recompute.numbers(golden, device=meta)))
    assert (first, value.device) == ("out/x_embedding", meta)
    trained = recompute.batch_of(read_golden(GOLDEN / "trm_train6.npz"), "step0/in/", meta)
    assert trained.inputs.device == trained.targets.device == meta


@pytest.mark.parametrize("name", ["logits", "q_halt", "loss"])
def test_what_is_read_off_latents_is_allowed_their_rounding_and_they_not_its(monkeypatch, name):
    state = {"step0/cycle0/z_H": rough(2e-4, size=40)}
    found = judged(monkeypatch, **state, **{f"step0/{name}": rough(0, 7e-4, size=1)})
    assert len(found) == 2
    assert parity.agree(found)
    assert not parity.agree(judged(monkeypatch, **state, **{f"step0/{name}": rough(0, 9e-4, size=1)}))
    read = {f"step0/{name}": rough(2e-4, size=40)}
    assert not parity.agree(judged(monkeypatch, **read, **{"step1/cycle0/z_H": rough(0, 7e-4)}))
    assert not parity.agree(judged(monkeypatch, **state, **{"step0/grad/a": rough(0, 7e-4)}))


def test_later_tensors_and_other_groups_allow_nothing(monkeypatch):
    near = {"step0/q_halt": rough(1e-6, 3e-5)}
    for name in ("step0/q_continue", "step0/grad/q_head.bias"):
        found = judged(monkeypatch, **near, **{name: rough(1e-3)})
        assert found["halting"].name == "step0/q_halt"
        assert found["halting"].allowed == 1e-5
    found = judged(monkeypatch, **{"step0/grad/q_head.bias": rough(1e-3)}, **near)
    assert found["halting"].allowed == 1e-5


def test_smaller_tensors_allow_larger_ones_nothing(monkeypatch):
    found = judged(
        monkeypatch, **{"step0/grad/a": rough(1e-2, size=4), "step0/grad/b": rough(1e-6, 3e-4, size=5)}
    )
    assert found["gradients"].name == "step0/grad/b"
    assert found["gradients"].allowed == 1e-4


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_no_number_never_agrees_and_allows_nothing(monkeypatch, number):
    broken = np.full(4, 1.0), np.full(4, number), np.full(4, 1.0)
    found = judged(monkeypatch, **{"step0/q_halt": broken})
    assert found["halting"].share == math.inf
    found = judged(monkeypatch, **{"step0/grad/a": broken, "step0/grad/b": rough(0, 0.5)})
    assert not parity.agree(found)


def test_gradients_that_vanish_do_not_excuse_the_others(tmp_path):
    # the head is sure of right answers: 1 - sigmoid(15) is nothing but rounding
    config = derived.configuration()
    w, (tokens, labels, ids) = derived.weights(config, False, 3), derived.batch(config, 3, 3)
    w["q_head.bias"][0] = 15
    found = derived.supervise(w, config, tokens, labels, ids, 2)
    answers = [found[f"step{step}/logits"].argmax(-1) for step in range(2)]
    labels = torch.where(answers[0] == answers[1], answers[0], -100)
    found = derived.supervise(w, config, tokens, labels, ids, 2)
    found["step1/grad/lm_head.weight"] = found["step1/grad/lm_head.weight"] * 1.001
    given = {"in/inputs": tokens, "in/labels": labels, "in/puzzle_identifiers": ids}
    weights = {f"w/{name}": value for name, value in w.items()}
    path = derived.write(tmp_path / "x.npz", {"config": config}, weights | given | found)
    worst = parity.errors(path)["gradients"]
    assert worst.name == "step1/grad/lm_head.weight"
    assert 9e-4 < worst.error < 1e-3
    assert worst.share > 1


def spoiled(tmp_path, change):
    """A golden file after a change to its arrays and its JSON."""
    path = derived.write_supervised(tmp_path / "x.npz", derived.configuration())
    with np.load(path) as file:
        arrays = dict(file)
    told = json.loads(path.with_suffix(".json").read_text())
    change(arrays, told)
    np.savez(path, **arrays)
    path.with_suffix(".json").write_text(json.dumps(told))
    return path


WRONG = {
    "another width": (
        lambda _, t: t["config"].update(hidden_size=32),
        "H_init is (16,) in the file, but (32,)",
    ),
    "another depth": (
        lambda _, t: t["config"].update(L_layers=3),
        "L_level.layers.2.self_attn.qkv_proj.weight is absent in the file, but (48, 16)",
    ),
    "another kind": (
        lambda _, t: t["config"].update(pos_encodings="learned"),
        "embed_pos.embedding_weight is absent",
    ),
    "a tensor too many": (
        lambda a, _: a.update({"w/extra": a["w/L_init"]}),
        "extra is (16,) in the file, but absent",
    ),
    "bfloat16": (lambda _, t: t["config"].update(forward_dtype="bfloat16"), "forward_dtype is bfloat16"),
    "no inputs": (lambda a, _: a.pop("in/inputs"), "in/inputs"),
    "a strange tensor": (lambda a, _: a.update({"step0/mystery": a["w/L_init"]}), "step0/mystery"),
    "symbols out of range": (
        lambda a, _: a["in/inputs"].__setitem__((0, 0), 99),
        "in/inputs holds numbers outside 0 to 6",
    ),
    "fewer labels": (
        lambda a, _: a.update({"in/labels": a["in/labels"][:, :5]}),
        "in/labels is (3, 5), not (3, 9)",
    ),
    "another shape": (
        lambda a, _: a.update({"step0/logits": a["step0/logits"][:1]}),
        "step0/logits is (1, 9, 7)",
    ),
    "no width": (lambda _, t: t["config"].pop("hidden_size"), "does not say hidden_size"),
    "no configuration": (lambda _, t: t.pop("config"), "not the JSON of a golden file"),
    "words for numbers": (
        lambda _, t: t["config"].update(hidden_size="wide"),
        "x.json: hidden_size must be a whole number from 1 on, not 'wide'",
    ),
    "no identities": (lambda _, t: t["config"].pop("num_puzzle_identifiers"), "x.npz: cannot be computed"),
    "a list for a configuration": (
        lambda _, t: t.update(config=list(t["config"])),
        "not the JSON of a golden file",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_files_that_do_not_fit_are_one_line(tmp_path, kind, capsys):
    change, words = WRONG[kind]
    path = spoiled(tmp_path, change)
    assert main(["parity", str(path)]) == 2
    streams = capsys.readouterr()
    assert words in streams.err
    assert "x." in streams.err
    assert streams.err.count("\n") == 1
    assert not streams.out


def one_line(path, capsys):
    """The one line that the command prints about a file that it cannot judge."""
    assert main(["parity", str(path)]) == 2
    streams = capsys.readouterr()
    assert streams.err.count("\n") == 1
    assert not streams.out
    assert str(path.with_suffix("")) in streams.err
    return streams.err


DAMAGED = {
    "no compact": (lambda t: t.pop("compact"), "trm_att.json: compact does not say the seed"),
    "another compact": (lambda t: t.update(compact=[1]), "trm_att.json: compact does not say the seed"),
    "seed a string": (
        lambda t: t["compact"].update(seed="1234"),
        "trm_att.json: the seed must be a whole number from 0 to 4294967295, not '1234'",
    ),
    "negative seed": (lambda t: t["compact"].update(seed=-1), "from 0 to 4294967295, not -1"),
    "no heads": (
        lambda t: t["config"].update(num_heads=0),
        "num_heads must be a whole number from 1 on, not 0",
    ),
    "three heads": (lambda t: t["config"].update(num_heads=3), "trm_att.npz: cannot be computed"),
    "no cycles": (
        lambda t: t["config"].update(H_cycles=0),
        "H_cycles must be a whole number from 1 on, not 0",
    ),
    "negative cycles": (lambda t: t["config"].update(H_cycles=-1), "from 1 on, not -1"),
    "truth for a number": (lambda t: t["config"].update(L_cycles=True), "from 1 on, not True"),
    "half a layer": (lambda t: t["config"].update(L_layers=1.5), "from 1 on, not 1.5"),
    "layers in words": (lambda t: t["config"].update(H_layers="two"), "from 0 on, not 'two'"),
    "expansion a string": (
        lambda t: t["config"].update(expansion="x"),
        "trm_att.json: expansion must be a number above 0, not 'x'",
    ),
    "expansion no number": (lambda t: t["config"].update(expansion=float("nan")), "above 0, not nan"),
    "expansion too large": (lambda t: t["config"].update(expansion=1e300), "trm_att.npz: cannot be computed"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_json_is_one_line_that_names_the_file(tmp_path, kind, capsys):
    change, words = DAMAGED[kind]
    path = Path(shutil.copy(GOLDEN / "trm_att.npz", tmp_path))
    told = json.loads((GOLDEN / "trm_att.json").read_text(encoding="utf-8"))
    change(told)
    path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
    assert words in one_line(path, capsys)


def test_whatever_stands_for_a_value_no_traceback_comes(tmp_path, capsys):
    supervised = derived.write_supervised(tmp_path / "supervised.npz", derived.configuration(), steps=1)
    trained = derived.write_trained(tmp_path / "trained.npz", derived.configuration(), steps=1)
    for path in (supervised, trained):
        told = path.with_suffix(".json").read_text()
        parts = [lambda t: t, lambda t: t["config"], lambda t: t["optimizer"]]
        parts += [lambda t: t["optimizer"]["AdamW"], lambda t: t["optimizer"]["puzzle_emb_signSGD"]]
        for part in parts if path is trained else parts[:2]:
            for key, value in product(part(json.loads(told)), (None, "x", -1, 0, 0.5, [], {}, float("nan"))):
                spoiled = json.loads(told)
                part(spoiled)[key] = value
                path.with_suffix(".json").write_text(json.dumps(spoiled))
                code, streams = main(["parity", str(path)]), capsys.readouterr()
                assert code in (0, 1, 2)
                assert code < 2 or (streams.err.count("\n") == 1 and str(path.with_suffix("")) in streams.err)


PLACES = {
    "drawn/w/H_init": ([[0, 1], [2, 3]], 3, [], [-5, 64], [2**60, 64], [0.5, 64]),
    "last_place/w/H_init": (None, 3, [7], [[64], [1]], [[0.5], [1.5]], [["0"], ["1"]]),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in PLACES for value in PLACES[name]])
def test_places_in_the_stream_that_make_no_weight_are_one_line(tmp_path, name, value, capsys):
    path = tmp_path / "trm_att.npz"
    shutil.copy(GOLDEN / "trm_att.json", tmp_path)
    with np.load(GOLDEN / path.name) as file:
        arrays = dict(file)
    if value is None:
        arrays.pop(name)
    else:
        arrays[name] = np.array(value)
    np.savez(path, **arrays)
    assert "trm_att.npz: its weights cannot be drawn again" in one_line(path, capsys)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("absent", "there is no such file"), ("alone", "x.json is missing"), ("cut", "not a whole npz file"),
     ("bent", "not a whole npz file"), ("newer", "not a whole npz file"), ("text", "not a whole npz file"),
     ("json", "not the JSON")],
)  # fmt: skip
def test_files_that_cannot_be_read_are_one_line(tmp_path, kind, words, capsys):
    path = tmp_path / "x.npz"
    if kind != "absent":
        shutil.copy(GOLDEN / "hrm.npz", path)
    if kind != "alone":
        shutil.copy(GOLDEN / "hrm.json", path.with_suffix(".json"))
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:20_000])
    if kind in ("bent", "newer"):  # bent: data that do not unpack; newer: an unknown version of the archive
        raw = bytearray(path.read_bytes())
        at, count = (raw.rfind(b"PK\x01\x02") + 6, 1) if kind == "newer" else (5_000, 20)
        raw[at : at + count] = b"\xff" * count
        path.write_bytes(raw)
    if kind == "text":
        path.write_text("not an archive")
    if kind == "json":
        path.with_suffix(".json").write_text("{")
    assert main(["parity", str(path)]) == 2
    streams = capsys.readouterr()
    assert words in streams.err
    assert streams.err.count("\n") == 1
