"""Golden files: weights, inputs and every number that an official implementation computed from them.

`NAME.npz` holds the arrays under the official names; `NAME.json` beside it holds the configuration. This
module reads both and builds our model with those weights. `recompute.py` computes the numbers again, and
`compact.py` makes and reads the small form.
"""

import json
import math
import reprlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recurse_lab.models.hrm import HRM, HRMConfig
from recurse_lab.models.trm import TRM, TRMConfig
from recurse_lab.parity.compact import draw_weights

# part of an official name -> part of our name; the official networks are L (refines z) and H (refines y)
NAMES = (
    ("embed_tokens.embedding_weight", "embed.weight"),
    ("embed_pos.embedding_weight", "places.weight"),
    ("q_head.", "halt."),
    ("lm_head.weight", "head.weight"),
    ("puzzle_emb.weights", "puzzles.weight"),
    ("H_init", "y_init"),
    ("L_init", "z_init"),
    ("L_level.layers.", "nets.0.blocks."),
    ("H_level.layers.", "nets.1.blocks."),
    ("self_attn.qkv_proj", "attention.qkv"),
    ("self_attn.o_proj", "attention.out"),
    ("mlp_t.gate_up_proj", "tokens.gate_up"),
    ("mlp_t.down_proj", "tokens.down"),
    ("mlp.gate_up_proj", "mlp.gate_up"),
    ("mlp.down_proj", "mlp.down"),
)

FIXED = {"forward_dtype": "float32", "rms_norm_eps": 1e-5, "rope_theta": 10_000.0}
NEEDED = ("seq_len", "vocab_size", "H_cycles", "L_cycles", "L_layers", "hidden_size", "num_heads")
COUNTS = {  # whole numbers of the configuration -> the least allowed value
    **dict.fromkeys((*NEEDED, "num_puzzle_identifiers", "halt_max_steps"), 1),
    **dict.fromkeys(("H_layers", "puzzle_emb_ndim", "puzzle_emb_len"), 0),
}

# errors of reading a damaged archive; RuntimeError if it looks encrypted or of another version
DAMAGED = (ValueError, OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
SEEDS = 2**32  # number of seeds of NumPy's stream


@dataclass(frozen=True)
class Golden:
    """One golden file with its JSON."""

    path: Path
    told: dict[str, Any]  # the JSON
    arrays: dict[str, np.ndarray]

    @property
    def config(self) -> dict[str, Any]:
        """The official configuration."""
        return self.told["config"]

    def weights(self, prefix: str) -> dict[str, np.ndarray]:
        """Weights whose names begin with `prefix`, under their official names without it."""
        return {name[len(prefix) :]: value for name, value in self.arrays.items() if name.startswith(prefix)}


def read_golden(path: Path) -> Golden:
    """Read a golden file and the JSON beside it.

    Raises:
        ValueError: either is missing or broken; the message is one line.
    """
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise ValueError(f"{path}: its configuration {beside.name} is missing; it must lie beside the file")
    try:
        told = json.loads(beside.read_text(encoding="utf-8"))
        if not isinstance(told["config"], dict):
            raise TypeError("the configuration names no values")
        missing = [key for key in NEEDED if key not in told["config"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{beside}: not the JSON of a golden file ({type(error).__name__})") from error
    if missing:
        raise ValueError(f"{beside}: the configuration does not say {', '.join(missing)}")
    check_numbers(beside, told["config"])
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except DAMAGED as error:
        raise ValueError(f"{path}: not a whole npz file ({type(error).__name__})") from error
    return Golden(path, told, drawn(path, arrays, told))


def check_numbers(beside: Path, config: dict[str, Any]) -> None:
    """Check the counts and the expansion of a configuration.

    Raises:
        ValueError: no net can have one of them.
    """
    for key, least in COUNTS.items():
        if type(value := config.get(key, least)) is not int or value < least:
            raise ValueError(
                f"{beside}: {key} must be a whole number from {least} on, not {reprlib.repr(value)}"
            )
    expansion = config.get("expansion", 4)
    if type(expansion) not in (int, float) or not 0 < expansion < math.inf:
        raise ValueError(f"{beside}: expansion must be a number above 0, not {reprlib.repr(expansion)}")


def drawn(path: Path, arrays: dict[str, np.ndarray], told: dict[str, Any]) -> dict[str, np.ndarray]:
    """All arrays; the weights of a small file are drawn again from the seed in its JSON.

    Raises:
        ValueError: the seed is missing or impossible, or the weights cannot be drawn.
    """
    if any(name.startswith("drawn/") for name in arrays):
        beside, small = path.with_suffix(".json"), told.get("compact")
        if not isinstance(small, dict) or "seed" not in small:
            raise ValueError(f"{beside}: compact does not say the seed that the weights are drawn with")
        if type(seed := small["seed"]) is not int or not 0 <= seed < SEEDS:
            raise ValueError(
                f"{beside}: the seed must be a whole number from 0 to {SEEDS - 1}, not {reprlib.repr(seed)}"
            )
    try:
        return draw_weights(arrays, told)
    except (ValueError, TypeError, LookupError, MemoryError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"{path}: its weights cannot be drawn again, {reason}") from error


def model_config(golden: Golden) -> TRMConfig:
    """Our configuration for the official one of a golden file.

    Raises:
        ValueError: a setting differs from the only one that can be compared.
    """
    config = golden.config
    for key, value in FIXED.items():
        if config.get(key, value) != value:
            raise ValueError(f"{golden.path}: {key} is {config[key]}; only {value} can be compared")
    row = config.get("puzzle_emb_ndim", 0)
    positions = config.get("pos_encodings", "rope")
    attention = "rotary" if positions == "rope" else "attention"
    two_nets = bool(config.get("H_layers"))
    options: dict[str, Any] = {
        "symbols": config["vocab_size"],
        "classes": config["vocab_size"],
        "cells": config["seq_len"],
        "width": config["hidden_size"],
        "heads": config["num_heads"],
        "layers": (config["L_layers"], config["H_layers"]) if two_nets else (config["L_layers"],),
        "refinements": config["L_cycles"],
        "mixer": "tokens" if config.get("mlp_t") else attention,
        "learned_positions": positions == "learned",
        "prefix": config.get("puzzle_emb_len") or -(-row // config["hidden_size"]),
        "puzzles": config["num_puzzle_identifiers"] if row else 0,
        "puzzle_width": row or None,
        "expansion": float(config.get("expansion", 4)),
    }
    if two_nets:
        return HRMConfig(**options)
    return TRMConfig(**options, latents=2 if any("H_init" in name for name in golden.arrays) else 1)


def load_model(golden: Golden, config: TRMConfig, weights: dict[str, np.ndarray]) -> TRM:
    """A model of `config` with weights under official names.

    Raises:
        ValueError: a tensor is missing, unknown or of another shape; the message names the first.
    """
    with torch.random.fork_rng(devices=[]):
        model = HRM(config) if isinstance(config, HRMConfig) else TRM(config)
    wanted = {official_name(name): value for name, value in model.state_dict().items()}
    if config.latents == 1:
        wanted.pop("H_init")
    for name in [*wanted, *weights]:
        told, found = (tuple(part[name].shape) if name in part else "absent" for part in (wanted, weights))
        if told != found:
            raise ValueError(f"{golden.path}: {name} is {found} in the file, but {told} by its configuration")
    model.load_state_dict({our_name(name): torch.from_numpy(w) for name, w in weights.items()}, strict=False)
    return model


def our_name(official: str) -> str:
    """Our name of a tensor with an official name."""
    for theirs, ours in NAMES:
        official = official.replace(theirs, ours)
    return official


def official_name(ours: str) -> str:
    """The official name of a tensor with our name."""
    for theirs, own in reversed(NAMES):
        ours = ours.replace(own, theirs)
    return ours
