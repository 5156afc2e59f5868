"""From a panel to the arrays the kernel takes: made once, run any number of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.checks import first_refused, take_prices
from terminal.backtest.liquidity import SESSIONS_IN, estimate, true_range_before
from terminal.backtest.own_bars import bars_in_a_session, by_calendar, last_bars, session_marks
from terminal.errors import InputError
from terminal.market import mixed
from terminal.market.panel import FloatArray, Panel, TimeArray

YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True)
class Market:
    """Everything about the market and the terms of trading that a run needs, as arrays.

    Shapes and meanings are those of `kernel.targets.run_targets`.
    """

    prices: FloatArray
    split: FloatArray
    dividend: FloatArray
    has_action: np.ndarray
    ends: np.ndarray
    month_starts: np.ndarray
    session_starts: np.ndarray
    session_ends: np.ndarray
    began: np.ndarray
    years: FloatArray
    last_bar: np.ndarray
    rates: FloatArray
    tiers: FloatArray
    exits: FloatArray
    liquidity: FloatArray
    atr: FloatArray


def prepare(
    panel: Panel,
    account: Account,
    costs: Costs,
    exits: ExitRules = NO_EXITS,
    sessions: TimeArray | None = None,
    *,
    orders: bool = False,
) -> Market:
    """The arrays of a run.

    Parameters
    ----------
    panel : raw bars.
    sessions : session of each bar, for costs that depend on past sessions; None: one a UTC day. Of
        a panel of several calendars each instrument has its own.
    orders : whether orders with prices of their own will be watched through the bars.

    Raises
    ------
    InputError : the panel holds a price, split or dividend that no trade could be made at, or the
        volumes that a cost or limit asks for are missing.
    """
    whole = orders or exits.any or account.participation > 0.0
    has_action = np.zeros(panel.n_bars, dtype=np.bool_)
    # the compiled loops know one layout of memory, and another would be compiled while one waits
    split, dividend = plain(panel.split), plain(panel.dividend)
    prices = _prices(panel, split, dividend, has_action, whole=whole)
    _require_volume(panel, account, costs)
    days = panel.ts.astype("datetime64[D]") if sessions is None else sessions
    last_bar = last_bars(panel)
    ends = np.zeros(panel.n_bars, dtype=np.bool_)
    after = last_bar + 1
    ends[after[after < panel.n_bars]] = True
    months = panel.ts.astype("datetime64[M]")
    one = np.zeros((1, 1))
    per_bar = SESSIONS_IN.get(panel.timeframe.value, 1.0)
    usual = bars_in_a_session(panel, days)
    liquidity = np.zeros((4, 1, 1))
    if costs.uses_liquidity:
        found = by_calendar(panel, days, lambda own, at: estimate(own, costs, at, per_bar))
        liquidity = np.nan_to_num(found)
    rates = account.onto(costs.rates(1.0 / max(usual, 1.0)))
    rates[layout.WHILE_CLOSED] = float(bool(panel.calendars))
    starts, ends_of = session_marks(panel, days)
    return Market(
        prices=prices,
        split=split,
        dividend=dividend,
        has_action=has_action,
        ends=ends,
        month_starts=np.concatenate([[True], months[1:] != months[:-1]])[: panel.n_bars],
        session_starts=starts,
        session_ends=ends_of,
        began=one.astype(np.int64) if panel.begun is None else mixed.began(panel),
        years=_years(panel),
        last_bar=last_bar,
        rates=rates,
        tiers=costs.tiers(),
        exits=exits.vector(),
        liquidity=liquidity,
        atr=ranges_before(panel, exits.atr_bars) if exits.uses_atr else one,
    )


def ranges_before(panel: Panel, bars: int) -> FloatArray:
    """`true_range_before` of each instrument's own bars, in every row in which it may trade."""
    days = panel.ts.astype("datetime64[D]")
    return by_calendar(panel, days, lambda own, _at: true_range_before(own, bars))


def require_prices(panel: Panel) -> None:
    """InputError naming the first price, split or dividend that nothing can be traded at."""
    checks = (
        ("close", panel.close, False, True),
        ("open", panel.open, False, True),
        ("high", panel.high, False, True),
        ("low", panel.low, False, True),
        ("split", panel.split, False, False),
        ("dividend", panel.dividend, True, False),
        ("open", panel.open if panel.begun is None else panel.begun, False, True),
    )
    for name, values, zero, missing in checks:
        found = first_refused(plain(values), zero, missing)
        if found >= 0:
            t, j = divmod(found, panel.n_instruments)
            raise InputError(
                f"The {name} of {panel.symbols[j]} on {pd.Timestamp(panel.ts[t]):%Y-%m-%d %H:%M} "
                f"UTC is {values[t, j]:g}; nothing can be traded at that.",
                field=name,
                remedy="Import the data again without that row, or leave the instrument out.",
            )


def _require_volume(panel: Panel, account: Account, costs: Costs) -> None:
    asked = {
        "participation": account.participation,
        "slippage_volume_bps": costs.slippage_volume_bps,
        "impact_root": costs.impact_root,
        "impact_permanent": costs.impact_permanent,
        "impact_temporary": costs.impact_temporary,
    }
    wanted = [name for name, value in asked.items() if value]
    if wanted and not np.isfinite(panel.volume).any():
        raise InputError(
            "The data has no volumes, and volume is what this setting is measured against.",
            field=wanted[0],
            remedy="Set it to 0, or choose data with volumes.",
        )


def plain(values: FloatArray) -> FloatArray:
    """The array as the compiled loops take it: itself where it is laid out so, else a copy."""
    usual = values.dtype == np.float64 and values.flags.c_contiguous and values.flags.writeable
    return values if usual else np.array(values, dtype=np.float64, order="C")


def _prices(
    panel: Panel, split: FloatArray, dividend: FloatArray, has_action: np.ndarray, *, whole: bool
) -> FloatArray:
    """(5, n_bars, n_instruments): a bar without a close is no bar; what is missing is the close.

    Without `whole`, opens and closes only. Where bars open rows before they close, OPEN is in the
    row of the open, and a sixth row holds each bar's open in the row of its close. Rows with a
    split or dividend are marked in `has_action`.
    """
    close = panel.close
    out = np.empty(((5 if panel.begun is None else 6) if whole else 2, *close.shape))
    open_, high, low, at_close = (plain(v) for v in (panel.open, panel.high, panel.low, close))
    if not take_prices(open_, high, low, at_close, split, dividend, out, has_action):
        require_prices(panel)
    first = out[layout.OPEN]
    if panel.begun is not None:
        require_prices(panel)
        first = first.copy()
        there = np.isfinite(panel.open) | np.isnan(close)
        out[layout.OPEN][there] = panel.begun[there]
    if whole:
        out[layout.HIGH] = np.fmax(panel.high, np.fmax(first, close))
        out[layout.LOW] = np.fmin(panel.low, np.fmin(first, close))
        out[layout.VOLUME] = mixed.volume_from_the_open(panel)
        out[layout.FIRST :] = first
    return out


def _years(panel: Panel) -> FloatArray:
    """From the close before to this one, in years of 365 days; 0 for the first bar."""
    passed = np.diff(panel.close_ts, prepend=panel.close_ts[:1]) / YEAR
    return np.asarray(passed, dtype=np.float64)
