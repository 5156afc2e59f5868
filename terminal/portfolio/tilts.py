"""Weights tilted by scores: more of what a signal likes, within what the constraints allow."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_vector
from terminal.portfolio.conflict import refuse
from terminal.portfolio.mean_variance import nearest
from terminal.portfolio.problem import Allocation, Problem, allocation
from terminal.portfolio.quadratic import InfeasibleError, QuadraticSolver

LARGEST_Z = 3.0
"""One score counts for no more standard deviations than this."""


def standardised(scores: FloatArray) -> FloatArray:
    """(n,) with mean 0 and deviation 1 over those that are known, within +-`LARGEST_Z`; NaN: 0."""
    known = np.isfinite(scores)
    if not known.any():
        return np.zeros(len(scores))
    spread = float(scores[known].std())
    if spread <= 1e-12 * max(1.0, float(np.abs(scores[known]).max())):
        return np.zeros(len(scores))
    z = np.where(known, (scores - scores[known].mean()) / spread, 0.0)
    return np.clip(z, -LARGEST_Z, LARGEST_Z)


def tilted(
    problem: Problem, base: FloatArray, scores: FloatArray, strength: float = 0.5
) -> Allocation:
    """Each base weight times exp(strength * score), as much in total, moved to what is allowed.

    Long stays long: a tilt sizes positions. Short ones are tilted the other way, so that a good
    score makes them smaller.

    Raises
    ------
    InputError : base or scores do not fit, strength is below zero, no weights are allowed.
    """
    weights = checked_vector(base, problem.n, "The base weight", problem.symbols)
    score = np.asarray(scores, dtype=np.float64)
    if score.shape != (problem.n,):
        raise InputError(
            f"scores have shape {score.shape}; ({problem.n},) is needed.", field="scores"
        )
    if not strength >= 0:
        raise InputError(
            f"The strength is {strength:g}; it must be zero or more.", field="strength"
        )
    z = standardised(score)
    out = weights.copy()
    for side in (1.0, -1.0):
        part = weights * side > 0
        if part.any():
            factor = np.exp(strength * side * z[part])
            size = weights[part] * factor
            out[part] = size * (weights[part].sum() / size.sum())
    try:
        found = nearest(problem, out, QuadraticSolver())
    except InfeasibleError:
        raise refuse(problem.rows) from None
    moved = float(np.abs(found - out).sum())
    notes = (f"The constraints moved {moved:.2%} of the tilted weights.",) if moved > 1e-6 else ()
    low, high = problem.constraints.bounds(problem.n)
    return allocation(problem, "tilt", np.clip(found, low, high), notes)
