"""Block lengths: the peer's, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length

from terminal.backtest.inference.block_length import (
    chosen_block_length,
    circular_block_length,
    stationary_block_length,
)
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.inference.noise import noise, remembering


def seen_by_both(seed: int) -> FloatArray:
    draw = np.random.default_rng(seed)
    return remembering(seed, int(draw.integers(15, 800)), rho=float(draw.uniform(-0.9, 0.95)))


def test_the_automatic_lengths_are_those_of_arch() -> None:
    same = []
    for seed in range(100):
        r = seen_by_both(seed)
        theirs = optimal_block_length(r).iloc[0]
        ours = stationary_block_length(r), circular_block_length(r)
        expected = max(1.0, theirs["stationary"]), np.ceil(max(1.0, theirs["circular"]))
        same.append(ours == pytest.approx(expected))
    # arch leaves one more value out of its autocorrelations: at a threshold it can decide otherwise
    assert np.mean(same) >= 0.97


def test_awkward_series_have_lengths_within_bounds() -> None:
    alternating = np.tile([0.01, -0.01], 50)
    sparse = np.zeros(200)
    sparse[5] = 0.01
    trend = np.linspace(0.0, 0.01, 300)
    for r in (alternating, sparse, trend, noise(1, 9), noise(1, 10)):
        assert 1.0 <= stationary_block_length(r) <= np.ceil(min(3 * np.sqrt(r.size), r.size / 3))
        assert chosen_block_length(r, None) <= r.size / 2
    peer = float(optimal_block_length(trend)["stationary"].iloc[0])
    assert stationary_block_length(trend) == pytest.approx(peer)


@pytest.mark.parametrize("r", [np.full(30, 0.01), np.array([0.1]), np.array([0.1, np.nan] * 9)])
def test_a_series_that_allows_no_estimate_is_refused(r: FloatArray) -> None:
    with pytest.raises(InputError, match="returns"):
        stationary_block_length(r)


def test_returns_that_remember_get_longer_blocks_at_every_scale() -> None:
    longer = stationary_block_length(remembering(2, 2_000))
    assert longer > 3 * stationary_block_length(noise(2, 2_000))
    assert stationary_block_length(1e-9 * remembering(2, 2_000)) == pytest.approx(longer)


def test_few_returns_are_drawn_one_by_one() -> None:
    assert stationary_block_length(noise(1, 8)) == 1.0
    assert 1.0 <= stationary_block_length(noise(1, 9)) <= 9.0


def test_a_given_length_is_taken_up_to_half_the_series_and_1_always() -> None:
    r = noise(1, 40)
    assert chosen_block_length(r, 20.0) == 20.0
    assert chosen_block_length(r, None) == stationary_block_length(r)
    assert chosen_block_length(np.zeros(40), None) == 1.0
    assert chosen_block_length(r[:1], 1.0) == 1.0
    for wrong in (20.5, 0.9, np.nan, np.inf):
        with pytest.raises(InputError, match="half of the 40 bars"):
            chosen_block_length(r, wrong)
