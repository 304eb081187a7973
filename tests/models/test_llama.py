"""The model equals the Llama of `transformers` on the same weights: `pip install -e .[oracles]` to run this."""

import pytest
import torch

from recurse_lab.models.mobile_llm import MobileLLM, MobileLLMConfig
from recurse_lab.recurrence import think
from recurse_lab.train.loop import seeded


def llama_of(model):
    """A `LlamaForCausalLM` with the weights of `model`."""
    transformers = pytest.importorskip(
        "transformers", reason="the optional package transformers is not installed"
    )
    own = model.config
    config = transformers.LlamaConfig(
        vocab_size=own.symbols,
        hidden_size=own.width,
        intermediate_size=own.hidden,
        num_hidden_layers=own.depth,
        num_attention_heads=own.heads,
        num_key_value_heads=own.groups,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    )
    llama = transformers.LlamaForCausalLM(config).eval()
    weights = {"model.embed_tokens.weight": model.embed.weight, "model.norm.weight": model.norm.weight}
    k = own.width // own.heads
    for number, block in enumerate(model.blocks):
        name = f"model.layers.{number}."
        parts = block.attention.qkv.weight.split((own.heads * k, own.groups * k, own.groups * k))
        gate, up = block.mlp.gate_up.weight.chunk(2)
        weights |= {f"{name}self_attn.{x}_proj.weight": part for x, part in zip("qkv", parts, strict=True)}
        weights |= {
            f"{name}self_attn.o_proj.weight": block.attention.out.weight,
            f"{name}mlp.gate_proj.weight": gate,
            f"{name}mlp.up_proj.weight": up,
            f"{name}mlp.down_proj.weight": block.mlp.down.weight,
            f"{name}input_layernorm.weight": block.norms[0].weight,
            f"{name}post_attention_layernorm.weight": block.norms[1].weight,
        }
    missing, unexpected = llama.load_state_dict(weights, strict=False)
    assert (set(missing), unexpected) == ({"lm_head.weight"}, [])
    return llama


@pytest.mark.filterwarnings("ignore")
def test_states_and_answers_are_those_of_llama():
    with seeded(3):
        model = MobileLLM(MobileLLMConfig(symbols=11, width=48, hidden=80, heads=6, groups=2, depth=3))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if (
                weight.dim() == 1
            ):  # gains other than 1, and of each norm its own, so that the test can see them
                weight.add_(0.4 * torch.randn(len(weight), generator=generator))
    rows = torch.randint(0, 11, (4, 13), generator=generator)
    with torch.no_grad():
        theirs = llama_of(model)(rows, output_hidden_states=True)
        ours = list(think(model, rows, 3, read=True))
    for thought, state in zip(ours[:3], theirs.hidden_states[:3], strict=True):
        torch.testing.assert_close(thought.state.z, state, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[-1].output, theirs.logits, rtol=1e-4, atol=1e-5)
