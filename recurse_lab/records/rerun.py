"""Run a random sample of the records again, in full, by the present code.

Only re-runs show that old numbers still hold: a digest shows that code changed, not that its results did.
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
    """The arms of a record file, the trial that runs them, and the metric that compares two runs."""

    trial: Trial
    arms: Mapping[str, Any]  # name -> configuration
    metric: Metric


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """A record file, and the trial and arms that can run it again."""

    path: Path
    recorded: Recorded
    records: Sequence[Record] = field(repr=False)

    def sample(self, number: int, seed: int) -> list[Record]:
        """Draw `number` records at random (all, if there are fewer) of the arms that chapters still have."""
        known = [record for record in self.records if record.arm in self.recorded.arms]
        drawn = random.Random(f"{seed} {self.path.stem}").sample(known, min(number, len(known)))
        return sorted(drawn, key=lambda record: (record.arm, record.seed))

    def cheapest(self) -> Record:
        """The record with the fewest CPU-seconds, of the arms that chapters still have."""
        known = [record for record in self.records if record.arm in self.recorded.arms]
        return min(known, key=lambda record: record.seconds)


def record_files(folder: Path, declared: Sequence[Recorded]) -> list[RecordFile]:
    """Every declared record file that exists below `folder`, sorted by name.

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
    """Run records again, the costliest first, and compare each re-run with its record as it finishes.

    Cost: the CPU-seconds of the chosen records.

    Args:
        chosen: records, each with its file.
        jobs: number of processes at a time, one thread each.
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
    """The entry for a record and its re-run `again`."""
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
