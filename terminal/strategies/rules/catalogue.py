"""The features a rule may use: what each is called, its parameters, its warm-up, how it is made.

A rule names a feature by its key here and nothing else; a key that is not here is refused. `place`
says where a chart draws it: on the price, or in a panel below that it shares with features of the
same scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from terminal.market.panel import FloatArray, Panel
from terminal.params import ParamSpec
from terminal.strategies import indicators as ta
from terminal.strategies.rules import measures as own

Numbers = Mapping[str, float]
PRICE = "price"
LONGEST_WINDOW = 2_000


@dataclass(frozen=True)
class FeatureKind:
    """One entry of the catalogue.

    Attributes
    ----------
    compute : (panel, parameters) -> float64 (n_bars, n_instruments), row t from rows <= t.
    warmup : own bars before the first value.
    place : `PRICE`, or the name of the panel below it ("0 – 100", "MACD", ...), unit included.
    words : how a person says it, with `{window}` and the other parameters filled in.
    """

    title: str
    words: str
    compute: Callable[[Panel, Numbers], FloatArray]
    warmup: Callable[[Numbers], int]
    place: str = PRICE
    params: tuple[ParamSpec, ...] = ()
    help: str = ""


def _bars(name: str, default: int, title: str, low: int = 2) -> ParamSpec:
    return ParamSpec(name, "int", default, title, low=low, high=LONGEST_WINDOW, unit="bars")


def _window(default: int, low: int = 2) -> tuple[ParamSpec, ...]:
    return (_bars("window", default, "Window", low),)


def _n(numbers: Numbers, name: str = "window") -> int:
    return int(numbers[name])


def _price(title: str, compute: Callable[[Panel], FloatArray], help: str = "") -> FeatureKind:
    return FeatureKind(
        title, title.lower(), lambda panel, _: compute(panel), lambda _: 0, help=help
    )


def _of_close(
    title: str,
    words: str,
    indicator: Callable[[FloatArray, int], FloatArray],
    default: int,
    before: int,
    place: str = PRICE,
    help: str = "",
) -> FeatureKind:
    """An indicator of the close with one window, whose first value has `window - before` bars
    before it."""
    return FeatureKind(
        title,
        words,
        lambda panel, p: indicator(panel.close, _n(p)),
        lambda p: _n(p) - before,
        place,
        _window(default),
        help,
    )


MACD_PARAMS = (
    _bars("fast", 12, "Fast"),
    _bars("slow", 26, "Slow", 3),
    _bars("signal", 9, "Signal", 1),
)
BAND_PARAMS = (
    _bars("window", 20, "Window"),
    ParamSpec("deviations", "float", 2.0, "Deviations", low=0.1, high=10.0),
)


def _macd(part: str, make: Callable[[FloatArray, FloatArray], FloatArray]) -> FeatureKind:
    def compute(panel: Panel, p: Numbers) -> FloatArray:
        return make(*ta.macd(panel.close, _n(p, "fast"), _n(p, "slow"), _n(p, "signal")))

    return FeatureKind(
        f"MACD {part}",
        f"MACD {part} {{fast}}/{{slow}}/{{signal}}",
        compute,
        lambda p: _n(p, "slow") + _n(p, "signal") - 2,
        "MACD (currency a unit)",
        MACD_PARAMS,
        "Line: fast less slow exponential average of closes; signal: its average; histogram: "
        "line less signal.",
    )


def _band(part: str, which: int) -> FeatureKind:
    return FeatureKind(
        f"Bollinger {part}",
        f"Bollinger {{window}}, {{deviations}} {part}",
        lambda panel, p: own.bands(panel.close, _n(p), p["deviations"])[which],
        lambda p: _n(p) - 1,
        PRICE,
        BAND_PARAMS,
        "Mean of the last closes and population standard deviations to each side.",
    )


def _channel(
    title: str,
    words: str,
    side: str,
    extreme: Callable[[FloatArray, int], FloatArray],
    before: int,
    help: str,
) -> FeatureKind:
    return FeatureKind(
        title,
        words,
        lambda panel, p: extreme(own.range_of(panel, side), _n(p)),
        lambda p: _n(p) - before,
        PRICE,
        _window(20),
        help,
    )


BEFORE = "Of the bars before this one, so that a close can break it."
WITH = "Of the last bars, this one among them."
INDEX = "Index (0 – 100)"

FEATURES: dict[str, FeatureKind] = {
    "close": _price("Close", lambda panel: panel.close),
    "open": _price("Open", lambda panel: panel.open),
    "high": _price("High", lambda panel: own.range_of(panel, "high")),
    "low": _price("Low", lambda panel: own.range_of(panel, "low")),
    "sma": _of_close(
        "Simple average", "SMA {window}", ta.sma, 50, 1, help="Mean of the last closes."
    ),
    "ema": _of_close(
        "Exponential average", "EMA {window}", ta.ema, 50, 1,
        help="Weight 2 / (window + 1) on the last close.",
    ),
    "bollinger-upper": _band("upper band", 2),
    "bollinger-middle": _band("middle", 1),
    "bollinger-lower": _band("lower band", 0),
    "donchian-high": _channel(
        "Donchian high", "Donchian high {window}", "high", ta.highest_before, 0,
        f"Highest high. {BEFORE}",
    ),
    "donchian-low": _channel(
        "Donchian low", "Donchian low {window}", "low", ta.lowest_before, 0,
        f"Lowest low. {BEFORE}",
    ),
    "rolling-high": _channel(
        "Rolling high", "highest high of {window}", "high", own.highest, 1,
        f"Highest high. {WITH}",
    ),
    "rolling-low": _channel(
        "Rolling low", "lowest low of {window}", "low", own.lowest, 1,
        f"Lowest low. {WITH}",
    ),
    "rsi": _of_close(
        "RSI", "RSI {window}", ta.rsi, 14, 0, INDEX, "Relative strength, 0 to 100 (Wilder)."
    ),
    "adx": FeatureKind(
        "ADX",
        "ADX {window}",
        lambda panel, p: ta.directional_movement(*ta.price_range(panel), _n(p))[0],
        lambda p: 2 * _n(p) - 1,
        INDEX,
        _window(14),
        "Strength of a trend of either direction, 0 to 100 (Wilder).",
    ),
    "macd-line": _macd("line", lambda line, _: line),
    "macd-signal": _macd("signal", lambda _, signal: signal),
    "macd-histogram": _macd("histogram", lambda line, signal: line - signal),
    "bollinger-b": FeatureKind(
        "Bollinger %b",
        "Bollinger %b {window}, {deviations}",
        lambda panel, p: own.band_position(panel.close, _n(p), p["deviations"]),
        lambda p: _n(p) - 1,
        "%b (ratio)",
        BAND_PARAMS,
        "0 at the lower band, 1 at the upper.",
    ),
    "rate-of-change": _of_close(
        "Rate of change", "change over {window}", own.change_in_percent, 20, 0, "Change (%)",
        "Close against the close that many bars before, in percent.",
    ),
    "z-score": _of_close(
        "Z-score", "z-score {window}", ta.z_score, 20, 1, "Z-score (deviations)",
        "Close less its mean, in standard deviations of the last closes.",
    ),
    "atr": FeatureKind(
        "Average true range",
        "ATR {window}",
        lambda panel, p: ta.average_true_range(*ta.price_range(panel), _n(p)),
        lambda p: _n(p),
        "Range (currency a unit)",
        _window(14),
        "In units of the price (Wilder).",
    ),
    "volatility": FeatureKind(
        "Realised volatility",
        "volatility {window}",
        lambda panel, p: own.realised_volatility(panel, _n(p)),
        lambda p: _n(p),
        "Volatility (% a year)",
        _window(20),
        "Standard deviation of the last returns, in percent a year.",
    ),
    "volume": FeatureKind(
        "Volume", "volume", lambda panel, _: own.volume_of(panel), lambda _: 0, "Volume (units)",
    ),
    "volume-mean": FeatureKind(
        "Mean volume",
        "mean volume {window}",
        lambda panel, p: ta.sma(own.volume_of(panel), _n(p)),
        lambda p: _n(p) - 1,
        "Volume (units)",
        _window(20),
        "Mean of the last bars' volumes.",
    ),
    "day-of-week": FeatureKind(
        "Day of week",
        "day of week",
        lambda panel, _: own.day_of_week(panel),
        lambda _: 0,
        "Day of week (1 Monday – 7)",
        help="1 for Monday to 7 for Sunday. The order fills on the bar after.",
    ),
    "minutes-since-open": FeatureKind(
        "Minutes since open",
        "minutes since open",
        lambda panel, _: own.minutes_since_open(panel),
        lambda _: 0,
        "Minutes since open",
        help="At the bar's close, when the decision is made. For bars inside a session.",
    ),
}  # fmt: skip
"""By the name rules are written with, in the order a form offers them."""
