"""The committed notebooks: their anatomy, their outputs, a smoke run of all of them, and the student edition."""

import json

import nbformat
import pytest

from recurse_lab.__main__ import main
from recurse_lab.claims.verdict import VERDICTS
from recurse_lab.workbook.editions import write_student_edition
from recurse_lab.workbook.execute import execute, find_chapters
from recurse_lab.workbook.parameters import check_against, declared_parameters
from recurse_lab.workbook.start import ROOT

CHAPTERS = find_chapters()
KINDS = {"parameters", "setup", "predict", "core", "run", "figure", "explore", "exercise", "check", "claim"}
SMOKE = {"profile": "smoke", "seed": 3, "jobs": 2}

each_chapter = pytest.mark.parametrize("path", CHAPTERS.values(), ids=CHAPTERS.keys())


def cells_of(path, kind="code"):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@each_chapter
def test_every_cell_is_short_and_of_one_kind(path):
    for cell in cells_of(path):
        kinds = KINDS & set(cell.metadata.tags)
        assert len(kinds) == 1, cell.source
        assert len(cell.source.splitlines()) <= 15, cell.source


@each_chapter
def test_a_chapter_imports_its_own_room_the_package_and_figures(path):
    lines = [line for cell in cells_of(path) for line in cell.source.splitlines() if "import" in line.split()]
    ours = [line for line in lines if "recurse_lab" in line]
    (room,) = (ROOT / "recurse_lab" / "chapters").glob(f"ch{path.stem}")
    own = [f"from recurse_lab.chapters.{room.name} import "]
    allowed = ("import recurse_lab as rl", "from recurse_lab import show", "from recurse_lab.workbook")
    assert len(ours) <= 6
    assert [line for line in ours if not line.startswith((*allowed, *own))] == []


@each_chapter
def test_sections_come_in_order(path):
    text = "\n".join(cell.source for cell in cells_of(path, "markdown"))
    assert [line for line in text.splitlines() if line.startswith("# ")] == [text.splitlines()[0]]
    wanted = ["**Question.**", "**You will learn**", "**Time:**", "## Predict first", "## The idea"]
    wanted += ["## The algorithm", "## Look inside"]
    # exercises have a section of their own, or stand where they belong
    wanted += ["## Exercises" if "## Exercises" in text else "### Exercise "]
    wanted += ["## Limits" if "00" in path.name else "##"]
    places = [text.find(part) for part in wanted]
    assert -1 not in places
    in_order = places[:-1] if "## Exercises" in text else places[:-2]
    assert in_order == sorted(in_order)


@each_chapter
def test_parameters_are_plain_and_the_default_is_the_quick_profile(path):
    assert declared_parameters(path) == {"profile": "quick", "seed": 0, "jobs": 2}
    with pytest.raises(ValueError, match="has no parameter 'sede'"):
        check_against(path, {"sede": 1})


@each_chapter
def test_committed_outputs_are_those_of_one_run_from_top_to_bottom(path):
    cells = cells_of(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
    assert path.stat().st_size < 700_000


@each_chapter
def test_cells_that_show_a_figure_do_and_describe_it(path):
    for cell in cells_of(path):
        if {"figure", "explore"} & set(cell.metadata.tags):
            figures = [output.data["application/vnd.plotly.v1+json"] for output in cell.outputs]
            assert figures, cell.source
            assert all(figure["layout"]["meta"]["alt"] and figure["data"] for figure in figures)


@each_chapter
def test_solutions_pass_their_checks(path):
    printed = [
        output.text
        for cell in cells_of(path)
        if "check" in cell.metadata.tags
        for output in cell.outputs
        if "verdict" not in cell.source or "checks." in cell.source
    ]
    assert printed
    assert all(line.startswith("✓") for text in printed for line in text.splitlines())


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    code = main(["run", "--profile", "smoke", "--seed", "3", "--jobs", "2", "--out", str(out), "--fresh"])
    return code, out


@pytest.mark.slow
def test_smoke_runs_every_line_and_writes_what_was_promised(smoke):
    code, out = smoke
    assert code == 0
    runs = json.loads((out / "runs.json").read_text())
    assert [run["chapter"] for run in runs] == list(CHAPTERS)
    assert all(run["status"] == "ok" and run["exit_code"] == 0 and run["peak_memory_mb"] > 0 for run in runs)
    claims = json.loads((out / "claims.json").read_text())
    assert {claim["verdict"] for claim in claims} == {None}
    for claim in claims:
        assert len(claim["interval"]) == 2
        assert all(set(arm["values"]) == {"3", "4"} for arm in claim["arms"] if not arm["recorded"])
    pages = {path.name for path in out.glob("*.html")}
    assert pages == {"index.html", *(f"{path.stem}.html" for path in CHAPTERS.values())}


def test_committed_claims_carry_one_of_the_three_words():
    for path in CHAPTERS.values():
        for cell in cells_of(path):
            if "claim" in cell.metadata.tags:
                (output,) = cell.outputs
                shown = output.data["application/vnd.recurse-lab.claim+json"]
                for claim in shown if isinstance(shown, list) else [shown]:
                    assert claim["verdict"] in VERDICTS
                    assert len(claim["seeds"]) >= 5


@pytest.mark.slow
@each_chapter
def test_student_edition_runs_and_every_check_says_not_attempted(path, tmp_path):
    student = write_student_edition(path, tmp_path / "student")
    assert "BEGIN SOLUTION" not in student.read_text()
    run = execute(student, tmp_path / path.name, SMOKE)
    assert (run.status, run.error) == ("ok", "")
    printed = [
        output.text
        for cell in cells_of(tmp_path / path.name)
        if "checks." in cell.source
        for output in cell.outputs
    ]
    assert printed
    assert all(line.startswith("○") for text in printed for line in text.splitlines())
