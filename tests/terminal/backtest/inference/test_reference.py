"""Published and peer-made numbers of this room; the case's id is the test's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from terminal.backtest import return_metrics
from terminal.backtest.inference.sharpe import (
    deflated_sharpe,
    expected_maximum,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from terminal.backtest.inference.significance import sharpe_significance, sharpe_variance
from tests.terminal.market.reference import cases

Case = dict[str, Any]
Answer = Callable[[dict[str, Any]], Any]


def _psr(x: dict[str, Any]) -> float:
    return probabilistic_sharpe(x["SR"], x["SR_benchmark"], x["T"], x["skew"], x["kurtosis"])


def _dsr(x: dict[str, Any]) -> dict[str, float]:
    """Annual Sharpe ratios: all of ours are per period."""
    year = x.get("periods_per_year", 250)
    n_trials = x.get("N_trials", x.get("N"))
    variance = x.get("var_SR_annual", x.get("V_annual")) / year
    sharpe = x["SR_annual"] / math.sqrt(year)
    return {
        "DSR": deflated_sharpe(sharpe, x["T"], x["skew"], x["kurtosis"], n_trials, variance),
        "SR0_per_period": expected_maximum_sharpe(n_trials, variance),
    }


def _dsr_of_estimates(x: dict[str, Any]) -> float:
    trials = np.array(x["SR_estimates"])
    return deflated_sharpe(
        x["SR"], x["T"], x["skew"], x["kurtosis"], trials.size, float(trials.var())
    )


def _mintrl(x: dict[str, Any]) -> float | None:
    return minimum_track_record(x["SR"], x["SR_benchmark"], x["skew"], x["kurtosis"], x["alpha"])


def _sharpe2025(x: dict[str, Any]) -> dict[str, float | None]:
    sharpe, n = x["mean"] / x["std"], x["T"]
    moments = {"skewness": x["skew"], "kurtosis": x["kurtosis"], "autocorrelation": x["rho"]}
    chances = {"alpha": x["alpha"], "prior": x["p_H1"]}
    at_0, at_01 = (
        sharpe_significance(sharpe, n, null=null, alternative=x["SR1"], **moments, **chances)
        for null in (0.0, 0.1)
    )
    assert at_0.standard_error == math.sqrt(sharpe_variance(sharpe, n, **moments))
    assert at_0.p_value == pytest.approx(1.0 - at_0.psr)
    return {
        "SR": at_0.sharpe,
        "sigma_SR": at_0.standard_error,
        "MinTRL_0": at_0.min_track_record,
        "MinTRL_01": at_01.min_track_record,
        "PSR_0": at_0.psr,
        "PSR_01": at_01.psr,
        "SR_critical": at_0.critical,
        "power": at_0.power,
        "E_max_SR_K10_V01": expected_maximum_sharpe(10, 0.1),
        "oFDR": at_0.false_discovery,
    }


PERFORMANCE: dict[str, Answer] = {
    "psr-": _psr,
    "dsr-2014": _dsr,
    "dsr-mlfinlab": _dsr_of_estimates,
    "mintrl-": _mintrl,
    "sharpe2025-": _sharpe2025,
}
AFML: dict[str, Answer] = {
    "pypbo-psr": _psr,
    "pypbo-dsr": lambda x: _dsr(x)["DSR"],
    "pypbo-expected-max": lambda x: expected_maximum(x["N"]),
    "pypbo-sharpe": lambda x: return_metrics.sharpe(np.array(x["returns"]) - x["bench"], 1.0),
    "stats-sharpe": lambda x: return_metrics.sharpe(
        np.array(x["returns"]) - x["rf"], x["entries_per_year"]
    ),
    "pypbo-omega": lambda x: return_metrics.omega(np.array(x["returns"]) - x["target"]),
}


def _owned(area: str, table: dict[str, Answer]) -> list[Any]:
    def known(case: Case | None) -> bool:
        return case is None or any(re.match(pattern, case["id"]) for pattern in table)

    return [item for item in cases(area) if known(item.values[0])]


def _agrees(case: Case, found: Any) -> None:
    limit = case["tolerance"]
    expected = case["expected"]
    if isinstance(expected, dict):
        found = {key: found[key] for key in expected}
    assert found == pytest.approx(expected, abs=limit.get("abs", 0.0), rel=limit.get("rel", 0.0))


def _check(case: Case, table: dict[str, Answer]) -> None:
    (answer,) = (found for pattern, found in table.items() if re.match(pattern, case["id"]))
    _agrees(case, answer(case["inputs"]))


@pytest.mark.parametrize("case", _owned("performance", PERFORMANCE))
def test_significance_of_a_sharpe_ratio(case: Case) -> None:
    _check(case, PERFORMANCE)


@pytest.mark.parametrize("case", _owned("afml", AFML))
def test_the_test_suites_of_pypbo_and_mlfinlab(case: Case) -> None:
    _check(case, AFML)
