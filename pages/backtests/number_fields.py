"""The numbers of the form beside a strategy's own: one line each, drawn, filled and read alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pages.backtests import tier_field
from pages.components.form import parse_number, plain
from terminal.backtest.request import BacktestRequest, CostRequest, ExitRequest

MAX_CAPITAL = 1e11
MAX_BPS = 1_000.0


@dataclass(frozen=True)
class NumberField:
    """A number.

    Attributes
    ----------
    name : the field of the request, its costs or its exits.
    unit : beside the label; "{currency}" is the data set's. scale : shown / stored.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    help: str = ""
    scale: float = 1.0
    whole: bool = False
    above_zero: bool = False

    def shown(self, stored: float) -> str:
        """As a person would type it."""
        return plain(int(stored) if self.whole else float(stored * self.scale))

    def read(self, text: Any) -> float | int:
        """The stored value; ValueError with a sentence."""
        number = parse_number(text, low=self.low, high=self.high, whole=self.whole)
        if self.above_zero and number <= 0:
            raise ValueError(f"Enter a {self.title.lower()} above 0.")
        return int(number) if self.whole else float(number) / self.scale


Section = tuple[NumberField, ...]
_N = NumberField

MONEY: Section = (
    _N("capital", "Starting capital", "{currency}", 0, MAX_CAPITAL, above_zero=True),
    _N("commission_bps", "Commission", "bps of notional", 0, MAX_BPS,
       "1 bps is 0.01% of what is traded, on every fill."),
    _N("half_spread_bps", "Half spread", "bps, each side", 0, MAX_BPS,
       "Half the distance between bid and ask, paid by every order that does not wait."),
    _N("slippage_bps", "Slippage", "bps, each side", 0, MAX_BPS,
       "Fills are this much worse than the reference price."),
    _N("risk_free_rate", "Risk-free rate", "% a year", -20, 100,
       "Subtracted in Sharpe, Sortino and alpha.", 100.0),
)  # fmt: skip
COSTS: Section = (
    _N("commission_per_share", "Commission a unit", "{currency}", 0, 1e3,
       "Added to the commission on notional."),
    _N("commission_minimum", "Minimum commission", "{currency} a fill", 0, 1e6),
    _N("sell_fee_bps", "Fee on sales", "bps of notional", 0, MAX_BPS,
       "In the US the SEC's fee; 27.80 per million is 0.278 bps."),
    _N("sell_fee_per_share", "Fee a unit sold", "{currency}", 0, 1e3,
       "In the US FINRA's TAF, 0.000166 a share."),
    _N("sell_fee_maximum", "Most of it a fill", "{currency}; 0: no limit", 0, 1e6),
    _N("slippage_volatility", "Slippage by volatility", "× a session's deviation", 0, 10,
       "0.05: a twentieth of a usual session's move, known from the 20 sessions before."),
    _N("slippage_volume_bps", "Slippage by volume", "bps × order / volume", 0, 1e4,
       "For an order as large as a usual session's volume; a tenth of it costs a tenth."),
    _N("impact_root", "Square-root impact", "Y", 0, 10,
       "Y × volatility × √(order / session volume); 0.5 to 1 is usual."),
    _N("impact_permanent", "Permanent impact", "γ", 0, 10,
       "Almgren and others (2005); they measured 0.314. The order itself pays half of it."),
    _N("impact_temporary", "Temporary impact", "η", 0, 10,
       "Almgren and others (2005); they measured 0.142."),
    _N("open_close_multiplier", "At open and close", "×", 0, 100,
       "Slippage and impact in the first and last half hour of a session, intraday bars only."),
    _N("borrow_bps", "Borrow fee", "bps a year", 0, 9_999,
       "Of the value sold short, for the days it is held."),
)  # fmt: skip
ACCOUNT: Section = (
    _N("leverage", "Leverage", "× equity", 1, 10,
       "Long and short together, at most this much of equity."),
    _N("maintenance", "Maintenance margin", "% of exposure; 0: none", 0, 99,
       "With less equity than that, positions are cut at the next open.", 100.0),
    _N("participation", "Participation cap", "% of volume; 0: none", 0, 100,
       "Most of a bar's volume an order may take; the rest waits for the next bar.", 100.0),
    _N("cash_rate", "Interest on cash", "% a year", -50, 100, "", 100.0),
    _N("debit_rate", "Interest on debt", "% a year", 0, 100, "Of cash below zero.", 100.0),
    _N("lot", "Lot", "units; 0: fractions", 0, 1e6, "Orders are rounded down to multiples."),
)  # fmt: skip
EXITS: Section = (
    _N("stop_loss", "Stop loss", "% of entry; 0: none", 0, 99,
       "Closes a position that has lost this much of its mean entry price.", 100.0),
    _N("take_profit", "Take profit", "% of entry; 0: none", 0, 10_000,
       "Closes a position that has won this much.", 100.0),
    _N("trailing_stop", "Trailing stop", "% of best; 0: none", 0, 99,
       "Closes a position that lost this much from its best price.", 100.0),
    _N("stop_atr", "Stop loss by range", "× ATR; 0: none", 0, 100,
       "Distance in average true ranges, known before the bar."),
    _N("trailing_atr", "Trailing stop by range", "× ATR; 0: none", 0, 100),
    _N("longest", "Longest holding", "bars; 0: none", 0, 1_000_000,
       "Closed at the next open.", 1.0, True),
    _N("atr_bars", "Bars of the ATR", "bars", 2, 1_000, "", 1.0, True),
)  # fmt: skip
ALL = (*MONEY, *COSTS, *ACCOUNT, *EXITS)
OF_COSTS = {field.name for field in fields(CostRequest)}
OF_EXITS = {field.name for field in fields(ExitRequest)}


def number_values(request: BacktestRequest) -> dict[str, str]:
    """Every number of a request as its control shows it, the tiers of its commission too."""
    numbers = {field.name: field.shown(_stored(request, field.name)) for field in ALL}
    return {**numbers, tier_field.NAME: tier_field.shown(request.costs.commission_tiers)}


def read_numbers(
    given: Mapping[str, Any], errors: dict[str, str]
) -> tuple[dict[str, Any], CostRequest, ExitRequest]:
    """(fields of the request, costs, exits); a number that is none gets its sentence."""
    read: dict[str, Any] = {}
    for field in ALL:
        try:
            read[field.name] = field.read(given.get(field.name))
        except ValueError as error:
            errors[field.name] = str(error)
    try:
        read[tier_field.NAME] = tier_field.read(given.get(tier_field.NAME))
    except ValueError as error:
        errors[tier_field.NAME] = str(error)
    spread_model = str(given.get("spread_model") or "fixed")
    costs = {name: value for name, value in read.items() if name in OF_COSTS}
    exits = {name: value for name, value in read.items() if name in OF_EXITS}
    own = {name: value for name, value in read.items() if name not in OF_COSTS | OF_EXITS}
    return own, replace(CostRequest(spread_model=spread_model), **costs), ExitRequest(**exits)


def _stored(request: BacktestRequest, name: str) -> float:
    holder: Any = request
    if name in OF_COSTS:
        holder = request.costs
    elif name in OF_EXITS:
        holder = request.exits
    return float(getattr(holder, name))
