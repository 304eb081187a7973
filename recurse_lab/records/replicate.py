"""Run arms over seeds: one thread a process, several processes, and a cache that survives interruption.

A trial is looked up by a digest of its recipe's code, its configuration, its seed and the versions, so
that changed code never meets old results.
"""

import gc
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import torch
from joblib import Parallel, delayed
from torch import Tensor

from recurse_lab.records.digest import code_digest, machine_class, versions
from recurse_lab.records.equal_code import is_equal, mark
from recurse_lab.records.record import Record

Measured = tuple[dict[str, Any], dict[str, Tensor]]  # plain values, weights to keep

Recipe = Callable[[Any, int], Measured]  # (the arm's configuration, seed) -> what was measured

Results = dict[str, dict[int, Record]]  # arm name -> seed -> record


def replicate(
    recipe: Recipe,
    arms: Mapping[str, Any],
    seeds: Sequence[int],
    *,
    cache: Path,
    jobs: int = 1,
    finished: Callable[[Record], None] | None = None,
) -> Results:
    """Every arm on every seed, from the cache where it has been run before.

    Args:
        recipe: a module-level function that trains and measures one arm; its CPU time is recorded.
        arms: name -> configuration, with a `repr` that says everything about it. One after the other, each on
            all seeds: with the costliest first, the processes end at about the same time.
        cache: folder for the records of finished trials.
        jobs: processes at a time, one thread each.
        finished: called with each record as it comes, for a progress bar.

    Raises:
        ValueError: no seeds, a negative seed, or jobs below 1.
        RecordError: a record of the cache cannot be read.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be 1 or more, not {jobs}")
    if not seeds or min(seeds) < 0:
        raise ValueError(f"seeds must be one or more numbers from 0 on, not {list(seeds)}")
    trials = [(name, config, seed) for name, config in arms.items() for seed in seeds]
    results: Results = {name: {} for name in arms}
    for record in _run_all(recipe, trials, cache, jobs):
        results[record.arm][record.seed] = record
        if finished:
            finished(record)
    return {name: dict(sorted(by_seed.items())) for name, by_seed in results.items()}


def is_fresh(
    record: Record, recipe: Recipe, arms: Mapping[str, Any], equal: Mapping[str, str] | None = None
) -> bool:
    """Whether a record was made by the present code and configuration of its arm, or by code that is equal to them."""
    config = arms.get(record.arm)
    present = mark(code_digest(recipe, config), repr(config))
    return is_equal(mark(record.digest, record.config), present, equal or {})


def _run_all(recipe: Recipe, trials: list[Any], cache: Path, jobs: int) -> Iterable[Record]:
    missing = []
    for trial in trials:
        path = _path(recipe, trial, cache)
        if path.exists():
            yield Record.load(path)
        else:
            missing.append((trial, path))
    if missing:
        pool = Parallel(n_jobs=min(jobs, len(missing)), return_as="generator_unordered")
        yield from pool(delayed(_run)(recipe, trial, path) for trial, path in missing)


def _run(recipe: Recipe, trial: tuple[str, Any, int], path: Path) -> Record:
    """One trial on one thread, saved before it is handed back."""
    name, config, seed = trial
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # else the collector walks over all of torch again and again
    begun = process_time()
    try:
        values, weights = recipe(config, seed)
    finally:
        gc.unfreeze()
        torch.set_num_threads(threads)
    record = Record(
        recipe=f"{recipe.__module__}:{recipe.__name__}",
        arm=name,
        seed=seed,
        config=repr(config),
        digest=code_digest(recipe, config),
        versions=versions(),
        machine=machine_class(),
        command=f"python -m recurse_lab run --profile full --seed {seed}",
        seconds=process_time() - begun,
        values=values,
        weights=weights,
    )
    record.save(path)
    return record


def _path(recipe: Recipe, trial: tuple[str, Any, int], cache: Path) -> Path:
    name, config, seed = trial
    made_by = (
        recipe.__module__,
        recipe.__name__,
        code_digest(recipe, config),
        repr(config),
        seed,
        versions(),
    )
    key = hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]
    return cache / f"{recipe.__module__.rsplit('.', 1)[-1]}-{name}-{seed}-{key}.json"
