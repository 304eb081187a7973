"""Tables made from the chapters' rooms (README, bibliography, glossary), and the rooms that are refused."""

import json
import re
import sys
from importlib import import_module

import nbformat
import pytest

from recurse_lab.__main__ import main
from recurse_lab.chapters.chapter import Chapter
from recurse_lab.chapters.collected import collected_works
from recurse_lab.chapters.rooms import PLANNED, find_rooms
from recurse_lab.workbook.execute import find_chapters
from recurse_lab.workbook.start import ROOT
from recurse_lab.workbook.tables import BEGIN, END, chapter_table, made_tables, with_chapters

ROOMS = find_rooms()

each_room = pytest.mark.parametrize(("folder", "chapter"), ROOMS.items(), ids=[f.name for f in ROOMS])


def text_of(chapter):
    cells = nbformat.read(ROOT / "notebooks" / f"{chapter.name}.ipynb", as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.fixture
def rooms_of(tmp_path, monkeypatch):
    """A function that makes a package of rooms: folder name -> text of its __init__.py."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(**rooms):
        for name, code in {"": "", **rooms}.items():
            (tmp_path / "made" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "made" / name / "__init__.py").write_text(code)
        return "made"

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] == "made"]:
        del sys.modules[name]


def declaring(number, name):
    said = f'number="{number}", name="{name}", title="T", question="Q?", minutes="1"'
    return f"from recurse_lab.chapters.chapter import Chapter\nCHAPTER = Chapter({said})\n"


# The committed tables


def test_committed_tables_are_what_the_rooms_say():
    for path, text in made_tables(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"run `python -m recurse_lab tables`: {path.name}"


def test_every_notebook_has_its_room():
    assert [chapter.name for chapter in ROOMS.values()] == [path.stem for path in find_chapters().values()]
    assert {*PLANNED, *(chapter.number for chapter in ROOMS.values())} == {f"{n:02}" for n in range(12)}


@pytest.mark.parametrize("chapter", ROOMS.values(), ids=lambda chapter: chapter.name)
def test_the_notebook_says_what_its_room_declares(chapter):
    text = text_of(chapter)
    assert text.splitlines()[0] == f"# {chapter.number} · {chapter.title}"
    (line,) = re.findall(r"^\*\*Time:\*\* (.+)$", text, re.MULTILINE)
    time, before = line.split("**Before this:**")
    assert re.match(rf"{re.escape(chapter.minutes)} minutes? of ", time)
    assert tuple(re.findall(r"\b\d\d\b", before)) == chapter.before


@each_room
def test_what_a_chapter_cites_stands_in_its_room_or_with_the_library(folder, chapter):
    known = "\n".join(collected_works([folder, folder.parent]).values())
    code = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    for number in re.findall(r"\b\d{4}\.\d{4,5}\b", "\n".join([text_of(chapter), *code])):
        assert f"{{{number}}}" in known, number


@each_room
def test_a_room_has_no_work_that_nothing_cites(folder, chapter):
    text = text_of(chapter)
    for entry in collected_works([folder]).values():
        assert re.search(r"eprint\s+= \{(.+)\}", entry)[1] in text, entry.splitlines()[0]


# Rooms


def test_chapters_are_found_by_their_rooms(rooms_of):
    package = rooms_of(ch05_b=declaring("05", "05_b"), ch01_a=declaring("01", "01_a"), other="")
    assert [chapter.name for chapter in find_rooms(package).values()] == ["01_a", "05_b"]


@pytest.mark.parametrize(
    ("rooms", "words"),
    [
        ({"ch05_b": ""}, "ch05_b/__init__.py must declare CHAPTER"),
        ({"ch05_b": "CHAPTER = 5"}, "ch05_b/__init__.py must declare CHAPTER"),
        ({"ch05_b": declaring("05", "05_c")}, "the room of chapter 05_c must be ch05_c, not ch05_b"),
        (
            {"ch05_b": declaring("05", "05_b"), "ch05_c": declaring("05", "05_c")},
            "two rooms have the number 05",
        ),
    ],
)
def test_rooms_that_declare_something_else_are_refused(rooms_of, rooms, words):
    with pytest.raises(ValueError, match=words):
        find_rooms(rooms_of(**rooms))


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "5", "name": "5_b"},
        {"name": "06_b"},
        {"question": "Q."},
        {"title": "a | b"},
        {"minutes": "1\n"},
    ],
)
def test_a_chapter_that_no_table_can_show_is_refused(wrong):
    good = {"number": "05", "name": "05_b", "title": "T", "question": "Q?", "minutes": "1"}
    Chapter(**good)
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        Chapter(**good | wrong)


def test_a_room_takes_the_place_of_its_plan():
    chapter = Chapter(
        number="01", name="01_a", title="T", question="Q?", minutes="about 2", before=("00", "02")
    )
    planned = {"01": "Planned?", "02": "Later?"}
    assert chapter_table([chapter], planned).splitlines()[2:] == [
        "| 01 | [T](notebooks/01_a.ipynb) | Q? | 00, 02 | about 2 |",
        "| 02 | | Later? | | planned |",
    ]


# The command


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}", f"{BEGIN}{BEGIN}"]
)
def test_a_readme_without_its_marks_is_refused(text):
    with pytest.raises(ValueError, match="once each and in this order"):
        with_chapters(text, "table")


def test_only_what_stands_between_the_marks_is_written():
    once = with_chapters(f"before\n{BEGIN}\nold\n{END}\nafter\n", "| new |")
    assert once == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"
    assert with_chapters(once, "| new |") == once


def test_the_command_writes_what_differs_and_check_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(import_module("recurse_lab.workbook.start"), "ROOT", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}\n")
    assert main(["tables", "--check"]) == 1
    named = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in named] == ["README.md", "data/bibliography.bib", "data/glossary.json"]
    assert (tmp_path / "README.md").read_text() == f"{BEGIN}\n{END}\n"
    assert [path.name for path in tmp_path.rglob("*.*")] == ["README.md"]
    assert main(["tables"]) == 0
    assert main(["tables", "--check"]) == 0
    assert "notebooks/02_looping.ipynb" in (tmp_path / "README.md").read_text()
    assert "fixed point" in json.loads((tmp_path / "data" / "glossary.json").read_text())
    capsys.readouterr()
    assert main(["tables"]) == 0
    assert capsys.readouterr().out == ""
