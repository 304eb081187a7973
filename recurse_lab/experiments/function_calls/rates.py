"""What the search for rates and forms measures: the share of validation requests done right after every way.

The search trains on seeds from 100 on, which no claim uses, as long as the arms are trained.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.function_calls.arm import CallArm
from recurse_lab.experiments.function_calls.problems import RIGHT, answers, asked, judged
from recurse_lab.experiments.function_calls.trial import train, tuned
from recurse_lab.models.mobile_llm import MobileLLM
from recurse_lab.tasks.function_calls_table import NOT_JSON

SEEDS = (100, 101)


def validate(arm: CallArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Teach one net and tune it in every way; the score is the share of validation requests done right."""
    model, run = train(arm, seed)
    nets, found, seconds = {"": model}, {"": shares(arm, model, seed)}, {}
    for name, way in arm.ways.items():
        one = tuned(arm, way, nets[way.after], seed)
        nets[name], seconds[name] = one.model, one.seconds
        found[name] = shares(arm, one.model, seed)
    values = {"ways": found, "score": max(one["exact"] for one in found.values()), "rate": arm.plan.rate}
    return values | {"train_seconds": run.seconds, "way_seconds": seconds}, {}


def shares(arm: CallArm, model: MobileLLM, seed: int) -> dict[str, float]:
    """Shares of the validation requests: done right, and answered with JSON at all."""
    problems = asked(arm, "validation", seed)
    words = [judged(tokens, one) for tokens, one in zip(answers(model, problems), problems, strict=True)]
    return {"exact": words.count(RIGHT) / len(words), "json": 1 - words.count(NOT_JSON) / len(words)}
