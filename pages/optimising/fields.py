"""The numbers of the form: one line each, drawn, filled and read alike; empty may mean no limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from pages.components.form import error_id, field_id, labelled, parse_number, plain

FORM = "optimise"


@dataclass(frozen=True)
class NumberField:
    """A number. unit : beside the label. scale : shown / stored. optional : empty is None."""

    name: str
    title: str
    unit: str
    low: float
    high: float
    default: float | None
    help: str = ""
    scale: float = 1.0
    whole: bool = False
    optional: bool = False

    def shown(self, stored: float | None) -> str:
        """As a person would type it."""
        return "" if stored is None else plain(float(stored * self.scale))

    def read(self, text: Any) -> float | int | None:
        """The stored value; ValueError with a sentence."""
        if self.optional and not str(text or "").strip():
            return None
        found = parse_number(text, low=self.low, high=self.high, whole=self.whole)
        return int(found) if self.whole else float(found) / self.scale


_N = NumberField
LIMITS = (
    _N("low", "Least of each", "% of equity", -500, 500, 0.0, "Below 0: short sales.", 100.0),
    _N("high", "Most of each", "% of equity", -500, 500, 0.25, "", 100.0),
    _N("net_low", "Net, at least", "% of equity", -500, 500, 1.0,
       "The sum of all weights; what is missing to 100 is cash.", 100.0),
    _N("net_high", "Net, at most", "% of equity", -500, 500, 1.0, "", 100.0),
    _N("gross", "Gross, at most", "% of equity", 0, 1000, None,
       "The sum of the sizes of long and short weights. Empty: no limit.", 100.0, optional=True),
    _N("beta_low", "Beta, at least", "to the mean of all", -5, 5, None, "Empty: no limit.",
       optional=True),
    _N("beta_high", "Beta, at most", "to the mean of all", -5, 5, None, "Empty: no limit.",
       optional=True),
    _N("turnover", "Turnover, at most", "% of equity", 0, 1000, None,
       "Bought and sold from what is held now. Empty: no limit.", 100.0, optional=True),
    _N("cost_bps", "Cost in the objective", "bps of what is traded", 0, 1000, 0.0,
       "Taken from the expected return: methods that optimise then trade less."),
    _N("pays_back", "Cost is earned in", "periods", 1, 5000, 21, "About those until you optimise "
       "again.", whole=True),
    _N("l2", "L2 penalty", "× mean variance", 0, 100, 0.0,
       "Added to every variance: spreads the weights."),
)  # fmt: skip
MONEY = (
    _N("capital", "Capital", "currency", 0.01, 1e12, 100_000.0, "Where nothing is held."),
    _N("commission_bps", "Commission", "bps", 0, 1000, 1.0),
    _N("commission_minimum", "Minimum commission", "a trade", 0, 1e6, 0.0),
    _N("half_spread_bps", "Half spread", "bps", 0, 1000, 2.0),
    _N("slippage_bps", "Slippage", "bps", 0, 1000, 2.0),
    _N("risk_free", "Risk-free rate", "% a year", -20, 100, 0.0, "", 100.0),
)
PRESETS: dict[str, Mapping[str, str]] = {
    "Long only": {"low": "0", "high": "25", "net_low": "100", "net_high": "100", "gross": "",
                  "beta_low": "", "beta_high": ""},
    "130/30": {"low": "-10", "high": "25", "net_low": "100", "net_high": "100", "gross": "160",
               "beta_low": "", "beta_high": ""},
    "Market-neutral": {"low": "-20", "high": "20", "net_low": "0", "net_high": "0",
                       "gross": "200", "beta_low": "0", "beta_high": "0"},
}  # fmt: skip


def number_controls(
    form: str, fields: Sequence[NumberField], values: Mapping[str, Any]
) -> list[html.Div]:
    """The controls, filled from `values` (texts) over the defaults."""
    return [
        field(
            form,
            one.name,
            one.title,
            text(form, one.name, values.get(one.name, one.shown(one.default)), number=True),
            note=one.unit,
            help=one.help or None,
        )
        for one in fields
    ]


def read_numbers(
    fields: Sequence[NumberField], given: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """Stored values by name; a text that is no number gets its sentence."""
    read = {}
    for one in fields:
        try:
            read[one.name] = one.read(given.get(one.name))
        except ValueError as error:
            errors[one.name] = str(error)
    return read


def field(form: str, name: str, label: str, control: Any, **more: Any) -> html.Div:
    """A control of the form under its label, with a place for its error."""
    return labelled(label, control, id=field_id(form, name), error=error_id(form, name), **more)


def text(form: str, name: str, value: Any, *, number: bool = False, **more: Any) -> dcc.Input:
    """A text box."""
    return dcc.Input(
        id=field_id(form, name), type="text", value=value, autoComplete="off",
        inputMode="decimal" if number else "text", className="number-input" if number else "",
        **more,
    )  # fmt: skip


def dropdown(form: str, name: str, options: Sequence[Any], value: Any, **more: Any) -> dcc.Dropdown:
    """A choice that cannot be empty."""
    return dcc.Dropdown(list(options), value, id=field_id(form, name), clearable=False, **more)


def area(form: str, name: str, value: str, placeholder: str, rows: int = 3) -> dcc.Textarea:
    """Several lines."""
    return dcc.Textarea(
        id=field_id(form, name), value=value, placeholder=placeholder, rows=rows,
        className="op-lines", spellCheck=False,
    )  # fmt: skip
