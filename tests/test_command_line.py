"""Execution keeps the outputs so far when it fails; the command line refuses bad input in one line, with a code."""

import json
import os

import nbformat
import pytest

from recurse_lab.__main__ import main
from recurse_lab.workbook.execute import DEAD_KERNEL, execute, write_runs

PARAMETERS = ("parameters", "seed = 0")


def notebook(folder, *sources):
    cells = [nbformat.v4.new_code_cell(PARAMETERS[1], metadata={"tags": [PARAMETERS[0]]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "07_test.ipynb"
    )
    return folder / "07_test.ipynb"


def printed(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def test_a_notebook_that_runs(tmp_path):
    path = notebook(tmp_path, "import pathlib; print(seed, pathlib.Path.cwd())")
    before = path.read_bytes()
    run = execute(path, tmp_path / "out" / path.name, {"seed": 7})
    assert (run.status, run.exit_code, run.error) == ("ok", 0, "")
    assert (run.chapter, run.notebook) == ("07", "07_test.ipynb")
    assert run.seconds > 0
    assert printed(tmp_path / "out" / path.name) == f"7 {tmp_path.resolve()}\n"
    assert path.read_bytes() == before
    assert "papermill" not in nbformat.read(tmp_path / "out" / path.name, as_version=4).metadata
    write_runs([run], tmp_path / "runs.json")
    assert json.loads((tmp_path / "runs.json").read_text())[0]["status"] == "ok"


def test_a_notebook_that_fails_keeps_its_output_so_far(tmp_path):
    path = notebook(tmp_path, "print('before')", "raise RuntimeError('planted\\nand more')", "print('after')")
    run = execute(path, tmp_path / "out.ipynb", {})
    assert (run.status, run.exit_code) == ("failed", 1)
    assert run.error.endswith("RuntimeError: planted")
    assert "\n" not in run.error
    assert "before\n" in printed(tmp_path / "out.ipynb")
    assert "after" not in printed(tmp_path / "out.ipynb")


def test_a_kernel_that_dies_ends_the_run(tmp_path):
    path = notebook(tmp_path, "print('before', flush=True)", "import os; os._exit(1)", "print('after')")
    run = execute(path, tmp_path / "out.ipynb", {})
    assert (run.status, run.exit_code) == ("dead kernel", DEAD_KERNEL) == ("dead kernel", 137)
    assert "\n" not in run.error
    assert run.seconds < 60
    assert "after" not in printed(tmp_path / "out.ipynb")


@pytest.mark.parametrize(
    ("content", "chosen"), [("not json", {}), (None, {"sede": 1}), (None, {"seed": "x"})]
)
def test_what_cannot_run_is_not_started(tmp_path, content, chosen):
    path = notebook(tmp_path, "1")
    if content:
        path.write_text(content)
    run = execute(path, tmp_path / "out.ipynb", chosen)
    assert (run.status, run.exit_code) == ("not valid", 2)
    assert run.error
    assert "\n" not in run.error
    assert not (tmp_path / "out.ipynb").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run --profile fast", "profile must be one of smoke, quick, full, not 'fast'"),
        ("run --only 77", "no chapter 77; there are 00"),
        ("run --only", "expected at least one argument"),
        ("run --seed -1", "seed must be a whole number from 0 on, not -1"),
        ("run --seed abc", "invalid int value: 'abc'"),
        ("run --jobs 0", "jobs must be a whole number from 1 on, not 0"),
        ("run --out {file}/report", "cannot write to"),
        ("run --out {file}", "cannot write to"),
        ("refresh --only 77", "no chapter 77"),
        ("student --out {file}/student", "cannot write to"),
        ("", "required: COMMAND"),
        ("fly", "invalid choice: 'fly'"),
        ("run --loudly", "unrecognized arguments: --loudly"),
    ],
)
def test_bad_input_is_one_line_and_a_code(tmp_path, capsys, arguments, words):
    (tmp_path / "file").write_text("a file, no folder")
    try:
        code = main(arguments.format(file=tmp_path / "file").split())
    except SystemExit as left:
        code = left.code
    streams = capsys.readouterr()
    assert code == 2
    assert streams.err.startswith("recurse-lab: ")
    assert words in streams.err
    assert streams.err.count("\n") == 1
    assert not streams.out


def test_help_is_no_error(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "recurse-lab" in capsys.readouterr().out


@pytest.mark.parametrize(("given", "kept"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_kernels_and_workers_do_not_spin_unless_asked_to(given, kept, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", given or "")
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    assert main(["tables", "--check"]) == 0
    assert os.environ["OMP_WAIT_POLICY"] == kept
