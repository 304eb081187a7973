"""The published algorithm again, as plain functions over a dictionary of weights under official names.

This module uses nothing from the library, so tests can compare models, losses and the parity command with it.
"""

import json
import math

import numpy as np
import torch
import torch.nn.functional as F


def rms(h):
    return h / (h.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()


def swiglu(w, name, h):
    gate, up = (h @ w[f"{name}.gate_up_proj.weight"].T).chunk(2, -1)
    return (gate * gate.sigmoid() * up) @ w[f"{name}.down_proj.weight"].T


def attention(w, name, h, heads, rope):
    B, C, D = h.shape
    q, k, v = (
        (h @ part.T).view(B, C, heads, -1).transpose(1, 2) for part in w[f"{name}.qkv_proj.weight"].chunk(3)
    )
    if rope:
        K = D // heads
        angle = torch.arange(C)[:, None] / 10_000 ** (torch.arange(K // 2) * 2 / K)
        turn = torch.polar(torch.ones(()), angle.float())

        def turned(x):  # pairs (i, i + K/2) are complex numbers
            pairs = torch.complex(x[..., : K // 2].contiguous(), x[..., K // 2 :].contiguous()) * turn
            return torch.cat((pairs.real, pairs.imag), -1)

        q, k = turned(q), turned(k)
    mixed = (q @ k.mT / math.sqrt(D // heads)).softmax(-1) @ v
    return mixed.transpose(1, 2).reshape(B, C, D) @ w[f"{name}.o_proj.weight"].T


def net(w, role, h, config):
    for number in range(config[f"{role}_layers"]):
        name = f"{role}_level.layers.{number}"
        if config.get("mlp_t"):
            h = rms(h.mT + swiglu(w, f"{name}.mlp_t", h.mT)).mT
        else:
            rope = config["pos_encodings"] == "rope"
            h = rms(h + attention(w, f"{name}.self_attn", h, config["num_heads"], rope))
        h = rms(h + swiglu(w, f"{name}.mlp", h))
    return h


def embed(w, config, tokens, rows):
    x, P, D = w["embed_tokens.embedding_weight"][tokens], prefix(config), config["hidden_size"]
    if P:
        front = torch.zeros(len(tokens), P * D)
        front[:, : rows.shape[1]] = rows
        x = torch.cat((front.view(-1, P, D), x), 1)
    if config["pos_encodings"] == "learned":
        x = (x + w["embed_pos.embedding_weight"]) / math.sqrt(2)
    return math.sqrt(D) * x


def prefix(config):
    return config.get("puzzle_emb_len") or -(-config["puzzle_emb_ndim"] // config["hidden_size"])


def think(w, config, x, y, z):
    """All latents of one supervision step as (name, value); y is None if there is only one latent."""
    hrm, T, n = bool(config["H_layers"]), config["H_cycles"], config["L_cycles"]
    for cycle in range(T):
        for i in range(n):
            with torch.set_grad_enabled(cycle == T - 1 and (not hrm or i == n - 1)):
                z = net(w, "L", z + (x if y is None else y + x), config)
            yield f"cycle{cycle}/z_L{i}", z
        with torch.set_grad_enabled(cycle == T - 1):
            new = net(w, "H" if hrm else "L", z if y is None else y + z, config)
        y, z = (None, new) if y is None else (new, z)
        yield f"cycle{cycle}/z_H", new


def judge(w, config, y, labels):
    """Logits, halting and losses of an answer."""
    logits = y[:, prefix(config) :] @ w["lm_head.weight"].T
    q = y[:, 0] @ w["q_head.weight"].T + w["q_head.bias"]
    v, counts = logits.double(), labels != -100
    s = torch.where(v < 0, 1 / (1 - v.clamp(max=0)), 1 + v)
    p = (s / s.sum(-1, keepdim=True)).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    right = ((logits.argmax(-1) == labels) | ~counts).all(1).float()
    lm = ((-p.log() * counts).sum(1) / counts.sum(1)).sum()
    halt = F.binary_cross_entropy_with_logits(q[:, 0], right, reduction="sum")
    found = {
        "logits": logits,
        "q_halt": q[:, 0],
        "q_continue": q[:, 1],
        "lm_loss_sum": lm,
        "q_halt_loss_sum": halt,
    }
    return found | {"loss": (lm + 0.5 * halt) / len(labels)}


def first(w, x):
    return (w["H_init"].expand_as(x) if "H_init" in w else None), w["L_init"].expand_as(x)


def supervise(w, config, tokens, labels, ids, steps):
    """Every number of some supervision steps about one batch, under its name in golden files."""
    w = {
        name: value.clone().requires_grad_("init" not in name and "puzzle" not in name)
        for name, value in w.items()
    }
    rows = w["puzzle_emb.weights"][ids].clone().requires_grad_() if prefix(config) else None
    found, carry = {}, None
    for step in range(steps):
        x = embed(w, config, tokens, rows)
        found.setdefault("out/x_embedding", x)
        y, z = carry or first(w, x)
        for name, value in think(w, config, x, y, z):
            found[f"step{step}/{name}"] = value
        n, last = config["L_cycles"], f"step{step}/cycle{config['H_cycles'] - 1}"
        answer = found[f"{last}/z_H"]
        z = answer if y is None else found[f"{last}/z_L{n - 1}"]
        carry = (None if y is None else answer.detach()), z.detach()
        judged = (
            judge(w, config, answer, labels) | {"carry_z_L": z} | ({} if y is None else {"carry_z_H": answer})
        )
        found |= {f"step{step}/{name}": value for name, value in judged.items()}
        leaves = {name: value for name, value in w.items() if value.requires_grad}
        leaves |= {} if rows is None else {"puzzle_emb.local_weights": rows}
        gradients = torch.autograd.grad(judged["loss"], list(leaves.values()))
        found |= {f"step{step}/grad/{name}": value for name, value in zip(leaves, gradients, strict=True)}
    return found


def train(w, config, told, batches):
    """Some optimizer steps with carried slots: AdamW, SignSGD for the table, and the slow average."""
    table, mu = w["puzzle_emb.weights"].clone(), told["ema"]
    fixed = {name: value for name, value in w.items() if "init" in name}
    own = {n: v.clone().requires_grad_() for n, v in w.items() if n not in fixed and "puzzle" not in n}
    slow = {name: value.detach().clone() for name, value in own.items()}
    adam = torch.optim.AdamW(own.values(), **told["optimizer"]["AdamW"])
    sign, halted, found = told["optimizer"]["puzzle_emb_signSGD"], None, {}
    for step, (fresh_tokens, fresh_labels, fresh_ids) in enumerate(batches):
        if halted is None:
            halted, age = torch.ones(len(fresh_ids), dtype=torch.bool), torch.zeros(len(fresh_ids))
            tokens, labels, ids, state = fresh_tokens, fresh_labels, fresh_ids, None
        tokens, labels = (
            torch.where(halted[:, None], a, b) for a, b in ((fresh_tokens, tokens), (fresh_labels, labels))
        )
        ids, age = torch.where(halted, fresh_ids, ids), torch.where(halted, 0, age) + 1
        rows = table[ids].clone().requires_grad_()
        x = embed(own, config, tokens, rows)
        begun = first(fixed, x)
        y, z = (torch.where(halted[:, None, None], a, b) for a, b in zip(begun, state or begun, strict=True))
        *_, (_, z), (_, y) = think(own, config, x, y, z)
        state, judged = (y.detach(), z.detach()), judge(own, config, y, labels)
        adam.zero_grad()
        judged["loss"].backward()
        adam.step()
        for row in ids.unique():
            summed = rows.grad[ids == row].sum(0)
            table[row] = table[row] * (1 - sign["lr"] * sign["weight_decay"]) - sign["lr"] * summed.sign()
        slow = {name: (1 - mu) * own[name].detach() + mu * value for name, value in slow.items()}
        halted = (judged["q_halt"].detach() > 0) | (age >= config["halt_max_steps"])
        told_step = {"loss": judged["loss"], "steps": age.clone(), "halted": halted, "used_labels": labels}
        found |= {f"step{step}/{name}": value for name, value in told_step.items()}
    end = fixed | own | {"puzzle_emb.weights": table}
    return found | {f"w_end/{n}": v for n, v in end.items()} | {f"ema_end/{n}": v for n, v in slow.items()}


def weights(config, single, seed):
    """Random weights of all shapes in the configuration."""
    generator, D, V = torch.Generator().manual_seed(seed), config["hidden_size"], config["vocab_size"]
    C = prefix(config) + config["seq_len"]
    inner = {size: math.ceil(round(config["expansion"] * size * 2 / 3) / 256) * 256 for size in (D, C)}
    shapes = {"embed_tokens.embedding_weight": (V, D), "lm_head.weight": (V, D), "q_head.weight": (2, D)}
    shapes |= {"q_head.bias": (2,), "L_init": (D,)} | ({} if single else {"H_init": (D,)})
    if config["puzzle_emb_ndim"]:
        shapes["puzzle_emb.weights"] = (config["num_puzzle_identifiers"], config["puzzle_emb_ndim"])
    if config["pos_encodings"] == "learned":
        shapes["embed_pos.embedding_weight"] = (C, D)
    for name in (f"{role}_level.layers.{i}" for role in "HL" for i in range(config[f"{role}_layers"])):
        mlps = {"mlp": D, "mlp_t": C} if config.get("mlp_t") else {"mlp": D}
        for mlp, size in mlps.items():
            shapes[f"{name}.{mlp}.gate_up_proj.weight"] = (2 * inner[size], size)
            shapes[f"{name}.{mlp}.down_proj.weight"] = (size, inner[size])
        if not config.get("mlp_t"):
            shapes[f"{name}.self_attn.qkv_proj.weight"], shapes[f"{name}.self_attn.o_proj.weight"] = (
                (3 * D, D),
                (D, D),
            )
    scale = {"L_init": 1.0, "H_init": 1.0, "q_head.bias": 0.3}
    return {
        name: torch.randn(shape, generator=generator) * scale.get(name, shape[-1] ** -0.5)
        for name, shape in shapes.items()
    }


def batch(config, size, seed):
    """Random tokens, labels (some do not count) and puzzle rows (some are shared)."""
    generator = torch.Generator().manual_seed(seed)
    tokens, labels = torch.randint(0, config["vocab_size"], (2, size, config["seq_len"]), generator=generator)
    labels[torch.rand(labels.shape, generator=generator) < 0.1] = -100
    labels[:, 0] = 0
    ids = torch.randint(0, max(1, config["num_puzzle_identifiers"]), (size,), generator=generator)
    return tokens, labels, ids


def configuration(**changes):
    """A small official configuration."""
    small = {"seq_len": 9, "vocab_size": 7, "hidden_size": 16, "num_heads": 2, "L_layers": 2, "H_layers": 0}
    small |= {
        "H_cycles": 2,
        "L_cycles": 2,
        "expansion": 1,
        "puzzle_emb_ndim": 16,
        "num_puzzle_identifiers": 4,
    }
    small |= {"pos_encodings": "rope", "halt_max_steps": 3, "halt_exploration_prob": 0.0}
    return small | changes


def write(path, told, arrays):
    """A golden file and its JSON."""
    np.savez(path, **{name: np.asarray(value.detach()) for name, value in arrays.items()})
    path.with_suffix(".json").write_text(json.dumps(told))
    return path


def write_supervised(path, config, *, single=False, size=3, steps=2, seed=0):
    """A golden file of supervision steps about a random batch, made by this module."""
    w, given = weights(config, single, seed), batch(config, size, seed)
    arrays = {f"w/{name}": value for name, value in w.items()}
    arrays |= {f"in/{n}": v for n, v in zip(("inputs", "labels", "puzzle_identifiers"), given, strict=True)}
    return write(path, {"config": config}, arrays | supervise(w, config, *given, steps))


def write_trained(path, config, *, size=3, steps=5, seed=0):
    """A golden file of optimizer steps, made by this module."""
    adam = {"lr": 1e-3, "betas": [0.9, 0.95], "weight_decay": 0.5}
    told = {"config": config, "ema": 0.9, "optimizer": {"AdamW": adam}}
    told["optimizer"]["puzzle_emb_signSGD"] = {"lr": 0.02, "weight_decay": 0.3}
    w, given = weights(config, False, seed), [batch(config, size, 100 * seed + step) for step in range(steps)]
    arrays = {f"w0/{name}": value for name, value in w.items()}
    for step, parts in enumerate(given):
        names = ("inputs", "labels", "puzzle_identifiers")
        arrays |= {f"step{step}/in/{n}": v for n, v in zip(names, parts, strict=True)}
    return write(path, told, arrays | train(w, config, told, given))
