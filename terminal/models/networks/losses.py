"""What networks minimise.

Of outputs (n, width), targets, outcomes (simple returns of a long position) and weights, each (n,):

    cross-entropy   Σ w · -log p(class) / Σ w
    Huber           Σ w · H(output - target) / Σ w, the target in standard deviations (Huber 1964)
    Sharpe          -m / sqrt(Σ w (r - m)² / Σ w),    r = tanh(output) · outcome,  m = Σ w r / Σ w
    Sortino         -m / sqrt(Σ w min(r, 0)² / Σ w)

The ratios are those of events, not annualised; their outcomes are divided by their root mean square
in training, which leaves a ratio as it is and keeps the small constant under the root small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from terminal.errors import InputError
from terminal.models.model import Task
from terminal.models.networks.kinds import NetworkParams
from terminal.models.samples import Samples
from terminal.models.signature import Signature

RATIOS = ("sharpe", "sortino")
EPSILON = 1e-6
Loss = Callable[[Tensor, "Targets"], Tensor]


@dataclass(frozen=True)
class Targets:
    """value : class numbers (int64) or standardised numbers; outcome, weight : float32 (n,)."""

    value: Tensor
    outcome: Tensor
    weight: Tensor

    def take(self, positions: Tensor) -> Targets:
        """Those of some events."""
        return Targets(self.value[positions], self.outcome[positions], self.weight[positions])


def loss_of(params: NetworkParams, task: Task) -> Loss:
    """The loss that was chosen; InputError when it does not fit the task."""
    if task is Task.CLASSES:
        if params.loss not in ("auto", "cross-entropy"):
            raise InputError(
                f"The loss {params.loss!r} is for a number, and the label has classes.",
                field="loss",
                remedy="Choose cross-entropy, or predict a number.",
            )
        return cross_entropy
    if params.loss == "cross-entropy":
        raise InputError(
            "Cross-entropy is for classes, and the label is a number.",
            field="loss",
            remedy="Choose Huber, Sharpe or Sortino.",
        )
    if params.loss in RATIOS:
        return sharpe if params.loss == "sharpe" else sortino
    return lambda output, targets: huber(output, targets, params.huber_delta)


def cross_entropy(output: Tensor, targets: Targets) -> Tensor:
    """Weighted mean of the log loss."""
    each = functional.cross_entropy(output, targets.value, reduction="none")
    return _mean(each, targets.weight)


def huber(output: Tensor, targets: Targets, delta: float) -> Tensor:
    """Weighted mean of Huber's loss."""
    each = functional.huber_loss(output[:, 0], targets.value, reduction="none", delta=delta)
    return _mean(each, targets.weight)


def sharpe(output: Tensor, targets: Targets) -> Tensor:
    """Minus the ratio of mean to standard deviation."""
    earned = torch.tanh(output[:, 0]) * targets.outcome
    mean = _mean(earned, targets.weight)
    return -mean / torch.sqrt(_mean((earned - mean) ** 2, targets.weight) + EPSILON)


def sortino(output: Tensor, targets: Targets) -> Tensor:
    """Minus the ratio of mean to downside deviation from 0."""
    earned = torch.tanh(output[:, 0]) * targets.outcome
    lost = _mean(torch.clamp(earned, max=0.0) ** 2, targets.weight)
    return -_mean(earned, targets.weight) / torch.sqrt(lost + EPSILON)


def _mean(each: Tensor, weight: Tensor) -> Tensor:
    return (each * weight).sum() / weight.sum()


def target_scale(train: Samples, params: NetworkParams, task: Task) -> tuple[float, float]:
    """Weighted mean and standard deviation of the number to learn; (0, 1) where there is none."""
    if task is Task.CLASSES or params.loss in RATIOS:
        return 0.0, 1.0
    mean = float(np.average(train.y, weights=train.weight))
    spread = float(np.sqrt(np.average((train.y - mean) ** 2, weights=train.weight)))
    return mean, spread if spread > 0 else 1.0


def outcome_scale(train: Samples, params: NetworkParams) -> float:
    """Root mean square of the outcomes a ratio is made of; InputError when it has none."""
    if params.loss not in RATIOS:
        return 1.0
    outcome = train.labels.outcome
    if not np.all(np.isfinite(outcome)):
        raise InputError("Some events have no outcome.", field="label", remedy="Leave them out.")
    scale = float(np.sqrt(np.average(outcome**2, weights=train.weight)))
    if scale == 0:
        raise InputError("No event earns or loses anything.", field="label")
    return scale


def targets_of(
    samples: Samples, signature: Signature, target: tuple[float, float], outcome: float
) -> Targets:
    """Tensors of what is to be learned."""
    if signature.task is Task.CLASSES:
        value = torch.from_numpy(np.searchsorted(signature.classes, samples.y).astype(np.int64))
    else:
        mean, scale = target
        value = torch.from_numpy(((samples.y - mean) / scale).astype(np.float32))
    # outcomes matter to the ratios only; elsewhere they may be unknown
    earned = np.nan_to_num(samples.labels.outcome / outcome).astype(np.float32)
    weight = samples.weight.astype(np.float32)
    return Targets(value, torch.from_numpy(earned), torch.from_numpy(weight))
