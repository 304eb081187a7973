"""The report's API pages list all public names and need no network; if they fail, the report still works."""

import re
import subprocess
import sys
from importlib import import_module

import pytest

import recurse_lab
from recurse_lab.__main__ import main
from recurse_lab.workbook import api
from recurse_lab.workbook.report import build_report


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    assert api.build_api(out) == ""
    return out / "api"


def test_every_name_of_the_public_face_is_documented(pages):
    page = (pages / "recurse_lab.html").read_text(encoding="utf-8")
    assert {*recurse_lab.__all__} <= {*re.findall(r'<section id="(\w+)">', page)}
    for module in api.PUBLIC:
        import_module(module)
        assert (pages / f"{module.replace('.', '/')}.html").is_file(), module
    assert not (pages / "recurse_lab" / "commands").exists()


def test_the_pages_ask_nobody_for_anything(pages):
    for page in pages.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(
            r'src\s*=\s*"(?:https?:)?//[^"]*"|<link [^>]*//[^>]*>|@import|url\("?http', text
        ), page


def test_the_report_leads_to_the_pages_that_are_there(tmp_path):
    index = build_report([], tmp_path, tmp_path, "smoke", 0)
    assert "api/index.html" not in index.read_text(encoding="utf-8")
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "index.html").touch()
    assert 'href="api/index.html"' in build_report([], tmp_path, tmp_path, "smoke", 0).read_text(
        encoding="utf-8"
    )


HALF = """import pathlib, sys
folder = pathlib.Path(sys.argv[1]) / "api"
folder.mkdir()
(folder / "index.html").touch()
sys.exit("first\\nModuleNotFoundError: pdoc")"""


def late(*_, **__):
    raise subprocess.TimeoutExpired("pdoc", api.PATIENCE)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (HALF, "ModuleNotFoundError: pdoc"),
        ("", "pdoc wrote nothing"),
        (None, "timed out"),
    ],
)
def test_a_tool_that_fails_is_one_line_and_no_page(tmp_path, monkeypatch, program, words):
    run = subprocess.run
    other = (
        late if program is None else lambda _, **how: run([sys.executable, "-c", program, tmp_path], **how)
    )
    monkeypatch.setattr(subprocess, "run", other)
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "index.html").write_text("of an earlier report")
    reason = api.build_api(tmp_path)
    assert reason.startswith("no API pages: ")
    assert words in reason
    assert "\n" not in reason
    assert not (tmp_path / "api").exists()


def test_a_run_without_api_pages_says_so_and_ends_well(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(api, "build_api", lambda _: "no API pages: planted")
    monkeypatch.setattr(import_module("recurse_lab.workbook.execute"), "find_chapters", lambda _: {})
    assert main(["run", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "recurse-lab: no API pages: planted\n"
    assert "Not built in this run" in (tmp_path / "index.html").read_text(encoding="utf-8")
