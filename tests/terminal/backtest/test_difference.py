"""Pairs of runs: an edge is found, noise is not, and many pairs are corrected for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.difference import Differences, differences
from terminal.backtest.inference.sharpe_difference import jobson_korkie_memmel, ledoit_wolf

N = 1_500
DAYS = pd.bdate_range("2015-01-01", periods=N)


def series(seed: int, mean: float = 0.0, n: int = N) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).normal(mean, 0.01, n), DAYS[:n])


def compared(**returns: pd.Series) -> Differences:
    return differences(returns, dict.fromkeys(returns, 0.0), periods=252.0)


def test_a_pair_has_the_p_values_of_the_tests_themselves() -> None:
    a, b = series(1, 0.0004), series(2)
    (pair,) = compared(first=a, second=b).pairs
    x, y = a.to_numpy(), b.to_numpy()
    assert pair.memmel == jobson_korkie_memmel(x, y).p_value
    assert pair.bootstrap == ledoit_wolf(x, y, seed=0, n_samples=1_000).p_value
    sharpes = [r.mean() / r.std(ddof=1) * np.sqrt(252) for r in (x, y)]
    assert pair.difference == pytest.approx(sharpes[0] - sharpes[1])


def test_a_clear_edge_differs_and_is_said_and_noise_does_not() -> None:
    base = series(1)
    better = base * 0.5 + 0.0012
    found = compared(**{"plain-one": base, "better": better})
    assert found.pairs[0].differs
    assert found.sentences[0].startswith("better has the higher Sharpe ratio by ")
    noise = compared(**{"plain-one": base, "other": series(2)})
    assert not noise.pairs[0].differs
    assert (
        "distinguishable from chance; the clearest, plain-one against other, is"
        in (noise.sentences[0])
    )


def test_more_than_one_pair_is_corrected_for_by_holm() -> None:
    runs = {"a": series(1, 0.0009), "b": series(2), "c": series(3), "d": series(4)}
    alone = compared(a=runs["a"], b=runs["b"]).pairs[0]
    found = compared(**runs)
    assert len(found.pairs) == 6 and "6 comparisons (Holm)" in found.sentences[-1]
    among = next(pair for pair in found.pairs if (pair.first, pair.second) == ("a", "b"))
    assert among.memmel > alone.memmel and among.memmel <= 6 * alone.memmel + 1e-12


def test_each_is_measured_above_its_own_rate_on_the_sessions_all_have() -> None:
    a, b = series(1, 0.0004), series(1, 0.0004)
    found = differences({"a": a, "b": b.iloc[:900]}, {"a": 0.0, "b": 0.05}, periods=252.0)
    assert found.sessions == 900
    own = a.iloc[:900]
    expected = 0.05 / own.std(ddof=1) / np.sqrt(252)
    assert found.pairs[0].difference == pytest.approx(expected)


def test_too_few_sessions_or_a_run_that_stands_still_are_left_out_and_said() -> None:
    few = compared(a=series(1, n=10), b=series(2, n=10))
    assert few.pairs == () and few.sentences[0].startswith("The runs share 10 sessions")
    still = compared(a=series(1), b=pd.Series(0.0, DAYS), c=series(3))
    assert still.left_out == ("b",) and len(still.pairs) == 1
