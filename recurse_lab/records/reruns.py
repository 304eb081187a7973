"""The results of re-runs: data/reruns.json, one entry for each record that was run again."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from recurse_lab.files import put_text
from recurse_lab.records.agreement import DIFFERS
from recurse_lab.records.record import Record, RecordError


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """The result of running one record again in full."""

    file: str  # name of the file that holds the record
    arm: str
    seed: int
    record: str  # mark of the record; a new record has another mark
    word: str  # same bits, same values, within the seeds' spread, differs
    metric: float  # metric of the record
    by: float  # the re-run's metric minus the record's
    allowed: float  # largest difference that still agrees
    digest: str  # digest of the code that ran it again
    commit: str
    machine: str
    date: str  # YYYY-MM-DD, UTC
    seconds: float  # CPU-seconds of the re-run

    @property
    def agrees(self) -> bool:
        """Whether the re-run agrees with its record."""
        return self.word != DIFFERS


def mark(record: Record) -> str:
    """Digest of a record without its weights: twelve hexadecimal digits."""
    return hashlib.sha256(json.dumps(record.plain(), sort_keys=True).encode()).hexdigest()[:12]


def read_reruns(folder: Path) -> list[Rerun]:
    """All entries of `folder`/reruns.json; none if the file is missing.

    Raises:
        RecordError: the file cannot be read.
    """
    path = folder / "reruns.json"
    if not path.exists():
        return []
    try:
        return [Rerun(**plain) for plain in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise RecordError(f"{path.name} cannot be read ({reason}); restore the file") from error


def write_reruns(folder: Path, new: Iterable[Rerun]) -> Path:
    """Add entries to the file; they replace older ones of the same file, arm and seed.

    Raises:
        RecordError: the present file cannot be read.
    """
    entries = {(one.file, one.arm, one.seed): one for one in [*read_reruns(folder), *new]}
    lines = ",\n".join(json.dumps(asdict(entries[key])) for key in sorted(entries))
    path = folder / "reruns.json"
    put_text(path, f"[\n{lines}\n]\n")
    return path
