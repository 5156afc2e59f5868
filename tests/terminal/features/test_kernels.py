from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from terminal.features.kernels import across, coarse, markov, recursive, sessions, turn, windows

N, K = 70, 2


def _values(seed: int = 0) -> np.ndarray:
    """Random values with gaps, and a stretch of equal ones."""
    values = np.random.default_rng(seed).normal(0, 1, (K, N))
    values[0, [3, 17, 18]] = np.nan
    values[1, 30:50] = 0.5
    return values


def _made(name: str, kernel: Any) -> list[Any]:
    """Arguments of a kernel by the names of its parameters."""
    x = _values()
    given: dict[str, Any] = {
        "x": x, "y": _values(1), "n": 5, "alpha": 0.3, "weight": np.abs(_values(2)) / 3,
        "cap": 4.0, "middle": 100 + x, "close": 100 + _values(3), "width": 1 + np.abs(_values(4)),
        "high": 101 + x, "low": 99 + x, "step": 0.02, "limit": 0.2, "live": np.isfinite(x) * 1.0,
        "weights": np.array([1.0, -0.4, 0.2, 0.1, -0.3, 0.2, 0.7, 0.1, 0.05, 0.4, 0.3]),
        "first": 100 + x, "last": 100 + x, "day": np.repeat(np.arange(10.0), 7)[None].repeat(K, 0),
        "group": np.array([0, 1]), "bars": np.abs(np.random.default_rng(5).normal(9, 1, (5, N))),
        "start": np.array([0, 4, 9, 20, N]), "floor": 1e-6, "omega": 0.1, "beta": 0.8, "begin": 1.0,
    }  # fmt: skip
    if name == "weighted_history":
        given |= {"x": np.nan_to_num(x[0]), "state": np.zeros(24), "out": np.empty(N)}
    if name in ("forward", "refine", "garch_variance"):
        given |= {
            "x": np.nan_to_num(x[0]), "start": np.array([0.6, 0.4]), "out": np.empty((N, 2)),
            "move": np.array([[0.9, 0.1], [0.2, 0.8]]), "mean": np.array([0.0, 0.1]),
            "variance": np.array([0.5, 2.0]), "scale": np.empty(N),
        }  # fmt: skip
    if name == "garch_variance":
        given["out"] = np.empty(N)
    if name == "collect":
        given["out"] = np.empty((5, 4))
    if name == "turn":
        given |= {
            "columns": x.astype(np.float32), "rows": np.arange(N) + 3,
            "out": np.zeros((N + 4, K), dtype=np.float32),
        }  # fmt: skip
    if name == "round_into":
        odd = [np.inf, -np.inf, 1e-60, -3.4e38, 1e300]
        given |= {"values": np.append(x[0], odd), "out": np.ones(N + 5, dtype=np.float32)}
    if name == "group_mean" or name == "group_spread":
        given["n"] = 2
    made = []
    for parameter in inspect.signature(kernel.py_func).parameters:
        if parameter == "state" and "state" not in given:
            made.append(np.zeros((K, 40)))
        elif parameter in ("now", "before"):
            made.append(np.empty((3, K, N)))
        elif parameter in given:
            value = given[parameter]
            made.append(value.copy() if isinstance(value, np.ndarray) else value)
        else:
            made.append(np.empty((K, N)))
    return made


def _kernels() -> list[tuple[str, Any]]:
    modules: list[ModuleType] = [recursive, windows, sessions, across, coarse, markov, turn]
    return [
        (name, found)
        for module in modules
        for name, found in vars(module).items()
        if hasattr(found, "py_func") and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize(("name", "kernel"), _kernels(), ids=[name for name, _ in _kernels()])
def test_a_compiled_kernel_does_what_its_python_twin_does(name: str, kernel: Any) -> None:
    compiled, plain = _made(name, kernel), _made(name, kernel)
    with np.errstate(all="ignore"):
        first, second = kernel(*compiled), kernel.py_func(*plain)
    if second is not None:
        assert first == pytest.approx(second, rel=1e-12)
    for one, other in zip(compiled, plain, strict=True):
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_running_moments_stay_those_of_the_window_after_many_bars() -> None:
    """A large value that comes and goes leaves nothing behind."""
    values = np.random.default_rng(0).normal(1e6, 1e-3, (1, 3000))
    values[0, 500] = 1e12
    mean, variance = np.empty_like(values), np.empty_like(values)
    windows.moments(values, np.zeros((1, 27)), 20, mean, variance)
    wanted = np.lib.stride_tricks.sliding_window_view(values[0], 20)
    late = slice(900, None)
    np.testing.assert_allclose(mean[0, 19:][late], wanted.mean(axis=1)[late], rtol=1e-13)
    np.testing.assert_allclose(variance[0, 19:][late], wanted.var(axis=1)[late], rtol=1e-3)


def test_a_window_of_equal_values_has_no_variance_at_all() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(100, 1, 50), np.full(30, 101.3)])
    mean, variance = np.empty((1, 80)), np.empty((1, 80))
    windows.moments(values[None], np.zeros((1, 17)), 10, mean, variance)
    assert (variance[0, 59:] == 0.0).all()
    assert (mean[0, 59:] == 101.3).all()
    assert (variance[0, 9:59] > 0.0).all()


def test_sums_of_a_whole_history_have_the_bits_of_sums_bar_by_bar() -> None:
    values = np.random.default_rng(0).normal(0, 1, (1, 2500))
    weights = np.random.default_rng(1).normal(0, 1, 283)
    whole, stepped = np.empty_like(values), np.empty_like(values)
    state, other = np.zeros((1, 568)), np.zeros((1, 568))
    windows.weighted_history(values[0], state[0], weights, whole[0])
    windows.weighted(values, other, weights, stepped)
    assert np.array_equal(whole, stepped, equal_nan=True)
    following = np.random.default_rng(2).normal(0, 1, (1, 400))
    ahead, ahead_of_steps = np.empty_like(following), np.empty_like(following)
    windows.weighted(following, state, weights, ahead)
    windows.weighted(following, other, weights, ahead_of_steps)
    assert np.array_equal(ahead, ahead_of_steps)


@pytest.mark.parametrize("n", [2, 7, 30])
def test_windows_say_what_pandas_says(n: int) -> None:
    import pandas as pd

    values = np.random.default_rng(n).normal(0, 1, (1, 300))
    series = pd.Series(values[0])
    top, age = np.empty_like(values), np.empty_like(values)
    windows.highest(values, np.zeros((1, 4 + n)), n, top, age)
    np.testing.assert_array_equal(top[0], series.rolling(n).max())
    oldest = series.rolling(n).apply(lambda w: n - 1 - np.argmax(w), raw=True)
    np.testing.assert_array_equal(age[0], oldest)
    place = np.empty_like(values)
    windows.rank(values, np.zeros((1, 2 + n)), n, place)
    ranks = (series.rolling(n).rank() - 1) / (n - 1)
    np.testing.assert_allclose(place[0], ranks, rtol=1e-12)
    if n > 4:
        skew, kurtosis = np.empty_like(values), np.empty_like(values)
        windows.shape(values, np.zeros((1, 7 + n)), n, skew, kurtosis)
        centred = np.lib.stride_tricks.sliding_window_view(values[0], n)
        centred = centred - centred.mean(axis=1, keepdims=True)
        m2, m3, m4 = ((centred**power).mean(axis=1) for power in (2, 3, 4))
        np.testing.assert_allclose(skew[0, n - 1 :], m3 / m2**1.5, rtol=1e-9)
        np.testing.assert_allclose(kurtosis[0, n - 1 :], m4 / m2**2 - 3, rtol=1e-9, atol=1e-9)
