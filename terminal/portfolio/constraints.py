"""What weights may be: bounds, exposures, leverage, turnover, each a row with a name.

Everything here is linear in the weights w and, where sizes of positions or of trades count, in
helpers h >= |w| and d >= |w - current|. A row's name is what a person is told when constraints
contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_vector, named

FREE = np.inf


@dataclass(frozen=True)
class Limit:
    """`low <= loadings @ w <= high`: a sector, a factor exposure, a beta."""

    name: str
    loadings: FloatArray
    low: float = -FREE
    high: float = FREE


@dataclass(frozen=True)
class Constraints:
    """What an allocation must keep to; the default is long only and fully invested.

    Attributes
    ----------
    low, high : least and most weight, of all instruments or of each (n,).
    net : least and most sum of weights; (1, 1) is fully invested, (0, 0) as much long as short.
    gross : most sum of absolute weights; None: no limit.
    limits : sectors, factor exposures, betas.
    turnover : most sum of |w - current|, what is bought and what is sold; None: no limit.
    current : (n,) weights held now, None: nothing is held.
    costs : cost of trading as a share of the traded notional, of all or of each (n,), spread over
        the period the returns are of; taken from the expected return.
    l2 : added to every variance: spreads weights (ridge).
    """

    low: float | FloatArray = 0.0
    high: float | FloatArray = 1.0
    net: tuple[float, float] = (1.0, 1.0)
    gross: float | None = None
    limits: tuple[Limit, ...] = ()
    turnover: float | None = None
    current: FloatArray | None = None
    costs: float | FloatArray = 0.0
    l2: float = 0.0

    @property
    def trades_cost(self) -> bool:
        return bool(np.any(np.asarray(self.costs) > 0))

    def held(self, n: int) -> FloatArray:
        """Weights held now, (n,)."""
        return np.zeros(n) if self.current is None else np.asarray(self.current, dtype=np.float64)

    def bounds(self, n: int) -> tuple[FloatArray, FloatArray]:
        """(low, high), each (n,)."""
        low, high = (np.asarray(x, dtype=np.float64) for x in (self.low, self.high))
        return np.broadcast_to(low, (n,)).copy(), np.broadcast_to(high, (n,)).copy()


LONG_ONLY = Constraints()


def long_short(
    gross: float = 1.6, net: tuple[float, float] = (1.0, 1.0), most: float = 1.0
) -> Constraints:
    """Both sides allowed: 130/30 by default."""
    return Constraints(low=-most, high=most, net=net, gross=gross)


def market_neutral(betas: FloatArray, gross: float = 2.0, most: float = 1.0) -> Constraints:
    """As much long as short, and no exposure to the market."""
    beta = Limit("beta", np.asarray(betas, dtype=np.float64), 0.0, 0.0)
    return Constraints(low=-most, high=most, net=(0.0, 0.0), gross=gross, limits=(beta,))


def sector_limits(
    sectors: Sequence[str],
    low: Mapping[str, float] | None = None,
    high: Mapping[str, float] | None = None,
) -> tuple[Limit, ...]:
    """A limit for each sector that `low` or `high` names.

    Parameters
    ----------
    sectors : of each instrument.

    Raises
    ------
    InputError : a named sector has no instrument.
    """
    low, high = low or {}, high or {}
    found = []
    for name in dict.fromkeys([*low, *high]):
        inside = np.asarray([sector == name for sector in sectors], dtype=np.float64)
        if not inside.any():
            raise InputError(
                f"No instrument is in the sector {name!r}; there are "
                f"{', '.join(sorted(set(sectors)))}.",
                field="sectors",
            )
        found.append(Limit(f"sector {name}", inside, low.get(name, -FREE), high.get(name, FREE)))
    return tuple(found)


@dataclass(frozen=True)
class Rows:
    """`lower <= matrix @ x <= upper`, x = (w, helpers).

    Attributes
    ----------
    names : of each row; the empty name belongs to what defines a helper and is never in conflict.
    trades : the column where the helpers d >= |w - current| begin; None: there are none.
    """

    matrix: FloatArray
    lower: FloatArray
    upper: FloatArray
    names: tuple[str, ...]
    n: int
    trades: int | None = None

    def and_row(self, name: str, loadings: FloatArray, low: float, high: float) -> Rows:
        """One row more; `loadings` (n,) or as long as x."""
        row = np.zeros((1, self.matrix.shape[1]))
        row[0, : len(loadings)] = loadings
        return Rows(
            np.concatenate([self.matrix, row]),
            np.append(self.lower, low),
            np.append(self.upper, high),
            (*self.names, name),
            self.n,
            self.trades,
        )


def rows_of(constraints: Constraints, n: int, symbols: Sequence[str] = ()) -> Rows:
    """The constraints of `n` instruments as rows.

    Raises
    ------
    InputError : a bound, limit or the current weights do not fit the instruments.
    """
    low, high = _checked(constraints, n, symbols)
    blocks: list[FloatArray] = [np.eye(n)]
    lower, upper = [low], [high]
    names = [f"weight of {named(symbols, k)} from {low[k]:g} to {high[k]:g}" for k in range(n)]

    def add(name: str, loadings: FloatArray, least: float, most: float) -> None:
        blocks.append(np.asarray(loadings, dtype=np.float64).reshape(1, n))
        lower.append(np.array([least]))
        upper.append(np.array([most]))
        names.append(f"{name} {spoken(least, most)}")

    add("net exposure", np.ones(n), *constraints.net)
    for limit in constraints.limits:
        add(limit.name, limit.loadings, limit.low, limit.high)
    shorts = bool((low < 0).any())
    if constraints.gross is not None and not shorts:
        add("gross exposure", np.ones(n), -FREE, constraints.gross)
    width = n
    matrix = np.concatenate(blocks)
    if constraints.gross is not None and shorts:
        name = f"gross exposure {spoken(-FREE, constraints.gross)}"
        matrix = _with_sizes(matrix, n, width)
        lower += [np.zeros(2 * n), np.array([-FREE])]
        upper += [np.full(2 * n, FREE), np.array([constraints.gross])]
        names += [""] * (2 * n) + [name]
        width += n
    trades = None
    if constraints.turnover is not None or constraints.trades_cost:
        held = constraints.held(n)
        most = FREE if constraints.turnover is None else constraints.turnover
        matrix = _with_sizes(matrix, n, width)
        lower += [-held, held, np.array([-FREE])]
        upper += [np.full(2 * n, FREE), np.array([most])]
        names += [""] * (2 * n) + [f"turnover {spoken(-FREE, most)}"]
        trades = width
    return Rows(matrix, np.concatenate(lower), np.concatenate(upper), tuple(names), n, trades)


def spoken(low: float, high: float) -> str:
    """A range in words."""
    if low == high:
        return f"of {low:g}"
    if np.isinf(low):
        return f"of at most {high:g}"
    return f"of at least {low:g}" if np.isinf(high) else f"from {low:g} to {high:g}"


def _with_sizes(matrix: FloatArray, n: int, width: int) -> FloatArray:
    """`n` helpers h more, with the rows h - w >= ., h + w >= . and their sum."""
    out = np.zeros((len(matrix) + 2 * n + 1, width + n))
    out[: len(matrix), :width] = matrix
    at = len(matrix)
    eye = np.eye(n)
    out[at : at + n, :n], out[at : at + n, width:] = -eye, eye
    out[at + n : at + 2 * n, :n], out[at + n : at + 2 * n, width:] = eye, eye
    out[-1, width:] = 1.0
    return out


def _checked(
    constraints: Constraints, n: int, symbols: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    for name in ("low", "high", "costs"):
        shape = np.shape(getattr(constraints, name))
        if shape not in ((), (n,)):
            raise InputError(
                f"{name} has shape {shape}; {n} instruments need one value or ({n},).", field=name
            )
    low, high = constraints.bounds(n)
    if np.isnan(low).any() or np.isnan(high).any():
        raise InputError("A bound is not a number.", field="low" if np.isnan(low).any() else "high")
    wrong = np.flatnonzero(low > high)
    if wrong.size:
        k = int(wrong[0])
        raise InputError(
            f"{named(symbols, k)} must have at least {low[k]:g} and at most {high[k]:g} of the "
            "equity: no weight does.",
            field="low",
            remedy="Lower the least weight or raise the most.",
        )
    for name, (least, most) in (
        ("net exposure", constraints.net),
        *((limit.name, (limit.low, limit.high)) for limit in constraints.limits),
    ):
        if not least <= most:
            raise InputError(f"{name} must be from {least:g} to {most:g}: no value is.", field=name)
    for limit in constraints.limits:
        checked_vector(limit.loadings, n, limit.name, symbols)
    if constraints.current is not None:
        checked_vector(constraints.current, n, "current", symbols)
    if not (np.all(np.isfinite(constraints.costs)) and np.all(np.asarray(constraints.costs) >= 0)):
        raise InputError("Costs of trading must be zero or more.", field="costs")
    for name, value in (
        ("gross", constraints.gross),
        ("turnover", constraints.turnover),
        ("l2", constraints.l2),
    ):
        if value is not None and not value >= 0:
            raise InputError(f"{name} is {value:g}; it must be zero or more.", field=name)
    return low, high
