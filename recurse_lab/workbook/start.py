"""The first line of every notebook: `lab = start("02", profile=profile, seed=seed, jobs=jobs)`."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from math import isqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import plotly.io
import torch
from IPython.display import HTML, Markdown
from ipywidgets import IntSlider
from plotly.graph_objects import Figure
from tqdm.auto import tqdm

from recurse_lab.explore import Example, Explorer, Live
from recurse_lab.measure.latents import Trace
from recurse_lab.records.lifeline import end_with_caller
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results, Trial, replicate
from recurse_lab.records.store import (
    Reference,
    read_reference,
    write_checksums,
    write_reference,
    write_weights,
)
from recurse_lab.tasks.base import Batch
from recurse_lab.train.loop import Step
from recurse_lab.workbook.editions import solution
from recurse_lab.workbook.parameters import check_parameters
from recurse_lab.workbook.shown import comparison_table, source_of, table

ROOT = Path(__file__).parents[2]
SEEDS = {"smoke": 2, "quick": 5, "full": 10}  # number of seeds of every claim
QUIET = "RECURSE_LAB_QUIET"  # environment variable: hides progress bars while notebooks are executed
CACHE = "RECURSE_LAB_CACHE"  # environment variable: folder of finished trials


def start(chapter: str, *, profile: str, seed: int, jobs: int) -> "Lab":
    """Check the parameters, set up torch and plotly, and return the chapter's `Lab`."""
    check_parameters(profile=profile, seed=seed, jobs=jobs)
    end_with_caller()
    torch.set_num_threads(1)  # small nets do not gain from a second thread, and seeds run in parallel
    plotly.io.renderers.default = "plotly_mimetype"  # 7 KB a figure; JupyterLab and the report draw it
    return Lab(chapter=chapter, profile=profile, seed=seed, jobs=jobs)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One run of one chapter: its profile and seeds, and methods to train, record and show."""

    chapter: str
    profile: str
    seed: int
    jobs: int
    begun: float = field(default_factory=perf_counter)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of every claim."""
        return tuple(range(self.seed, self.seed + SEEDS[self.profile]))

    @property
    def judged(self) -> bool:
        """Whether claims get verdicts; False in the smoke profile."""
        return self.profile != "smoke"

    @property
    def data(self) -> Path:
        """Folder of the reference records."""
        return ROOT / "data"

    @property
    def cache(self) -> Path:
        """Folder of finished trials; an interrupted run continues from it."""
        return Path(os.environ.get(CACHE, ROOT / "build" / "cache"))

    def replicate(self, trial: Trial, arms: Mapping[str, Any], most: int | None = None) -> Results:
        """Train every arm on every seed, with a progress bar; the full profile also writes the reference records.

        Args:
            most: largest number of seeds to run; all of them if None.
        """
        seeds = self.seeds[:most]
        with self._bar(len(arms) * len(seeds), "training runs") as bar:

            def finished(record: Record) -> None:
                bar.set_postfix_str(f"{record.arm}, seed {record.seed}: {record.seconds:.0f} CPU-s")
                bar.update()

            found = replicate(trial, arms, seeds, cache=self.cache, jobs=self.jobs, finished=finished)
        if self.profile == "full":
            write_reference(self.data, trial, found)
            write_checksums(self.data)
        return found

    def recorded(
        self, trial: Trial, arms: Mapping[str, Any], *, seeds: int = 5, keep: str | None = None
    ) -> Reference:
        """Read recorded runs of arms from data/records; the full profile first trains and writes them.

        Args:
            seeds: number of seeds in the full profile.
            keep: arm whose weights on the first seed are written to data/weights, for notebooks to load.
        """
        if self.profile == "full":
            found = self.replicate(trial, arms, seeds)
            if keep:
                write_weights(self.data, found[keep][self.seed])
                write_checksums(self.data)
        return read_reference(self.data, trial, arms)

    def watch(self, total: int, label: str) -> Callable[[Step], None]:
        """A progress bar for `fit(..., after=...)` with loss, accuracy and time left."""
        bar = self._bar(total, label)

        def after(step: Step) -> None:
            bar.set_postfix_str(f"loss {step.loss:.3f}, {step.accuracy:.0%} of cells right", refresh=False)
            bar.update()
            if step.number + 1 == total:
                bar.close()

        return after

    def source(self, *objects: Any) -> Markdown:
        """Source of functions or classes of the library, as Markdown."""
        code = "\n\n\n".join(source_of(thing) for thing in objects)
        return Markdown(f"```python\n{code}\n```")

    def solution(self, exercise: int) -> Markdown:
        """The solved cell of an exercise; exercises count from 1 in the order of their cells."""
        return Markdown(f"```python\n{solution(ROOT / 'notebooks', self.chapter, exercise)}\n```")

    def explore(self, cases: Mapping[str, tuple[Batch, Trace]], kind: str = "cells") -> Explorer:
        """A figure with a slider and live widgets under it, for the first problem of each case.

        Args:
            kind: form of the inputs: "cells", a row of bits or a maze; "sudoku", a square board in one row.
        """
        if kind not in EXAMPLES:
            raise ValueError(f"kind must be one of {', '.join(EXAMPLES)}, not {kind!r}")
        return Explorer({name: EXAMPLES[kind](batch, seen) for name, (batch, seen) in cases.items()})

    def live(self, figure: Figure, redraw: Callable[..., Figure], **ranges: tuple[int, int, int]) -> Live:
        """A figure, and under it sliders (first, last, begin) that redraw it while a kernel runs."""
        controls = {
            name: IntSlider(min=first, max=last, value=begin, description=name)
            for name, (first, last, begin) in ranges.items()
        }
        return Live(figure, redraw, controls)

    def compare(self, happened: Mapping[str, tuple[Any, Any]]) -> HTML:
        """A table of the reader's predictions beside the results."""
        return HTML(comparison_table(happened))

    def table(self, rows: Mapping[str, Mapping[str, Any]]) -> HTML:
        """A table of row name -> column name -> value."""
        return HTML(table(rows))

    def say(self, text: str) -> Markdown:
        """A sentence of the chapter whose numbers this run has computed."""
        return Markdown(text)

    def elapsed(self) -> Markdown:
        """The chapter's run time so far."""
        seconds = perf_counter() - self.begun
        return Markdown(
            f"This chapter took **{seconds:.0f} s** ({self.profile} profile, {self.jobs} processes)."
        )

    def _bar(self, total: int, label: str) -> Any:
        return tqdm(total=total, desc=label, disable=bool(os.environ.get(QUIET)))

    def _repr_markdown_(self) -> str:
        last = f" to {self.seeds[-1]}" if len(self.seeds) > 1 else ""
        made = f"torch {version('torch')}, Python {platform.python_version()}"
        warning = (
            "" if self.judged else " **Smoke runs check that every line works; their numbers mean nothing.**"
        )
        return f"Chapter {self.chapter}, profile **{self.profile}**, seeds {self.seeds[0]}{last}; {made}.{warning}"


def _cells(batch: Batch, seen: Trace) -> Example:
    inputs, targets = (part[0].numpy() for part in batch)
    maze = inputs if inputs.ndim == 2 else None
    return Example(answers=seen.answers[:, 0], targets=targets, residual=seen.residual[:, 0], maze=maze)


def _sudoku(batch: Batch, seen: Trace) -> Example:
    if batch.inputs.ndim != 2 or (side := isqrt(batch.inputs.shape[1])) ** 2 != batch.inputs.shape[1]:
        raise ValueError(f"a Sudoku has 16, 36 or 81 cells in a row, not {tuple(batch.inputs.shape)}")
    board, thoughts = (side, side), (-1, side, side)
    return Example(
        answers=seen.answers[:, 0].reshape(thoughts),
        targets=batch.targets[0].numpy().reshape(board),
        residual=seen.residual[:, 0],
        givens=batch.inputs[0].numpy().reshape(board),
        confidence=seen.confidence[:, 0].reshape(thoughts),
    )


EXAMPLES: dict[str, Callable[[Batch, Trace], Example]] = {"cells": _cells, "sudoku": _sudoku}
