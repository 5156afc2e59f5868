"""Probabilities that mean what they say: learned from out-of-fold answers, kept as numbers.

A calibrator maps what a model answered for a class to how often the class then happened. It is
learned on events the model was not fitted on. Both kinds never change which event is likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, logit

from terminal.errors import InputError
from terminal.market.panel import FloatArray

MIN_EVENTS = 50
TINY = 1e-6
"""No probability is closer to 0 or 1: there is no certainty in a market."""


@dataclass(frozen=True)
class Calibrator:
    """A rising line through points, linear between them and level outside (isotonic), or a sigmoid
    of the log odds given by its slope and offset (Platt).

    x, y : float64 (n_points,): x strictly ascending and y ascending of isotonic; x empty and y =
    (slope, offset) of Platt.
    """

    x: FloatArray
    y: FloatArray

    def apply(self, probability: FloatArray) -> FloatArray:
        """Calibrated probabilities of (n,)."""
        p = np.clip(probability, TINY, 1.0 - TINY)
        if len(self.x):
            found = np.interp(p, self.x, self.y)
        else:
            found = expit(self.y[0] * logit(p) + self.y[1])
        return np.asarray(np.clip(found, TINY, 1.0 - TINY))


def fit_calibrator(
    probability: FloatArray, happened: FloatArray, weight: FloatArray, method: str
) -> Calibrator:
    """Learn from answers (n,), what happened (0 or 1) and weights.

    isotonic : Zadrozny, Elkan (2002): the rising step function of least squares, by pooling
        adjacent violators.
    platt : Platt (1999), on log odds, with his targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2); the
        slope is not negative.

    Raises
    ------
    InputError : with fewer than 50 events, or when only one thing ever happened.
    """
    if len(probability) < MIN_EVENTS:
        raise InputError(
            f"{len(probability)} events are too few to calibrate by; at least {MIN_EVENTS}.",
            field="calibration",
            remedy="Use more data, or leave probabilities as they are.",
        )
    if happened.min() == happened.max():
        raise InputError("Only one outcome occurs: nothing to calibrate by.", field="calibration")
    p = np.clip(probability, TINY, 1.0 - TINY)
    return _isotonic(p, happened, weight) if method == "isotonic" else _platt(p, happened, weight)


def _isotonic(p: FloatArray, happened: FloatArray, weight: FloatArray) -> Calibrator:
    x, place = np.unique(p, return_inverse=True)
    mass = np.bincount(place, weights=weight)
    kept = mass > 0
    mean = np.bincount(place, weights=weight * happened)[kept] / mass[kept]
    x = x[kept]
    y = np.asarray(isotonic_regression(mean, weights=mass[kept]).x)
    corner = np.ones(len(x), dtype=bool)  # only the ends of level stretches say anything
    corner[1:-1] = (np.diff(y)[:-1] != 0) | (np.diff(y)[1:] != 0)
    return Calibrator(x[corner], y[corner])


def _platt(p: FloatArray, happened: FloatArray, weight: FloatArray) -> Calibrator:
    positive = float(np.sum(happened == 1))
    negative = len(happened) - positive
    target = np.where(happened == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    odds, share = logit(p), weight / weight.sum()

    def loss(at: FloatArray) -> tuple[float, FloatArray]:
        score = at[0] * odds + at[1]
        error = share * (expit(score) - target)
        value = float(share @ (np.logaddexp(0.0, score) - target * score))
        return value, np.array([error @ odds, error.sum()])

    found = minimize(
        loss,
        np.array([1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None), (None, None)],
        options={"ftol": 1e-14, "gtol": 1e-9},
    )
    return Calibrator(np.empty(0), np.asarray(found.x, dtype=np.float64))
