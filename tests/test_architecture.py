"""Imports between the parts go one way, light imports stay light, and every file can be read in one sitting."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import recurse_lab

ROOT = Path(recurse_lab.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = {"plotly", "ipywidgets", "nbformat", "papermill"}
# part -> the other parts of the package that it may import
LIBRARY = [
    "recurrence",
    "equilibrium",
    "sampling",
    "state",
    "nn",
    "kernels",
    "models",
    "tasks",
    "train",
    "measure",
]
MAY_IMPORT = {
    "state": [],
    "files": [],
    "recurrence": ["state"],
    "equilibrium": ["recurrence", "state"],
    "sampling": ["recurrence", "state"],
    "tasks": [],
    "show": [],
    "nn": [],
    "kernels": ["nn"],
    "models": ["nn", "recurrence", "state"],
    "train": ["recurrence", "equilibrium", "state", "tasks"],
    "measure": ["recurrence", "state", "tasks", "train"],
    "records": ["files"],
    "claims": ["records", "measure.statistics"],
    "parity": LIBRARY,
    "experiments": [*LIBRARY, "records", "claims"],
    "chapters": [*LIBRARY, "records", "claims", "experiments"],
    "explore": ["show", "measure", "recurrence", "tasks"],
}


def module_of(path):
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}
all_files = pytest.mark.parametrize("module", MODULES)


@cache
def imports(module):
    """Every module that a module's code imports, at the top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{name.name}" for name in node.names]
            found |= {name if name in MODULES else node.module for name in names}
    return found


def own(module):
    return {name for name in imports(module) if name.split(".")[0] == "recurse_lab"}


def part(module):
    return module.split(".")[1] if "." in module else ""


def within(name, allowed):
    inner = name.removeprefix("recurse_lab.")
    return any(inner == part or inner.startswith(f"{part}.") for part in allowed)


def test_the_package_was_found():
    assert {"recurse_lab", "recurse_lab.recurrence", "recurse_lab.models.deep_thinking"} <= set(MODULES)
    assert "recurse_lab.recurrence" in imports("recurse_lab.models.looped_transformer") | own("recurse_lab")


@all_files
def test_arrows_go_one_way(module):
    if part(module) in MAY_IMPORT:
        allowed = [part(module), *MAY_IMPORT[part(module)]]
        assert [name for name in sorted(own(module)) if not within(name, allowed)] == []


@all_files
def test_a_chapter_imports_no_other_chapter(module):
    if part(module) == "chapters" and module.count(".") > 1:
        allowed = [".".join(module.split(".")[1:3]), "chapters.chapter"]
        others = [name for name in own(module) if name.startswith("recurse_lab.chapters.")]
        assert [name for name in others if not within(name, allowed)] == []


@pytest.mark.parametrize(
    "room",
    [
        "prefix_sums",
        "mazes",
        "sudoku",
        "arc",
        "iterates",
        "solvers",
        "dispatch",
        "group_products",
        "text",
        "line_program",
        "tree_program",
        "products",
        "table_lookup",
        "expressions",
        "scan",
        "completions",
        "function_calls",
        "self_training",
    ],
)
def test_rooms_of_experiments_have_one_plan(room):
    for file in ("arm", "trial", "scores", "tables"):
        assert f"recurse_lab.experiments.{room}.{file}" in MODULES
    tree = ast.parse(MODULES[f"recurse_lab.experiments.{room}.trial"].read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {"build", "train", "trial", "restore", "Trained"} <= names


def test_every_part_has_its_rule():
    assert {part(module) for module in MODULES} - set(MAY_IMPORT) == {"", "workbook", "commands", "__main__"}


@all_files
def test_only_the_outer_parts_import_heavy_packages(module):
    heavy = {name.split(".")[0] for name in imports(module)} & HEAVY
    if part(module) == "show":
        heavy -= {"plotly"}
    if part(module) not in ("explore", "workbook", "commands", "__main__"):
        assert not heavy


def test_figures_are_made_without_torch():
    outside = {name.split(".")[0] for module in MODULES if part(module) == "show" for name in imports(module)}
    assert outside - sys.stdlib_module_names == {"numpy", "plotly", "recurse_lab"}


def test_there_are_no_cycles():
    try:
        TopologicalSorter({module: own(module) - {module} for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_importing_the_package_loads_nothing_heavy():
    program = f"import sys, recurse_lab; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT.parent)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@all_files
def test_files_open_with_their_idea_and_are_read_in_one_sitting(module):
    text = MODULES[module].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 220
