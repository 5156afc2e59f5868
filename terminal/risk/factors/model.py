"""A factor model of covariance, and the variance of a book taken apart by it.

Covariance = B F B' + D in the symbols of Grinold and Kahn (2000): exposures B, factor covariance F,
specific variances D on the diagonal. With x = B'w the variance of a book is x'Fx + w'Dw, and
x_j (Fx)_j and w_i^2 D_i are its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray


@dataclass(frozen=True)
class FactorModel:
    """Per period.

    Attributes
    ----------
    kind : how it was made, in words.
    factors : the k names; symbols : the n instruments.
    exposures : float64 (n, k); covariance : float64 (k, k) of the factors; specific : float64 (n,),
        variances.
    notes : what was left out and why.
    """

    kind: str
    factors: tuple[str, ...]
    symbols: tuple[str, ...]
    exposures: FloatArray
    covariance: FloatArray
    specific: FloatArray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises InputError where shapes do not fit or a number is not finite."""
        n, k = len(self.symbols), len(self.factors)
        for name, values, shape in (
            ("exposures", self.exposures, (n, k)),
            ("covariance", self.covariance, (k, k)),
            ("specific", self.specific, (n,)),
        ):
            if values.shape != shape:
                raise InputError(f"{name} have the shape {values.shape}, not {shape}.", field=name)
            if not np.isfinite(values).all():
                raise InputError(f"{name} hold a value that is not a number.", field=name)

    def whole(self) -> FloatArray:
        """The covariance of the instruments: float64 (n, n)."""
        return np.asarray(
            self.exposures @ self.covariance @ self.exposures.T + np.diag(self.specific)
        )


@dataclass(frozen=True)
class FactorPart:
    """A factor: exposure of the book, and its part of the variance (may be below 0: a hedge)."""

    name: str
    exposure: float
    variance: float
    share: float


@dataclass(frozen=True)
class FactorRisk:
    """The variance of a book, per period, by factor and specific.

    Attributes
    ----------
    parts : the factors, largest absolute part first; their variances and `specific` add up to
        `total`.
    by_position : float64 parts of the variance, by symbol, adding up to `total` too.
    """

    kind: str
    parts: tuple[FactorPart, ...]
    specific: float
    specific_share: float
    total: float
    by_position: tuple[tuple[str, float], ...]
    notes: tuple[str, ...]

    @property
    def deviation(self) -> float:
        """Standard deviation per period."""
        return float(np.sqrt(self.total))


def decompose(weights: FloatArray, model: FactorModel) -> FactorRisk:
    """The variance of float64 weights (n,) taken apart.

    Raises
    ------
    InputError : a book without variance under this model.
    """
    held = model.exposures.T @ weights
    moved = model.covariance @ held
    by_factor, own = held * moved, weights**2 * model.specific
    total = float(by_factor.sum() + own.sum())
    if total <= 0.0:
        raise InputError("the book has no variance under this model.", field="weights")
    positions = weights * (model.exposures @ moved) + own
    parts = [
        FactorPart(name, float(x), float(v), float(v) / total)
        for name, x, v in zip(model.factors, held, by_factor, strict=True)
    ]
    return FactorRisk(
        model.kind,
        tuple(sorted(parts, key=lambda part: (-abs(part.variance), part.name))),
        float(own.sum()),
        float(own.sum()) / total,
        total,
        tuple((s, float(v)) for s, v in zip(model.symbols, positions, strict=True)),
        model.notes,
    )
