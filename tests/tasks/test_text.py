"""Text: windows and the bytes after them, splits of whole documents, and docstrings without running code."""

import pytest
import torch
from torch import Generator

from recurse_lab.tasks import text as module
from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.text import Text, corpus, digest, docstrings, documents, split_of

SOURCE = b'''
"""A module whose docstring is long enough to count as English text and not as a name or a signature."""
def f():
    """Short."""
class A:
    """A class whose docstring is long enough, too: it has got more than eighty characters, all told."""
    async def g(self):
        """A method
           with indented lines, which are cleaned; together they have more than eighty characters."""
raise SystemExit
'''
TWO = {"train": b"abcdefgh", "test": b"xyz"}


def drawn(seed=0, size=3, split="train", task=None):
    return (task or Text(TWO)).sample(20, size, split, Generator().manual_seed(seed))


def test_a_target_is_the_byte_after_its_cell():
    batch = drawn()
    assert isinstance(Text(TWO), Task)
    assert torch.equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    assert torch.equal(batch.targets, batch.inputs + 1)  # the alphabet
    assert set(batch.inputs[:, 0].tolist()) == set(b"abcde")


def test_the_verifier_takes_what_stands_in_the_text_alone():
    batch = drawn()
    assert Text(TWO).verify(*batch).all()
    assert not Text(TWO).verify(batch.inputs, batch.targets + 1).any()
    skipping = torch.tensor([list(b"ace")]), torch.tensor([list(b"ceg")])
    assert not Text(TWO).verify(*skipping).any()
    last = batch.targets.clone()
    last[:, -1] = 300
    assert not Text(TWO).verify(batch.inputs, last).any()


def test_docstrings_are_read_without_running_the_module():
    found = docstrings(SOURCE)
    assert [text.split()[1] for text in found] == ["module", "class", "method"]
    assert "\nwith indented" in found[2]
    assert docstrings(b"def f(:") == []


def test_the_text_of_this_python_has_three_parts_that_share_no_document():
    assert len(digest()) == 64
    sizes = {split: len(part) for split, part in corpus().items()}
    assert set(sizes) == set(SPLITS)
    assert sizes["train"] > 400_000
    assert min(sizes.values()) > 20_000
    names = {split: {name for name in documents() if split_of(name) == split} for split in SPLITS}
    assert sum(map(len, names.values())) == len(documents())
    assert sum(sizes.values()) == sum(len(text.encode()) + 1 for text in documents().values()) - len(SPLITS)
    lines = [set(part.split(b"\n")) for part in corpus().values()]
    long = [{line for line in part if len(line) > 60} for part in lines]
    assert len(long[0] & long[2]) < 0.02 * len(long[2])


def test_a_docstring_that_two_modules_share_is_taken_once(monkeypatch, tmp_path):
    (tmp_path / "a.py").write_bytes(SOURCE)
    (tmp_path / "b.py").write_bytes(SOURCE + b"def h():\n    '''" + b"Another sentence. " * 6 + b"'''\n")
    monkeypatch.setattr(module.sysconfig, "get_path", lambda _: str(tmp_path))
    found = documents.__wrapped__()
    assert found["module b"] == "Another sentence. " * 6 + "\n"
    assert len(found["module a"].split("\n\n")) == 3


def test_the_split_of_a_document_depends_on_its_name_alone(monkeypatch):
    before = {name: split_of(name) for name in documents()}
    fewer = dict(list(documents().items())[::2])
    monkeypatch.setattr(module, "documents", lambda: fewer)
    assert {name: split_of(name) for name in fewer}.items() <= before.items()


@pytest.mark.parametrize(
    ("texts", "split", "size", "line"),
    [
        ({"train": b""}, "train", 3, "the train text has 0 bytes; windows of 3 need at least 4"),
        ({"train": b"a"}, "train", 1, "the train text has 1 bytes; windows of 1 need at least 2"),
        (TWO, "validation", 1, "split must be one of train, test, not 'validation'"),
        (TWO, "train", 0, "count and size must be 1 or more, not 20 and 0"),
    ],
)
def test_bad_texts_and_sizes_are_one_line(texts, split, size, line):
    with pytest.raises(ValueError, match=line):
        drawn(task=Text(texts), split=split, size=size)
