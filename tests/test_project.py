"""The project's own files agree with each other: versions, commands, citations, terms and checksums."""

import hashlib
import json
import os
import re
import shlex
import tomllib
from importlib.util import find_spec

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import recurse_lab
from recurse_lab.__main__ import build_parser
from recurse_lab.workbook.start import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][0-9A-Za-z.]*)")
PAPERS = {  # names in the glossary -> papers that their symbols come from
    "DT-net": "bansal2022synthesis",
    "Huginn": "geiping2025latent",
    "TRM": "jolicoeur2025trm",
    "HRM": "wang2025hrm",
    "DEQ": "bai2019deq",
    "Faith and Fate": "dziri2023faith",
    "GRAM": "baek2026gram",
    "PTRM": "sghaier2026ptrm",
    "DPO": "rafailov2023dpo",
    "Mind the Gap": "song2024gap",
}


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(markdown):
    """The lines of all fenced blocks, without comments."""
    blocks = re.findall(r"^```\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def pins():
    lines = [line for line in text_of("constraints.txt").splitlines() if not line.startswith("#")]
    return [PIN.fullmatch(line) or pytest.fail(f"not a plain pin: {line!r}") for line in lines]


# Versions


def test_conda_has_the_same_python_and_installs_the_project_alone():
    environment = yaml.safe_load(text_of("environment.yml"))
    assert (environment["name"], environment["channels"]) == (PROJECT["name"], ["conda-forge"])
    *packages, pip = environment["dependencies"]
    (python,) = [package for package in packages if package.startswith("python ")]
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    assert pip == {"pip": ["-e .[workbook,arc]"]}
    assert "pip" in packages
    assert "workbook" in PROJECT["optional-dependencies"]


def test_constraints_are_plain_pins_of_different_packages():
    names = [canonicalize_name(pin[1]) for pin in pins()]
    assert len(names) == len(set(names)) > 0
    assert not {"recurse-lab", "pip", "setuptools"} & set(names)
    assert "torch" in names


def test_constraints_satisfy_every_requirement():
    pinned = {canonicalize_name(pin[1]): pin[2] for pin in pins()}
    wanted = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name != PROJECT["name"]:
            assert name in pinned, f"{requirement} has no pin"
            assert requirement.specifier.contains(pinned[name]), f"{requirement}, pinned {pinned[name]}"


def test_versions_written_elsewhere_are_the_same():
    (torch,) = [pin[0] for pin in pins() if pin[1] == "torch"]
    for name in ("README.md", "environment.yml", "CONTRIBUTING.md"):
        assert set(re.findall(r"torch==[0-9.]+[0-9]", text_of(name))) <= {torch}, name
    assert torch in text_of("README.md")
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["license"] == PROJECT["license"] == "Apache-2.0"


def test_the_version_is_the_same_everywhere_and_the_changelog_begins_with_it():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert str(citation["version"]) == recurse_lab.__version__ == PROJECT["version"]
    released = re.findall(r"^## \[(.+)\] - (\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == (PROJECT["version"], str(citation["date-released"]))
    assert released == sorted(released, reverse=True)
    assert len(released) == len(re.findall("^## ", text_of("CHANGELOG.md"), re.MULTILINE))


def test_data_files_of_the_package_are_installed_with_it():
    package = ROOT / "recurse_lab"
    patterns = tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]["package-data"]["recurse_lab"]
    installed = {path for pattern in patterns for path in package.glob(pattern) if path.is_file()}
    kept = {
        path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".md")
    }
    assert kept == installed


def test_make_refuses_the_pythons_that_the_project_refuses():
    low, high = re.search(r"\((3, \d+)\) <= sys\.version_info < \((3, \d+)\)", text_of("Makefile")).groups()
    stated = f">={low},<{high}".replace(", ", ".")
    assert SpecifierSet(stated) == SpecifierSet(PROJECT["requires-python"])


# Commands


def test_ci_runs_the_test_command_of_the_readme_and_no_other():
    (command,) = [line for line in fenced(text_of("README.md")) if re.fullmatch(r"make test\b.*", line)]
    lines = [line.strip() for line in text_of(".ci/run").splitlines()]
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-1] == command
    assert [line for line in lines if re.match(r"(make|pytest|python)\b", line)] == [command]
    if os.name == "posix":
        assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_commands_that_are_written_down_exist(name):
    written = re.findall(r"python -m recurse_lab (\w[^`\n#]*)", text_of(name))
    assert written
    for line in written:
        try:
            build_parser().parse_args(shlex.split(line))
        except SystemExit:
            pytest.fail(f"python -m recurse_lab {line}")
    for module in re.findall(r"python -m (recurse_lab\.[\w.]+\w)", text_of(name)):
        assert find_spec(module), module


def test_options_in_the_readme_are_those_of_run(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["run", "--help"])
    known = set(re.findall(r"--\w+", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"^\| `(--\w+)` \|", text_of("README.md"), re.MULTILINE)) == known


def test_make_targets_that_are_written_down_exist():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert {"report", "lab", "test", "clean", "help"} <= targets
    written = re.findall(
        r"(?:^|`)make ([a-z]+)", text_of("README.md") + text_of("CONTRIBUTING.md"), re.MULTILINE
    )
    assert written
    assert set(written) <= targets


def test_files_that_the_readme_names_exist():
    links = re.findall(r"\]\(([^)#]+)\)", text_of("README.md"))
    assert [link for link in links if not (ROOT / link).exists()] == []
    (tree,) = re.findall(r"^```\n(notebooks/.*?)^```", text_of("README.md"), re.MULTILINE | re.DOTALL)
    parent = ""
    for line in tree.splitlines():
        name = line.split()[0]
        parent = parent if line.startswith(" ") else name
        assert (ROOT / (parent + name if line.startswith(" ") else name)).exists(), line


# Language


BRITISH = re.compile(
    r"optimis|colour|behaviour|labell(ed|ing)|neighbour|normalis|judgement|\bcentre|favour|\bgrey"
    r"|recognis|generalis|initialis|licence|summaris|visualis|minimis|maximis|organis|modelling",
    re.IGNORECASE,
)


def test_spelling_is_american():
    for pattern in (
        "recurse_lab/**/*.py",
        "recurse_lab/**/*.md",
        "recurse_lab/**/*.json",
        "tests/**/*.py",
        "*.md",
    ):
        for path in ROOT.glob(pattern):
            found = BRITISH.search(path.read_text(encoding="utf-8").replace(BRITISH.pattern, ""))
            assert found is None or path.name == "test_project.py", f"{path.relative_to(ROOT)}: {found[0]}"
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not BRITISH.search(cell.source), cell.source


# Citations and terms


def bibliography():
    """Key -> fields; every entry must be complete."""
    found = {}
    text = re.sub(r"^%.*\n", "", text_of("data/bibliography.bib"), flags=re.MULTILINE)
    for entry in re.split(r"\n(?=@)", text.strip()):
        head = re.match(r"@(\w+)\{(\w+),\n", entry)
        assert head, entry
        assert entry.rstrip().endswith("\n}"), entry
        assert entry.count("{") == entry.count("}"), entry
        assert head[2] not in found, f"twice: {head[2]}"
        body = entry.rstrip()[head.end() : -2]
        fields = [re.fullmatch(r"\s*(\w+)\s*=\s*\{(.+)\},?", line) for line in body.splitlines()]
        assert all(fields), entry
        found[head[2]] = {field[1]: field[2] for field in fields}
    return found


def cited():
    """File name -> text that may hold citations: the library's source, and the cells of notebooks."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "recurse_lab").rglob("*.py")}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        texts[path.name] = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    return texts


def test_the_bibliography_is_whole():
    entries = bibliography()
    numbers = [fields["eprint"] for fields in entries.values() if "eprint" in fields]
    assert len(numbers) == len(set(numbers))
    for key, fields in entries.items():
        assert {"author", "title", "year"} <= set(fields), key
        assert re.fullmatch(r"(19|20)\d\d", fields["year"]), key
        assert re.fullmatch(r"\d{4}\.\d{4,5}", fields.get("eprint", "2000.00000")), key
        assert ("eprint" in fields) == (fields.get("archiveprefix") == "arXiv"), key


def test_what_is_cited_stands_in_the_bibliography():
    entries = bibliography().values()
    numbers = {fields.get("eprint") for fields in entries}
    works = {(fields["author"].split(",")[0], fields["year"]) for fields in entries}
    found = 0
    for name, text in cited().items():
        for number in re.findall(r"arxiv(?::|\.org/\w+/| )\s*(\d{4}\.\d{4,5})", text, re.IGNORECASE):
            assert number in numbers, f"{name}: arXiv:{number}"
            found += 1
        for author, year in re.findall(
            r"([A-Z][\w-]+) (?:et al\.|and [A-Z]\w+),? \(?((?:19|20)\d\d)\b", text
        ):
            assert (author, year) in works, f"{name}: {author} {year}"
    assert found


def test_the_glossary_defines_each_term_once():
    pairs = json.loads(text_of("data/glossary.json"), object_pairs_hook=list)
    terms = [term for term, _ in pairs]
    assert terms == sorted(set(terms))
    for term, entry in json.loads(text_of("data/glossary.json")).items():
        assert set(entry) == {"definition", "symbols"}, term
        assert re.fullmatch(r"[A-Z].*\.", entry["definition"]), term
        assert set(entry["symbols"]) <= set(PAPERS), term
        assert all(entry["symbols"].values()), term
    assert set(PAPERS.values()) <= set(bibliography())


# Checksums


def wrong_checksums(data):
    """Files that are missing, changed, or not listed in the folder's SHA256SUMS."""
    path = data / "SHA256SUMS"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    kept = {
        file.relative_to(data).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for part in ("records", "weights")
        for file in (data / part).rglob("*")
        if file.is_file()
    }
    return sorted(name for name in {*listed, *kept} if listed.get(name) != kept.get(name))


def test_records_and_weights_are_those_of_the_checksums():
    assert wrong_checksums(ROOT / "data") == []


def test_missing_changed_and_unlisted_files_are_noticed(tmp_path):
    assert wrong_checksums(tmp_path) == []
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a.json").write_text("1")
    assert wrong_checksums(tmp_path) == ["records/a.json"]
    digest = hashlib.sha256(b"1").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  records/a.json\n")
    assert wrong_checksums(tmp_path) == []
    (tmp_path / "records" / "a.json").write_text("2")
    assert wrong_checksums(tmp_path) == ["records/a.json"]
    (tmp_path / "records" / "a.json").unlink()
    assert wrong_checksums(tmp_path) == ["records/a.json"]
