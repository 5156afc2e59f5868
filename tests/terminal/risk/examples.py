"""Inputs that hypothesis makes."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from terminal.market.panel import FloatArray
from tests.effort import cases

FEW = settings(derandomize=True, deadline=None, max_examples=cases(25, 400))


@st.composite
def samples(draw: st.DrawFn) -> FloatArray:
    """Returns (T,) of 30 to 200 periods with fat tails or ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, heavy = draw(st.integers(30, 200)), draw(st.booleans())
    made = 0.01 * (rng.standard_t(3, count) if heavy else rng.standard_normal(count))
    return np.round(made, 2) if draw(st.booleans()) else np.asarray(made)


@st.composite
def small_books(draw: st.DrawFn) -> tuple[FloatArray, FloatArray]:
    """Weights (n,) of either sign and returns (T, n) with a common part."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, periods = draw(st.integers(1, 8)), draw(st.integers(60, 150))
    returns = 0.01 * (rng.standard_t(4, (periods, n)) + rng.standard_t(4, periods)[:, None])
    weights = rng.normal(0.1, 0.3, n)
    weights[0] += 0.5
    return weights, returns
