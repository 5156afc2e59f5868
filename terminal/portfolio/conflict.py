"""Which constraints contradict each other: a set from which none can be left out.

Farkas' lemma gives a first set (the rows whose multipliers prove that nothing fulfils them all);
the deletion filter (Chinneck and Dravnieks 1991) then leaves out one name after the other, and
keeps those without which the rest can be fulfilled.
"""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import listed
from terminal.portfolio.constraints import Rows

WEIGHT = "weight of "


class ConflictError(InputError):
    """Constraints that no weights fulfil together."""


def conflicting(rows: Rows) -> tuple[str, ...]:
    """Names of a minimal set of constraints that nothing fulfils; empty when all can be."""
    names = np.asarray(rows.names)
    kept = np.ones(len(names), dtype=bool)
    excess, pull = _violation(rows, kept)
    if excess <= 1e-9:
        return ()
    first = set(names[np.abs(pull) > 1e-9])
    candidates = [name for name in dict.fromkeys(rows.names) if name and name in first]
    kept = np.isin(names, [*candidates, ""])
    if _violation(rows, kept)[0] <= 1e-9:  # rounding hid a multiplier: filter all of them
        candidates = [name for name in dict.fromkeys(rows.names) if name]
        kept[:] = True
    needed = []
    for name in candidates:
        without = kept & (names != name)
        if _violation(rows, without)[0] > 1e-9:
            kept = without
        else:
            needed.append(name)
    return tuple(needed)


def refuse(rows: Rows) -> ConflictError:
    """The sentence that names the constraints in conflict."""
    found = conflicting(rows)
    bounds = [name.removeprefix(WEIGHT) for name in found if name.startswith(WEIGHT)]
    others = [name for name in found if not name.startswith(WEIGHT)]
    words = others + ([f"the weights of {_bounded(bounds)}"] if bounds else [])
    if len(words) == 1:
        said = words[0]
    else:
        said = ", ".join(words[:-1]) + f" and {words[-1]}" if words else "the constraints"
    return ConflictError(
        f"No weights fulfil {said}{' at once' if len(found) > 1 else ''}.",
        field="constraints",
        remedy="Loosen one of them.",
    )


def _bounded(bounds: list[str]) -> str:
    """Instruments and their bounds, said once where all have the same."""
    ranges = {bound.partition(" from ")[2] for bound in bounds}
    if len(ranges) > 1 or len(bounds) == 1:
        return listed(bounds)
    return f"{listed([bound.partition(' from ')[0] for bound in bounds])} (from {ranges.pop()})"


def _violation(rows: Rows, kept: np.ndarray) -> tuple[float, FloatArray]:
    """(the least sum of violations of the kept rows, the multiplier of each row)."""
    from scipy import sparse
    from scipy.optimize import linprog

    below = np.flatnonzero(kept & np.isfinite(rows.lower))
    above = np.flatnonzero(kept & np.isfinite(rows.upper))
    wide = rows.matrix.shape[1]
    count = below.size + above.size
    table = sparse.hstack(
        [
            sparse.csr_matrix(np.concatenate([-rows.matrix[below], rows.matrix[above]])),
            -sparse.eye(count),
        ]
    )
    found = linprog(
        np.concatenate([np.zeros(wide), np.ones(count)]),
        A_ub=table,
        b_ub=np.concatenate([-rows.lower[below], rows.upper[above]]),
        bounds=[(None, None)] * wide + [(0, None)] * count,
        method="highs",
    )
    pull = np.zeros(len(rows.names))
    np.add.at(pull, below, np.abs(found.ineqlin.marginals[: below.size]))
    np.add.at(pull, above, np.abs(found.ineqlin.marginals[below.size :]))
    return float(found.fun), pull
