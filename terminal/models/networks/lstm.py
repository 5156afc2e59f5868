"""Bidirectional LSTM over a closed window, its bars weighed by additive attention.

The window holds bars up to the one that decides and nothing later. Its second direction reads the
same past backwards: honest here, and only here. It must never be run over a whole history.

    e_t = v · tanh(W h_t),   a = softmax(e),   answer = head([Σ a_t h_t, h_T])

(Bahdanau, Cho, Bengio 2015, eq. 5 - 6, without a decoder's state; h_T, of the deciding bar, is
given to the head directly.)
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from terminal.models.model import FitContext, Task
from terminal.models.networks.fit import fit_network
from terminal.models.networks.kinds import LstmParams
from terminal.models.networks.network import NetworkModel, load_network
from terminal.models.samples import Samples
from terminal.models.signature import Signature

UNSEEN = -1e9
"""Score of a bar that is not there; its weight is 0, and no gradient is NaN."""


class LstmAttention(nn.Module):
    """Answers (n, width) and attention (n, length) of windows (n, length, n_features)."""

    def __init__(self, n_features: int, width: int, params: LstmParams) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            n_features,
            params.hidden,
            params.layers,
            batch_first=True,
            bidirectional=True,
            dropout=params.dropout if params.layers > 1 else 0.0,
        )
        self.project = nn.Linear(2 * params.hidden, params.hidden)
        self.score = nn.Linear(params.hidden, 1, bias=False)
        self.dropout = nn.Dropout(params.dropout)
        self.head = nn.Linear(4 * params.hidden, width)

    def forward(self, windows: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        states, _ = self.lstm(windows)
        scores = self.score(torch.tanh(self.project(states))).squeeze(-1)
        attention = torch.softmax(scores.masked_fill(~known, UNSEEN), dim=1)
        summary = torch.einsum("nl,nlh->nh", attention, states)
        both = torch.cat([summary, states[:, -1]], dim=1)
        return self.head(self.dropout(both)), attention


def build(signature: Signature) -> nn.Module:
    """The untrained network of a signature."""
    return LstmAttention(len(signature.columns), signature.width, signature.params)


def fit(
    train: Samples, valid: Samples | None, params: LstmParams, task: Task, context: FitContext
) -> NetworkModel:
    """See `fit.fit_network`."""
    return fit_network("lstm", build, train, valid, params, task, context)


def load(folder: Path, signature: Signature) -> NetworkModel:
    """See `network.load_network`."""
    return load_network(folder, signature, build)
