"""Reference numbers nobody here made, where they lie beside the project; ids as they are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.market.panel import FloatArray
from terminal.portfolio.black_litterman import (
    Views,
    equilibrium,
    posterior,
    unconstrained_weights,
)
from terminal.portfolio.clusters import COLUMNS
from terminal.portfolio.constraints import LONG_ONLY, Constraints
from terminal.portfolio.covariance import IDENTITY, SINGLE_FACTOR, oracle_shrinkage, shrunk
from terminal.portfolio.hierarchical import HrpParams
from terminal.portfolio.mean_variance import AversionParams, TargetReturnParams
from terminal.portfolio.optimise import optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.risk_measures import (
    CDAR,
    CVAR,
    EVAR,
    FIRST,
    SECOND,
    SEMI,
    ULCER,
    WORST,
    risk_of,
)
from terminal.portfolio.shares import whole_shares
from terminal.portfolio.sizing import kelly_bet
from terminal.portfolio.tail_risk import TailRiskParams

pytestmark = pytest.mark.shared
Case = dict[str, Any]


@pytest.fixture(scope="module")
def case(shared_dir: Path) -> Callable[[str], Case]:
    found = {}
    for name in ("portfolio", "afml"):
        for one in json.loads((shared_dir / "reference" / f"{name}.json").read_text()):
            found[one["id"]] = one
    return found.__getitem__


@pytest.fixture(scope="module")
def data(shared_dir: Path) -> Callable[[str], pd.DataFrame]:
    def read(name: str, **how: Any) -> pd.DataFrame:
        return pd.read_csv(shared_dir / "reference" / "data" / name, **how)

    return read  # type: ignore[return-value]


def test_cla_turning_points(case: Callable[[str], Case]) -> None:
    one = case("cla-turning-points")
    mean, covariance = (np.array(one["inputs"][k]) for k in ("mean", "cov"))
    for weights in np.array(one["expected"]["weights"]):
        # At a turning point the return is met exactly; the hair keeps the highest one feasible.
        wanted = TargetReturnParams(float(mean @ weights) - 1e-12)
        found = optimise(Problem(covariance, mean), "target-return", wanted)
        assert found.weights == pytest.approx(weights, abs=one["tolerance"]["abs"])


@pytest.mark.parametrize("table", [4, 5, 6, 7])
def test_bl_hl_table(case: Callable[[str], Case], table: int) -> None:
    one = case(f"bl-hl-table{table}")
    given, expected = one["inputs"], one["expected"]
    sigma = np.outer(given["vol"], given["vol"]) * np.array(given["corr"])
    prior = equilibrium(sigma, np.array(given["weq"]), given["delta"])
    views = Views(np.array(given["P"]), np.array(given["Q"]), omega=np.array(given["Omega_diag"]))
    found = posterior(sigma, prior, views, given["tau"])
    weights = unconstrained_weights(found, given["delta"])
    full = one["tolerance"]["full"]
    assert found.mu == pytest.approx(expected["mu_full"], abs=full)
    assert weights == pytest.approx(expected["weights_full"], abs=full)
    assert 100 * weights == pytest.approx(expected["weights_percent"], abs=0.1001)
    assert np.diag(found.omega) / given["tau"] == pytest.approx(
        expected["omega_over_tau"], abs=6e-4
    )
    # Over 1 + tau, weights are the market's and the views' portfolios times lambda.
    apart = (1 + given["tau"]) * weights - np.array(given["weq"])
    view_weights = np.linalg.lstsq(np.array(given["P"]).T, apart, rcond=None)[0]
    assert view_weights == pytest.approx(expected["lambda_view_weights"], abs=6e-4)


def test_bl_idzorek_confidence(case: Callable[[str], Case]) -> None:
    one = case("bl-idzorek-confidence")
    for confidence, wanted in zip(one["inputs"]["confidence"], one["expected"], strict=True):
        views = Views(np.eye(5), np.full(5, 0.3), confidences=np.full(5, confidence))
        found = posterior(np.eye(5), np.full(5, 0.1), views)
        assert found.mu == pytest.approx(np.full(5, wanted), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "method", "constraints", "params"),
    [
        ("ppo-max-sharpe", "maximum-sharpe", LONG_ONLY, None),
        ("ppo-max-sharpe-short", "maximum-sharpe", Constraints(-np.inf, np.inf), None),
        ("ppo-max-quad-utility", "maximum-utility", LONG_ONLY, AversionParams(2.0)),
    ],
)
def test_ppo(
    case: Callable[[str], Case], data: Any, name: str, method: str, constraints: Any, params: Any
) -> None:
    expected = case(name)["expected"]
    mu = data("ppo_mu.csv", index_col=0).iloc[:, 0]
    covariance = data("ppo_cov.csv", index_col=0).to_numpy()
    problem = Problem(
        covariance, mu.to_numpy(), symbols=tuple(mu.index), constraints=constraints, risk_free=0.02
    )
    found = optimise(problem, method, params)
    assert found.weights == pytest.approx([expected["weights"][s] for s in mu.index], abs=1e-6)
    assert found.expected_return == pytest.approx(expected["ret"], abs=1e-6)
    assert found.volatility == pytest.approx(expected["vol"], abs=1e-6)
    assert found.sharpe == pytest.approx(expected["sharpe"], abs=1e-6)


def test_ppo_hrp(case: Callable[[str], Case], data: Any) -> None:
    expected = case("ppo-hrp")["expected"]
    prices = data("ppo_stock_prices.csv", index_col=0)
    returns = prices.pct_change(fill_method=None).dropna(how="all")
    problem = Problem(returns.cov().to_numpy(), correlation=returns.corr().to_numpy())
    found = optimise(problem, "hrp")
    wanted = [expected["weights"][s] for s in returns.columns]
    assert np.abs(found.weights - wanted).max() < 1e-12
    assert found.volatility * np.sqrt(252) == pytest.approx(expected["vol"], rel=1e-9)


def test_hrp_ldp2016(case: Callable[[str], Case], data: Any) -> None:
    expected = case("hrp-ldp2016")["expected"]
    covariance = data("hrp_ldp2016_cov.csv", header=None).to_numpy()
    found = optimise(Problem(covariance), "hrp", HrpParams(distance=COLUMNS))
    assert found.weights == pytest.approx(expected["weights_full"], abs=1e-9)
    assert 100 * found.weights == pytest.approx(expected["weights_percent"], abs=0.005)


@pytest.mark.parametrize(
    ("name", "target"), [("lw-constant-variance", IDENTITY), ("lw-single-factor", SINGLE_FACTOR)]
)
def test_lw(case: Callable[[str], Case], data: Any, name: str, target: str) -> None:
    expected = case(name)["expected"]
    prices = data("ppo_stock_prices.csv", index_col=0)
    # The peer keeps rows in which some are missing and counts these returns as zero.
    returns = prices.pct_change(fill_method=None).dropna(how="all").fillna(0.0).to_numpy()
    covariance, share = shrunk(returns, target)
    assert share == pytest.approx(expected["delta"], rel=1e-8)
    assert 252 * np.trace(covariance) == pytest.approx(expected["trace"], rel=1e-8)
    assert 252 * covariance[0, 0] == pytest.approx(expected["cov_11"], rel=1e-8)
    assert 252 * covariance[0, 1] == pytest.approx(expected["cov_12"], rel=1e-8)


def test_lw_sklearn_edhec(case: Callable[[str], Case], data: Any) -> None:
    expected = case("lw-sklearn-edhec")["expected"]
    returns = data("edhec.csv").iloc[:, 1:].to_numpy()
    covariance, share = shrunk(returns, IDENTITY)
    assert share == pytest.approx(expected["lw_shrinkage"], rel=1e-9)
    assert covariance[0, 0] == pytest.approx(expected["lw_cov_00"], rel=1e-9)
    assert covariance[0, 1] == pytest.approx(expected["lw_cov_01"], rel=1e-9)
    assert np.trace(covariance) == pytest.approx(expected["lw_trace"], rel=1e-9)
    assert oracle_shrinkage(returns)[1] == pytest.approx(expected["oas_shrinkage"], rel=1e-9)


def test_discrete_allocation_greedy(case: Callable[[str], Case], data: Any) -> None:
    weights = case("ppo-max-sharpe")["expected"]["weights"]
    prices = data("ppo_stock_prices.csv", index_col=0).iloc[-1][list(weights)].to_numpy()
    found = whole_shares(np.array(list(weights.values())), prices, 10_000.0)
    bought = {s: int(k) for s, k in zip(weights, found.shares, strict=True) if k}
    assert bought == case("discrete-allocation-greedy")["expected"]


def volatilities(one: Case) -> FloatArray:
    given = one["inputs"]
    constant = 0.5 * np.ones((4, 4)) + 0.5 * np.eye(4)
    rho = constant if isinstance(given["corr"], str) else np.array(given["corr"])
    return np.asarray(np.outer(given["vol"], given["vol"]) * rho)


def test_erc_and_minvar(case: Callable[[str], Case]) -> None:
    one = case("erc-constant-corr")
    found = optimise(Problem(volatilities(one)), "equal-risk")
    assert found.weights == pytest.approx(one["expected"], abs=1e-6)
    one = case("erc-4-assets")
    found = optimise(Problem(volatilities(one)), "equal-risk")
    assert found.weights == pytest.approx(one["expected"]["weights_full"], abs=1e-7)
    each = one["expected"]["risk_contribution_each"]
    assert found.risk_shares * found.volatility == pytest.approx(np.full(4, each), abs=1e-7)
    one = case("minvar-4-assets")
    found = optimise(Problem(volatilities(one)), "minimum-variance")
    assert found.weights == pytest.approx(one["expected"]["weights_full"], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("cvar", CVAR),
        ("evar", EVAR),
        ("cdar", CDAR),
        ("uci", ULCER),
        ("wr", WORST),
        ("msv", SEMI),
        ("flpm", FIRST),
        ("slpm", SECOND),
    ],
)
def test_riskfolio_minrisk(case: Callable[[str], Case], data: Any, name: str, measure: str) -> None:
    one = case(f"riskfolio-minrisk-{name}")
    expected, tolerance = one["expected"], one["tolerance"]
    returns = data("edhec.csv").iloc[:, 1:9].to_numpy()
    theirs = risk_of(returns, np.array(expected["weights"]), measure)
    assert theirs == pytest.approx(expected["risk"], rel=1e-9)
    found = optimise(Problem(returns=returns), "tail-risk", TailRiskParams(measure))
    least = risk_of(returns, found.weights, measure)
    assert least == pytest.approx(expected["risk"], rel=tolerance["risk_rel"])
    assert least < theirs * (1 + 1e-6)
    assert found.weights == pytest.approx(expected["weights"], abs=tolerance["weights"])


def test_riskfolio_hrp(case: Callable[[str], Case], data: Any) -> None:
    returns = data("edhec.csv").iloc[:, 1:9].to_numpy()
    found = optimise(Problem(returns=returns), "hrp")
    assert found.weights == pytest.approx(case("riskfolio-hrp")["expected"]["weights"], abs=1e-9)


def test_kelly_binary(case: Callable[[str], Case]) -> None:
    one = case("kelly-binary")
    found = kelly_bet(one["inputs"]["p"], one["inputs"]["b"])
    assert found == pytest.approx(one["expected"], abs=1e-12)
