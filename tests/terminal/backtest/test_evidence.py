"""Evidence of a run: what it is made of, what changes with more trials, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

from terminal.backtest.analysis import Analysis, analyse, session_returns, trade_returns
from terminal.backtest.evidence import DEPTHS, Evidence, evidence
from terminal.backtest.held import Held
from terminal.backtest.inference.verdict import judge
from terminal.backtest.request import BacktestRequest
from terminal.backtest.run import frames_of, run_backtest
from terminal.codec import from_json, to_json
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import random_panel

XNYS = get_calendar("XNYS")
REQUEST = BacktestRequest(
    "sma-crossover", {"fast": 3, "slow": 10}, "made", ("A", "B", "C"), risk_free_rate=0.02
)


def analysed(bars: Panel, request: BacktestRequest = REQUEST, seed: int = 1) -> Analysis:
    frames = frames_of(run_backtest(request, bars, None, XNYS))
    sessions = XNYS.session_of(bars.ts)
    return analyse(request, frames, bars, sessions, periods=252.0, seed=seed)


@pytest.fixture(scope="module")
def bars() -> Panel:
    return random_panel(4, 400, 3, ragged=False, events=False)


@pytest.fixture(scope="module")
def found(bars: Panel) -> Evidence:
    return analysed(bars).evidence


def test_the_verdict_is_that_of_the_returns_whatever_the_trials(
    bars: Panel, found: Evidence
) -> None:
    frames = frames_of(run_backtest(REQUEST, bars, None, XNYS))
    r = session_returns(frames["curve"], XNYS.session_of(bars.ts), REQUEST.capital)
    assert len(r) == found.n_returns
    excess = r - 0.02 / 252
    for trials, variance in ((1, None), (137, None), (137, 0.3)):
        of_period = None if variance is None else variance / 252
        interval = found.intervals["sharpe"]
        assert found.verdict(trials, variance) == judge(
            excess, 252.0, trials, of_period, seed=1, sharpe_interval=interval
        )


def test_more_trials_never_make_a_run_look_better(found: Evidence) -> None:
    deflated = [found.verdict(n, 0.3).dsr for n in (1, 2, 10, 100, 1_000)]
    assert deflated == sorted(deflated, reverse=True) and deflated[0] > deflated[-1]  # type: ignore[type-var, operator]
    assert "after 1,000 trials" in found.verdict(1_000, 0.3).sentences[0]


def test_all_parts_are_there_and_survive_being_stored(bars: Panel, found: Evidence) -> None:
    assert set(found.intervals) >= {"sharpe", "cagr", "max_drawdown"}
    assert [fan.key for fan in found.fans] == ["returns", "student", "trades", "order"]
    for fan in found.fans:
        assert len(fan.drawdowns) == len(DEPTHS)
        assert list(fan.drawdowns) == sorted(fan.drawdowns, reverse=True)
        assert fan.after[-1] == fan.length and len(fan.bands[0]) == len(fan.after)
    order = found.fans[-1]
    assert order.final[0] == pytest.approx(order.final[-1])  # the way differs, not the end
    assert "orders of the same trades" in order.sentence
    assert found.arrangements is not None
    assert sum(found.arrangements.counts) == found.arrangements.n_drawn
    stored = orjson.dumps(to_json(Analysis(found)))
    assert from_json(Analysis, orjson.loads(stored)) == Analysis(found)
    assert len(stored) < 60_000


def test_the_same_seed_gives_the_same_evidence_and_another_one_another(
    bars: Panel, found: Evidence
) -> None:
    assert analysed(bars).evidence == found
    other = analysed(bars, seed=2).evidence
    assert other.intervals["sharpe"] != found.intervals["sharpe"]
    assert other.estimate == found.estimate


def test_only_an_entry_rule_that_knows_the_moment_beats_its_positions_at_other_times() -> None:
    draw = np.random.default_rng(3)
    returns = draw.normal(0.0, 0.01, (500, 2))
    nothing, none = np.zeros(500), np.empty(0)
    told: dict[str, float] = {}
    for name, weights in (
        ("seer", (returns > 0.005) / 2.0),
        ("guesser", (draw.random((500, 2)) < 0.3) / 2.0),
    ):
        held = Held(weights, returns, nothing)
        made = evidence(held.gross, none, held, periods=252.0, risk_free_rate=0.0, seed=1)
        assert made.arrangements is not None
        told[name] = made.arrangements.p_value
    # 499 shifts there are, each taken once
    assert told["seer"] == pytest.approx(1 / 500) and told["guesser"] > 0.05


def test_a_run_that_never_traded_has_no_verdict_and_says_why(bars: Panel) -> None:
    flat = analysed(replace(bars, close=np.full((400, 3), 50.0))).evidence
    assert flat.estimate is None and flat.arrangements is None and flat.notes
    assert flat.verdict(5, None).standing == "no verdict" and not flat.fans


def test_too_few_sessions_are_said_in_the_verdict(bars: Panel) -> None:
    few = analysed(bars.truncated(15)).evidence
    assert few.verdict(3, None).sentences[0].startswith("13 returns: too few for a verdict")


def test_trades_of_a_run_that_lost_everything_are_not_drawn_again(bars: Panel) -> None:
    frames = frames_of(run_backtest(REQUEST, bars, None, XNYS))
    assert len(trade_returns(frames["trades"], frames["curve"], 1e5)) == len(frames["trades"])
    ruined = frames["curve"].assign(equity=-1.0)
    assert trade_returns(frames["trades"], ruined, 1e5).size == 0
