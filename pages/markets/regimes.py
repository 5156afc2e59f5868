"""The strip of regimes: which state the market is in, how sure that is, and what it does to sizes.

Computed by a job from the closes of the data set that is shown, and kept; the page shows the newest
one the person has and says when the data has moved on since.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import own_theme
from pages.components.badge import badge
from pages.components.button import button
from pages.components.hint import hint
from pages.components.job_card import finished_id, job_card
from pages.components.panel import panel
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.charts.config import graph_config
from terminal.charts.numbers import format_value
from terminal.charts.risk_regimes import MARKED, multiplier_figure, regime_figure
from terminal.charts.theme import theme_from
from terminal.codec import from_json
from terminal.errors import NotFound
from terminal.holdings.regimes_request import RegimesRequest
from terminal.jobs.values import JobFilter, JobState
from terminal.market.dataset import Dataset
from terminal.regimes.indicator import Reading
from terminal.regimes.panel import RegimePanel

KIND, FILE = "regimes", "regimes.json"
LOOKED_AT = 100


@dataclass(frozen=True)
class Known:
    """A panel that was computed, and whether the data has changed since."""

    panel: RegimePanel
    stale: bool


def strip() -> html.Div:
    """The place of the strip below the chart; filled when a data set is chosen."""
    return html.Div(
        [
            html.Div(id="mk-regimes"),
            dcc.Store(id="mk-regimes-data", data=""),
            dcc.Store(id="mk-regimes-job", data=""),
        ]
    )


def newest(dataset: Dataset) -> Known | None:
    """The newest panel of the data set that the person has; None where there is none."""
    jobs, who = services().jobs, actor()
    for job in jobs.list(who, JobFilter((JobState.SUCCEEDED,), (KIND,), limit=LOOKED_AT)):
        if job.request.get("data") != dataset.slug:
            continue
        files = {item.name: item for item in jobs.artifacts(who, job.id)}
        if FILE in files:
            path = jobs.open_artifact(who, files[FILE].id).path
            return Known(_read(str(path)), job.summary.get("day") != _last_day(dataset))
    return None


def _last_day(dataset: Dataset) -> str:
    return dataset.last_ts.date().isoformat() if dataset.last_ts else ""


@lru_cache(maxsize=16)
def _read(path: str) -> RegimePanel:
    with open(path, "rb") as file:
        return from_json(RegimePanel, orjson.loads(file.read()))


def content(slug: str, mode: str | None = None, palette: str | None = None) -> list[Any]:
    """The panel: states in words, history behind a fold; or how to get them."""
    if not slug:
        return []
    try:
        dataset = services().catalogue.dataset(actor(), slug)
    except NotFound:
        return []
    known = newest(dataset)
    trader = actor().role.allows(Role.TRADER)
    if known is None:
        said = (
            "Trend, volatility, breadth, turbulence and hidden states of this data set's market "
            "are not measured yet."
        )
        who = "" if trader else " That needs the role trader."
        body: list[Any] = [html.P(said + who, className="muted")]
        return [panel("Regime", body, actions=_measure("Measure") if trader else [])]
    found = known.panel
    actions = _measure("Measure again") if trader and known.stale else []
    return [
        panel(
            "Regime",
            [
                html.P(sentence(found, dataset)),
                html.Div([_reading(one, found) for one in found.readings], className="mk-states"),
                *([html.P(" ".join(found.notes), className="muted")] if found.notes else []),
                _history(found, dataset, mode, palette),
            ],
            help="From the closes of this data set, each state from what was known at that close. "
            "The multiplier is the share of full size that all states together allow.",
            actions=actions,
        )
    ]


def line(slug: str) -> list[Any]:
    """The states as badges above the chart; nothing while they are not measured."""
    try:
        known = newest(services().catalogue.dataset(actor(), slug))
    except NotFound:
        known = None
    if known is None:
        return []
    found = known.panel
    marks = [
        badge(
            f"{one.title}: {one.state}", "warn" if one.state in MARKED else "neutral",
            f"{one.rule}. Since {one.since}.",
        )
        for one in found.readings
        if one.state
    ]  # fmt: skip
    size = f"Size × {format_value(found.multiplier, 'ratio')}"
    return [*marks, badge(size, "accent", f"All states together, at the close of {found.last}.")]


def _measure(text: str) -> list[Any]:
    return [button(text, {"type": "mk-measure", "what": "regimes"}, small=True, icon="play")]


def sentence(found: RegimePanel, dataset: Dataset) -> str:
    """All states in one sentence, and what they do to sizes."""
    states = [f"{one.title.lower()} {one.state}" for one in found.readings if one.state]
    size = format_value(found.multiplier, "percent")
    said = f"At the close of {found.last}, {dataset.title}: {', '.join(states)}. "
    if found.multiplier >= 1.0:
        return f"{said}Nothing speaks against full size."
    why = [one.title.lower() for one in found.multipliers if one.factor < 1.0]
    return f"{said}Sizes are cut to {size} of full, for {', '.join(why)}."


def _reading(one: Reading, found: RegimePanel) -> html.Div:
    """One indicator: its state, how likely, since when, and its factor."""
    tone = "warn" if one.state in MARKED else "neutral"
    lines = []
    if one.probability is not None:
        lines.append(f"{format_value(one.probability, 'percent')} {one.of}")
    elif one.value is not None:
        lines.append(format_value(one.value, one.unit))
    if one.since is not None:
        lines.append(f"since {one.since}")
    if one.stays is not None:
        lines.append(f"stays {one.stays:.0%}")
    factor = next((m.factor for m in found.multipliers if m.key == one.key), 1.0)
    return html.Div(
        [
            html.Div([one.title, " ", hint(one.rule)], className="stat-label"),
            html.Div(badge(one.state or "not known", tone)),
            html.Div(" · ".join(lines), className="mk-state-line"),
            html.Div(f"size × {format_value(factor, 'ratio')}", className="mk-state-line"),
        ],
        className="mk-state",
    )


def _history(
    found: RegimePanel, dataset: Dataset, mode: str | None, palette: str | None
) -> html.Details:
    """Every indicator through time, drawn when it is unfolded."""
    theme = theme_from(mode, palette) if mode else own_theme()
    cards = [
        html.Div(
            [
                html.Div(title, className="mk-history-title"),
                dcc.Graph(figure=figure, config=graph_config(filename="regime"), responsive=True,
                          style={"height": "200px"}),
            ]
        )
        for title, figure in [
            *((one.title, regime_figure(one, theme, simulated=dataset.simulated))
              for one in found.readings),
            ("Multiplier", multiplier_figure(found, theme, simulated=dataset.simulated)),
        ]
    ]  # fmt: skip
    return html.Details(
        [
            html.Summary("History"),
            html.Div(cards, className="mk-history"),
        ],
        className="disclosure",
    )


def register() -> None:
    """Fill the strip, start the job, show what it found."""

    @guard.callback(
        Output("mk-regimes", "children"),
        Output("mk-regime-line", "children"),
        Output("mk-regimes-data", "data"),
        Input("mk-dataset", "value"),
        Input("theme", "data"),
        Input("palette", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def fill(slug: str | None, mode: str, palette: str) -> Any:
        if not slug:
            return no_update, no_update, no_update
        return content(slug, mode, palette), line(slug), slug

    @guard.callback(
        Output("mk-regimes", "children", allow_duplicate=True),
        Output("mk-regimes-job", "data"),
        Input({"type": "mk-measure", "what": ALL}, "n_clicks"),
        State("mk-regimes-data", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def measure(_clicks: list[int], slug: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"] or not slug:
            return no_update, no_update
        title = services().catalogue.dataset(actor(), slug).title
        job = services().jobs.submit(
            actor(), KIND, RegimesRequest(slug), title=f"Regimes of {title}"
        )
        return [job_card(job.id, log=False, files=False)], job.id

    @guard.callback(
        Output("mk-regimes", "children", allow_duplicate=True),
        Output("mk-regime-line", "children", allow_duplicate=True),
        Input(finished_id(ALL), "data"),
        State("mk-regimes-job", "data"),
        State("mk-regimes-data", "data"),
        State("theme", "data"),
        State("palette", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show(_states: list[Any], job_id: str, slug: str, mode: str, palette: str) -> Any:
        source = ctx.triggered_id
        if not source or source["job"] != job_id:
            return no_update, no_update
        if ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
            return no_update, no_update
        return content(slug, mode, palette), line(slug)
