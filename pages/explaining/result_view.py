"""An explanation on its page: the report's figures, with a choice of feature and prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import dcc, html

from pages.backtests.figures import load_plotly
from pages.components.badge import simulated_badge
from pages.components.button import download_button, link_button
from pages.components.job_card import size_text
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.explaining.versions import version_of
from pages.researching import figures
from pages.server.context import actor, services
from terminal.charts import shap as charts
from terminal.charts.lags import lag_figure, lag_map_figure
from terminal.charts.theme import Theme
from terminal.charts.waterfall import waterfall_figure
from terminal.errors import NotFound
from terminal.explain import words
from terminal.explain.aggregates import (
    chosen_rows,
    dependence,
    importances,
    swarms,
    thinned,
    waterfall,
)
from terminal.explain.explained import Explained
from terminal.explain.stored import KIND, load_explained, report_of
from terminal.jobs.values import Job
from terminal.market.calendars import get_calendar

MOST_CHOICES = 300
GROUPS = {
    "volatility": ("By volatility", words.VOLATILITY, Explained.by_volatility),
    "trend": ("By trend", words.TREND, Explained.by_trend),
    "symbol": ("By instrument", words.SYMBOL, Explained.by_symbol),
    "period": ("By period", words.PERIOD, Explained.by_period),
}


def result_view(job: Job) -> html.Div:
    """The whole explanation."""
    found = load_explained(services().jobs, actor(), job.id)
    own = found.explanation
    report = report_of(services().jobs, actor(), job.id)
    version = job.request["version"]
    actions: list[Any] = []
    if report is not None:
        text = f"Report · {size_text(report.size)}"
        actions.append(download_button(text, f"/artifacts/{report.id}", "primary"))
    actions += [
        link_button("Explain again", f"/explain?version={version}", icon="refresh"),
        link_button("Drift", f"/monitor/{version}", icon="monitor"),
        link_button("Job", f"/jobs/{job.id}", icon="jobs"),
    ]
    first, *rest = words.statements(found)
    top = [one.column for one in importances(own)]
    return html.Div(
        [
            *figures.subject(KIND, job.id),
            page_header(
                found.about.title,
                f"{len(own):,} predictions explained in {own.output}.",
                actions,
                [("Explain", "/explain")],
            ),
            *_badges(found),
            panel("In words", [html.P(html.Strong(first)), *(html.P(line) for line in rest)]),
            _card(job.id, "importance", "What counts", words.IMPORTANCE,
                  charts.rows_height(min(20, len(top)))),
            _card(job.id, "swarm", "How each feature pushes", words.SWARM,
                  charts.rows_height(min(20, len(top)))),
            html.Div(
                [
                    _card(job.id, "dependence", "Dependence",
                          "What the feature added, against its value; the colour is the feature it "
                          "interacts with most.", 340,
                          _dropdown("feature", [(name, name) for name in top], top[0], "Feature")),
                    _card(job.id, "waterfall", "One prediction",
                          "From the average answer to this one, the largest part first.",
                          charts.rows_height(min(10, len(top)) + 2),
                          _dropdown("prediction", _predictions(found, zone_of(version)),
                                    next(iter(chosen_rows(own).values())), "Prediction")),
                ],
                className="ex-pair",
            ),
            html.Div(
                [
                    _card(job.id, key, title, reading, charts.rows_height(min(15, len(top))),
                          wide=key in ("symbol", "period"))
                    for key, (title, reading, _) in GROUPS.items()
                ],
                className="ex-pair",
            ),
            *_more(job.id, found),
            panel("Where this comes from", facts(words.lineage_rows(found))),
            load_plotly(),
        ],
        className="stack",
    )  # fmt: skip


def _badges(found: Explained) -> list[Any]:
    return [html.Div(simulated_badge(), className="bt-badges")] if found.about.simulated else []


def _more(job_id: str, found: Explained) -> list[Any]:
    """Cards that not every explanation has."""
    parts: list[Any] = []
    outside = found.about.permutation
    if outside is not None:
        parts.append(
            _card(job_id, "permutation", "What helps where the model has not learned",
                  words.permutation_words(outside),
                  charts.rows_height(min(20, len(outside.clusters))))
        )  # fmt: skip
    if found.about.attention:
        parts.append(_card(job_id, "attention", "Attention by age", words.ATTENTION, 260))
    if found.explanation.by_lag is not None:
        height = charts.rows_height(min(15, len(found.explanation.columns)))
        parts.append(_card(job_id, "lags", "SHAP values by age", words.LAGS, height))
    return parts


def _card(
    job_id: str,
    key: str,
    title: str,
    help: str,
    height: int,
    control: Any = None,
    *,
    wide: bool = False,
) -> html.Section:
    """One figure; a `wide` one scrolls sideways on a phone."""
    return figures.figure(
        KIND,
        job_id,
        key,
        title,
        help=help,
        height=height,
        actions=[control] if control else [],
        className="bt-wide-figure" if wide else "",
    )


def _dropdown(name: str, options: list[tuple[str, Any]], value: Any, label: str) -> html.Div:
    items = [{"label": words_, "value": each} for words_, each in options]
    return html.Div(
        dcc.Dropdown(items, value, id=figures.control_id(name), clearable=False),
        className="ex-choice", role="group", **{"aria-label": label},
    )  # fmt: skip


def zone_of(version: int) -> str:
    """IANA zone of the exchange a version's bars come from; UTC where its data set is gone."""
    try:
        slug = str(version_of(version).lineage["dataset"])
        return get_calendar(services().catalogue.dataset(actor(), slug).calendar).timezone
    except NotFound:
        return "UTC"


def _predictions(found: Explained, zone: str) -> list[tuple[str, Any]]:
    """Those worth a look, then predictions spread evenly over time, by the open of their bar."""
    events = found.events
    worth = [(name, row) for name, row in chosen_rows(found.explanation).items()]
    taken = {row for _, row in worth}
    local = events["ts"].dt.tz_convert(zone)
    daily = len(events) > 1 and local.dt.time.nunique() == 1
    times = local.dt.strftime("%Y-%m-%d" if daily else "%Y-%m-%d %H:%M")
    return worth + [
        (f"{events['symbol'].iloc[row]} {times.iloc[row]}", row)
        for row in thinned(len(events), MOST_CHOICES).tolist()
        if row not in taken
    ]


def draw(job_id: str, key: str, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """One figure of an explanation."""
    found = load_explained(services().jobs, actor(), job_id)
    own, about = found.explanation, found.about
    if key == "importance":
        return charts.importance_figure(importances(own), own.output, theme)
    if key == "swarm":
        return charts.swarm_figure(swarms(own), own.output, theme)
    if key == "dependence":
        wanted = choices.get("feature")
        column = wanted if wanted in own.columns else own.columns[own.order()[0]]
        return charts.dependence_figure(dependence(own, column), theme)
    if key == "waterfall":
        row = choices.get("prediction")
        known = isinstance(row, int) and 0 <= row < len(own)
        chosen = row if known else next(iter(chosen_rows(own).values()))
        return waterfall_figure(waterfall(own, chosen), theme)
    if key == "permutation" and about.permutation is not None:
        return charts.permutation_figure(about.permutation, theme)
    if key == "attention":
        return lag_figure(np.array(about.attention), "Mean attention", theme)
    if key == "lags" and own.by_lag is not None:
        top = own.order()[:15]
        return lag_map_figure(own.by_lag[:, top], [own.columns[k] for k in top], theme)
    return charts.grouped_figure(GROUPS[key][2](found), theme)


figures.DRAWERS[KIND] = draw
