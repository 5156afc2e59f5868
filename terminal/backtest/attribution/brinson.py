"""Against the equal-weight benchmark: what came from the sectors chosen, what from within them.

Brinson and Fachler (1985) for one period, in the symbols of Bacon (2008), chapter 5: allocation
(wp - wb)(rb_i - rb), selection wb (rp_i - rb_i), interaction (wp - wb)(rp_i - rb_i). Periods are
linked by Carino (1999), so that the effects add up to the difference of the compounded returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from terminal.backtest.held import Held
from terminal.errors import InputError
from terminal.market.panel import FloatArray

CASH = "Cash"
TINY = 1e-12


@dataclass(frozen=True)
class Effects:
    """One period's effects by sector: float64 (..., n_sectors)."""

    allocation: FloatArray
    selection: FloatArray
    interaction: FloatArray


def brinson_fachler(wp: FloatArray, wb: FloatArray, rp: FloatArray, rb: FloatArray) -> Effects:
    """Effects of a period, or of many: float64 (..., n_sectors).

    Parameters
    ----------
    wp, wb : weights of portfolio and benchmark, each adding up to 1 over the sectors.
    rp, rb : their returns in each sector.

    Raises
    ------
    InputError : weights that do not add up to 1.
    """
    for name, weights in (("wp", wp), ("wb", wb)):
        if not np.allclose(weights.sum(axis=-1), 1.0, atol=1e-9):
            raise InputError("weights add up to something else than 1.", field=name)
    whole = (wb * rb).sum(axis=-1, keepdims=True)
    active, better = wp - wb, rp - rb
    return Effects(active * (rb - whole), wb * better, active * better)


@dataclass(frozen=True)
class SectorEffect:
    """A sector over the whole run: mean weights, and linked effects (fractions of the start)."""

    sector: str
    portfolio_weight: float
    benchmark_weight: float
    allocation: float
    selection: float
    interaction: float


@dataclass(frozen=True)
class Brinson:
    """The run against equal weight, before costs.

    Attributes
    ----------
    portfolio, benchmark : compounded returns of what was held, from fill to fill, before costs;
        their difference is the sum of all effects.
    split : False where the run held short positions: selection and interaction are then one, and
        stand under selection.
    """

    portfolio: float
    benchmark: float
    sectors: tuple[SectorEffect, ...]
    split: bool


def attribute(
    held: Held, benchmark: Held, symbols: tuple[str, ...], sectors: Mapping[str, str]
) -> Brinson | None:
    """Effects by sector; None where fewer than two sectors are known.

    Where a portfolio holds nothing of a sector its return there is the benchmark's, and where the
    benchmark holds nothing, the portfolio's: all of such a sector is allocation.

    Parameters
    ----------
    held, benchmark : of the run, and of equal weight on the same bars.
    sectors : by symbol; instruments without one stand together under "".
    """
    names = sorted({sectors.get(symbol, "") for symbol in symbols})
    if len([name for name in names if name]) < 2:
        return None
    member = np.array(
        [[sectors.get(s, "") == name for name in names] for s in symbols], dtype=float
    )
    wp, cp = held.weights @ member, (held.weights * held.returns) @ member
    wb, cb = benchmark.weights @ member, (benchmark.weights * benchmark.returns) @ member
    short = bool((held.weights < 0).any())
    rp, rb = _sector_returns(wp, cp, wb, cb)
    # cash completes both to 1 and earns nothing
    wp, wb = (np.column_stack([w, 1.0 - w.sum(axis=1)]) for w in (wp, wb))
    rp, rb = (np.column_stack([r, np.zeros(len(r))]) for r in (rp, rb))
    found = brinson_fachler(wp, wb, rp, rb)
    selection, interaction = found.selection, found.interaction
    if short:
        # long and short of a sector may cancel in its weight but not in its return
        contributed = np.column_stack([cp, np.zeros(len(cp))])
        selection, interaction = contributed - wp * rb, np.zeros_like(selection)
    link, portfolio, whole = _carino(cp.sum(axis=1), cb.sum(axis=1))
    mean_p, mean_b = wp.mean(axis=0), wb.mean(axis=0)
    rows = [
        SectorEffect(
            name or "Sector not known",
            float(mean_p[k]),
            float(mean_b[k]),
            float(link @ found.allocation[:, k]),
            float(link @ selection[:, k]),
            float(link @ interaction[:, k]),
        )
        for k, name in enumerate([*names, CASH])
    ]
    return Brinson(portfolio, whole, tuple(rows), not short)


def _sector_returns(
    wp: FloatArray, cp: FloatArray, wb: FloatArray, cb: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return within each sector, of portfolio and benchmark: contribution over weight."""
    in_p, in_b = np.abs(wp) > TINY, np.abs(wb) > TINY
    rp = np.where(in_p, cp / np.where(in_p, wp, 1.0), 0.0)
    rb = np.where(in_b, cb / np.where(in_b, wb, 1.0), 0.0)
    return np.where(in_p, rp, rb), np.where(in_b, rb, np.where(in_p, rp, 0.0))


def _carino(p: FloatArray, b: FloatArray) -> tuple[FloatArray, float, float]:
    """Weight of each period, and both compounded returns (Carino 1999, eq. 8 and 9)."""
    p, b = np.maximum(p, -1.0 + TINY), np.maximum(b, -1.0 + TINY)
    log_p, log_b = np.log1p(p), np.log1p(b)
    whole_p, whole_b = float(np.expm1(log_p.sum())), float(np.expm1(log_b.sum()))
    whole = _ratio(np.array([log_p.sum()]), np.array([log_b.sum()]),
                   np.array([whole_p]), np.array([whole_b]))[0]  # fmt: skip
    return _ratio(log_p, log_b, p, b) / whole, whole_p, whole_b


def _ratio(log_p: FloatArray, log_b: FloatArray, p: FloatArray, b: FloatArray) -> FloatArray:
    """(ln(1 + p) - ln(1 + b)) / (p - b), in the limit 1 / (1 + p)."""
    apart = np.abs(p - b) > 1e-10
    return np.where(apart, (log_p - log_b) / np.where(apart, p - b, 1.0), 1.0 / (1.0 + p))
