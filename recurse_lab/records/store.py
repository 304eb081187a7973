"""Reference records: the runs of the full profile, kept in data/records and drawn beside every live run.

A record made by other code or another configuration than the present one is *stale*: it is still shown, and always
said to be stale, unless that code was seen to compute the same numbers (`equal_code`). Weights that a notebook thinks
with stand in data/weights; data/SHA256SUMS lists all of these files.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from recurse_lab.records.equal_code import read_equal_code
from recurse_lab.records.record import Record, RecordError, load_reference, save_reference
from recurse_lab.records.replicate import Recipe, Results, is_fresh


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Recorded runs of some arms, and one sentence on where they come from."""

    results: Results = field(repr=False)  # every number of every run
    stale: tuple[str, ...]  # names of the arms with stale records
    note: str

    def _repr_markdown_(self) -> str:
        return self.note


def reference_path(folder: Path, recipe: Recipe) -> Path:
    """Where the records of a recipe's module stand."""
    *_, room, file = recipe.__module__.split(".")
    return folder / "records" / (f"{room}.json" if file == "trial" else f"{room}_{file}.json")


def read_reference(folder: Path, recipe: Recipe, arms: Mapping[str, Any]) -> Reference:
    """The recorded runs of `arms`.

    Raises:
        RecordError: the file cannot be read.
        ValueError: an arm has no records.
    """
    path = reference_path(folder, recipe)
    records = [record for record in load_reference(path) if record.arm in arms]
    results: Results = {name: {} for name in arms}
    for record in records:
        results[record.arm][record.seed] = record
    if missing := [name for name, runs in results.items() if not runs]:
        raise ValueError(f"{path.name} has no runs of {', '.join(missing)}; the full profile makes them")
    equal = read_equal_code(folder)
    stale = tuple(sorted({record.arm for record in records if not is_fresh(record, recipe, arms, equal)}))
    earlier = sum(not is_fresh(record, recipe, arms) for record in records if record.arm not in stale)
    return Reference(results=results, stale=stale, note=_note(records, stale, earlier))


def write_reference(folder: Path, recipe: Recipe, results: Results) -> Path:
    """Put runs into the recipe's file, in place of older runs of the same arms."""
    path = reference_path(folder, recipe)
    kept = [record for record in load_reference(path) if record.arm not in results] if path.exists() else []
    save_reference(kept + [record for runs in results.values() for record in runs.values()], path)
    return path


def write_weights(folder: Path, record: Record) -> Path:
    """Keep the weights of one run as the ones that notebooks think with."""
    path = weights_path(folder, record.arm)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(record.weights, path)
    return path


def read_weights(folder: Path, arm: str) -> dict[str, Tensor]:
    """The kept weights of an arm.

    Raises:
        RecordError: the file is missing or damaged.
    """
    path = weights_path(folder, arm)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise RecordError(f"weights {path.name} cannot be read; the full profile makes them") from error


def weights_path(folder: Path, arm: str) -> Path:
    """Where an arm's kept weights stand."""
    return folder / "weights" / f"{arm}.safetensors"


def write_checksums(folder: Path) -> Path:
    """List every record and weight file with its SHA-256, in the form that `sha256sum --check` reads."""
    kept = sorted(path for part in ("records", "weights") for path in (folder / part).glob("*.*"))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in kept
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    return folder / "SHA256SUMS"


def _note(records: list[Record], stale: tuple[str, ...], earlier: int) -> str:
    made = sorted({f"torch {record.versions['torch']}, {record.machine}" for record in records})
    text = f"*Recorded*: {len(records)} runs of the full profile ({'; '.join(made)})."
    if earlier:
        text += f" Made by earlier code that was seen to compute the same numbers, bit for bit: {earlier}."
    if stale:
        text += (
            f" **Stale**: the code or configuration of {', '.join(stale)} has changed since they were made."
        )
    return text
