"""Chapter 08: the search for rates, forms of DPO, and what share of the compute goes into them.

Run the search: `python -m recurse_lab.chapters.ch08_sharper_signals.rates`. It uses validation requests of seeds 100
and 101: what came near the best of its kind on seed 100 was tried again on seed 101.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recurse_lab.chapters.ch08_sharper_signals.budget import PASSES, TEACHING, WHOLE, left, steps_of
from recurse_lab.experiments.function_calls.arm import CallArm, Signal, Way, net, plan, way
from recurse_lab.experiments.function_calls.rates import SEEDS, validate
from recurse_lab.experiments.group_products.rates import score
from recurse_lab.records.replicate import Planned, Results, run_all
from recurse_lab.records.rerun import Recorded
from recurse_lab.records.store import write_checksums, write_reference


def _ways(signal: Signal, passes: int, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Way]:
    """Ways of one signal: name -> rate and options."""
    return {
        f"{name}, rate {options['rate']:g}": way(
            name,
            signal,
            options["rate"],
            passes,
            **{key: value for key, value in options.items() if key != "rate"},
        )
        for name, options in settings.items()
    }


def _at(rates: tuple[float, ...], **options: Any) -> list[dict[str, Any]]:
    return [{"rate": rate, **options} for rate in rates]


def _named(name: str, settings: list[dict[str, Any]], signal: Signal, passes: int) -> dict[str, Way]:
    return {key: one for setting in settings for key, one in _ways(signal, passes, {name: setting}).items()}


# Ways from the taught net, all at the same cost.
TUNED: dict[str, Way] = {
    **_named("demonstrations", _at((1e-3, 2e-3)), "demos", PASSES),
    **_named("right halves", _at((1e-3, 2e-3)), "right", PASSES),
    **_named("demonstrations and right halves", _at((1e-3, 2e-3)), "both", PASSES),
    **_named("DPO", _at((3e-6, 1e-5, 3e-5, 1e-4)), "pairs", PASSES),
    **_named("DPO, beta .5", _at((1e-5,), beta=0.5), "pairs", PASSES),
    **_named("DPO, teacher's twins", _at((1e-5, 1e-4), rejects="taught"), "pairs", PASSES),
    **_named("DPO, useless wrong halves", _at((1e-5, 1e-4), rejects="others"), "pairs", PASSES),
    **_named("DPO, guard 5", _at((1e-4,), guard=5.0), "pairs", PASSES),
    **_named("DPO, guard 50", _at((1e-4, 3e-4), guard=50.0), "pairs", PASSES),
    **_named("DPO, likelihood", _at((3e-4,), likelihood=1.0), "pairs", PASSES),
    **_named("DPO, likelihood 10", _at((3e-4, 1e-3), likelihood=10.0), "pairs", PASSES),
    **_named("IPO", _at((1e-5, 3e-5), form="squared"), "pairs", PASSES),
    **_named("DPO, replay 10", _at((1e-3,), repeat="both", weight=10.0), "pairs", PASSES),
    **_named("DPO, replay 100", _at((1e-3,), repeat="both", weight=100.0), "pairs", PASSES),
    **_named("DPO, two rounds", _at((1e-5,), rounds=2), "pairs", PASSES),
}


def _late(steps: int) -> dict[str, Way]:
    """Ways from a net that was taught by demonstrations and right halves, for what is left of the compute."""
    passes, name = left(steps), f"after {steps} steps"
    return {
        **_named(f"{name}, DPO", _at((1e-5, 3e-5)), "pairs", passes),
        **_named(f"{name}, DPO, teacher's twins", _at((1e-5, 3e-5), rejects="taught"), "pairs", passes),
        **_named(f"{name}, IPO", _at((1e-5,), form="squared"), "pairs", passes),
        **_named(f"{name}, DPO, guard 50", _at((1e-4,), guard=50.0), "pairs", passes),
    }


BARE = CallArm(label="taught", model=net(96), plan=plan(TEACHING, 2e-3))
ONCE = replace(BARE, whole=True, plan=plan(WHOLE, 2e-3))
EARLIER = (820, 950)  # steps before DPO begins

# What was close to the best of its kind, again on another seed.
AGAIN = (
    "demonstrations, rate 0.002",
    "right halves, rate 0.002",
    "demonstrations and right halves, rate 0.002",
    "DPO, rate 1e-05",
    "DPO, beta .5, rate 1e-05",
    "DPO, guard 50, rate 0.0001",
    "DPO, likelihood 10, rate 0.0003",
    "IPO, rate 3e-05",
)
# Beyond the edge of what was tried first.
BEYOND = {
    **_named("demonstrations and right halves", _at((3e-3,)), "both", PASSES),
    **_named("DPO, likelihood 100", _at((3e-4,), likelihood=100.0), "pairs", PASSES),
}
# Near the best form of all.
LAST = {
    **_named("after 950 steps, DPO, guard 50", _at((3e-4,), guard=50.0), "pairs", left(950)),
    **_named("after 950 steps, DPO, guard 15", _at((1e-4,), guard=15.0), "pairs", left(950)),
    **_named(
        "after 950 steps, DPO, teacher's twins, guard 50",
        _at((1e-4,), guard=50.0, rejects="taught"),
        "pairs",
        left(950),
    ),
}


def _rates(name: str, arm: CallArm, rates: tuple[float, ...]) -> dict[str, CallArm]:
    return {f"{name} at {rate:g}": replace(arm, plan=plan(arm.plan.steps, rate)) for rate in rates}


SEARCHED = {
    "tuned": replace(BARE, ways=TUNED),
    "beyond": replace(BARE, ways=BEYOND),
    "again": replace(BARE, ways={name: TUNED[name] for name in AGAIN}),
    **{f"late {steps}": replace(ONCE, plan=plan(steps, 2e-3), ways=_late(steps)) for steps in EARLIER},
    "last": replace(ONCE, plan=plan(950, 2e-3), ways=LAST),
    **_rates("taught", BARE, (1.4e-3, 3e-3)),
    **_rates("once", ONCE, (1.4e-3, 2e-3, 3e-3)),
    **_rates("four", replace(ONCE, model=net(192), plan=plan(steps_of(192), 2e-3)), (5e-4, 1e-3, 2e-3, 3e-3)),
    **_rates("sixteen", replace(ONCE, model=net(384), plan=plan(steps_of(384), 1e-3)), (5e-4, 1e-3, 2e-3)),
    **_rates("four_long", replace(ONCE, model=net(192), plan=plan(4 * steps_of(192), 1e-3)), (1e-3,)),
}
SEEDS_OF = {
    "again": SEEDS[1:],
    "late 950": SEEDS,
    "last": SEEDS,
}  # the others: the first seed alone, for their cost

RECORDED = (Recorded(trial=validate, arms=SEARCHED, metric=score),)


def search_all(cache: Path, folder: Path = Path("data"), jobs: int = 2) -> Path:
    """Search all settings, and write the records below `folder`."""
    seeds = {name: SEEDS_OF.get(name, SEEDS[:1]) for name in SEARCHED}
    planned = [Planned(validate, name, arm, seed) for name, arm in SEARCHED.items() for seed in seeds[name]]
    found: Results = {name: {} for name in SEARCHED}
    for record in run_all(planned, cache, jobs):
        found[record.arm][record.seed] = record
    path = write_reference(folder, validate, found)
    write_checksums(folder)
    return path


if __name__ == "__main__":
    search_all(Path("build/cache"))
