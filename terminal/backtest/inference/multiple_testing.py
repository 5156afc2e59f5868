"""Many tests at once: p-values adjusted for how many there are.

An adjusted p-value is compared with the level itself. Bonferroni and Holm bound the chance of any
false rejection (family-wise error), Benjamini and Hochberg the expected share of false ones among
the rejections (false discovery rate).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.backtest.inference.inputs import finite, share
from terminal.errors import InputError
from terminal.market.panel import FloatArray


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p-values (n,) in the order given, and which hypotheses are rejected at `alpha`."""

    p_values: FloatArray
    rejected: npt.NDArray[np.bool_]
    alpha: float


def bonferroni(p_values: FloatArray, alpha: float = 0.05) -> Adjusted:
    """n p, at most 1 (Dunn 1961); valid under any dependence.

    Raises
    ------
    InputError : a p-value not within [0, 1], or `alpha` not within (0, 1).
    """
    p = _checked(p_values, alpha)
    return _adjusted(p * p.size, alpha)


def holm(p_values: FloatArray, alpha: float = 0.05) -> Adjusted:
    """max over j <= i of (n - j + 1) p_(j), at most 1 (Holm 1979); valid under any dependence.

    Raises
    ------
    InputError : a p-value not within [0, 1], or `alpha` not within (0, 1).
    """
    p = _checked(p_values, alpha)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return _adjusted(_in_place(stepped, order), alpha)


def benjamini_hochberg(p_values: FloatArray, alpha: float = 0.05) -> Adjusted:
    """min over j >= i of n p_(j) / j (Benjamini and Hochberg 1995).

    Valid for independent and for positively dependent tests (Benjamini and Yekutieli 2001), which
    variants of one strategy usually are.

    Raises
    ------
    InputError : a p-value not within [0, 1], or `alpha` not within (0, 1).
    """
    p = _checked(p_values, alpha)
    order = np.argsort(p, kind="stable")
    stepped = p[order] * p.size / np.arange(1, p.size + 1)
    return _adjusted(_in_place(np.minimum.accumulate(stepped[::-1])[::-1], order), alpha)


def _checked(p_values: FloatArray, alpha: float) -> FloatArray:
    share(alpha, "alpha")
    p = finite(p_values, "p_values")
    wrong = (p < 0) | (p > 1)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"is {p[row]}; it must lie in [0, 1].", field="p_values", row=row + 1)
    return p


def _in_place(ordered: FloatArray, order: npt.NDArray[np.intp]) -> FloatArray:
    out = np.empty_like(ordered)
    out[order] = ordered
    return out


def _adjusted(p: FloatArray, alpha: float) -> Adjusted:
    p = np.minimum(p, 1.0)
    return Adjusted(p, p <= alpha, alpha)
