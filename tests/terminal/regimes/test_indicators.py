"""Every indicator rests on the past only, and says what its rule says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from terminal.backtest.attribution.regimes import labels
from terminal.errors import InputError
from terminal.features.regime import filtered, first_guess, fit_states
from terminal.market.panel import FloatArray
from terminal.regimes.absorption import absorption, absorption_ratio
from terminal.regimes.breadth import breadth
from terminal.regimes.hidden import Schedule, hidden_indicator, hidden_states
from terminal.regimes.indicator import Indicator, chance_to_stay, named, reading
from terminal.regimes.market_state import trend_and_volatility
from terminal.regimes.switching import fit_switching
from terminal.regimes.turbulence import turbulence, turbulence_index
from tests.terminal.risk.books import days

NAMES = tuple(f"S{k}" for k in range(6))
SHORT = Schedule(first=150, refit=60, longest=300)


def switching_market(periods: int = 1100, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """A market of two volatilities, and the state it was in."""
    rng = np.random.default_rng(seed)
    state = np.zeros(periods)
    for t in range(1, periods):
        state[t] = state[t - 1] if rng.random() < 0.98 else 1.0 - state[t - 1]
    return rng.standard_normal(periods) * np.where(state == 1.0, 0.02, 0.006), state


def universe(market: FloatArray, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    return market[:, None] * np.linspace(0.5, 1.5, 6) + 0.01 * rng.standard_normal((len(market), 6))


MARKET, STATE = switching_market()
Make = Callable[[FloatArray, FloatArray], Indicator]
ALL: dict[str, Make] = {
    "hidden": lambda m, _: hidden_indicator(hidden_states(m, 2, SHORT)),
    "trend": lambda m, _: trend_and_volatility(m)[0],
    "volatility": lambda m, _: trend_and_volatility(m)[1],
    "breadth": lambda _, r: breadth(r),
    "turbulence": lambda _, r: turbulence(r, NAMES, 200),
    "absorption": lambda _, r: absorption(r, NAMES, 200),
}


def differs(make: Make, cut: int) -> bool:
    """Whether rows before `cut` change when later rows are cut off, or become something else."""
    returns = universe(MARKET)
    whole = make(MARKET, returns)
    spoilt = MARKET.copy()
    spoilt[cut:] = 0.03 * np.sin(np.arange(len(spoilt) - cut))
    wild = returns.copy()
    wild[cut:] = spoilt[cut:, None] * np.arange(1, 7) / 3
    for other in (make(MARKET[:cut], returns[:cut]), make(spoilt, wild)):
        same = (other.states[:cut] == whole.states[:cut]).all()
        near = np.allclose(other.values[:cut], whole.values[:cut], rtol=1e-8, equal_nan=True)
        if not (same and near):
            return True
    return False


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("cut", [701, 1000])
def test_no_row_knows_what_comes_after_it(name: str, cut: int) -> None:
    assert not differs(ALL[name], cut)


def of_the_whole(market: FloatArray, _: FloatArray) -> Indicator:
    """What must not be done: states fitted on the whole series, filtered or not."""
    x = np.log1p(market)
    value = filtered(x, fit_states(x, first_guess(x, 2)))[:, 1]
    states = named([value > 0.5], ["turbulent"], "calm", value)
    return Indicator("leak", "Leak", "percent", states, np.asarray(value), "")


def test_the_check_catches_an_indicator_that_looks_ahead() -> None:
    assert differs(of_the_whole, 701)
    ahead = trend_and_volatility
    assert differs(
        lambda m, _: Indicator(
            "x", "x", "", np.roll(ahead(m)[0].states, -1), np.roll(ahead(m)[0].values, -1), ""
        ),
        701,
    )


def test_every_indicator_has_more_than_one_state_here() -> None:
    returns = universe(MARKET)
    for make in ALL.values():
        states = make(MARKET, returns).states
        assert len(set(states[states != ""])) > 1


def test_hidden_states_find_the_wild_half_and_are_the_features_own() -> None:
    found = hidden_states(MARKET, 2, SHORT)
    p = found.probabilities[:, 1]
    assert np.isnan(p[:149]).all() and np.isfinite(p[149:]).all()
    right = (p[150:] > 0.5) == (STATE[150:] == 1.0)
    assert right.mean() > 0.85
    assert found.probabilities[149:].sum(axis=1) == pytest.approx(np.ones(len(p) - 149))
    x = np.log1p(MARKET)
    first = fit_states(x[:150].copy(), first_guess(x[:150], 2))
    assert p[149:209] == pytest.approx(filtered(x[:209].copy(), first)[149:209, 1], rel=1e-12)
    calm, wild = found.meanings
    assert calm.volatility < wild.volatility and calm.stays > 0.9
    three = hidden_states(MARKET, 3, SHORT)
    assert [m.name for m in three.meanings] == ["calm", "usual", "crisis"]
    assert hidden_states(MARKET[:100], 2, SHORT).meanings == ()


def test_the_fit_is_as_good_as_that_of_hmmlearn() -> None:
    x = np.log1p(MARKET[:500])
    ours = fit_states(x.copy(), first_guess(x, 2), steps=100)
    peer = GaussianHMM(2, "diag", n_iter=60, tol=1e-4, random_state=0, min_covar=1e-9)
    peer.fit(x[:, None] * 100)
    assert np.sort(np.sqrt(peer.covars_.ravel())) / 100 == pytest.approx(
        np.sqrt(ours.variance), rel=0.01
    )
    assert np.sort(np.diag(peer.transmat_)) == pytest.approx(np.sort(np.diag(ours.move)), abs=0.01)


def test_trend_and_volatility_are_the_labels_of_a_backtest_one_session_earlier() -> None:
    import pandas as pd

    level = pd.Series(np.concatenate([[1.0], np.cumprod(1 + MARKET)]))
    acted = labels(level)
    trend, volatility = trend_and_volatility(MARKET)
    # the label of level t + 1 is the state at the close of level t, which is return t - 1
    assert (trend.states[:-1] == acted["trend"].to_numpy()[2:]).all()
    assert (volatility.states[:-1] == acted["volatility"].to_numpy()[2:]).all()
    known = trend.states != ""
    assert ((trend.values[known] >= 0) == (trend.states[known] == "rising")).all()
    with pytest.raises(InputError, match="row 4: the market's return is nan"):
        trend_and_volatility(np.where(np.arange(50) == 3, np.nan, MARKET[:50]))


def test_breadth_counts_those_above_their_mean_and_not_the_young() -> None:
    up, down = np.full((250, 3), 0.01), np.full((250, 3), -0.01)
    found = breadth(np.hstack([up, down]))
    assert found.states[-1] == "mixed" and found.values[-1] == pytest.approx(0.5)
    assert found.states[198] == "" and found.states[199] == "mixed"
    assert breadth(np.hstack([up, up])).states[-1] == "broad"
    young = np.hstack([up, up])
    young[:100, :2] = np.nan
    assert np.isnan(breadth(young).values[-1])  # four that count are too few
    with pytest.raises(InputError, match=r"not \(T, n\)"):
        breadth(np.zeros(5))


def test_turbulence_is_about_one_when_nothing_is_unusual_and_sees_a_break_of_correlation() -> None:
    rng = np.random.default_rng(2)
    market = 0.01 * rng.standard_normal(400)
    returns = market[:, None] + 0.002 * rng.standard_normal((400, 6))
    found = turbulence_index(returns, NAMES, 200)
    assert np.isnan(found[:200]).all()
    assert np.mean(found[200:]) == pytest.approx(1.0, abs=0.35)
    apart = returns.copy()
    apart[300] = 0.01 * np.array([1, -1, 1, -1, 1, -1])  # no larger than usual, but against it
    assert turbulence_index(apart, NAMES, 200)[300] > 5 * found[200:].max() / 2
    with pytest.raises(InputError, match="window of 30"):
        turbulence_index(returns, NAMES, 30)


def test_absorption_is_a_share_by_hand() -> None:
    rng = np.random.default_rng(3)
    apart = 0.01 * rng.standard_normal((300, 10))
    together = apart[:, :1] + 0.0001 * rng.standard_normal((300, 10))
    names = tuple(f"S{k}" for k in range(10))
    found = absorption_ratio(apart, names, 250, 1e9, 1)
    values = np.linalg.eigvalsh(np.cov(apart[:250], rowvar=False))
    assert found[249] == pytest.approx(values[-2:].sum() / values.sum(), rel=1e-6)
    assert np.isnan(found[:249]).all()
    assert absorption_ratio(together, names, 250)[-1] > 0.999
    with pytest.raises(InputError, match="one instrument"):
        absorption_ratio(apart[:, :1], names[:1], 250)
    with pytest.raises(InputError, match="window of 10"):
        absorption_ratio(apart, names, 10)


def test_switching_finds_two_means() -> None:
    rng = np.random.default_rng(4)
    state = (np.arange(400) // 50) % 2
    x = np.where(state == 1, 3.0, 0.0) + rng.standard_normal(400)
    found = fit_switching(x)
    assert found.mean == pytest.approx([0.0, 3.0], abs=0.2)
    assert found.variance == pytest.approx([1.0, 1.0], abs=0.2)
    assert np.diag(found.move).min() > 0.95
    own = fit_switching(x, common_variance=False)
    assert own.log_likelihood >= found.log_likelihood - 1e-6
    with pytest.raises(InputError, match="need 30 values"):
        fit_switching(np.zeros(100))


def test_a_reading_counts_spells_and_the_chance_to_stay() -> None:
    states = np.array([""] * 5 + ["a"] * 30 + ["b"] * 10 + ["a"] * 15, dtype=object)
    values = np.where(states == "", np.nan, 1.0)
    one = Indicator("k", "K", "ratio", states, values, "rule")
    found = reading(one, days(60, "2024-01-01"))
    assert [(s.state, s.sessions) for s in found.spells] == [("a", 30), ("b", 10), ("a", 15)]
    assert found.state == "a" and str(found.since) == str(found.spells[-1].first)
    assert found.stays == pytest.approx(43 / 44)
    assert dict(found.shares) == pytest.approx({"a": 45 / 55, "b": 10 / 55})
    assert found.values[0] is None and found.dates[-1] == days(60, "2024-01-01")[-1]
    assert chance_to_stay(states[:45]) is None  # b has been seen ten times only
    with pytest.raises(InputError, match="60 rows for 5 dates"):
        reading(one, days(5))


def test_what_is_no_market_is_refused() -> None:
    with pytest.raises(InputError, match="choose 2 or 3"):
        hidden_states(MARKET, 4)
    with pytest.raises(InputError, match="loses everything"):
        hidden_states(np.array([0.0, -1.0]))
