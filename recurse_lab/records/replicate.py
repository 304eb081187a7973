"""Run arms over seeds, in several processes of one thread each, with a cache that survives interruption.

The cache finds a trial by its function, the digest of its code, its configuration, its seed and the versions.
Changed code therefore never gets old results.
"""

import gc
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import torch
from joblib import Parallel, delayed
from torch import Tensor

from recurse_lab.records.digest import code_digest
from recurse_lab.records.lifeline import end_with
from recurse_lab.records.origin import commit, lock, machine_class, versions
from recurse_lab.records.record import Record

Measured = tuple[dict[str, Any], dict[str, Tensor]]  # plain values, weights to keep

Trial = Callable[[Any, int], Measured]  # (the arm's configuration, seed) -> its measurements

Results = dict[str, dict[int, Record]]  # arm name -> seed -> record


class Planned(NamedTuple):
    """One trial to run."""

    trial: Trial
    arm: str
    config: Any
    seed: int


def replicate(
    trial: Trial,
    arms: Mapping[str, Any],
    seeds: Sequence[int],
    *,
    cache: Path,
    jobs: int = 1,
    finished: Callable[[Record], None] | None = None,
) -> Results:
    """Run every arm on every seed; trials that were run before come from the cache.

    Args:
        trial: a module-level function that trains and measures one arm; its CPU time is recorded.
        arms: name -> configuration, with a complete `repr`. Arms run in this order, each on all seeds. Put
            the costliest first: then the processes end at about the same time.
        seeds: one or more numbers from 0 on.
        cache: folder for the records of finished trials.
        jobs: number of processes at a time, one thread each.
        finished: called with each record when it is there, for a progress bar.

    Raises:
        ValueError: there are no seeds, a seed is negative, or jobs is below 1.
        RecordError: a record of the cache cannot be read.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be 1 or more, not {jobs}")
    if not seeds or min(seeds) < 0:
        raise ValueError(f"seeds must be one or more numbers from 0 on, not {list(seeds)}")
    planned = [Planned(trial, name, config, seed) for name, config in arms.items() for seed in seeds]
    results: Results = {name: {} for name in arms}
    for record in run_all(planned, cache, jobs):
        results[record.arm][record.seed] = record
        if finished:
            finished(record)
    return {name: dict(sorted(by_seed.items())) for name, by_seed in results.items()}


def run_all(planned: Iterable[Planned], cache: Path, jobs: int) -> Iterable[Record]:
    """Yield the record of each trial: first those in the cache; the others start in order and come as they finish."""
    missing = []
    for one in planned:
        path = _path(one, cache)
        if path.exists():
            yield Record.load(path)
        else:
            missing.append((one, path))
    if missing:
        pool = Parallel(n_jobs=min(jobs, len(missing)), return_as="generator_unordered")
        yield from pool(delayed(_run)(one, path, os.getpid()) for one, path in missing)


def name_of(trial: Trial) -> str:
    """The name of a trial: `module:function`."""
    return f"{trial.__module__}:{trial.__name__}"


def is_fresh(record: Record, trial: Trial, arms: Mapping[str, Any]) -> bool:
    """Whether the present code and the present configuration of its arm made a record."""
    return (record.digest, record.config) == (code_digest(trial), repr(arms.get(record.arm)))


def _run(one: Planned, path: Path, parent: int) -> Record:
    """Run one trial on one thread; save its record, then return it."""
    if os.getpid() != parent:
        end_with(parent)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # keeps the collector from scanning all objects of torch again and again
    begun = process_time()
    try:
        values, weights = one.trial(one.config, one.seed)
    finally:
        gc.unfreeze()
        torch.set_num_threads(threads)
    record = _record(one, process_time() - begun, values, weights)
    record.save(path)
    return record


def _record(one: Planned, seconds: float, values: dict[str, Any], weights: dict[str, Tensor]) -> Record:
    return Record(
        trial=name_of(one.trial),
        arm=one.arm,
        seed=one.seed,
        config=repr(one.config),
        digest=code_digest(one.trial),
        commit=commit(),
        lock=lock(),
        versions=versions(),
        machine=machine_class(),
        command=f"python -m recurse_lab run --profile full --seed {one.seed}",
        seconds=seconds,
        values=values,
        weights=weights,
    )


def _path(one: Planned, cache: Path) -> Path:
    made_by = (name_of(one.trial), code_digest(one.trial), repr(one.config), one.seed, versions())
    key = hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]
    return cache / f"{'-'.join(one.trial.__module__.split('.')[-2:])}-{one.arm}-{one.seed}-{key}.json"
