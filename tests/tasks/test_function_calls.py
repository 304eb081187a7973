"""Function calls: what requests say is what calls do; splits share no call; twins are wrong in the named way."""

import itertools
import json
from random import Random

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.function_calls import (
    LONGEST_CALL,
    NUMBER,
    PAD,
    VOCABULARY,
    FunctionCalls,
    numbered,
    pair_rows,
    prompt_of,
    right_rows,
    taught_pairs,
    text_of,
    tokens_of,
)
from recurse_lab.tasks.function_calls_requests import CLAIMS, GROUPS, TEMPLATES, reverses
from recurse_lab.tasks.function_calls_table import TABLE, WORLDS, denotation, execute, tree_of, written
from recurse_lab.tasks.function_calls_teacher import TWINS, broken, error_kind, reason_of, twins
from recurse_lab.tasks.judging import IGNORE

TASK = FunctionCalls()
PROBLEMS = {split: TASK.problems(300, split, Random(3)) for split in SPLITS}


# A second reading of requests: words to an object, without the tables of templates and functions.
READ = {
    "plus": lambda a, b: a + b, "minus": lambda a, b: a - b, "less": lambda a, b: a - b,
    "times": lambda a, b: a * b, "modulo": lambda a, b: a % b, "divided by": lambda a, b: a // b,
}  # fmt: skip


@pytest.mark.parametrize("phrase", READ)
def test_infix_arithmetic_means_what_it_says(phrase):
    seen = 0
    for problem in TASK.problems(1500, "train", Random(1), most=1):
        words = problem.request.split()
        head = {"compute": 1, "what": 2, "find": 1}.get(words[0])
        if head is None or problem.family != "calc":
            continue
        body = " ".join(words[head:])
        left, _, right = body.partition(f" {phrase} ")
        if right and all(part.replace(" ", "").isdigit() for part in (left, right)):
            a, b = (int(part.replace(" ", "")) for part in (left, right))
            assert denotation(problem.call) == READ[phrase](a, b)
            seen += 1
    assert seen > 3


@pytest.mark.parametrize(
    ("request_words", "call"),
    [
        ("compute take 3 from 9", '{"fn":"sub","args":[9,3]}'),
        ("find how often 4 goes into 1 7", '{"fn":"div","args":[17,4]}'),
        ("what is what 5 leaves of 1 3", '{"fn":"mod","args":[13,5]}'),
        ("state that q if p", '{"fn":"implies","args":["p","q"]}'),
        ("state that p only if q", '{"fn":"implies","args":["p","q"]}'),
        ("check whether only red are blue", '{"fn":"all","args":["blue","red"]}'),
        ("check whether more red than blue", '{"fn":"fewer","args":["blue","red"]}'),
        ("check whether round holds for most red", '{"fn":"most","args":["red","round"]}'),
    ],
)
def test_templates_that_reverse_name_the_second_argument_first(request_words, call):
    name, *arguments = tree_of(call)
    found = []
    for template in TEMPLATES[name]:
        words = {"A": arguments[0], "B": arguments[1]}
        said = " ".join(
            " ".join(str(words[w])) if isinstance(words.get(w), int) else str(words.get(w, w))
            for w in template.split()
        )
        found.append((said, reverses(template)))
    body = [said for said, _ in found if request_words.endswith(said)]
    assert len(body) == 1
    assert dict(found)[body[0]] is (request_words != "state that p only if q")
    assert numbered(request_words.split())


def test_claims_are_tried_in_all_assignments():
    values = list(itertools.product((False, True), repeat=4))
    for text, wanted in (
        ('{"fn":"implies","args":["p","q"]}', lambda v: v["q"] if v["p"] else True),
        ('{"fn":"nor","args":["r",{"fn":"not","args":["s"]}]}', lambda v: v["s"] and not v["r"]),
        (
            '{"fn":"iff","args":["p",{"fn":"xor","args":["q","s"]}]}',
            lambda v: v["p"] is (v["q"] is not v["s"]),
        ),
    ):
        found = execute(text)
        assert sorted(found) == sorted(wanted(dict(zip("pqrs", one, strict=True))) for one in values)
        for number, one in enumerate(found):
            assert one == wanted({name: bool(number >> place & 1) for place, name in enumerate("pqrs")})


def test_statements_about_groups_are_counted_in_every_world():
    assert len(WORLDS) == 16
    for number, world in enumerate(WORLDS):
        red, round_ = world["red"], world["round"]
        both = [one for one in red if one in round_]
        said = {
            "all": len(both) == len(red), "some": len(both) > 0, "none": not both,
            "most": len(both) > len(red) / 2, "fewer": len(red) < len(round_),
        }  # fmt: skip
        for name, wanted in said.items():
            assert execute(written((name, "red", "round")))[number] is wanted
        assert denotation(("without", "red", "round"))[number] == red - set(both)


def test_calls_are_written_as_json_and_read_back():
    for problem in PROBLEMS["train"]:
        text = "".join(tokens_of(problem.call))
        assert json.loads(text)["fn"] == problem.call[0]
        assert text == written(problem.call)
        assert tree_of(text) == problem.call
        assert len(tokens_of(problem.call)) < LONGEST_CALL


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ('{"fn":"add","args":[1,2]', "not JSON", "delimiter"),
        ("", "not JSON", "Expecting value"),
        ("[" * 100_000, "not JSON", "recursion"),
        ('{"fn":"add","args":[01,2]}', "not JSON", "delimiter"),
        ('{"fn":"pow","args":[1,2]}', "unknown function", "'pow'; known are add, sub"),
        ('{"fn":["add"],"args":[1,2]}', "unknown function", "known are"),
        ('{"fn":"add","args":[1]}', "wrong arity", "add takes 2 arguments, not 1"),
        ('{"fn":"not","args":["p","q"]}', "wrong arity", "not takes 1 arguments, not 2"),
        ('{"fn":"add","args":[1,"p"]}', "wrong argument kind", "add takes a number, not 'p' (claim)"),
        ('{"fn":"add","args":[1,true]}', "wrong argument kind", "not True"),
        ('{"fn":"add","args":[1,1.5]}', "wrong argument kind", "not 1.5"),
        ('{"fn":"all","args":["red","green"]}', "wrong argument kind", "not 'green' (unknown)"),
        ('{"fn":"not","args":[{"fn":"add","args":[1,2]}]}', "wrong argument kind", "not 'add' (number)"),
        ('{"fn":"add","args":[1,2],"x":0}', "wrong argument kind", "and nothing else"),
        ("[1]", "wrong argument kind", "an object"),
        ('{"fn":"div","args":[1,0]}', "undefined", "division by zero"),
        ('{"fn":"__import__","args":["os"]}', "unknown function", "known are"),
    ],
)
def test_bad_calls_get_one_clear_line(text, reason, said):
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z") as caught:
        execute(text)
    assert str(caught.value).startswith(f"{reason}: ")
    assert said in str(caught.value)
    assert caught.value.reason == reason


def test_calls_nest_to_a_limit():
    text = '"p"'
    for _ in range(8):
        text = f'{{"fn":"not","args":[{text}]}}'
    assert len(execute(text)) == 16
    with pytest.raises(ValueError, match="up to 8 deep"):
        execute(f'{{"fn":"not","args":[{text}]}}')


def test_splits_share_no_call_and_requests_are_different():
    assert isinstance(TASK, Task)
    calls = {split: {one.call for one in found} for split, found in PROBLEMS.items()}
    assert not calls["train"] & (calls["validation"] | calls["test"])
    assert not calls["validation"] & calls["test"]
    for found in PROBLEMS.values():
        assert len({one.request for one in found}) == len(found) == 300
    assert {one.family for one in PROBLEMS["test"]} == {"calc", "truth", "world"}


def test_rows_ask_for_the_call_and_the_end_only():
    batch = right_rows(PROBLEMS["train"][:20])
    for problem, inputs, targets in zip(PROBLEMS["train"], *(part.tolist() for part in batch), strict=False):
        prompt = prompt_of(problem.request)
        assert inputs[: len(prompt)] == prompt
        asked = [target for target in targets if target != IGNORE]
        assert [VOCABULARY[one] for one in asked] == [*tokens_of(problem.call), "<end>"]
        assert targets[: len(prompt) - 1] == [IGNORE] * (len(prompt) - 1)
        assert [one for one in inputs[len(prompt) :] if one != NUMBER[PAD]] == asked[:-1]


def test_verify_executes_the_answer():
    batch = TASK.sample(40, 3, "test", Generator().manual_seed(2))
    assert TASK.verify(batch.inputs, batch.targets.clamp_min(0)).all()
    shifted = torch.roll(batch.targets.clamp_min(0), 1, dims=0)
    assert not TASK.verify(batch.inputs, shifted).all()
    again = TASK.sample(40, 3, "test", Generator().manual_seed(2))
    assert torch.equal(batch.inputs, again.inputs)


@pytest.mark.parametrize("kind", [kind for kind in TWINS if kind != "format"])
def test_twins_mean_something_else_and_are_recognized(kind):
    seen = 0
    for problem in PROBLEMS["train"][:60]:
        for other in twins(problem.call, kind):
            assert denotation(other) != denotation(problem.call)
            assert error_kind(other, problem.call) == kind
            assert reason_of(written(other)) is None
            seen += 1
    assert seen > 20


def test_order_is_looked_for_before_function_and_several_is_what_is_left():
    right = ("sub", ("add", 1, 2), 3)
    assert error_kind(("sub", 3, ("add", 2, 1)), right) == "order"
    assert error_kind(("div", ("mul", 1, 2), 3), right) == "function"
    assert error_kind(("sub", ("add", 1, 2), 4), right) == "argument"
    assert error_kind(("add", ("add", 1, 2), 4), right) == "several at once"
    assert twins(("add", 1, 2), "order") == []


def test_broken_calls_are_no_json():
    drawn = Random(0)
    for problem in PROBLEMS["train"][:60]:
        assert reason_of("".join(broken(tokens_of(problem.call), drawn))) == "not JSON"


def test_pairs_differ_in_the_answer_only():
    pairs = taught_pairs(PROBLEMS["train"], Random(1))
    assert {one.kind for one in pairs} == set(TWINS)
    batch = pair_rows(pairs)
    for pair, inputs in zip(pairs, batch.inputs.tolist(), strict=True):
        length = len(prompt_of(pair.problem.request))
        assert inputs[0][:length] == inputs[1][:length]
        assert text_of(inputs[0][length:]) == written(pair.problem.call)
        assert text_of(inputs[1][length:]) == text_of(pair.wrong) != written(pair.problem.call)


@pytest.mark.parametrize(("count", "most"), [(0, 2), (5, 0), (5, 4)])
def test_impossible_numbers_of_problems_are_refused(count, most):
    with pytest.raises(ValueError, match="needs 1 problem or more"):
        TASK.problems(count, "train", Random(0), most)


def test_unknown_words_and_empty_requests_are_refused():
    with pytest.raises(ValueError, match=r"^unknown word 'seven'; the vocabulary has \d+$"):
        prompt_of("add seven to 2")
    with pytest.raises(ValueError, match="one word or more"):
        prompt_of("  ")


def test_the_table_is_all_that_can_be_called():
    assert {one.gives for one in TABLE.values()} == {"number", "claim", "group"}
    assert TABLE.keys() == TEMPLATES.keys()
    assert not set(CLAIMS) & set(GROUPS)
    assert len(set(VOCABULARY)) == len(VOCABULARY)
