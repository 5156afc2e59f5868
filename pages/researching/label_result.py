"""What a label made of the bars: numbers, classes, and the events one by one on their candles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html
from flask import g

from pages.backtests.figures import load_plotly
from pages.components.badge import badge, simulated_badge
from pages.components.button import link_button
from pages.components.number import change, number, stat, stats
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.components.table import change_column, number_column, table, text_column
from pages.researching import figures
from pages.researching.bars_form import dataset_title
from pages.researching.event_view import event_card, event_figure_of
from pages.server.context import actor, services
from terminal.charts.histogram import histogram_figure
from terminal.charts.label_events import balance_figure
from terminal.charts.theme import Theme
from terminal.codec import from_json
from terminal.jobs.values import Job
from terminal.research.requests import LabelStudyRequest
from terminal.research.stored import read_frame

KIND = "label_study"
SPREADS = {
    "held": ("Rows held", "Rows of the panel from the decision to the end", False),
    "uniqueness": ("Uniqueness", "Average uniqueness (share of its own)", False),
    "outcome": ("Outcome", "Return from entry to exit, before costs (%)", True),
}
READ = {
    "uniqueness": "Events that overlap tell the same story. 1 is an event of its own; 0.1 shares "
    "its bars with nine others (López de Prado 2018, 4.2).",
    "effective": "The sum of uniqueness: as many events of their own would say as much.",
    "held": "Rows from the decision to the end; the end is what purging between training and test "
    "looks at.",
    "outcome": "Mean simple return from entry to exit of a long position, before costs.",
    "classes": "A class that is rare is learned badly; weights make up for events that overlap.",
}


def result_view(job: Job) -> html.Div:
    """The whole result of a finished label study."""
    found, request = dict(job.summary or {}), from_json(LabelStudyRequest, dict(job.request))
    symbols = request.bars.symbols
    universe = symbols[0] if len(symbols) == 1 else f"{len(symbols)} instruments"
    subtitle = " · ".join(
        [
            f"{universe} of {dataset_title(request.bars.dataset)}",
            f"{found['n_bars']:,} {found['timeframe']} bars",
            f"{found['first']} to {found['last']}",
        ]
    )
    actions = [
        link_button("Label again", f"/research?tab=labels&from={job.id}", icon="refresh"),
        link_button("Job", f"/jobs/{job.id}", icon="jobs"),
    ]
    return html.Div(
        [
            *figures.subject(KIND, job.id),
            page_header(job.title, subtitle, actions, [("Research", "/research")]),
            html.Div(_badges(found), className="bt-badges"),
            stats(_headline(found)),
            event_card(job, request),
            html.Div(
                [
                    figures.figure(KIND, job.id, "classes", "Balance of classes", height=270,
                                   help=READ["classes"]),
                    panel("Classes", _classes(job.id, bool(found["number"])), flush=True),
                ],
                className="grid-2",
            ),
            html.Div(
                [
                    figures.figure(KIND, job.id, key, title, height=230)
                    for key, (title, _axis, _percent) in SPREADS.items()
                ],
                className="grid-3",
            ),
            *([_instruments(job.id)] if found["n_instruments"] > 1 else []),
            load_plotly(),
        ],
        className="stack",
    )  # fmt: skip


def frame(job_id: str, name: str) -> pd.DataFrame:
    """A table of the study, read once a request."""
    kept: dict[tuple[str, str], pd.DataFrame] = g.setdefault("label_frames", {})
    if (job_id, name) not in kept:
        kept[job_id, name] = read_frame(services().jobs, actor(), job_id, name)
    return kept[job_id, name]


def draw(job_id: str, key: str, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """A figure of a label study."""
    job = services().jobs.get(actor(), job_id)
    simulated = bool((job.summary or {})["simulated"])
    if key == "event":
        return event_figure_of(job, frame(job_id, "events"), choices, theme)
    if key == "classes":
        return balance_figure(frame(job_id, "classes"), theme, simulated=simulated)
    spread = frame(job_id, "spread")
    _title, axis, percent = SPREADS[key]
    return histogram_figure(
        spread[spread["of"] == key], theme, title=axis, what="Events", percent=percent,
        simulated=simulated,
    )  # fmt: skip


figures.DRAWERS[KIND] = draw


def _badges(found: Mapping[str, Any]) -> list[Any]:
    marks: list[Any] = [simulated_badge()] if found["simulated"] else []
    marks += [
        badge(
            "Lies in the future", "warn",
            "A label is an outcome: known at the end of its event, never before.",
        ),
    ]  # fmt: skip
    touched = found["touched"]
    if touched["target"] or touched["stop"]:
        total = max(sum(touched.values()), 1)
        marks += [
            badge(f"{name} {100 * touched[name] / total:.0f} %")
            for name in ("target", "stop", "time")
        ]
    return marks


def _headline(found: Mapping[str, Any]) -> list[html.Div]:
    return [
        stat("Events", number(found["n_events"], "count")),
        stat("Mean uniqueness", number(found["uniqueness"]), READ["uniqueness"]),
        stat("As good as", number(found["effective"], "count"), READ["effective"]),
        stat("Held (median)", number(found["median_rows"], "bars"), READ["held"]),
        stat("Held at most", number(found["longest_rows"], "bars")),
        stat("Mean outcome", change(found["mean_outcome"], "bps"), READ["outcome"]),
    ]


def _classes(job_id: str, of_number: bool) -> html.Div:
    rows = []
    for one in frame(job_id, "classes").itertuples():
        rows.append(
            html.Tr(
                [
                    html.Td(one.label),
                    html.Td(number(one.events, "count"), className="num"),
                    html.Td(number(one.share, "percent"), className="num"),
                    html.Td(number(one.weight, "percent"), className="num"),
                    html.Td(number(one.uniqueness), className="num"),
                    html.Td(change(one.mean_outcome, "bps"), className="num"),
                    html.Td(number(one.median_rows, "bars"), className="num"),
                ]
            )
        )
    names = ("Return" if of_number else "Label", "Events", "Share", "Weight", "Uniqueness",
             "Mean outcome", "Held")  # fmt: skip
    head = html.Tr([html.Th(name, className="num" if k else "") for k, name in enumerate(names)])
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table"),
        className="plain-table-wrap",
    )


def _instruments(job_id: str) -> html.Section:
    rows = frame(job_id, "instruments").to_dict("records")
    return panel(
        "Instrument by instrument",
        table(
            "rs-label-instruments",
            [
                text_column("symbol", "Symbol", minWidth=100),
                number_column("events", "Events", "count", sort="desc"),
                number_column("uniqueness", "Mean uniqueness", "ratio"),
                number_column("label", "Mean label", "price"),
                change_column("outcome", "Mean outcome", "bps"),
            ],
            rows,
            row_id="symbol",
            height=min(420, 30 * (len(rows) + 1) + 18),
        ),
        flush=True,
    )
