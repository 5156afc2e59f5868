"""One measurement of drift on a page: verdict, heat map, score by period, every column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html

from pages.components.badge import Tone, badge
from pages.components.number import number, stat, stats
from pages.components.panel import facts, panel
from pages.components.table import (
    badge_column,
    number_column,
    quick_filter,
    table,
    text_column,
)
from pages.explaining.versions import version_of
from pages.researching import figures
from pages.server.context import actor, services
from terminal.charts import drift as charts
from terminal.charts.shap import rows_height
from terminal.charts.theme import Theme
from terminal.codec import from_json
from terminal.db.repositories import drift
from terminal.db.repositories.drift import DriftRow
from terminal.drift.periods import PeriodMap
from terminal.drift.report import DriftReport

KIND = "drift"
TONES: dict[str, Tone] = {"none": "up", "moderate": "warn", "severe": "down"}


def severity_badge(severity: str) -> html.Span:
    """How far from training, as a label."""
    return badge(severity, TONES.get(severity, "neutral"))


def load(job_id: str) -> DriftRow:
    """One measurement; NotFound when it is not the person's to see."""
    with services().db.read() as conn:
        return drift.get(conn, actor(), job_id)


def report_parts(row: DriftRow) -> list[Any]:
    """The measurement from verdict to columns; with the stores of its figures."""
    report = from_json(DriftReport, dict(row.report))
    periods = from_json(PeriodMap, dict(row.periods))
    return [
        *figures.subject(KIND, row.job_id),
        panel("Verdict", html.Div([
            html.P([severity_badge(row.severity), " ", html.Strong(row.recommendation)]),
            stats(_headline(row, report)),
        ], className="stack")),
        figures.figure(
            KIND, row.job_id, "map", "Drift by feature and period",
            help="Population stability index against the training data: from 0.10 moderate, from "
            "0.25 severe, limits made for borrowers who have nothing to do with one another. "
            "Instruments of one market move together, and a period is one state of that market. No "
            "colour: chance alone gives as much. Pale: it does so when all instruments move as "
            "one. Full: it does not. A row that keeps its colour is drift; a single column is a "
            "month.",
            height=rows_height(min(charts.TOP, len(periods.columns))),
            className="bt-wide-figure",
        ),
        *([figures.figure(
            KIND, row.job_id, "score", "Score by period",
            help="Mean score of the events of each period. The band is where it lies with 95% "
            "confidence when nothing has changed since training; the dotted line is training's.",
            height=280,
        )] if report.decay is not None else []),
        _columns(row, report),
        panel("How this is measured", facts(_method(row))),
    ]  # fmt: skip


def _headline(row: DriftRow, report: DriftReport) -> list[html.Div]:
    moved = sum(column.severity.value != "none" for column in report.features)
    limits = as_one(row, report)
    beyond = sum(
        column.severity.value != "none" and column.stability > limits[column.name]
        for column in report.features
    )
    parts = [
        stat("Features", severity_badge(row.features),
             f"{moved} of {len(report.features)} moved, {beyond} of them further than chance "
             "reaches when all instruments move as one."),
        stat("Predictions", severity_badge(row.predictions)),
        stat("Score", severity_badge(row.decay),
             "Against the interval that training allows it."),
        stat("Events", number(row.n_events, "count")),
    ]  # fmt: skip
    if report.decay is not None:
        parts += [
            stat("Score now", number(report.decay.mean, "price"), report.decay.title),
            stat("In training", number(report.decay.training, "price")),
        ]
    return parts


def as_one(row: DriftRow, report: DriftReport) -> dict[str, float]:
    """What the index of each column stays below by chance when all instruments move as one."""
    both = (*report.features, *report.predictions)
    noise = np.array([column.noise for column in both], dtype=np.float64)
    limits = charts.chance_of_periods(noise, row.n_events, [row.n_events])[:, 0]
    many = instruments_of(row)
    return {column.name: float(limit) * many for column, limit in zip(both, limits, strict=True)}


def instruments_of(row: DriftRow) -> int:
    """How many instruments the version was trained on."""
    return len(version_of(row.version_id).lineage["symbols"])


def _columns(row: DriftRow, report: DriftReport) -> html.Section:
    limits = as_one(row, report)
    rows = [
        {
            "name": column.name,
            "severity": column.severity.value,
            "psi": column.stability,
            "noise": column.noise,
            "one": limits[column.name],
            "ks": column.distance,
            "p": round(column.adjusted_p, 4),
            "js": column.jensen_shannon,
            "shift": column.shift,
            "missing": column.missing,
            "before": column.missing_before,
            "of": kind,
        }
        for kind, group in (("feature", report.features), ("prediction", report.predictions))
        for column in group
    ]
    return panel(
        "Columns",
        table(
            "mo-columns",
            [
                text_column("name", "Column", minWidth=210, flex=3, cellClass="mono"),
                text_column("of", "Of", width=100),
                badge_column("severity", "Severity", TONES, width=112),
                number_column("psi", "PSI", "price", width=92, sort="desc",
                              headerTooltip="Population stability index"),
                number_column("noise", "Chance", "price", width=96,
                              headerTooltip="What chance alone stays below, instruments counted "
                              "as independent"),
                number_column("one", "As one", "price", width=96,
                              headerTooltip="What chance alone stays below when all instruments "
                              "move as one"),
                number_column("ks", "KS", "price", width=88,
                              headerTooltip="Kolmogorov-Smirnov distance"),
                number_column("p", "p", "price", width=88,
                              headerTooltip="Adjusted for all columns (Benjamini-Hochberg)"),
                number_column("js", "JS", "price", width=88,
                              headerTooltip="Jensen-Shannon distance, base 2"),
                number_column("shift", "Shift", "price", width=92,
                              headerTooltip="Wasserstein distance in standard deviations"),
                number_column("missing", "Missing", "percent", width=100),
                number_column("before", "Before", "percent", width=96,
                              headerTooltip="Missing in training"),
            ],
            rows, row_id="name", height=min(520, 30 * (len(rows) + 1) + 18),
        ),
        flush=True,
        actions=[quick_filter("mo-columns", "Search columns")],
    )  # fmt: skip


def _method(row: DriftRow) -> list[tuple[Any, Any]]:
    return [
        ("Events", f"{row.first_ts:%d %b %Y} to {row.last_ts:%d %b %Y}, outcomes known"),
        ("Bins", "ten of equal frequency in training, open at both ends, and one for missing "
         "values; columns of few values one by one"),
        ("PSI", "counts where it exceeds what chance gives for so many independent rows; in full "
         "colour where it does so with all instruments counted as one, the other extreme"),
        ("Independent rows", "n (1 - r) / (1 + r), r the rank correlation with the next row"),
        ("Severity", "PSI 0.10 moderate, 0.25 severe; KS the same where significant at 5% over all "
         "columns; score below 95% and 99.8%"),
        ("Data version", html.Span(row.data_version[:16], className="mono")),
    ]  # fmt: skip


def draw(job_id: str, key: str, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """Heat map or score."""
    row = load(job_id)
    found = from_json(PeriodMap, dict(row.periods))
    names = [part.last for part in found.periods]
    if key == "map":
        table_ = np.array([part.stability for part in found.periods], dtype=np.float64).T
        return charts.drift_map_figure(
            table_,
            found.columns,
            names,
            theme,
            chance_of_periods(row, found),
            instruments_of(row),
        )

    def line(name: str) -> Any:
        values = [getattr(part, name) for part in found.periods]
        return np.array([np.nan if value is None else value for value in values])

    return charts.score_history_figure(
        names, line("score"), line("low"), line("high"), found.training or 0.0, found.title, theme
    )


def chance_of_periods(row: DriftRow, found: PeriodMap) -> Any:
    """Limit of chance by column and period."""
    report = from_json(DriftReport, dict(row.report))
    noise = {column.name: column.noise for column in (*report.features, *report.predictions)}
    return charts.chance_of_periods(
        np.array([noise.get(name, 0.0) for name in found.columns], dtype=np.float64),
        row.n_events,
        [part.n for part in found.periods],
    )


figures.DRAWERS[KIND] = draw
