"""Published and independently computed numbers of the whole area."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.regimes.multipliers import volatility_scale
from terminal.regimes.switching import fit_switching
from terminal.risk import value_at_risk as v
from terminal.risk.conditional_volatility import exponential
from terminal.risk.coverage import chance_of_at_most, independence, kupiec, traffic_light
from terminal.risk.drawdowns import conditional_drawdown_at_risk
from terminal.risk.extreme_value import fit_pareto
from terminal.risk.factors.model import FactorModel, decompose
from terminal.risk.garch import fit_garch
from terminal.risk.stress.shocks import Shock, shocked
from tests.terminal.market.reference import cases

Case = dict[str, Any]
Answer = Callable[[Case, Path], Any]


def percent(case: Case, folder: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column of percent as fractions."""
    frame = pd.read_csv(folder / case["inputs"]["data"])
    return np.asarray(frame.iloc[:, -1].to_numpy(dtype=float) / 100.0)


def garch(case: Case, folder: Path) -> Any:
    model = "egarch" if case["inputs"].get("model") == "egarch" else "garch"
    fit = fit_garch(percent(case, folder), model)  # type: ignore[arg-type]
    if "params" not in case["expected"]:
        named = {name.removesuffix("[1]"): value for name, value in fit.parameters.items()}
        return {**named, "loglik": fit.log_likelihood}
    return {
        "params": fit.parameters,
        "loglik": fit.log_likelihood,
        "cond_vol_last": fit.volatility.path[-1] * 100.0,
        "forecast_var_5": [v * 1e4 for v in fit.forecast] if model == "garch" else None,
    }


def ewma(case: Case, _: Path) -> Any:
    asked = case["inputs"]
    found = exponential(np.array(asked["returns"]), asked["lam"], asked["var0"])
    # the case gives the variance after each return, ours the one before it
    return np.append(found.path, found.following)[1:] ** 2


def failures(case: Case, _: Path) -> Any:
    found = kupiec(*(case["inputs"][name] for name in ("n", "exceptions", "p")))
    return {"LR": found.statistic, "p_value": found.p_value}


def clusters(case: Case, _: Path) -> Any:
    found = independence(**case["inputs"])
    return {"LR_ind": found.statistic, "p_value": found.p_value}


def basel(case: Case, _: Path) -> Any:
    asked, expected = case["inputs"], case["expected"]
    ends = {"0-4": (0, 4), "5-9": (5, 9), "10+": (10, 60)}
    return {
        "cum_percent": {
            k: 100.0 * chance_of_at_most(int(k), asked["n"], asked["p"])
            for k in expected["cum_percent"]
        },
        "zone": {
            name: one.value
            for name, (a, b) in ends.items()
            for one in {traffic_light(k)[0] for k in range(a, b + 1)}
        },
        "plus_factor": {k: traffic_light(int(k))[1] for k in expected["plus_factor"]},
    }


def tail(found: v.Tail) -> dict[str, float]:
    return {"VaR": found.var, "ES": found.shortfall}


def normal(case: Case, _: Path) -> Any:
    asked = case["inputs"]
    return tail(v.normal(asked["mu"], asked["sigma"], asked["alpha"]))


def student(case: Case, _: Path) -> Any:
    asked = case["inputs"]  # sigma is the standard deviation
    return tail(v.student_t(0.0, asked["sigma"], asked["nu"], asked["alpha"]))


def conventions(case: Case, _: Path) -> Any:
    """Ours is numpy's linear quantile, and the mean of the worst whole returns."""
    asked = case["inputs"]
    found = v.historical(np.array(asked["returns"]), asked["alpha"])
    others = {k: case["expected"][k] for k in ("lower", "higher", "es_mean_below_equal_linear")}
    return {"numpy_linear": found.var, "es_acerbi": found.shortfall, **others}


def pareto(case: Case, folder: Path) -> Any:
    fit = fit_pareto(np.loadtxt(folder / case["inputs"]["data"]))
    return {"xi": fit.xi, "beta": fit.beta, "loglik": fit.log_likelihood}


def linear(case: Case, _: Path) -> Any:
    asked = case["inputs"]
    symbols = tuple(asked["positions"])
    found = shocked(
        Shock("shock", market=asked["shock"]),
        symbols,
        np.array([float(asked["positions"][s]) for s in symbols]),
        betas=np.array([asked["betas"][s] for s in symbols]),
    )
    return {"pnl": found.profit}


def target(case: Case, _: Path) -> Any:
    asked = case["inputs"]
    return {"scale": volatility_scale(asked["target"], asked["realised"], asked["max_leverage"])}


def switching(case: Case, folder: Path) -> Any:
    fit = fit_switching(np.loadtxt(folder / case["inputs"]["data"]))
    return {
        "p00": fit.move[0, 0],
        "p10": fit.move[1, 0],
        "const": fit.mean.tolist(),
        "sigma2": fit.variance[0],
        "llf": fit.log_likelihood,
    }


def performance(case: Case, folder: Path) -> Any:
    asked = case["inputs"]
    returns = pd.read_csv(folder / asked["data"])[asked["column"]].to_numpy()[:100]
    level, m = asked["p"], v.moments(returns)
    found, flat = v.historical(returns, level), v.normal(m.mean, m.deviation, level)
    return {
        "var_gaussian": -flat.var,
        "var_modified_cornish_fisher": -v.cornish_fisher(m, level).var,
        "var_historical": -found.var,
        "es_gaussian": -flat.shortfall,
        "es_historical": -found.shortfall,
    }


def factors(case: Case, _: Path) -> Any:
    asked = case["inputs"]
    b, f, w = (np.array(asked[name]) for name in ("B", "F", "w"))
    model = FactorModel("given", ("0", "1", "2"), tuple("abcde"), b, f, np.array(asked["D_diag"]))
    found = decompose(w, model)
    parts = sorted(found.parts, key=lambda part: part.name)
    return {
        "factor_exposure": [part.exposure for part in parts],
        "systematic_var": found.total - found.specific,
        "specific_var": found.specific,
        "total_vol": found.deviation,
        "asset_contributions": [value / found.deviation for _, value in found.by_position],
        "factor_contributions": [part.variance / found.deviation for part in parts],
    }


def drawdown(case: Case, folder: Path) -> Any:
    """The risk of the published weights; falls there are of the sum of returns."""
    frame = pd.read_csv(folder / "data/edhec.csv", index_col=0).iloc[:, :8].dropna()
    book = frame.to_numpy() @ np.array(case["expected"]["weights"])
    found = conditional_drawdown_at_risk(book, 0.95, compounded=False)
    return {"weights": case["expected"]["weights"], "risk": found}


ANSWERS: dict[str, Answer] = {
    "garch11-arch-default": garch,
    "arch-sp500-garch": garch,
    "arch-sp500-egarch": garch,
    "ewma-riskmetrics": ewma,
    "kupiec-255-7-0.05": failures,
    "kupiec-1000-4-0.01": failures,
    "christoffersen-ind": clusters,
    "basel-traffic-light": basel,
    "var-normal-closed": normal,
    "var-student-t": student,
    "hist-var-quantile-conventions": conventions,
    "gpd-mle": pareto,
    "stress-linear": linear,
    "vol-target": target,
    "markov-switching-fedfunds": switching,
}
ELSEWHERE: dict[str, Answer] = {
    "pa-var-es-edhec-ca": performance,
    "factor-risk-decomposition": factors,
    "riskfolio-minrisk-cdar": drawdown,
}


def agrees(case: Case, found: Any, expected: Any, key: str = "") -> None:
    """Compare at the case's own tolerance, part by part."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            agrees(case, found[name], value, f"{key} {name}")
        return
    if isinstance(expected, str) or expected is None:
        assert found == expected, key
        return
    allowed = case["tolerance"]
    if key.strip() in ("loglik", "llf", "risk"):
        named = {"loglik": ("abs", "loglik"), "llf": ("abs", "llf"), "risk": ("rel", "risk_rel")}
        kind, name = named[key.strip()]
        limits = {kind: allowed.get(name, allowed.get("rel", 0.0) * abs(expected))}
    elif "params" in allowed:
        relative = "params" not in key
        limits = {"rel": allowed["forecast_rel"]} if relative else {"abs": allowed["params"]}
    else:
        limits = {"rel": allowed.get("rel", 0.0), "abs": allowed.get("abs", 0.0)}
    assert found == pytest.approx(expected, **limits), key


@pytest.mark.parametrize("case", cases("risk"))
def test_every_case_of_the_area(case: Case, shared_dir: Path) -> None:
    found = ANSWERS[case["id"]](case, shared_dir / "reference")
    agrees(case, found, case["expected"])


@pytest.mark.parametrize(
    "case",
    [c for name in ("performance", "portfolio") for c in cases(name) if str(c.id) in ELSEWHERE]
    or cases("risk")[:1],
)
def test_cases_of_other_areas_that_are_risk(case: Case, shared_dir: Path) -> None:
    found = ELSEWHERE[case["id"]](case, shared_dir / "reference")
    agrees(case, found, case["expected"])
