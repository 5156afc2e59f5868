"""Blocks: where they start, how long they are, and that chunks change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.backtest.inference.resampling import (
    BlockScheme,
    CircularBlocks,
    StationaryBlocks,
    sample_positions,
)
from terminal.errors import InputError

FEW = settings(derandomize=True, deadline=None, max_examples=60)
SCHEMES = st.one_of(
    st.floats(1.0, 40.0).map(StationaryBlocks), st.integers(1, 40).map(CircularBlocks)
)


def drawn(scheme: BlockScheme, n: int, samples: int, seed: int = 1, **how: int) -> np.ndarray:
    return np.concatenate(list(sample_positions(scheme, n, samples, seed, **how)))


@FEW
@given(
    scheme=SCHEMES,
    n=st.integers(1, 60),
    samples=st.integers(1, 20),
    length=st.integers(1, 80),
    chunk=st.integers(1, 500),
)
def test_samples_are_positions_of_the_series_however_they_are_chunked(
    scheme: BlockScheme, n: int, samples: int, length: int, chunk: int
) -> None:
    whole = drawn(scheme, n, samples, length=length)
    assert whole.shape == (samples, length)
    assert whole.min() >= 0 and whole.max() < n
    assert (drawn(scheme, n, samples, length=length, chunk=chunk) == whole).all()


def test_another_seed_gives_other_samples() -> None:
    scheme = StationaryBlocks(5.0)
    assert (drawn(scheme, 50, 3, seed=1) != drawn(scheme, 50, 3, seed=2)).any()


def test_stationary_blocks_have_geometric_lengths_with_the_given_mean() -> None:
    positions = drawn(StationaryBlocks(8.0), 10_000, 100)
    continues = (np.diff(positions, axis=1) % 10_000) == 1
    assert continues.mean() == pytest.approx(1 - 1 / 8, abs=0.002)
    # memoryless: a block goes on as often after it went on
    assert continues[:, 1:][continues[:, :-1]].mean() == pytest.approx(1 - 1 / 8, abs=0.002)


def test_a_mean_length_of_one_draws_single_values() -> None:
    positions = drawn(StationaryBlocks(1.0), 1_000, 50)
    assert ((np.diff(positions, axis=1) % 1_000) == 1).mean() < 0.003


def test_circular_blocks_run_on_and_wrap_at_the_end() -> None:
    positions = drawn(CircularBlocks(4), 6, 500, length=12).reshape(-1, 4)
    assert (np.diff(positions, axis=1) % 6 == 1).all()
    assert (positions[:, 0] > positions[:, -1]).any()


@pytest.mark.parametrize("scheme", [StationaryBlocks(6.0), CircularBlocks(6)])
def test_every_value_is_drawn_equally_often(scheme: BlockScheme) -> None:
    counts = np.bincount(drawn(scheme, 40, 4_000).ravel(), minlength=40)
    assert counts.min() > 3_600 and counts.max() < 4_400


@pytest.mark.parametrize("length", [0, 0.5, np.nan, np.inf])
def test_a_block_length_that_is_none_is_refused(length: float) -> None:
    with pytest.raises(InputError, match="block_length"):
        StationaryBlocks(length)


def test_a_block_of_no_whole_length_is_refused() -> None:
    with pytest.raises(InputError, match="block_length"):
        CircularBlocks(0)
