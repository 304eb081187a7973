"""Recurrent encoder and decoder with attention: the control for transformers from words to actions.

Cho et al. 2014, section 2.2 (encoder and decoder); Luong et al. 2015 (arXiv:1508.04025), sections 3 and 3.1
(general score, global attention), without input feeding. The first step of `think` reads the words in both
directions, the second the actions so far.

Shape letters: B batch, S source cells, C target cells, D width of one direction, E = 2 D, V classes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from recurse_lab.models.encoder_decoder import Sides
from recurse_lab.nn.init import looked_up


@dataclass(frozen=True, kw_only=True)
class GRUEncoderDecoderConfig:
    """Sizes of a `GRUEncoderDecoder`."""

    symbols: int = 14  # of the source; 0 is padding
    classes: int = 8  # V, actions and the end
    source: int = 9  # S, cells of the source with padding: the first cells of each input
    width: int = 64  # D of one direction; the decoder has 2 D

    def __post_init__(self) -> None:
        """Check the sizes."""
        if min(self.symbols, self.classes, self.source, self.width) < 1:
            raise ValueError("symbols, classes, source and width must be 1 or more")

    @property
    def applications(self) -> int:
        """Steps of an answer: encode, decode."""
        return 2


class GRUEncoderDecoder(nn.Module):
    """Inputs (B, S + C) hold the source and, behind it, begin and actions so far; logits (B, C, V)."""

    def __init__(self, config: GRUEncoderDecoderConfig) -> None:
        super().__init__()
        self.config = config
        both = 2 * config.width
        self.embed_source = nn.Embedding(config.symbols, both)
        self.embed_target = nn.Embedding(config.classes, both)
        self.encoder = nn.GRU(both, config.width, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(both, both, batch_first=True)
        self.score = nn.Linear(both, both, bias=False)
        self.mix = nn.Linear(2 * both, both)
        self.head = nn.Linear(both, config.classes)

    def start(
        self, inputs: Int[Tensor, "B SC"], generator: Generator | None = None
    ) -> tuple[Sides, Int[Tensor, " B"]]:
        """Embed both sides; the context holds the number of words.

        Raises:
            ValueError: an input has no target cell, or a symbol is not in its table.
        """
        S = self.config.source
        if inputs.shape[1] <= S:
            raise ValueError(f"inputs must have more than {S} cells, not {inputs.shape[1]}")
        x_BSE = looked_up(self.embed_source, inputs[:, :S], "words")
        y_BCE = looked_up(self.embed_target, inputs[:, S:], "actions")
        return Sides(x_BSE, y_BCE, 0), (inputs[:, :S] != 0).sum(1).cpu()

    def step(self, state: Sides, context: Int[Tensor, " B"]) -> Sides:
        """Read the words; then read the actions, beginning with the last states of the encoder, and attend."""
        if state.layer == 0:
            packed = nn.utils.rnn.pack_padded_sequence(
                state.source, context, batch_first=True, enforce_sorted=False
            )
            x_BSE, _ = nn.utils.rnn.pad_packed_sequence(
                self.encoder(packed)[0], batch_first=True, total_length=self.config.source
            )
            return Sides(x_BSE, state.target, 1)
        if state.layer == 1:
            return Sides(state.source, self._decoded(state, context), 2)
        return state

    def read(self, state: Sides) -> Float[Tensor, "B C V"]:
        """Logits of the next action at every target cell: a linear map."""
        return self.head(state.target)

    def _decoded(self, state: Sides, words_B: Int[Tensor, " B"]) -> Float[Tensor, "B C E"]:
        """h = GRU(y); a = softmax(h W x'); tanh(W' [h, a x])."""
        x_BSE, D = state.source, self.config.width
        last_B = words_B.to(x_BSE.device) - 1
        first = torch.cat((x_BSE[torch.arange(len(x_BSE)), last_B, :D], x_BSE[:, 0, D:]), dim=-1)
        h_BCE, _ = self.decoder(state.target, first[None].contiguous())
        padding_BS = torch.arange(x_BSE.shape[1], device=x_BSE.device) > last_B[:, None]
        scores = (self.score(h_BCE) @ x_BSE.mT).masked_fill(padding_BS[:, None], -torch.inf)
        return torch.tanh(self.mix(torch.cat((h_BCE, scores.softmax(-1) @ x_BSE), dim=-1)))
