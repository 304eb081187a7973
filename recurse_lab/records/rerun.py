"""Run a random sample of the records again, in full, by the present code.

Trust in old numbers comes from this alone: no digest tells whether a change of the code changed what it computes.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recurse_lab.records.agreement import Metric, agreement
from recurse_lab.records.record import Record, load_reference
from recurse_lab.records.replicate import Planned, Trial, name_of, run_all
from recurse_lab.records.reruns import Rerun, mark
from recurse_lab.records.store import reference_path


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Arms that may stand in a record file, what runs them, and the number by which two runs are compared."""

    trial: Trial
    arms: Mapping[str, Any]  # name -> configuration
    metric: Metric


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """A record file and what can run it again."""

    path: Path
    recorded: Recorded
    records: Sequence[Record] = field(repr=False)

    def sample(self, number: int, seed: int) -> list[Record]:
        """So many records drawn at random (all, if there are fewer), of arms that some chapter still has."""
        known = [record for record in self.records if record.arm in self.recorded.arms]
        drawn = random.Random(f"{seed} {self.path.stem}").sample(known, min(number, len(known)))
        return sorted(drawn, key=lambda record: (record.arm, record.seed))

    def cheapest(self) -> Record:
        """The record that took the fewest CPU-seconds."""
        known = [record for record in self.records if record.arm in self.recorded.arms]
        return min(known, key=lambda record: record.seconds)


def record_files(folder: Path, declared: Sequence[Recorded]) -> list[RecordFile]:
    """Every declared record file that exists below `folder`, by name.

    Raises:
        RecordError: a file cannot be read.
    """
    files = [(reference_path(folder, one.trial), one) for one in declared]
    return [
        RecordFile(path=path, recorded=one, records=load_reference(path))
        for path, one in sorted(files, key=lambda pair: pair[0].name)
        if path.exists()
    ]


def rerun(chosen: Sequence[tuple[RecordFile, Record]], jobs: int) -> Iterator[Rerun]:
    """Run records again, the costliest first, and compare each as it comes.

    Args:
        chosen: records, each with its file.
        jobs: processes at a time, one thread each.
    """
    asked, planned = {}, []
    for file, record in sorted(chosen, key=lambda pair: -pair[1].seconds):
        trial, arms = file.recorded.trial, file.recorded.arms
        planned.append(Planned(trial, record.arm, arms[record.arm], record.seed))
        asked[name_of(trial), record.arm, record.seed] = file, record
    with TemporaryDirectory() as nothing_cached:
        for again in run_all(planned, Path(nothing_cached), jobs):
            yield compared(*asked[again.trial, again.arm, again.seed], again)


def compared(file: RecordFile, record: Record, again: Record) -> Rerun:
    """What is written down about a record and its re-run."""
    others = [one for one in file.records if one.arm == record.arm and one.seed != record.seed]
    metric = file.recorded.metric
    found = agreement(record, again, metric, others)
    return Rerun(
        file=file.path.name,
        arm=record.arm,
        seed=record.seed,
        record=mark(record),
        word=found.word,
        metric=metric(record),
        by=found.by,
        allowed=found.allowed,
        digest=again.digest,
        commit=again.commit,
        machine=again.machine,
        date=datetime.now(UTC).date().isoformat(),
        seconds=round(again.seconds, 1),
    )
