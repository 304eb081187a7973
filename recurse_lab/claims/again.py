"""Judge claims again on seeds that their committed words have not seen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recurse_lab.claims.tested import Tested
from recurse_lab.claims.verdict import Judgment
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import replicate

Committed = Mapping[str, Mapping[str, Any]]  # claim id -> what a notebook's output says of it


@dataclass(frozen=True, kw_only=True)
class Again:
    """A claim's committed word beside its judgment on other seeds."""

    committed: str | None  # None: no notebook holds a word for it
    judgment: Judgment

    @property
    def same(self) -> bool:
        """Whether both words are the same; a claim without a committed word differs."""
        return self.committed == self.judgment.verdict

    def to_json(self) -> dict[str, Any]:
        """Plain data: the judgment's, the committed word, and whether both agree."""
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
    """Train and judge each claim on as many other seeds, from `first` on; one that needs a finished run takes it.

    Cost: that of all training runs of the claims, those on recorded runs included.

    Args:
        tested: the claims.
        committed: what the committed notebooks say of them.
        first: the first of the other seeds.
        cache: folder of finished training runs.
        jobs: training processes at a time.
        finished: called with each run's record as it comes.

    Raises:
        ValueError: some of the seeds are those of a committed word, or as `replicate` says.
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
