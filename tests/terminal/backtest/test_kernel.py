"""The compiled loop equals its plain Python twin bit for bit, with and without a cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest import kernel
from terminal.backtest.engine import last_bars
from terminal.market.panel import Panel
from terminal.settings import ROOT
from tests.terminal.backtest.panels import NAN, examples, panel, panels, random_targets, seeds


@examples(60)
@given(panels(), seeds, st.booleans(), st.sampled_from([0.0, 1.0]))
def test_compiled_and_plain_loop_agree_bit_for_bit(
    bars: Panel, seed: int, fractional: bool, minimum: float
) -> None:
    fill_price = np.where(np.isfinite(bars.open), bars.open, bars.close)
    arguments = (
        fill_price,
        bars.close,
        bars.split,
        bars.dividend,
        random_targets(seed, bars, long_only=False),
        last_bars(bars),
        10_000.0,
        0.003,
        3e-4,
        minimum,
        2e-4,
        fractional,
    )
    compiled = kernel.simulate(*arguments)
    plain = kernel.simulate_python(*arguments)
    for ours, theirs in zip(compiled[:3], plain[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert compiled[3] == plain[3]


def test_the_list_of_fills_grows_without_losing_any() -> None:
    """More fills than the first allocation holds: a new target for 8 instruments every bar."""
    n_bars, n = 400, 8
    prices = np.full((n_bars, n), 10.0)
    weights = np.where(np.arange(n_bars) % 2, 0.5, 1.0)[:, None] * np.full((1, n), 1 / n)
    found = kernel.simulate(
        prices, prices, np.ones_like(prices), np.zeros_like(prices), weights,
        np.full(n, n_bars - 1), 1e6, 0.0, 0.0, 0.0, 0.0, True,
    )  # fmt: skip
    assert len(found[2]) == (n_bars - 1) * n > 1024


def test_the_last_bar_of_each_instrument_is_found() -> None:
    bars = panel([[1, NAN, NAN], [2, NAN, 3], [3, NAN, NAN]])
    assert last_bars(bars).tolist() == [2, -1, 1]


def test_the_loop_compiles_without_a_cache_and_leaves_one(tmp_path: Path) -> None:
    code = "from terminal.backtest.engine import warm_up; warm_up(); print('ready')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "ready", done.stderr
    assert list((tmp_path / "cache").rglob("*.nbi")), "nothing was cached"
