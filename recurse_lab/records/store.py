"""Reference records: the runs of the full profile, kept in data/records and drawn beside every live run.

A record is *fresh* if the present code and configuration made it; otherwise the note names the commit that
made it. data/weights holds the weights that notebooks use. data/SHA256SUMS lists the files of both folders.
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
    """Recorded runs of some arms, and a note on their origin."""

    results: Results = field(repr=False)  # every number of every run
    note: str

    def _repr_markdown_(self) -> str:
        return self.note


def reference_path(folder: Path, trial: Trial) -> Path:
    """Path of the records of a trial: named after its room, and after its module unless that is `trial`."""
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
    """Write runs into the trial's file; they replace all older runs of the same arms.

    Raises:
        RecordError: the present file cannot be read.
    """
    path = reference_path(folder, trial)
    kept = [record for record in load_reference(path) if record.arm not in results] if path.exists() else []
    save_reference(kept + [record for runs in results.values() for record in runs.values()], path)
    return path


def write_weights(folder: Path, record: Record) -> Path:
    """Keep the weights of one run for the notebooks, in place of older ones of the same arm."""
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
    """Path of an arm's kept weights."""
    return folder / "weights" / f"{arm}.safetensors"


def write_checksums(folder: Path) -> Path:
    """List the SHA-256 of every record and weight file, in the format of `sha256sum --check`."""
    kept = sorted(path for part in ("records", "weights") for path in (folder / part).glob("[!.]*.*"))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in kept
    ]
    put_text(folder / "SHA256SUMS", "".join(lines))
    return folder / "SHA256SUMS"
