"""Numbers made elsewhere for this room; the case's id is the test's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from terminal.drift import detectors, distances
from terminal.drift.severity import Severity, of_stability
from terminal.settings import ROOT
from tests.terminal.market.reference import cases

Case = dict[str, Any]
FOLDER = ROOT.parent / "shared" / "reference"
WORDS = {Severity.NONE: "stable", Severity.MODERATE: "moderate", Severity.SEVERE: "significant"}


def _jensen_shannon(x: dict[str, Any]) -> dict[str, float]:
    p, q = x["p"], x["q"]
    return {
        "divergence_nat": distances.jensen_shannon_divergence(p, q, np.e),
        "distance_nat": distances.jensen_shannon(p, q, np.e),
        "distance_base2": distances.jensen_shannon(p, q),
    }


def _kolmogorov_smirnov(x: dict[str, Any]) -> dict[str, float]:
    a, b = np.array(x["a"]), np.array(x["b"])
    distance = distances.kolmogorov_smirnov(a, b)
    return {
        "D": distance,
        "p_exact": distances.kolmogorov_smirnov_exact_p(a, b),
        "p_asymp": distances.kolmogorov_smirnov_p(distance, len(a), len(b)),
    }


def _wasserstein(x: dict[str, Any]) -> dict[str, float]:
    a, b = np.array(x["a"]), np.array(x["b"])
    distance = distances.wasserstein(a, b)
    return {"W": distance, "W_over_std_a": distance / a.std()}


def _chi_squared(x: dict[str, Any]) -> dict[str, float]:
    statistic, p = distances.chi_squared(x["observed"], x["expected"])
    return {"chi2": statistic, "p": p}


def _contingency(x: dict[str, Any]) -> dict[str, float]:
    statistic, p, freedom = distances.contingency(*x["table"])
    return {"chi2": statistic, "p": p, "dof": freedom}


def _numeric(x: dict[str, Any]) -> dict[str, float]:
    """evidently bins by Sturges' rule on both samples together and measures in nats; we bin by the
    baseline's deciles, which is another convention for the same formulas."""
    before = np.loadtxt(FOLDER / x["ref"], skiprows=1)
    now = np.loadtxt(FOLDER / x["cur"], skiprows=1)
    edges = np.histogram_bin_edges(np.concatenate([before, now]), bins="sturges")
    p, q = (np.histogram(sample, edges)[0] for sample in (before, now))
    distance = distances.kolmogorov_smirnov(before, now)
    p_value = distances.kolmogorov_smirnov_exact_p(before, now)
    raw = distances.wasserstein(before, now)
    return {
        "psi": distances.stability_index(p, q),
        "js": distances.jensen_shannon(p, q, np.e),
        "kl": distances.relative_entropy(p, q),
        "ks": p_value,
        "ks_D": distance,
        "ks_p": p_value,
        "wasserstein_raw": raw,
        "wasserstein_norm": raw / before.std(),
    }


def _stream(x: dict[str, Any]) -> list[float]:
    return list(json.loads((FOLDER / x["data"]).read_text()))


def _adwin(x: dict[str, Any]) -> dict[str, Any]:
    found = detectors.detections(detectors.Adwin(), _stream(x))
    return {"first_detection_index": found[0], "all": found, "detections": found}


def _detected(make: Callable[[], detectors.Detector]) -> Callable[[dict[str, Any]], Any]:
    return lambda x: {"detections": detectors.detections(make(), _stream(x))}


ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "js-distance": _jensen_shannon,
    "ks-2samp-small": _kolmogorov_smirnov,
    "wasserstein-1": _wasserstein,
    "chi2-drift": _chi_squared,
    "chi2-contingency": _contingency,
    "evidently-numeric": _numeric,
    "river-adwin": _adwin,
    "river-adwin-bernoulli": _adwin,
    "river-ddm": _detected(detectors.Ddm),
    "river-eddm": _detected(detectors.Eddm),
    "river-hddm-w": _detected(detectors.HddmW),
    "psi-thresholds": lambda x: [WORDS[of_stability(value)] for value in x["psi"]],
}


@pytest.mark.parametrize("case", cases("drift"))
def test_numbers_made_elsewhere(case: Case) -> None:
    found = ANSWERS[case["id"]](case["inputs"])
    expected, limit = case["expected"], case["tolerance"]
    if isinstance(expected, dict):
        found = {key: found[key] for key in expected}
    if limit.get("exact"):
        assert found == expected
    else:
        near = pytest.approx(expected, abs=limit.get("abs", 0.0), rel=limit.get("rel", 0.0))
        assert found == near
