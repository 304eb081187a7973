"""Reference records: the runs of the full profile, kept in data/records and drawn beside every live run.

A record is *fresh* when it was made by the present code and configuration; otherwise the commit that made it is named.
Weights that a notebook thinks with stand in data/weights; data/SHA256SUMS lists all of these files.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from recurse_lab.files import put, put_text
from recurse_lab.records.digest import code_digest
from recurse_lab.records.note import note
from recurse_lab.records.record import Record, RecordError, load_reference, save_reference
from recurse_lab.records.replicate import Results, Trial, is_fresh
from recurse_lab.records.reruns import read_reruns


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Recorded runs of some arms, and one sentence on where they come from."""

    results: Results = field(repr=False)  # every number of every run
    note: str

    def _repr_markdown_(self) -> str:
        return self.note


def reference_path(folder: Path, trial: Trial) -> Path:
    """Where the records of a trial's module stand: its room's name, and the module's unless that is `trial`."""
    *_, room, file = trial.__module__.split(".")
    return folder / "records" / (f"{room}.json" if file == "trial" else f"{room}_{file}.json")


def read_reference(folder: Path, trial: Trial, arms: Mapping[str, Any]) -> Reference:
    """The recorded runs of `arms`.

    Raises:
        RecordError: the file cannot be read.
        ValueError: an arm has no records.
    """
    path = reference_path(folder, trial)
    records = [record for record in load_reference(path) if record.arm in arms]
    results: Results = {name: {} for name in arms}
    for record in records:
        results[record.arm][record.seed] = record
    if missing := [name for name, runs in results.items() if not runs]:
        raise ValueError(f"{path.name} has no runs of {', '.join(missing)}; the full profile makes them")
    earlier = [record for record in records if not is_fresh(record, trial, arms)]
    where_from = note(records, earlier, read_reruns(folder), code_digest(trial))
    return Reference(results=results, note=where_from)


def write_reference(folder: Path, trial: Trial, results: Results) -> Path:
    """Put runs into the trial's file, in place of older runs of the same arms."""
    path = reference_path(folder, trial)
    kept = [record for record in load_reference(path) if record.arm not in results] if path.exists() else []
    save_reference(kept + [record for runs in results.values() for record in runs.values()], path)
    return path


def write_weights(folder: Path, record: Record) -> Path:
    """Keep the weights of one run as the ones that notebooks think with."""
    path = weights_path(folder, record.arm)
    put(path, lambda beside: save_file(record.weights, beside))
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
    kept = sorted(path for part in ("records", "weights") for path in (folder / part).glob("[!.]*.*"))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in kept
    ]
    put_text(folder / "SHA256SUMS", "".join(lines))
    return folder / "SHA256SUMS"
