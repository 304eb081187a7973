"""Short trials of recorded arms, by whichever version of this package the process has imported.

Used by `equal_code`, which runs this file by the code in other folders too: it may only rely on what they have.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recurse_lab.records.digest import code_digest

STEPS = 60  # optimiser steps; a third of them from one validation to the next
SEED = 7


class Made(NamedTuple):
    """What a record says of the code that made it."""

    recipe: str  # module:function
    digest: str
    config: str


class Trial(NamedTuple):
    """What some code makes of a configuration: its own digest, its `repr`, and a hash of the outcome."""

    digest: str
    config: str
    outcome: str


def recipe_of(made: Made) -> Any:
    """The recipe's function."""
    module, _, name = made.recipe.partition(":")
    return getattr(import_module(module), name)


def rebuilt(made: Made) -> Any:
    """The configuration, from its `repr`: dataclasses of this package, tuples, dictionaries and plain values."""
    import_module(made.recipe.partition(":")[0])
    ours = [module for name, module in sys.modules.items() if name.startswith("recurse_lab.")]
    classes: dict[str, Any] = {
        name: value for module in ours for name, value in vars(module).items() if is_dataclass(value)
    }

    def build(node: Any) -> Any:
        if isinstance(node, ast.Call):
            return classes[ast.unparse(node.func)](
                **{str(word.arg): build(word.value) for word in node.keywords}
            )
        if isinstance(node, ast.Tuple):
            return tuple(map(build, node.elts))
        if isinstance(node, ast.Dict):
            return {build(key): build(value) for key, value in zip(node.keys, node.values, strict=True)}
        return ast.literal_eval(node)

    return build(ast.parse(made.config, mode="eval").body)


def shortened(config: Any) -> Any:
    """The same arm for a few steps, with validations if it has a plateau to wait for."""
    plan = getattr(config, "plan", None)
    steps = min(STEPS, (plan or config).steps)
    changes: dict[str, Any] = {"plan": replace(plan, steps=steps)} if plan else {"steps": steps}
    if plateau := getattr(config, "plateau", None):
        changes["plateau"] = replace(plateau, every=STEPS // 3, patience=STEPS)
    return replace(config, **changes)


def outcome(values: Mapping[str, Any], weights: Mapping[str, Tensor]) -> str:
    """A hash of all that was measured, times aside, and of every bit of the weights."""
    plain = {name: value for name, value in values.items() if not name.endswith("seconds")}
    found = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for name in sorted(weights):
        found.update(name.encode() + weights[name].numpy().tobytes())
    return found.hexdigest()


def run(kinds: Iterable[Made]) -> list[Trial]:
    """A short trial of each, on one thread."""
    torch.set_num_threads(1)
    found = []
    for made in kinds:
        recipe, config = recipe_of(made), rebuilt(made)
        ran = outcome(*recipe(shortened(config), SEED))
        found.append(Trial(code_digest(recipe, config), repr(config), ran))
    return found


if __name__ == "__main__":
    asked, answered = map(Path, sys.argv[1:])
    kinds = [Made(*made) for made in json.loads(asked.read_text(encoding="utf-8"))]
    answered.write_text(json.dumps(run(kinds)), encoding="utf-8")
