"""Events for tests: many instruments, spans of different length, gaps in time."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

Spans = tuple[np.ndarray, np.ndarray]


@st.composite
def spans(draw: st.DrawFn, least: int = 40, most: int = 160) -> Spans:
    """`bar` ascending with repetitions and `end` up to 12 rows later."""
    n_bars = draw(st.integers(least, most))
    seed = draw(st.integers(0, 2**31))
    random = np.random.default_rng(seed)
    bar = np.repeat(np.arange(n_bars), random.integers(0, 4, n_bars))
    return bar, bar + random.integers(1, draw(st.integers(2, 13)), len(bar))
