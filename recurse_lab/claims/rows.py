"""Several judgments as the rows of one table: statement, effect, margin, verdict."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recurse_lab.claims.verdict import MIMETYPE, Judgment


@dataclass(frozen=True)
class Rows:
    """Judgments that a notebook shows as one table, and the report collects one by one."""

    judgments: Sequence[Judgment]

    def __str__(self) -> str:
        return "\n".join(map(str, self.judgments))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        head = ("claim", "verdict", "effect [95 % interval]", "margin", "seeds", "test problems")
        cells = "".join(f"<th>{name}</th>" for name in head)
        table = f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(map(_row, self.judgments))}</tbody></table>"
        return {
            "text/plain": str(self),
            "text/html": f'<div class="claim">{table}</div>',
            MIMETYPE: [judgment.to_json() for judgment in self.judgments],
        }


def _row(judgment: Judgment) -> str:
    claim, effect = judgment.claim, judgment.effect
    word = judgment.verdict or "not judged"
    return (
        f"<tr><td>{html.escape(claim.statement)}{' (recorded runs)' if claim.recorded else ''}</td>"
        f'<td><span class="verdict {word.replace(" ", "-")}">{word}</span></td>'
        f"<td>{effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}]</td><td>{claim.margin:.2f}</td>"
        f"<td>{effect.seeds}</td><td>{claim.problems:,}</td></tr>"
    )
