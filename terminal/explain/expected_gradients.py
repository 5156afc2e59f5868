"""Networks: expected gradients (Erion et al. 2021, eq. 2), the SHAP values of small steps.

The value of an input is the mean, over background windows b, of (x - b) times the mean gradient on
the straight line from b to x. The line's integral is taken by Gauss and Legendre's rule rather than
by random points, and all rows are compared with the same background windows, so that base + sum
misses the output by the rule's error alone. That miss is stated with the values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from terminal.explain.explainers import Explainer, class_weights, output_words
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.models.networks.losses import RATIOS
from terminal.models.networks.network import tensors_of
from terminal.models.networks.network import threads as limited

BACKGROUNDS = 24
STEPS = 6
BATCH = 1024
"""Windows that go through the network at once."""


def network_explainer(
    model: Any,
    background: Float32Array,
    seed: int,
    threads: int,
    *,
    backgrounds: int = BACKGROUNDS,
    steps: int = STEPS,
) -> Explainer:
    """The explainer of a sequence model.

    Parameters
    ----------
    model : a `NetworkModel`.
    backgrounds, steps : windows compared with, and points on each line. The work grows with both.
    """
    module = model.module.eval()
    rng = np.random.default_rng(seed)
    count = min(backgrounds, len(background))
    chosen = background[np.sort(rng.choice(len(background), count, replace=False))]
    against = torch.from_numpy(model.standardiser.apply(chosen))
    points, weights = np.polynomial.legendre.leggauss(steps)
    shares = torch.from_numpy((0.5 * (points + 1.0)).astype(np.float32))
    weigh = torch.from_numpy((0.5 * weights / count).astype(np.float32))

    everything = torch.ones(1, model.length, dtype=torch.bool)

    def score(windows: Tensor, known: Tensor) -> Tensor:
        found: Tensor = module(windows, known.expand(len(windows), -1))[0]
        if model.task is Task.CLASSES:
            weights = torch.tensor(class_weights(model.classes), dtype=found.dtype)
            return torch.mv(found, weights)
        if model.params.loss in RATIOS:
            return torch.tanh(found[:, 0])
        mean, scale = model.target
        scaled: Tensor = found[:, 0] * scale + mean
        return scaled

    def raw(rows: Float32Array) -> FloatArray:
        found = np.empty(len(rows))
        with torch.inference_mode(), limited(threads):
            for first in range(0, len(rows), BATCH):
                part = slice(first, first + BATCH)
                found[part] = score(*tensors_of(rows[part], model.standardiser)).numpy()
        return found

    def values(rows: Float32Array) -> FloatArray:
        found = np.empty(rows.shape)
        standard, there = tensors_of(rows, model.standardiser)
        with limited(threads):
            for k, own in enumerate(standard):
                away = own - against  # (count, length, n_features)
                line = (against[:, None] + shares[None, :, None, None] * away[:, None]).flatten(
                    0, 1
                )
                gradient = torch.empty_like(line)
                for first in range(0, len(line), BATCH):
                    part = line[first : first + BATCH].detach().requires_grad_()
                    total = score(part, there[k : k + 1]).sum()
                    (gradient[first : first + BATCH],) = torch.autograd.grad(total, part)
                each = gradient.view(count, steps, *own.shape)
                mean = (each * weigh[None, :, None, None]).sum(dim=1)
                found[k] = (away * mean).double().sum(dim=0).numpy()
        return found

    method = (
        f"expected gradients (Erion et al. 2021), {count} background windows, "
        f"{steps} Gauss-Legendre points a line"
    )
    with torch.inference_mode():
        base = float(score(against, everything).double().mean())
    return Explainer(method, output_words(model), base, values, raw, None, parallel=False)
