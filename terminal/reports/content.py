"""What a tear sheet says, in order, as values that the HTML and the PDF both show.

Every number comes from the result: metrics as the engine computed them, tables from its frames.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from terminal.backtest.metrics import METRICS
from terminal.backtest.request import Overlays
from terminal.backtest.result import BacktestResult
from terminal.backtest.universe import symbols_of
from terminal.charts.curve import MONTHS, monthly_table, worst_drawdowns
from terminal.charts.numbers import MISSING, format_value, sign_of
from terminal.errors import InputError
from terminal.reports.certificate import status_words
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Cell, Table, intraday_index, number, text, time
from terminal.strategies.overlays import OVERLAYS
from terminal.strategies.registry import STRATEGIES, get_strategy

KEY_METRICS = (
    "total_return", "cagr", "sharpe", "max_drawdown", "volatility", "sortino", "calmar",
    "win_rate", "profit_factor", "n_trades",
)  # fmt: skip

DISCLAIMERS = (
    "A backtest is a calculation on past data under the assumptions stated here. It is no forecast "
    "and no investment advice.",
    "Past returns do not repeat by themselves; a strategy chosen for its past returns is likely to "
    "do worse than they suggest.",
    "Fills assume that the stated prices could be had for the stated costs; the strategy's own "
    "effect on prices is not modelled beyond them.",
)


@dataclass(frozen=True)
class Card:
    """A key number: its title, text, sign, the benchmark's value and the formula."""

    title: str
    value: Cell
    benchmark: str
    hint: str


def headline(result: BacktestResult) -> str:
    """The run's name, or its strategy's."""
    return result.request.name or strategy_title(result.request.strategy)


def strategy_title(slug: str) -> str:
    """The strategy's own title; the slug in words for one that is no longer there."""
    return get_strategy(slug).title if slug in STRATEGIES else _spoken(slug)


def parameter_words(slug: str, params: Mapping[str, Any], link: str = " ") -> str:
    """Parameters in one line: name and value, or the strategy's own words where it has some."""
    found = get_strategy(slug) if slug in STRATEGIES else None
    if found is not None and found.words is not None:
        try:
            return found.words(found.params_type(**params))
        except (InputError, TypeError):
            pass  # a run of another version, whose parameters are no longer read: as they stand
    return ", ".join(f"{key}{link}{value}" for key, value in params.items())


def facts(result: BacktestResult) -> list[tuple[str, str]]:
    """What was run, as label and text."""
    request = result.request
    index = result.curve.index
    span = f"{index[0]:%d %b %Y} to {index[-1]:%d %b %Y}" if len(index) else "no bars"
    return [
        ("Strategy", strategy_title(request.strategy)),
        ("Parameters", parameter_words(request.strategy, request.params, " = ") or "none"),
        ("Overlays", overlay_words(request.overlays) or "none"),
        *_universe(result),
        ("Period", f"{span}, {bars_words(result)}"),
        ("Capital", format_value(request.capital, "currency")),
        ("Benchmark", benchmark_name(result)),
        ("Positions", _positions(result)),
        ("Certificate", status_words(result.provenance.certificate)),
    ]


def bars_words(result: BacktestResult) -> str:
    """How many rows a run has: bars, or the closes of bars that do not end together."""
    made, count = result.provenance, len(result.curve)
    apart = any(other.calendar != made.calendar for other in made.others)
    return f"{count:,} {'closes of bars' if apart else 'bars'} of {result.request.timeframe.value}"


def _universe(result: BacktestResult) -> list[tuple[str, str]]:
    """Instruments and their data set; of several data sets, what came from which exchange."""
    made, names = result.provenance, symbols_of(result.request)
    source = f"{made.dataset_title} ({made.dataset_source})"
    counted = f"{len(names)} instrument" + ("" if len(names) == 1 else "s")
    if not made.others:
        return [("Universe", f"{counted}: {', '.join(names)}"), ("Data set", source)]
    own = ", ".join(result.request.symbols)
    return [
        ("Universe", counted),
        ("Data set", f"{source}, {made.calendar}: {own}"),
        *(
            (
                "Other data set",
                f"{other.title} ({other.source}), {other.calendar}: {', '.join(other.symbols)}",
            )
            for other in made.others
        ),
    ]


def overlay_words(overlays: Overlays) -> str:
    """`Trend filter (window = 200, ...)`: what scales the whole portfolio; "" for nothing."""
    return "; ".join(
        f"{overlay_title(slug)} ({', '.join(f'{k} = {v}' for k, v in params.items() if v != '')})"
        for slug, params in overlays.items()
    )


def overlay_title(slug: str) -> str:
    """The overlay's own title; the slug in words for one that is no longer there."""
    return str(OVERLAYS[slug].title) if slug in OVERLAYS else _spoken(slug)


def benchmark_name(result: BacktestResult) -> str:
    """The benchmark in words."""
    name = result.request.benchmark
    return {"equal_weight": "Equal weight", "none": "none"}.get(name, name)


def cards(result: BacktestResult) -> list[Card]:
    """The key metrics this result has, at most eight."""
    found = []
    known = {metric.key: metric for metric in METRICS}
    for key in KEY_METRICS:
        metric = known.get(key)
        if metric is None or key not in result.metrics:
            continue
        value = result.metrics[key]
        signed = metric.unit == "percent" and key in ("total_return", "cagr", "max_drawdown")
        other = result.benchmark_metrics.get(key)
        found.append(
            Card(
                metric.title,
                number(value, metric.unit, change=signed),
                format_value(other, metric.unit, signed=signed) if other is not None else "",
                formula(metric),
            )
        )
    return found[:8]


def formula(metric: object) -> str:
    """Formula and annualisation of a metric in one line."""
    parts = [str(getattr(metric, "formula", "")), str(getattr(metric, "annualisation", "") or "")]
    return " · ".join(part for part in parts if part)


def metric_tables(result: BacktestResult) -> list[Table]:
    """All metrics by group, beside the benchmark's."""
    groups: dict[str, list[tuple[Cell, ...]]] = {}
    for metric in METRICS:
        if metric.key not in result.metrics:
            continue
        groups.setdefault(metric.group, []).append(
            (
                text(metric.title, formula(metric)),
                number(result.metrics[metric.key], metric.unit),
                number(result.benchmark_metrics.get(metric.key), metric.unit),
            )
        )
    return [
        Table(
            _spoken(group),
            ("Metric", "Strategy", "Benchmark"),
            ("left", "right", "right"),
            tuple(rows),
        )
        for group, rows in groups.items()
    ]


def formula_table(result: BacktestResult) -> Table:
    """How each number is computed."""
    return Table(
        "How each number is computed",
        ("Metric", "Formula", "Annualisation"),
        ("left", "left", "left"),
        tuple(
            (text(m.title), text(m.formula), text(m.annualisation or MISSING))
            for m in METRICS
            if m.key in result.metrics
        ),
    )


def months_table(result: BacktestResult, timezone: str = "UTC") -> Table:
    """Monthly returns in percent, the latest year first."""
    table = monthly_table(result.curve["equity"], timezone, result.request.capital).iloc[::-1]
    rows = tuple(
        (text(year), *(_percent(value) for value in values))
        for year, values in zip(table.index, table.to_numpy(dtype=float), strict=True)
    )
    return Table(
        "Monthly returns (%)",
        ("Year", *MONTHS, "Total"),
        ("left", *["right"] * 13),  # type: ignore[arg-type]
        rows,
        "The run is too short for a month.",
        "First and last month and year may be part periods.",
    )


def drawdown_table(result: BacktestResult, timezone: str = "UTC") -> Table:
    """The ten deepest falls."""
    intraday = intraday_index(result.curve.index)
    frame = worst_drawdowns(
        session_curve(result)["equity"], timezone=timezone, start=result.request.capital
    )
    rows = tuple(
        (
            text(k),
            number(row["depth"], "percent", change=True),
            time(row["peak_ts"], intraday=intraday),
            time(row["trough_ts"], intraday=intraday),
            Cell("not yet")
            if row["recovery_ts"] is pd.NaT
            else time(row["recovery_ts"], intraday=intraday),
            number(round(row["days"]), "days"),
        )
        for k, row in enumerate(frame.to_dict("records"), start=1)
    )
    return Table(
        "Worst drawdowns",
        ("", "Depth", "Peak", "Trough", "Recovered", "Length"),
        ("left", "right", "left", "left", "left", "right"),
        rows,
        "Equity was never below an earlier peak.",
        "Length in calendar days from peak to recovery, or to the last bar.",
    )


def trade_tables(result: BacktestResult, count: int = 10) -> list[Table]:
    """The trades that made and lost most, net of costs."""
    ranked = result.trades.sort_values("pnl", ascending=False, kind="stable")
    best = ranked[ranked["pnl"] > 0].head(count)
    worst = ranked[ranked["pnl"] < 0].iloc[::-1].head(count)
    return [
        _trades("Best trades", best, result, "No trade made money."),
        _trades("Worst trades", worst, result, "No trade lost money."),
    ]


def _trades(title: str, frame: pd.DataFrame, result: BacktestResult, empty: str) -> Table:
    intraday = intraday_index(result.curve.index)
    rows = tuple(
        (
            text(row["symbol"]),
            text(row["side"]),
            time(row["entry_ts"], intraday=intraday),
            Cell("open") if row["open"] else time(row["exit_ts"], intraday=intraday),
            number(row["quantity"], "quantity"),
            number(row["entry_price"], "price"),
            number(row["exit_price"], "price"),
            number(row["pnl"], "currency", change=True),
            number(row["return"], "percent", change=True),
        )
        for row in frame.to_dict("records")
    )
    columns = ("Symbol", "Side", "Entry", "Exit", "Units", "In at", "Out at", "P&L", "Return")
    align = ("left", "left", "left", "left", "right", "right", "right", "right", "right")
    return Table(title, columns, align, rows, empty)  # type: ignore[arg-type]


def provenance_rows(result: BacktestResult) -> list[tuple[str, str]]:
    """What made this result, enough to make it again."""
    made = result.provenance
    return [
        ("Code version", made.code_version),
        ("Data version", made.data_version),
        ("Data set", f"{made.dataset_title} ({made.dataset_source})"),
        *((f"Data version of {other.title}", other.version) for other in made.others),
        ("Simulated data", "yes" if made.simulated else "no"),
        ("Seed", str(made.seed)),
        ("Packages", ", ".join(f"{name} {version}" for name, version in made.packages.items())),
        ("Request", request_json(result)),
    ]


def request_json(result: BacktestResult) -> str:
    """The request as one line of JSON."""
    request = result.request
    shown: Mapping[str, object] = {
        **{name: getattr(request, name) for name in request.__dataclass_fields__},
        "params": dict(request.params),
        "costs": dict(vars(request.costs)),
        "exits": dict(vars(request.exits)),
        "overlays": {slug: dict(params) for slug, params in request.overlays.items()},
        "symbols": list(request.symbols),
        "also": list(request.also),
    }
    return json.dumps(shown, default=str, ensure_ascii=False)


def warnings(result: BacktestResult) -> list[str]:
    """What a reader must know before any number: simulated data, then the run's own notes."""
    head = (
        ["SIMULATED DATA: these prices were generated by a program and never traded."]
        if result.provenance.simulated
        else []
    )
    return head + list(result.provenance.notes)


def _percent(value: float) -> Cell:
    return Cell(format_value(value, "percent").removesuffix("%"), sign_of(value))


def _positions(result: BacktestResult) -> str:
    request = result.request
    units = "fractional units" if request.lot == 0 else f"lots of {request.lot:g}"
    units = "whole units" if request.lot == 1 else units
    return ("long only, " if request.long_only else "long and short, ") + units


def _spoken(slug: str) -> str:
    words = slug.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
