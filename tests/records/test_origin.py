"""Commit and lock of a number, taken from git and constraints.txt; unknown if there are none."""

import subprocess

import pytest

from recurse_lab.records import origin


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git repository with this package's first file and a lock."""
    monkeypatch.setattr(origin, "ROOT", tmp_path)

    def git(*words):
        named = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *named, *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "recurse_lab").mkdir()
    (tmp_path / "recurse_lab" / "__init__.py").write_text("1\n")
    (tmp_path / "constraints.txt").write_text("torch==1\n")
    (tmp_path / "notes.txt").write_text("1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    forget()
    yield tmp_path
    forget()


def forget():
    origin.commit.cache_clear()
    origin.lock.cache_clear()


def asked(function):
    forget()
    return function()


def test_the_commit_is_named_and_a_plus_says_that_code_differs(checkout):
    name = asked(origin.commit)
    said = subprocess.run(["git", "log", "--format=%h"], cwd=checkout, capture_output=True, text=True)
    assert name == said.stdout.strip()
    (checkout / "notes.txt").write_text("2\n")
    (checkout / "recurse_lab" / "untracked.py").write_text("2\n")
    assert asked(origin.commit) == name
    (checkout / "recurse_lab" / "__init__.py").write_text("2\n")
    assert asked(origin.commit) == f"{name}+"


def test_a_copy_inside_somebody_elses_repository_has_no_commit(checkout, monkeypatch):
    copy = checkout / "site-packages"
    (copy / "recurse_lab").mkdir(parents=True)
    (copy / "recurse_lab" / "__init__.py").write_text("1\n")
    monkeypatch.setattr(origin, "ROOT", copy)
    assert (asked(origin.commit), asked(origin.lock)) == ("unknown", "unknown")


@pytest.mark.usefixtures("checkout")
def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert asked(origin.commit) == "unknown"


def test_the_lock_changes_with_the_constraints_and_not_with_their_line_ends(checkout):
    first = asked(origin.lock)
    assert len(first) == 8
    (checkout / "constraints.txt").write_bytes(b"torch==1\r\n")
    assert asked(origin.lock) == first
    (checkout / "constraints.txt").write_text("torch==2\n")
    assert asked(origin.lock) != first


def test_the_machine_cannot_be_told_from_others_of_its_kind():
    assert origin.machine_class().endswith(" cores")
    assert set(origin.versions()) == {"python", "torch", "numpy", "scipy"}
