"""What a study found: numbers and words first, then the figures, then instrument by instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html
from flask import g

from pages.backtests.figures import load_plotly
from pages.components.badge import badge, simulated_badge
from pages.components.button import link_button
from pages.components.notice import notice
from pages.components.number import change, number, stat, stats
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.table import badge_column, number_column, table, text_column
from pages.researching import figures
from pages.researching.bars_form import dataset_title
from pages.researching.luck_words import luck_notice
from pages.researching.price_view import price_card, price_figure
from pages.researching.study_words import READ, stationary_words
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.charts.autocorrelation import autocorrelation_figure
from terminal.charts.coefficients import horizon_figure, rolling_figure, years_figure
from terminal.charts.histogram import histogram_figure
from terminal.charts.numbers import MINUS, MISSING, format_value
from terminal.charts.quantile_returns import quantile_figure
from terminal.charts.theme import Theme
from terminal.codec import from_json
from terminal.jobs.values import Job
from terminal.market.calendars import get_calendar
from terminal.research.menu import menu
from terminal.research.requests import StudyRequest
from terminal.research.stored import read_frame

KIND = "study"
VERDICT_TONES = {"stationary": "up", "wandering": "down", "mixed": "warn"}


def result_view(job: Job) -> html.Div:
    """The whole result of a finished study."""
    found, request = dict(job.summary or {}), from_json(StudyRequest, dict(job.request))
    across = found["mode"] == "across"
    several = found["n_instruments"] > 1
    horizons = [int(one) for one in frame(job.id, "horizons")["horizon"]]
    through = [] if across else ["years"]
    return html.Div(
        [
            *figures.subject(KIND, job.id),
            page_header(
                job.title, subtitle(found, request), _actions(job), [("Research", "/research")]
            ),
            html.Div(_badges(found), className="bt-badges"),
            stats(_headline(found)),
            luck_notice(job, found),
            price_card(job, request),
            html.Div(
                [
                    _card(job, "horizons", "Information coefficient", help=READ["horizons"]),
                    _card(
                        job, "groups", "What followed each quantile", help=READ["groups"],
                        actions=[
                            figures.segments(
                                "horizon", [(f"{one:,}", one) for one in horizons], found["main"],
                                "Horizon in bars",
                            )
                        ],
                    ),
                    *(
                        [] if through
                        else [_card(job, "rolling", "Coefficient as time passes",
                                    unit=f"{found['main']:,} bars ahead", help=READ["rolling"])]
                    ),
                    _card(job, "years", "Year by year", unit=f"{found['main']:,} bars ahead",
                          help=READ["years"]),
                    _card(job, "histogram", "Distribution", help=READ["histogram"]),
                    _card(job, "autocorrelation", "Autocorrelation", help=READ["memory"]),
                    panel("Values", _values(found)),
                    panel("Does it keep its level?", _stationary(job), help=READ["stationary"]),
                ],
                className="grid-2",
            ),
            *([_instruments(job)] if several else []),
            load_plotly(),
        ],
        className="stack",
    )  # fmt: skip


def frame(job_id: str, name: str) -> pd.DataFrame:
    """A table of the study, read once a request."""
    kept: dict[tuple[str, str], pd.DataFrame] = g.setdefault("study_frames", {})
    key = (job_id, name)
    if key not in kept:
        kept[key] = read_frame(services().jobs, actor(), job_id, name)
    return kept[key]


def draw(job_id: str, key: str, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """A figure of a study."""
    job = services().jobs.get(actor(), job_id)
    found = dict(job.summary or {})
    simulated = bool(found["simulated"])
    if key == "price":
        return price_figure(job, theme, choices)
    table_of = frame(job_id, key)
    if key == "horizons":
        return horizon_figure(table_of, theme, main=found["main"], simulated=simulated)
    if key == "groups":
        horizon = int(choices.get("horizon") or found["main"])
        relative = found["mode"] == "across"
        return quantile_figure(
            table_of, theme, horizon=horizon, relative=relative, simulated=simulated
        )
    if key == "rolling":
        return rolling_figure(table_of, theme, timezone=timezone_of(job), simulated=simulated)
    if key == "years":
        return years_figure(table_of, theme, simulated=simulated)
    if key == "histogram":
        marks = {f"{100 * float(share):g} %": value for share, value in found["quantiles"].items()
                 if share in ("0.05", "0.5", "0.95")}  # fmt: skip
        return histogram_figure(
            table_of, theme, title=axis_title(found["column"]), marks=marks, simulated=simulated
        )
    several = found["n_instruments"] > 1
    return autocorrelation_figure(table_of, theme, several=several, simulated=simulated)


figures.DRAWERS[KIND] = draw


def timezone_of(job: Job) -> str:
    """Zone of the exchange of a study's data."""
    request = from_json(StudyRequest, dict(job.request))
    dataset = services().catalogue.dataset(actor(), request.bars.dataset)
    return get_calendar(dataset.calendar).timezone


def axis_title(column: str) -> str:
    """Name and unit of a feature, for an axis."""
    slug = column.split("(")[0].split(" ")[0]
    entry = menu().features.get(slug)
    normalised = any(f" {name}(" in column for name in menu().normalisers)
    unit = "normalised" if normalised else entry.unit if entry else ""
    title = entry.title if entry else slug
    return f"{title} ({unit})" if unit else title


def subtitle(found: Mapping[str, Any], request: StudyRequest) -> str:
    """Feature, universe, bars, range."""
    symbols = request.bars.symbols
    universe = symbols[0] if len(symbols) == 1 else f"{len(symbols)} instruments"
    return " · ".join(
        [
            found["column"],
            f"{universe} of {dataset_title(request.bars.dataset)}",
            f"{found['n_bars']:,} {found['timeframe']} bars",
            f"{found['first']} to {found['last']}",
        ]
    )


def _actions(job: Job) -> list[Any]:
    parts = [link_button("Study again", f"/research?tab=study&from={job.id}", icon="refresh")]
    if actor().role.allows(Role.TRADER):
        parts.append(
            link_button("Add to a set", f"/research?tab=sets&add_from={job.id}", icon="plus")
        )
    return [*parts, link_button("Job", f"/jobs/{job.id}", icon="jobs")]


def _badges(found: Mapping[str, Any]) -> list[Any]:
    across = found["mode"] == "across"
    marks: list[Any] = [simulated_badge()] if found["simulated"] else []
    marks += [
        badge("Across instruments" if across else "Through time", "accent", READ["mode"]),
        badge(f"{found['n_values']:,} values"),
        badge("Return begins one bar later", "up", READ["delay"]),
    ]
    return marks


def _headline(found: Mapping[str, Any]) -> list[html.Div]:
    low, high = (coefficient_text(found[name]) for name in ("low", "high"))
    spread = found["spread"]
    return [
        stat(
            "IC",
            html.Span(coefficient_text(found["coefficient"]), className="num"),
            READ["coefficient"],
        ),
        stat("95 % interval", html.Span(f"{low} to {high}", className="num rs-interval"),
             READ["interval"]),
        stat("t", number(found["t"], signed=True), READ["t"]),
        stat("High less low", change(spread, "bps"), READ["spread"]),
        stat("Half-life", number(found["half_life"], "bars"), READ["half_life"]),
        stat("Turnover", number(found["turnover"], "percent"), READ["turnover"]),
        stat("Missing", number(found["missing"], "percent"), READ["missing"]),
    ]  # fmt: skip


def coefficient_text(value: float | None) -> str:
    """Four decimals and a sign: `+0.0213`."""
    return MISSING if value is None else f"{value:+.4f}".replace("-", MINUS)


def _card(job: Job, key: str, title: str, **card: Any) -> html.Section:
    return figures.figure(KIND, job.id, key, title, height=290, **card)


def _values(found: Mapping[str, Any]) -> html.Dl:
    quantiles = found["quantiles"]
    shown = [
        (f"{100 * float(share):g} % lie below", format_value(value, "price"))
        for share, value in quantiles.items()
    ]
    return facts(
        [
            ("Mean", format_value(found["mean"], "price")),
            ("Standard deviation", format_value(found["deviation"], "price")),
            ("Skewness", format_value(found["skewness"])),
            ("Excess kurtosis", format_value(found["excess_kurtosis"])),
            *shown,
            ("Most frequent value", f"{format_value(found['same'], 'percent')} of all"),
            ("Missing after the first value", format_value(found["later"], "percent")),
        ]
    )


def _stationary(job: Job) -> list[Any]:
    table_of = frame(job.id, "instruments")
    kind, words, details = stationary_words(table_of)
    return [notice(words, kind), html.P(details, className="muted rs-below")]


def _instruments(job: Job) -> html.Section:
    rows = frame(job.id, "instruments").replace([float("inf")], 9e9)
    rows = rows.astype(object).where(rows.notna(), None)
    return panel(
        "Instrument by instrument",
        table(
            "rs-instruments",
            [
                text_column("symbol", "Symbol", width=104),
                number_column("coefficient", "IC through time", "price", minWidth=124,
                              sort="desc"),
                number_column("n", "Values", "count", width=100),
                number_column("missing", "Missing", "percent", width=104),
                number_column("mean", "Mean", "price", minWidth=100),
                number_column("deviation", "Deviation", "price", minWidth=100),
                number_column("half_life", "Half-life", "bars", minWidth=116),
                number_column("adf", "ADF p", width=84),
                number_column("kpss", "KPSS p", width=88),
                badge_column("verdict", "Level", VERDICT_TONES, width=124),
            ],
            rows.to_dict("records"),
            row_id="symbol",
            height=min(420, 30 * (len(rows) + 1) + 18),
        ),
        flush=True,
        help="The coefficient of each instrument by itself, through time, at the main horizon.",
    )  # fmt: skip
