"""Three scores asked whether they are skill: rank correlation, area under the curve, mean gain.

Each is the mean of one number an event, its influence, which `terminal.validation.significance`
judges. Weighted throughout; predictions that are unknown (NaN) are left out.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.validation.ranges import IntArray
from terminal.validation.scores import auc
from terminal.validation.significance import Significance, block_length, judge, shift_p_value


def information_significance(
    predicted: FloatArray,
    y: FloatArray,
    bar: IntArray,
    end: IntArray,
    instrument: IntArray,
    *,
    weight: FloatArray | None = None,
    crossed: bool = False,
    level: float = 0.99,
    seed: int = 0,
) -> Significance:
    """Of the information coefficient.

    Parameters
    ----------
    predicted : float64 (n,), or (n_paths, n): then the mean of the paths' coefficients is judged.
        NaN is left out. y : float64 (n,).
    bar, end, instrument : int64 (n,), `bar` ascending.
    crossed : whether tested events were trained on for other tests (k-fold, combinatorial).
    """
    paths = np.atleast_2d(predicted)
    kept = np.isfinite(paths).all(axis=0) & np.isfinite(y)
    own = _weights(weight, kept)
    b = _standard(rankdata(y[kept]), own)
    scores = [_standard(rankdata(path[kept]), own) for path in paths]
    influences = []
    for a in scores:
        value = float(np.average(a * b, weights=own))
        influences.append(value + a * b - value * (a * a + b * b) / 2.0)
    mean = np.mean(scores, axis=0)
    block = block_length(bar[kept], end[kept])
    shifted = shift_p_value(mean, b, bar[kept], instrument[kept], own, block)
    return judge(
        np.mean(influences, axis=0), bar[kept], own, block,
        null=0.0, p_shift=shifted, crossed=crossed, level=level, seed=seed,
    )  # fmt: skip


def area_significance(
    predicted: FloatArray,
    high: FloatArray,
    bar: IntArray,
    end: IntArray,
    instrument: IntArray,
    *,
    weight: FloatArray | None = None,
    crossed: bool = False,
    level: float = 0.99,
    seed: int = 0,
) -> Significance:
    """Of the AUC of events with a high label (`high` 1) against the others (0).

    The influence of an event is its share of pairs in the right order (DeLong et al. 1988).
    """
    kept = np.isfinite(predicted) & np.isfinite(high)
    made, up, own = predicted[kept], high[kept], _weights(weight, kept)
    value = auc(up, made, own)
    if not np.isfinite(value):
        raise InputError("All labels are alike: there is nothing to tell apart.", field="label")
    ones, others = own * up, own * (1.0 - up)
    right = np.where(up > 0, _below(made, made, others), 1.0 - _below(made, made, ones))
    share = np.where(up > 0, ones.sum(), others.sum()) / own.sum()
    influence = value + (right - value) / share
    block = block_length(bar[kept], end[kept])
    shifted = shift_p_value(
        _standard(rankdata(made), own),
        _standard(up, own),
        bar[kept],
        instrument[kept],
        own,
        block,
    )
    return judge(
        influence,
        bar[kept],
        own,
        block,
        null=0.5,
        p_shift=shifted,
        crossed=crossed,
        level=level,
        seed=seed,
    )


def gain_significance(
    gain: FloatArray,
    bar: IntArray,
    end: IntArray,
    *,
    weight: FloatArray | None = None,
    crossed: bool = False,
    level: float = 0.99,
    seed: int = 0,
) -> Significance:
    """Of a mean gain an event over a forecast without skill.

    gain : float64 (n,), such as log p(y) - log p₀(y) with p₀ the shares of the classes in training,
    or (y - mean of training)² - (y - predicted)².
    """
    kept = np.isfinite(gain)
    own = _weights(weight, kept)
    block = block_length(bar[kept], end[kept])
    return judge(
        gain[kept], bar[kept], own, block, null=0.0, crossed=crossed, level=level, seed=seed
    )


def _below(values: FloatArray, among: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted share of `among` below each value, ties half."""
    order = np.argsort(among, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    left = np.searchsorted(among[order], values, side="left")
    right = np.searchsorted(among[order], values, side="right")
    return np.asarray(0.5 * (total[left] + total[right]) / total[-1])


def _standard(values: FloatArray, weight: FloatArray) -> FloatArray:
    centred = values - np.average(values, weights=weight)
    spread = float(np.sqrt(np.average(centred * centred, weights=weight)))
    return np.asarray(centred / spread) if spread > 0 else np.zeros(len(values))


def _weights(weight: FloatArray | None, kept: np.ndarray) -> FloatArray:
    return np.ones(int(kept.sum())) if weight is None else np.asarray(weight[kept])
