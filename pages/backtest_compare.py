"""Two to twenty runs side by side: `/backtest/compare?ids=a,b`."""

from __future__ import annotations

import dash
from dash import dcc, html

from pages.backtests import comparison
from pages.backtests.certificate import certificate_badge
from pages.backtests.figures import own_theme
from pages.backtests.run import Run
from pages.components.badge import simulated_badge
from pages.components.page_header import page_header
from pages.components.panel import panel

dash.register_page(
    __name__, path="/backtest/compare", name="Compare backtests",
    title="Compare backtests · AlphaTrade",
)  # fmt: skip


def layout(ids: str = "", **_query: str) -> html.Div:
    """Runs, curves, differences, metrics, correlation."""
    runs = comparison.load_runs(ids)
    names = comparison.names_of(runs)
    theme = own_theme()
    links = [
        html.Li([dcc.Link(name, href=f"/backtest/{run.job.id}"), *_marks(run)])
        for name, run in zip(names, runs, strict=True)
    ]
    return html.Div(
        [
            dcc.Store(id="bt-compare-ids", data=ids),
            dcc.Store(id="bt-compare-drawn", data=[theme.mode, theme.palette, "linear"]),
            dcc.Download(id="bt-compare-download"),
            page_header(
                "Compare runs",
                "Curves start at 100 on the first bar all runs have; ★ marks the best of a row.",
                [comparison.download_button()],
                [("Backtest", "/backtest")],
            ),
            panel("Runs", html.Ul(links, className="bt-compared")),
            *comparison.figure_cards(runs),
            comparison.distinguishable(runs),
            html.Div(
                [comparison.differences(runs), comparison.correlations(runs)], className="grid-2"
            ),
            comparison.metrics_panel(runs),
        ],
        className="page",
    )


def _marks(run: Run) -> list[object]:
    certified = certificate_badge(run.result.provenance.certificate, f"/backtest/{run.job.id}")
    return [*([" ", simulated_badge()] if run.row.simulated else []), " ", certified]


comparison.register()
