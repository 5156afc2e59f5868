"""Two Sharpe ratios: errors, size under equality, power, and what remembers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.sharpe_difference import jobson_korkie_memmel, ledoit_wolf
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.inference.noise import noise, remembering


def pair(seed: int, n: int = 240, rho: float = 0.5, edge: float = 0.0) -> tuple[FloatArray, ...]:
    """Two correlated series; the first has the higher Sharpe ratio by `edge`."""
    a, b = np.random.default_rng(seed).standard_normal((2, n))
    return 0.01 * (a + 0.1 + edge), 0.02 * (rho * a + math.sqrt(1 - rho**2) * b + 0.1)


def test_the_formula_of_memmel_by_hand() -> None:
    a, b = pair(1)
    found = jobson_korkie_memmel(a, b)
    one, two = (m.sharpe(x, 1.0) or 0.0 for x in (a, b))
    rho = np.corrcoef(a, b)[0, 1]
    variance = (2 - 2 * rho + 0.5 * (one**2 + two**2 - 2 * one * two * rho**2)) / 240
    assert found.difference == pytest.approx(one - two)
    assert found.standard_error == pytest.approx(math.sqrt(variance))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(one - two) / math.sqrt(variance)))


def test_both_standard_errors_are_the_spread_of_simulated_differences() -> None:
    found = [
        (jobson_korkie_memmel(*pair(s)), ledoit_wolf(*pair(s), seed=1, n_samples=1))
        for s in range(500)
    ]
    spread = np.std([one.difference for one, _ in found])
    for k in range(2):
        assert np.mean([both[k].standard_error for both in found]) == pytest.approx(
            spread, rel=0.06
        )
    assert found[0][0].difference == pytest.approx(found[0][1].difference, rel=0.01)


def test_p_values_of_equal_sharpe_ratios_are_about_uniform() -> None:
    p = np.array(
        [
            (
                jobson_korkie_memmel(*pair(s)).p_value,
                ledoit_wolf(*pair(s), seed=s, n_samples=200, block_length=2).p_value,
            )
            for s in range(200)
        ]
    )
    for column in p.T:
        assert stats.kstest(column, "uniform").pvalue > 0.01
        assert 0.02 < np.mean(column <= 0.05) < 0.09


def test_a_planted_difference_is_found_and_has_a_sign() -> None:
    for test in (jobson_korkie_memmel, lambda a, b: ledoit_wolf(a, b, seed=1)):
        up, down = test(*pair(1, n=1_000, edge=0.2)), test(*pair(1, n=1_000, edge=0.2)[::-1])
        assert up.p_value < 0.01 and down.p_value < 0.01
        assert up.difference == pytest.approx(-down.difference) and up.difference > 0


def test_returns_that_remember_deceive_the_normal_test_only() -> None:
    """Both true Sharpe ratios are 0 and both series remember: the errors are larger."""
    p = np.array(
        [
            (
                jobson_korkie_memmel(
                    remembering(s, 300, 0.5), remembering(s + 5_000, 300, 0.5)
                ).p_value,
                ledoit_wolf(
                    remembering(s, 300, 0.5),
                    remembering(s + 5_000, 300, 0.5),
                    seed=s,
                    n_samples=200,
                ).p_value,
            )
            for s in range(200)
        ]
    )
    normal, bootstrap = (p <= 0.05).mean(axis=0)
    assert normal > 0.2 and bootstrap < 0.12


def test_a_series_is_no_better_than_itself_at_another_scale() -> None:
    a, _ = pair(1)
    for other in (a, 3.0 * a):
        assert jobson_korkie_memmel(a, other).p_value == pytest.approx(1.0)
        assert ledoit_wolf(a, other, seed=1).p_value == pytest.approx(1.0)


def test_the_scale_of_returns_does_not_matter() -> None:
    a, b = pair(1)
    whole = ledoit_wolf(a, b, seed=1, n_samples=300)
    small = ledoit_wolf(1e-7 * a, 1e5 * b, seed=1, n_samples=300)
    assert small.p_value == whole.p_value
    assert small.difference == pytest.approx(whole.difference)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"second": noise(1, 99)}, "second"),
        ({"first": np.full(240, 0.01)}, "first"),
        ({"first": noise(1, 19)}, "first"),
        ({"second": np.full(240, np.inf)}, "second"),
        ({"block_length": 0}, "block_length"),
        ({"block_length": 121}, "block_length"),
        ({"n_samples": 0}, "n_samples"),
    ],
)
def test_a_wrong_input_is_refused_by_name(change: dict[str, object], field: str) -> None:
    a, b = pair(1)
    with pytest.raises(InputError) as caught:
        ledoit_wolf(**{"first": a, "second": b, "seed": 1} | change)  # type: ignore[arg-type]
    assert caught.value.field == field
