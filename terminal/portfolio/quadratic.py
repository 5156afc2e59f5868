"""Quadratic programs: minimise x'Px / 2 + q'x with lower <= Ax <= upper.

An interior-point method (Clarabel; Goulart and Chen 2024) finds which rows bind; one linear system
with these rows as equations then gives the answer to rounding. A `QuadraticSolver` remembers them,
and the next program of the same shape first tries the rows that bound before, changed by those the
answer violates and those that pull the wrong way (a primal-dual active set method: Hintermueller,
Ito and Kunisch 2003). What comes out always fulfils the optimality conditions, whichever way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray

FEASIBLE = 1e-9
CHANGES = 8
"""Changes of the binding rows that are tried before the interior-point method is asked."""

Sides = npt.NDArray[np.int8]
"""Of each row: 1 it binds at its upper end, -1 at its lower, 0 not."""


class InfeasibleError(Exception):
    """No x fulfils the rows."""


class StoppedError(InputError):
    """The solver gave up, and did not say whether an answer exists."""


@dataclass
class QuadraticSolver:
    """Solves programs one after the other; each begins where the last one of its shape ended."""

    _last: dict[tuple[int, ...], Sides] = field(default_factory=dict)

    def solve(
        self, p: FloatArray, q: FloatArray, a: FloatArray, lower: FloatArray, upper: FloatArray
    ) -> FloatArray:
        """x (k,).

        Raises
        ------
        InfeasibleError : no x fulfils the rows.
        InputError : the solver gave up.
        """
        # The answer does not depend on the unit of the objective; the solver's tolerances do.
        scale = max(float(np.abs(p).max()), float(np.abs(q).max()), 1e-300)
        p, q = p / scale, q / scale
        begun = self._last.get(a.shape)
        if begun is not None:
            kept = np.where(lower == upper, 1, begun).astype(np.int8)
            found = _exchange(p, q, a, lower, upper, kept, CHANGES)
            if found is not None:
                self._last[a.shape] = found[1]
                return found[0]
        x, sides = _interior_point(p, q, a, lower, upper)
        polished = _exchange(p, q, a, lower, upper, sides, 3)
        if polished is None:
            self._last.pop(a.shape, None)
            return x
        self._last[a.shape] = polished[1]
        return polished[0]


def _exchange(
    p: FloatArray,
    q: FloatArray,
    a: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    sides: Sides,
    most: int,
) -> tuple[FloatArray, Sides] | None:
    """(x, binding rows) once x fulfils the optimality conditions; None where it does not."""
    n = len(q)
    equal = lower == upper
    for _ in range(most):
        rows = np.flatnonzero(sides)
        if rows.size > n:
            return None
        system = np.zeros((n + rows.size, n + rows.size))
        system[:n, :n] = p
        system[:n, n:] = a[rows].T
        system[n:, :n] = a[rows]
        ends = np.where(sides[rows] > 0, upper[rows], lower[rows])
        wanted = np.concatenate([-q, ends])
        try:
            found = np.linalg.solve(system, wanted)
        except np.linalg.LinAlgError:
            return None
        x, pull = found[:n], found[n:] * sides[rows]
        size = max(1.0, float(np.abs(x).max()))
        if not np.abs(system @ found - wanted).max() <= FEASIBLE * size:
            return None
        values = a @ x
        fresh = np.zeros_like(sides)
        fresh[values > upper + FEASIBLE * size] = 1
        fresh[values < lower - FEASIBLE * size] = -1
        held = rows[(pull > -FEASIBLE) | equal[rows]]
        fresh[rows] = 0
        fresh[held] = sides[held]
        if np.array_equal(fresh, sides):
            return x, sides
        sides = fresh
    return None


def _interior_point(
    p: FloatArray, q: FloatArray, a: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, Sides]:
    from scipy import sparse

    equal = np.flatnonzero(lower == upper)
    above = np.flatnonzero((lower != upper) & np.isfinite(upper))
    below = np.flatnonzero((lower != upper) & np.isfinite(lower))
    matrix = sparse.csc_matrix(np.concatenate([a[equal], a[above], -a[below]]))
    ends = np.concatenate([upper[equal], upper[above], -lower[below]])
    solution = solve_cones(
        sparse.csc_matrix(np.triu(p)),
        q,
        matrix,
        ends,
        ["zero", "positive"],
        [equal.size, above.size + below.size],
    )
    slack = np.asarray(solution.s)[equal.size :]
    pull = np.asarray(solution.z)[equal.size :]
    binds = pull > slack
    sides = np.zeros(len(lower), dtype=np.int8)
    sides[equal] = 1
    sides[above[binds[: above.size]]] = 1
    sides[below[binds[above.size :]]] = -1
    return np.asarray(solution.x), sides


def solve_cones(
    p: Any, q: FloatArray, a: Any, b: FloatArray, kinds: list[str], sizes: list[int]
) -> Any:
    """Clarabel's answer to: minimise x'Px / 2 + q'x with b - Ax in the cones, in this order.

    Parameters
    ----------
    p, a : sparse, by columns; of `p` the upper triangle.
    kinds : "zero", "positive", "second order" (first element the bound) or "exponential"
        ((x, y, z) with y exp(x / y) <= z); `sizes` of each, for the last how many.

    Raises
    ------
    InfeasibleError : no x is allowed.
    InputError : the objective has no minimum, or the solver gave up.
    """
    import clarabel

    cones: list[Any] = []
    for kind, size in zip(kinds, sizes, strict=True):
        if kind == "exponential":
            cones += [clarabel.ExponentialConeT()] * size
        elif size:
            cones.append(_cone(clarabel, kind, size))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-9
    solution = clarabel.DefaultSolver(p, q, a, b, cones, settings).solve()
    status = str(solution.status)
    if status in ("Solved", "AlmostSolved"):
        return solution
    if "PrimalInfeasible" in status:
        raise InfeasibleError
    remedy = "Bound the weights, or check the scale of returns and covariance."
    if "DualInfeasible" in status:
        raise InputError(
            "The objective has no best weights within these constraints.",
            field="constraints",
            remedy=remedy,
        )
    raise StoppedError(
        f"The optimiser stopped without an answer ({status}).", field="constraints", remedy=remedy
    )


def _cone(clarabel: Any, kind: str, size: int) -> Any:
    if kind == "zero":
        return clarabel.ZeroConeT(size)
    return (
        clarabel.NonnegativeConeT(size) if kind == "positive" else clarabel.SecondOrderConeT(size)
    )
