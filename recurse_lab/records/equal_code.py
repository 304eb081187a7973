"""Earlier code that computes the same numbers, bit for bit: its records are as good as new ones.

    python -m recurse_lab.evidence.equal_code OLD

Every change of the code behind a record makes it stale, also one that leaves its numbers alone. OLD is a folder with
the code that made the stale records. Each of their arms is trained for a few steps by that code and by the present
one, with all that belongs to a trial, validation and test included. Where all values and weights are identical,
`data/equal_code.json` gets a line, and the records count as fresh. The records themselves stay as they are.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from recurse_lab.records import short_trials
from recurse_lab.records.digest import code_digest
from recurse_lab.records.record import load_reference
from recurse_lab.records.short_trials import Made, Trial, rebuilt, recipe_of


def mark(digest: str, config: str) -> str:
    """Stands for a version of the code and a configuration in the list of equal code."""
    return hashlib.sha256(f"{digest} {config}".encode()).hexdigest()[:16]


def read_equal_code(data: Path) -> dict[str, str]:
    """Mark of what made a record -> mark of the later code that computes the same."""
    path = data / "equal_code.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def is_equal(made: str, present: str, equal: Mapping[str, str]) -> bool:
    """Whether a mark is the present one, or stands in the list as equal to it."""
    return present in (made, equal.get(made))


def compare(data: Path, old: Path) -> dict[Made, str]:
    """Write down what is equal; stale kinds of record -> "equal", "different" or "not made by this code".

    Raises:
        ValueError: `old` has no such package.
    """
    if not (old / "recurse_lab").is_dir():
        raise ValueError(
            f"{old} has no folder recurse_lab; give a checkout of the code that made the records"
        )
    equal = read_equal_code(data)
    stale = stale_kinds(data, equal)
    here = Path(__file__).parents[2]
    words = {}
    for made, before, after in zip(stale, trials(old, stale), trials(here, stale), strict=True):
        first = mark(made.digest, made.config)
        if not is_equal(first, mark(before.digest, before.config), equal):
            words[made] = "not made by this code"
        elif before.outcome != after.outcome:
            words[made] = "different"
        else:
            words[made] = "equal"
            equal[first] = mark(after.digest, after.config)
    (data / "equal_code.json").write_text(
        json.dumps(equal, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return words


def stale_kinds(data: Path, equal: Mapping[str, str]) -> list[Made]:
    """What made the stale records, each kind once."""
    records = (
        record for path in sorted((data / "records").glob("*.json")) for record in load_reference(path)
    )
    kinds = dict.fromkeys(Made(record.recipe, record.digest, record.config) for record in records)
    found = []
    for made in kinds:
        config = rebuilt(made)
        present = mark(code_digest(recipe_of(made), config), repr(config))
        if not is_equal(mark(made.digest, made.config), present, equal):
            found.append(made)
    return found


def trials(code: Path, kinds: Sequence[Made]) -> list[Trial]:
    """A short trial of each by the code in a folder, in a process of its own."""
    with TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.json", Path(folder) / "answered.json"
        asked.write_text(json.dumps(kinds), encoding="utf-8")
        command = [sys.executable, "-P", short_trials.__file__, str(asked), str(answered)]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(code.resolve())})
        return [Trial(*found) for found in json.loads(answered.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m recurse_lab.evidence.equal_code OLD")
    try:
        compared = compare(Path("data"), Path(sys.argv[1]))
    except ValueError as error:
        sys.exit(str(error))
    for kind, word in compared.items():
        print(f"{word}: {kind.recipe} {kind.digest} {kind.config[:80]}")
