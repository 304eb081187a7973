"""The digest of a trial depends on the code of its file and of its imports from the package, and on nothing else."""

import pytest

from recurse_lab.experiments.prefix_sums import trial
from recurse_lab.records import digest as digests
from recurse_lab.records.digest import code_digest, digest_of, file_of

F = "from recurse_lab.b import g\ndef f(x):\n    return g(x)\n"
G = "K = 1\ndef g(x):\n    return x + K\n"


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Digest of module `a` in a package whose files are given as text."""
    monkeypatch.setattr(digests, "ROOT", tmp_path)

    def of(**texts):
        for name, text in texts.items():
            path = tmp_path.joinpath("recurse_lab", *name.split("_of_")[::-1]).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        digest_of.cache_clear()
        return digest_of("recurse_lab.a")

    yield of
    digest_of.cache_clear()


def test_words_and_form_do_not_count(digest):
    plain = digest(a=F, b=G)
    told = '"""Opens."""\n' + F.replace(":\n", ':\n    """Says."""\n').replace(
        "g(x)", "g(  # why\n        x)"
    )
    assert digest(a=told, b="# first\n" + G) == plain
    of_class = "class A:\n    x = 1\n"
    assert digest(a=of_class.replace(":\n", ':\n    """Says."""\n')) == digest(a=of_class)
    alone = "async def f():\n    pass\n"
    assert digest(a=alone.replace("pass", '"""Says."""\n    pass')) == digest(a=alone)


@pytest.mark.parametrize("change", [("K = 1", "K = 2"), ("+ K", "- K"), ("return x + K", "return K + x")])
def test_all_code_of_imported_files_counts(digest, change):
    plain = digest(a=F, b=G)
    assert digest(b=G.replace(*change)) != plain
    assert digest(b=G + "L = 3\n") != plain


IMPORTS = [
    "from recurse_lab.b import g\n",
    "from recurse_lab import b\n",
    "import recurse_lab.b\n",
    "import recurse_lab.b as other\n",
    "def f():\n    from recurse_lab.b import g\n",
    "from recurse_lab.c import h\n",  # c imports b
    "from recurse_lab.d import e\n",  # e is a file of folder d and imports b
    "from recurse_lab.d import name\n",  # the folder's __init__.py imports b
]


@pytest.mark.parametrize("how", IMPORTS)
def test_every_way_to_import_counts_also_through_others(digest, how):
    others = {
        "c": "from recurse_lab.b import g as h\n",
        "__init___of_d": "from recurse_lab.b import g as name\n",
    }
    plain = digest(a=how, b=G, e_of_d="import recurse_lab.b\n", **others)
    assert digest(b=G + "L = 3\n") != plain


def test_what_nobody_imports_and_other_packages_do_not_count(digest):
    plain = digest(a="import math\nfrom os import path\n" + F, b=G)
    assert digest(c="L = 1\n", math="L = 1\n") == plain
    assert digest(a="import cmath\nfrom os import path\n" + F) != plain  # names of imports count


def test_files_that_import_each_other_have_a_digest(digest):
    assert digest(a=F, b="from recurse_lab.a import f\n" + G)


def test_where_code_stands_counts(digest):
    assert digest(a=F, b=G) != digest(a=F.replace("recurse_lab.b", "recurse_lab.c"), c=G)


def test_a_trial_outside_the_package_has_the_digest_of_its_own_file():
    def here(*_):
        return {}, {}

    assert code_digest(here) != code_digest(trial.train)
    assert len(code_digest(here)) == 16


def test_a_function_that_stands_in_no_file_is_refused():
    def typed(*_):
        return {}, {}

    typed.__module__ = "__main__"
    with pytest.raises(ValueError, match="must be a function of a file") as caught:
        code_digest(typed)
    assert "\n" not in str(caught.value)


def test_the_files_behind_a_real_trial_are_found(monkeypatch):
    reached = set()
    monkeypatch.setattr(digests, "file_of", lambda module: reached.add(module) or file_of(module))
    digest_of.cache_clear()
    code_digest(trial.train)
    wanted = {
        "recurrence",
        "state",
        "models.deep_thinking",
        "train.loop",
        "tasks.prefix_sums",
        "nn.convolution",
    }
    assert {f"recurse_lab.{name}" for name in wanted} <= reached
    assert not any(name.startswith("recurse_lab.show") and file_of(name) for name in reached)
