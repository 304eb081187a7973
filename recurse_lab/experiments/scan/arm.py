"""The arms of an experiment on SCAN: a net, a split, what an episode tells, and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recurse_lab.experiments.scan.episodes import STUDY
from recurse_lab.models.encoder_decoder import EncoderDecoderConfig
from recurse_lab.models.gru_encoder_decoder import GRUEncoderDecoderConfig
from recurse_lab.tasks.scan import MOST_WORDS, Scan
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.optimizer import Plan

SMALL_LENGTH = Scan("length", small=True, longest=8)  # 3,952 commands of at most 8 actions; 704 of 9 to 12
SMALL_JUMP = Scan("jump", small=True)
LENGTH = Scan("length")  # at most 22 actions; 3,920 commands of 24 to 48
JUMP = Scan("jump")


@dataclass(frozen=True, kw_only=True)
class ScanArm:
    """A net and its training on one split; every seed draws its own weights, batches and test commands."""

    label: str
    model: EncoderDecoderConfig | GRUEncoderDecoderConfig
    plan: Plan
    task: Scan = SMALL_LENGTH
    episodes: bool = (
        False  # meta-learning: the four verbs mean something else in every problem, and it is told
    )
    batch: int = 128  # commands at each optimizer step, of similar length
    problems: int = 512  # test commands; each seed draws its own

    @property
    def objective(self) -> LastStep:
        """The actions after the last step are asked for, all at once (teacher forcing)."""
        return LastStep(steps=self.model.applications)


def plan(rate: float, steps: int) -> Plan:
    """The plan that all arms share: a tenth of the rate in the last 30 %; the training split needs a late decay."""
    return Plan(steps=steps, rate=rate, warmup=50, decay_last=0.3, weight_decay=0.01, betas=(0.9, 0.98))


def arm(label: str, rate: float, steps: int, task: Scan, episodes: bool = False, **model: Any) -> ScanArm:
    """A transformer with the options `model` of `EncoderDecoderConfig`."""
    words = MOST_WORDS + (STUDY if episodes else 0)
    symbols = 14 + (5 if episodes else 0)  # four meanings and a mark
    config = EncoderDecoderConfig(source=words, symbols=symbols, **model)
    return ScanArm(label=label, model=config, plan=plan(rate, steps), task=task, episodes=episodes)


def at_profile(arms: Mapping[str, ScanArm], profile: str) -> dict[str, ScanArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 8 steps and 16 test commands."""
    if profile != "smoke":
        return dict(arms)
    short = {name: replace(arm.plan, steps=8, warmup=2) for name, arm in arms.items()}
    return {name: replace(arm, plan=short[name], batch=32, problems=16) for name, arm in arms.items()}
