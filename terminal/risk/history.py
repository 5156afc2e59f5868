"""Instruments younger than the window: their missing past stands in by beta, and says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray

LEAST_OWN = 40
"""Own returns a beta needs."""


@dataclass(frozen=True)
class Filled:
    """Returns without gaps at their beginning.

    Attributes
    ----------
    returns : float64 (T, n).
    notes : a sentence for each instrument with a proxy.
    """

    returns: FloatArray
    notes: tuple[str, ...]


def beta_to(returns: FloatArray, market: FloatArray) -> FloatArray:
    """Covariance with the market / its variance, of each column: float64 (n,)."""
    centred = market - market.mean()
    return np.asarray(centred @ (returns - returns.mean(axis=0)) / (centred @ centred))


def fill_beginnings(
    returns: FloatArray, symbols: tuple[str, ...], market: FloatArray | None
) -> Filled:
    """Rows before an instrument's first return become beta times the market's.

    A proxy has no risk of its own: it understates, which the note says.

    Parameters
    ----------
    returns : float64 (T, n), NaN before an instrument's first return and nowhere else.
    market : float64 (T,), or None: the mean of the instruments that have all rows.

    Raises
    ------
    InputError : a gap after the first return, too few own returns for a beta, or no market and no
        instrument with all rows.
    """
    known = np.isfinite(returns)
    first = np.where(known.any(axis=0), known.argmax(axis=0), len(returns))
    after = ~known & (np.arange(len(returns))[:, None] >= first)
    if after.any():
        row, column = (int(k) for k in np.argwhere(after)[0])
        raise InputError(
            f"{symbols[column]} has no return here but had one before.",
            field="returns",
            row=row + 1,
            remedy="Fill the gap or leave the instrument out.",
        )
    young = np.flatnonzero(first > 0)
    if not young.size:
        return Filled(returns, ())
    if market is None:
        if young.size == len(symbols):
            raise InputError(
                "every instrument is younger than the window.",
                field="returns",
                remedy="Choose a shorter window or name a market.",
            )
        market = returns[:, first == 0].mean(axis=1)
    out, notes = returns.copy(), []
    for column in young.tolist():
        begin = int(first[column])
        own = len(returns) - begin
        if own < LEAST_OWN:
            raise InputError(
                f"{symbols[column]} has {own} returns; {LEAST_OWN} are needed for a beta.",
                field="returns",
                remedy="Leave it out until it has traded longer.",
            )
        beta = float(beta_to(returns[begin:, [column]], market[begin:])[0])
        out[:begin, column] = np.maximum(beta * market[:begin], -1.0)
        notes.append(
            f"{symbols[column]} has {own} of {len(returns)} returns; before them {beta:.2f} times "
            "the market stands in, without a risk of its own."
        )
    return Filled(out, tuple(notes))
