"""What came of re-running records: data/reruns.json, one entry for each record that was run again."""

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
    """One record, run again in full."""

    file: str  # that holds the record
    arm: str
    seed: int
    record: str  # mark of the record: a record that is made anew has another
    word: str  # same bits, same values, within the seeds' spread, differs
    metric: float  # of the record
    by: float  # the re-run's metric less the record's
    allowed: float  # the most that it may differ by
    digest: str  # of the code that ran it again
    commit: str
    machine: str
    date: str  # YYYY-MM-DD, UTC
    seconds: float  # CPU-seconds

    @property
    def agrees(self) -> bool:
        """Whether it agrees with its record."""
        return self.word != DIFFERS


def mark(record: Record) -> str:
    """Twelve hexadecimal digits that stand for a record and all that it holds."""
    return hashlib.sha256(json.dumps(record.plain(), sort_keys=True).encode()).hexdigest()[:12]


def read_reruns(folder: Path) -> list[Rerun]:
    """All entries; none where no record was run again.

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
    """Put entries into the file, in place of older ones for the same arms and seeds."""
    entries = {(one.file, one.arm, one.seed): one for one in [*read_reruns(folder), *new]}
    lines = ",\n".join(json.dumps(asdict(entries[key])) for key in sorted(entries))
    path = folder / "reruns.json"
    put_text(path, f"[\n{lines}\n]\n")
    return path
