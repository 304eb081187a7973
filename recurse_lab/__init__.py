"""recurse_lab: small recursive, looped and deep-thin models, and tools to train, inspect and judge them.

Every model is a recurrence, and only `think` iterates it. Read `recurse_lab/recurrence.py` first.

- **Think**: `think`, `settle`, `equilibrium`, `Thought`, `Recurrence`, `Refined`.
- **Train**: `fit` (or `training`, step by step) with a `Plan`, a source (`Curriculum`, `Pool`, `InTurn`) and
  an objective (`LastStep`, `EveryStep`, `Progressive`, `AtEquilibrium`, `DeepSupervision`,
  `HaltingSupervision`); `seeded` builds models reproducibly, and `fused` computes heavy blocks faster. `best_first`
  selects which of its own answers a model learns from.
- **Models and tasks**: `DeepThinking`, `LoopedTransformer`, `TRM`, `HRM` (their state: `Latents`), `FeedForward`,
  `LearnedStep`; numerical methods as models (`GradientDescent`, `Jacobi`, `NewtonRoot`, `PowerIteration`,
  `DualAscent`), and `PreconditionedDescent`; `PrefixSums`, `Mazes`, `Sudoku`, `LinearSystems`; `Batch`; `Classes`
  or `Numbers` judge outputs.
- **Measure**: `trace`, `accuracy_grid`, `eigenvalues`, `spectral_radius`, `parameters`.
- **Judge**: `Claim`, `arm_results`, `judge`, `Rows`, `paired_effect`, `verdict_of`; `replicate` runs arms over seeds.
"""

from recurse_lab.claims.arms import ArmResult, arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.rows import Rows
from recurse_lab.claims.verdict import judge, verdict_of
from recurse_lab.equilibrium import equilibrium
from recurse_lab.kernels import fused
from recurse_lab.measure.behavior import accuracy_grid
from recurse_lab.measure.cost import parameters
from recurse_lab.measure.jacobian import eigenvalues, spectral_radius
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.measure.statistics import paired_effect
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.models.dual_ascent import DualAscent
from recurse_lab.models.feed_forward import FeedForward, FeedForwardConfig
from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.learned_step import LearnedStep, LearnedStepConfig
from recurse_lab.models.looped_transformer import LoopedTransformer, LoopedTransformerConfig
from recurse_lab.models.numerical import GradientDescent, Jacobi, NewtonRoot, PowerIteration
from recurse_lab.models.preconditioned import PreconditionedDescent
from recurse_lab.models.trm import TRM, Latents, TRMConfig
from recurse_lab.records.replicate import replicate
from recurse_lab.recurrence import Recurrence, Refined, Thought, settle, think
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import Classes, Numbers
from recurse_lab.tasks.linear_systems import LinearSystems
from recurse_lab.tasks.mazes import Mazes
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.train.loop import Run, Step, fit, seeded, training
from recurse_lab.train.objectives.at_equilibrium import AtEquilibrium
from recurse_lab.train.objectives.deep_supervision import DeepSupervision
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.progressive import Progressive
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.rounds import best_first
from recurse_lab.train.sources import Curriculum, InTurn, Pool

__all__ = [
    "HRM",
    "TRM",
    "ArmResult",
    "AtEquilibrium",
    "Batch",
    "Claim",
    "Classes",
    "Curriculum",
    "DeepSupervision",
    "DeepThinking",
    "DeepThinkingConfig",
    "DualAscent",
    "EveryStep",
    "FeedForward",
    "FeedForwardConfig",
    "GradientDescent",
    "HRMConfig",
    "HaltingSupervision",
    "InTurn",
    "Jacobi",
    "LastStep",
    "Latents",
    "LearnedStep",
    "LearnedStepConfig",
    "LinearSystems",
    "LoopedTransformer",
    "LoopedTransformerConfig",
    "Mazes",
    "NewtonRoot",
    "Numbers",
    "Plan",
    "Pool",
    "PowerIteration",
    "PreconditionedDescent",
    "PrefixSums",
    "Progressive",
    "Recurrence",
    "Refined",
    "Rows",
    "Run",
    "Step",
    "Sudoku",
    "TRMConfig",
    "Thought",
    "Trace",
    "accuracy_grid",
    "arm_results",
    "best_first",
    "eigenvalues",
    "equilibrium",
    "fit",
    "fused",
    "judge",
    "paired_effect",
    "parameters",
    "replicate",
    "seeded",
    "settle",
    "spectral_radius",
    "think",
    "trace",
    "training",
    "verdict_of",
]
__version__ = "0.2.0"
