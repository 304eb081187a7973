"""The contents of data/records: a row for each file, and a row for each of its arms."""

from collections.abc import Sequence
from typing import NamedTuple

from recurse_lab.records.digest import code_digest
from recurse_lab.records.note import made_by, run_again
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import is_fresh
from recurse_lab.records.rerun import RecordFile
from recurse_lab.records.reruns import Rerun


class Row(NamedTuple):
    """Some records of one file."""

    name: str  # name of the file or of the arm
    runs: int
    seeds: str
    seconds: float  # CPU-seconds of all these runs
    made: str  # the code that made them: the present one, or its commits
    again: str  # results of their re-runs


def file_row(file: RecordFile, again: Sequence[Rerun]) -> Row:
    """The row of the whole file."""
    return _row(file.path.name, file.records, file, again)


def arm_rows(file: RecordFile, again: Sequence[Rerun]) -> list[Row]:
    """The rows of its arms, sorted by name."""
    names = sorted({record.arm for record in file.records})
    return [
        _row(name, [record for record in file.records if record.arm == name], file, again) for name in names
    ]


def span(seeds: Sequence[int]) -> str:
    """One or more seeds as text: `3`, `0-9` or `0, 2, 7`."""
    first, last = min(seeds), max(seeds)
    if sorted(seeds) == list(range(first, last + 1)):
        return f"{first}-{last}" if last > first else str(first)
    return ", ".join(map(str, sorted(seeds)))


def _row(name: str, records: Sequence[Record], file: RecordFile, again: Sequence[Rerun]) -> Row:
    trial, arms = file.recorded.trial, file.recorded.arms
    earlier = [record for record in records if not is_fresh(record, trial, arms)]
    return Row(
        name=name,
        runs=len(records),
        seeds=span(sorted({record.seed for record in records})),
        seconds=sum(record.seconds for record in records),
        made=made_by(records, earlier),
        again=run_again(records, again, code_digest(trial)),
    )
