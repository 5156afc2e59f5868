"""Portfolio construction against its peers, in one run on one machine: times and ratios.

python benchmarks/portfolio.py [--quick]

Each pair solves the same problem on the same numbers; `apart` is the largest difference of weights
(of the risk, relative, where weights may differ). Times are the processor's, of one thread, the
best of a few: other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["RAYON_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from terminal.market.builtin import sp500_twenty
from terminal.portfolio.optimise import METHODS, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.rebalancing import WEEKLY, calendar_rows
from terminal.portfolio.risk_budgets import BudgetParams
from terminal.portfolio.risk_measures import risk_of
from terminal.portfolio.rolling import Recipe, Schedule, rolling_weights

FAILED: list[str] = []


def best(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """(least seconds of the processor, what came out)."""
    least, found = np.inf, None
    for _ in range(times):
        begun = time.process_time()
        found = run()
        least = min(least, time.process_time() - begun)
    return least, found


def history(n: int, periods: int, seed: int = 1) -> np.ndarray:
    """Daily returns driven by five factors."""
    generator = np.random.default_rng(seed)
    common = generator.normal(0, 0.008, (periods, 5)) @ generator.normal(0.5, 0.6, (5, n))
    own = generator.normal(0, 1, (periods, n)) * generator.uniform(0.005, 0.02, n)
    return np.asarray(0.0006 + common + own)


def line(what: str, seconds: float, limit: float, peers: dict[str, float], apart: float) -> None:
    """One line: time, the goal, ratios to the peers, and how far the answers are apart."""
    ratios = "".join(f"  {name} {1e3 * t:.0f} ms = {t / seconds:.1f}x" for name, t in peers.items())
    verdict = "" if seconds <= limit else "  SLOWER THAN THE GOAL"
    difference = "" if np.isnan(apart) else f"  apart {apart:.1e}"
    print(f"{what:44s} {1e3 * seconds:9.2f} ms (goal {1e3 * limit:g}){ratios}{difference}{verdict}")
    if verdict:
        FAILED.append(what)


def hierarchical(quick: bool) -> None:
    """Hierarchical risk parity of 50 and 500 instruments."""
    from pypfopt import HRPOpt
    from skfolio.optimization import HierarchicalRiskParity

    for n, limit in ((50, 0.005), (500, 0.040)):
        returns = history(n, 2 * n + 200)
        covariance = np.cov(returns, rowvar=False)
        own, found = best(lambda c=covariance: optimise(Problem(c), "hrp"), 7)
        if quick and n > 50:
            line(f"HRP, {n} instruments", own, limit, {}, np.nan)
            continue
        frame = pd.DataFrame(returns)
        one, weights = best(lambda f=frame: HRPOpt(f).optimize(), 2)
        two, _ = best(lambda r=returns: HierarchicalRiskParity().fit(r), 2)
        apart = np.abs(found.weights - [weights[k] for k in range(n)]).max()
        line(f"HRP, {n} instruments", own, limit, {"PyPortfolioOpt": one, "skfolio": two}, apart)


def maximum_sharpe() -> None:
    """The best Sharpe ratio of 100 instruments, once and step after step."""
    from pypfopt import EfficientFrontier
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    returns = history(100, 900)
    covariance, mu = np.cov(returns, rowvar=False), returns.mean(axis=0)
    own, found = best(lambda: optimise(Problem(covariance, mu), "maximum-sharpe"), 9)

    def peer() -> np.ndarray:
        frontier = EfficientFrontier(mu, covariance)
        frontier.max_sharpe(0.0)
        return np.asarray(frontier.weights)

    def other() -> Any:
        model = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RATIO, risk_measure=RiskMeasure.VARIANCE
        )
        return model.fit(returns)

    one, weights = best(peer)
    two, _ = best(other)
    apart = float(np.abs(found.weights - weights).max())
    peers = {"PyPortfolioOpt": one, "skfolio": two}
    line("Maximum Sharpe, 100 instruments, once", own, 0.025, peers, apart)
    decided = np.arange(900) % 5 == 0
    recipe, schedule = Recipe("maximum-sharpe"), Schedule(400)
    took, rolled = best(lambda: rolling_weights(returns, decided, recipe, schedule))
    each = took / rolled.decisions
    line("  a step of rolling, estimates included", each, 0.005, peers, np.nan)


def real_stocks(quick: bool) -> None:
    """20 stocks, 8,313 days: mean-CVaR, and weekly HRP against a loop over skfolio."""
    from skfolio import RiskMeasure
    from skfolio.optimization import HierarchicalRiskParity, MeanRisk

    _, parts = sp500_twenty()
    close = pd.DataFrame({part.symbol: part.bars["close"] for part in parts})
    returns = close.pct_change(fill_method=None).to_numpy()
    whole = returns[1:]
    own, found = best(lambda: optimise(Problem(returns=whole), "tail-risk"))
    model = MeanRisk(risk_measure=RiskMeasure.CVAR)
    other, fitted = best(lambda: model.fit(whole), 1 if quick else 2)
    apart = risk_of(whole, found.weights) / risk_of(whole, fitted.weights_) - 1
    line("Least CVaR, 20 stocks, 8,313 days", own, 2.0, {"skfolio": other}, abs(apart))
    if own > other:
        FAILED.append("Least CVaR is slower than skfolio")
    ts = close.index.tz_localize(None).to_numpy().astype("datetime64[ns]")
    decided = calendar_rows(ts, WEEKLY)
    took, rolled = best(lambda: rolling_weights(returns, decided, Recipe("hrp"), Schedule(252)))
    rows = np.flatnonzero(np.isfinite(rolled.weights).all(axis=1))
    asked = rows[:: max(1, len(rows) // (20 if quick else 150))]
    peer = HierarchicalRiskParity()
    loop, _ = best(lambda: [peer.fit(returns[row - 251 : row + 1]) for row in asked], 1)
    loop *= len(rows) / len(asked)
    line(f"Rolling HRP, {len(rows)} weeks", took, loop / 10, {"skfolio, by steps": loop}, np.nan)


def every_method() -> None:
    """Each method once on 100 instruments and 900 days: half a second at most."""
    returns = history(100, 900)
    covariance, mu = np.cov(returns, rowvar=False), returns.mean(axis=0)
    for method in METHODS:
        params = METHODS[method].params_type(*([(1.0,) * 100] if method == "risk-budgets" else []))
        assert not isinstance(params, BudgetParams) or len(params.budgets) == 100
        seconds, _ = best(
            lambda m=method, p=params: optimise(Problem(covariance, mu, returns), m, p), 2
        )
        line(f"{method}, 100 instruments", seconds, 0.5, {}, np.nan)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs of the peers")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    optimise(Problem(np.cov(history(5, 50), rowvar=False), np.ones(5)), "maximum-sharpe")
    with threadpool_limits(1):
        hierarchical(quick)
        maximum_sharpe()
        real_stocks(quick)
        every_method()
    if FAILED:
        raise SystemExit("slower than the goal: " + "; ".join(FAILED))


if __name__ == "__main__":
    main()
