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

from terminal.explain.explainers import Explainer, class_weights, output_words
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray

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
    model : a `NetworkModel`: `network`, the torch module, which answers standardised windows with
        raw scores; `standardiser`.
    backgrounds, steps : windows compared with, and points on each line. The work grows with both.
    """
    torch.set_num_threads(threads)
    network = model.network.eval()
    rng = np.random.default_rng(seed)
    count = min(backgrounds, len(background))
    chosen = background[np.sort(rng.choice(len(background), count, replace=False))]
    against = torch.from_numpy(model.standardiser.apply(chosen))
    points, weights = np.polynomial.legendre.leggauss(steps)
    shares = torch.from_numpy((0.5 * (points + 1.0)).astype(np.float32))
    weigh = torch.from_numpy((0.5 * weights / count).astype(np.float32))

    def score(windows: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = network(windows)
        if found.ndim == 1 or found.shape[1] == 1:
            return found.reshape(-1)
        chosen_weights = torch.tensor(class_weights(model.classes), dtype=found.dtype)
        combined: torch.Tensor = found @ chosen_weights
        return combined

    def raw(rows: Float32Array) -> FloatArray:
        standard = torch.from_numpy(model.standardiser.apply(rows))
        with torch.no_grad():
            starts = range(0, len(standard), BATCH)
            parts = [score(standard[k : k + BATCH]).double().numpy() for k in starts]
        return np.concatenate(parts)

    def values(rows: Float32Array) -> FloatArray:
        found = np.empty(rows.shape)
        standard = torch.from_numpy(model.standardiser.apply(rows))
        for k, own in enumerate(standard):
            away = own - against  # (count, length, n_features)
            line = against[:, None] + shares[None, :, None, None] * away[:, None]
            gradient = torch.empty_like(line).flatten(0, 1)
            for first in range(0, len(gradient), BATCH):
                part = line.flatten(0, 1)[first : first + BATCH].detach().requires_grad_()
                (gradient[first : first + BATCH],) = torch.autograd.grad(score(part).sum(), part)
            mean = (gradient.view_as(line) * weigh[None, :, None, None]).sum(dim=1)
            found[k] = (away * mean).double().sum(dim=0).numpy()
        return found

    method = (
        f"expected gradients (Erion et al. 2021), {count} background windows, "
        f"{steps} Gauss-Legendre points a line"
    )
    base = float(raw(chosen).mean())
    return Explainer(method, output_words(model), base, values, raw, None, parallel=False)
