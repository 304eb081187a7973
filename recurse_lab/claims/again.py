"""Judge claims again on new seeds, none of which the committed verdicts rest on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recurse_lab.claims.tested import Tested
from recurse_lab.claims.verdict import Judgment
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import replicate

Committed = Mapping[str, Mapping[str, Any]]  # claim id -> the claim's JSON in a notebook's output


@dataclass(frozen=True, kw_only=True)
class Again:
    """A claim's committed verdict beside its judgment on other seeds."""

    committed: str | None  # verdict; None: no notebook holds one
    judgment: Judgment

    @property
    def same(self) -> bool:
        """Whether both verdicts are the same; a claim without a committed verdict differs."""
        return self.committed == self.judgment.verdict

    def to_json(self) -> dict[str, Any]:
        """Plain data: the judgment, the committed verdict, and whether both agree."""
        return self.judgment.to_json() | {"committed": self.committed, "same": self.same}

    def __str__(self) -> str:
        told = "same" if self.same else "DIFFERS"
        return f"{told}: committed {self.committed or 'not committed'}; now {self.judgment}"


def judge_again(
    tested: Sequence[Tested],
    committed: Committed,
    first: int,
    *,
    cache: Path,
    jobs: int = 1,
    finished: Callable[[Record], None] | None = None,
) -> Iterator[Again]:
    """Train the arms of each claim on as many other seeds, from `first` on, and judge it; finished runs are reused.

    Cost: all training runs of all claims. Claims on recorded runs are trained anew too.

    Args:
        tested: the claims.
        committed: the claims' JSON in the committed notebooks.
        first: the first of the other seeds.
        cache: folder of finished training runs.
        jobs: number of training processes at a time.
        finished: called with the record of each run when it is there.

    Raises:
        ValueError: a committed verdict rests on some of these seeds, or `replicate` refuses its arguments.
        RecordError: a record of the cache cannot be read.
    """
    for one in tested:
        _refuse_seen(one, committed.get(one.claim.id, {}), first)
    for one in tested:
        seeds = range(first, first + one.seeds)
        results = replicate(one.trial, one.arms, seeds, cache=cache, jobs=jobs, finished=finished)
        yield Again(committed=committed.get(one.claim.id, {}).get("verdict"), judgment=one.judge(results))


def _refuse_seen(one: Tested, committed: Mapping[str, Any], first: int) -> None:
    used = committed.get("seeds", ())
    if seen := sorted({*used} & {*range(first, first + one.seeds)}):
        noun = "seeds" if len(seen) > 1 else "seed"
        raise ValueError(
            f"claim {one.claim.id}: its committed word rests on {noun} {', '.join(map(str, seen))}; "
            f"choose a first seed from {max(used) + 1} on"
        )
