"""The origin of recorded runs in one sentence: machines, versions, commits, and the results of re-runs."""

from collections import Counter
from collections.abc import Sequence

from recurse_lab.records.record import Record
from recurse_lab.records.reruns import Rerun, mark

NAMED = 3  # number of commits that a sentence names, those with the most runs first


def note(records: Sequence[Record], earlier: Sequence[Record], again: Sequence[Rerun], digest: str) -> str:
    """The line under recorded runs in a notebook, as Markdown.

    Args:
        records: the recorded runs.
        earlier: those of `records` that earlier code or an earlier configuration made.
        again: re-runs of these and other records.
        digest: digest of the present code.
    """
    machines = "; ".join(sorted({record.machine for record in records}))
    torch = ", ".join(sorted({record.versions["torch"] for record in records}))
    head = f"*Recorded*: {_runs(len(records))} of the full profile ({machines}; torch {torch})"
    last = run_again(records, again, digest)
    return f"{head}, {made_by(records, earlier)}. {last[0].upper()}{last[1:]}."


def made_by(records: Sequence[Record], earlier: Sequence[Record]) -> str:
    """The code that made the records: the present one, or its commits."""
    if not earlier:
        return "made by the present code"
    made = commits(earlier)
    fresh = len(records) - len(earlier)
    return f"{fresh} made by the present code, {len(earlier)} {made}" if fresh else f"made {made}"


def commits(records: Sequence[Record]) -> str:
    """The commits at which the records were made, and the number of records of each."""
    of_commit = Counter(record.commit for record in records).most_common()
    if len(of_commit) == 1:
        return f"at commit {of_commit[0][0]}"
    named = ", ".join(f"{name}: {_runs(number)}" for name, number in of_commit[:NAMED])
    more = f", {len(of_commit) - NAMED} more" if len(of_commit) > NAMED else ""
    return f"at {len(of_commit)} commits ({named}{more})"


def run_again(records: Sequence[Record], again: Sequence[Rerun], digest: str) -> str:
    """The number of these records that were run again, by which code, and the number that agree."""
    marks = {mark(record) for record in records}
    ours = [one for one in again if one.record in marks]
    present = [one for one in ours if one.digest == digest]
    parts = [f"re-run by the present code: {_agree(present)}"] if present else []
    if former := [one for one in ours if one.digest != digest]:
        names = ", ".join(sorted({one.commit for one in former}))
        parts.append(f"re-run at commit {names}: {_agree(former)}")
    return "; ".join(parts) or "none re-run yet"


def _agree(again: Sequence[Rerun]) -> str:
    words = Counter(one.word for one in again if one.agrees)
    kinds = f" ({', '.join(f'{number} {word}' for word, number in sorted(words.items()))})" if words else ""
    differ = [f"{one.arm}, seed {one.seed}, differs by {one.by:+.3f}" for one in again if not one.agrees]
    return "; ".join([f"{words.total()} of {len(again)} agree{kinds}", *differ])


def _runs(number: int) -> str:
    return f"{number} run" if number == 1 else f"{number} runs"
