"""A verdict as an HTML card."""

import html
from collections.abc import Sequence

from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.measure.statistics import Effect


def card(claim: Claim, arms: Sequence[ArmResult], effect: Effect, verdict: str | None) -> str:
    """The claim as an HTML card: statement, verdict (None: not judged), effect, and a table of the arms."""
    rows = "".join(
        f"<tr><td>{html.escape(arm.label)}{' (recorded)' if arm.recorded else ''}</td><td>{arm.params:,}</td>"
        f"<td>{arm.train_flops:.1e}</td><td>{arm.infer_flops:.1e}</td><td>{arm.seconds:.0f}</td>"
        f"<td>{' '.join(f'{value:.2f}' for value in arm.values.values())}</td></tr>"
        for arm in arms
    )
    word = verdict or "not judged"
    return (
        f'<div class="claim"><p><strong>{html.escape(claim.statement)}</strong></p>'
        f'<p><span class="verdict {word.replace(" ", "-")}">{word}</span> '
        f"effect {effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}], margin {claim.margin:.2f}, "
        f"{effect.seeds} seeds, {claim.problems} test problems{', recorded runs' if claim.recorded else ''}. "
        f"Metric: {html.escape(claim.metric)}.</p>"
        f"<table><thead><tr><th>arm</th><th>parameters</th><th>training FLOPs</th>"
        f"<th>FLOPs per answer</th><th>CPU-s a seed</th><th>value, seed by seed</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<p>Source: {html.escape(claim.source)} Published: {html.escape(claim.published)}</p></div>"
    )
