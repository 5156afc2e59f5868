"""Causal Transformer over a window: each bar attends to itself and to earlier bars.

Layers normalise first (Xiong et al. 2020). Positions are sinusoids (Vaswani et al. 2017, 3.5)
counted back from the deciding bar, so that the newest bar has the same position in every window.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from terminal.models.model import FitContext, Task
from terminal.models.networks.fit import fit_network
from terminal.models.networks.kinds import TransformerParams
from terminal.models.networks.network import NetworkModel, load_network
from terminal.models.samples import Samples
from terminal.models.signature import Signature

UNSEEN = -1e9


class Layer(nn.Module):
    """Attention, then two dense layers, each added to its input."""

    def __init__(self, params: TransformerParams) -> None:
        super().__init__()
        width = params.hidden
        self.heads = params.heads
        self.before_attention, self.before_dense = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.dense = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(params.dropout)

    def _split(self, x: Tensor) -> tuple[Tensor, ...]:
        n, length, width = x.shape
        parts = self.query_key_value(self.before_attention(x)).chunk(3, dim=-1)
        return tuple(
            part.view(n, length, self.heads, width // self.heads).transpose(1, 2) for part in parts
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = self._split(x)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.dropout(self.out(mixed.transpose(1, 2).flatten(2)))
        found: Tensor = x + self.dropout(self.dense(self.before_dense(x)))
        return found

    def last_attention(self, x: Tensor, mask: Tensor) -> Tensor:
        """What the last bar looks at, (n, length), mean of the heads."""
        query, key, _ = self._split(x)
        scores = query[:, :, -1:] @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        return torch.softmax(scores + mask[:, :, -1:], dim=-1).mean(dim=1).squeeze(1)


class CausalTransformer(nn.Module):
    """Answers (n, width) and attention (n, length) of windows (n, length, n_features)."""

    position: Tensor
    future: Tensor
    own: Tensor

    def __init__(self, n_features: int, width: int, length: int, params: TransformerParams) -> None:
        super().__init__()
        self.embed = nn.Linear(n_features, params.hidden)
        self.layers = nn.ModuleList(Layer(params) for _ in range(params.layers))
        self.norm = nn.LayerNorm(params.hidden)
        self.dropout = nn.Dropout(params.dropout)
        self.head = nn.Linear(params.hidden, width)
        self.register_buffer("position", _sinusoids(length, params.hidden), persistent=False)
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        self.register_buffer("future", later, persistent=False)
        self.register_buffer("own", torch.eye(length, dtype=torch.bool), persistent=False)

    def forward(self, windows: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        # a bar that is not there is seen by itself only: a row of nothing would spread everywhere
        hidden = (self.future | (~known[:, None, :] & ~self.own))[:, None]
        mask = torch.zeros(hidden.shape, dtype=windows.dtype).masked_fill(hidden, UNSEEN)
        x = self.dropout(self.embed(windows) + self.position)
        last: Tensor = windows[:, :, 0]
        for number, layer in enumerate(self.layers):
            if number == len(self.layers) - 1 and not self.training:
                last = layer.last_attention(x, mask)  # type: ignore[operator]
            x = layer(x, mask)
        return self.head(self.dropout(self.norm(x[:, -1]))), last


def _sinusoids(length: int, width: int) -> Tensor:
    back = torch.arange(length - 1, -1, -1, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10_000.0) / width))
    waves = torch.stack([torch.sin(back * rate), torch.cos(back * rate)], dim=2).flatten(1)
    return waves[:, :width].to(torch.float32)


def build(signature: Signature) -> nn.Module:
    """The untrained network of a signature."""
    n_features = len(signature.columns)
    return CausalTransformer(n_features, signature.width, signature.length, signature.params)


def fit(
    train: Samples,
    valid: Samples | None,
    params: TransformerParams,
    task: Task,
    context: FitContext,
) -> NetworkModel:
    """See `fit.fit_network`."""
    return fit_network("transformer", build, train, valid, params, task, context)


def load(folder: Path, signature: Signature) -> NetworkModel:
    """See `network.load_network`."""
    return load_network(folder, signature, build)
