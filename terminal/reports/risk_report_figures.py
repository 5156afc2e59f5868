"""The figures of a risk report, in order, each with how to read it."""

from __future__ import annotations

from terminal.charts.risk_bars import (
    bars_height,
    contribution_bars,
    factor_figure,
    stress_figure,
)
from terminal.charts.risk_cone import cone_figure
from terminal.charts.risk_correlation import correlation_figure, map_height
from terminal.charts.risk_drawdown import underwater_figure
from terminal.charts.theme import Theme
from terminal.reports.figures import Section
from terminal.risk.panel_value import RiskPanel
from terminal.risk.stress.replay import Replay
from terminal.risk.stress.shocks import Shocked


def risk_sections(
    panel: RiskPanel, theme: Theme, *, simulated: bool = False, paper: bool = False
) -> list[Section]:
    """All figures; on `paper` clusters are not outlined and fewer names stand below."""
    level = panel.request.levels[0]
    model = panel.factors[-1] if panel.factors else None
    told: list[Replay | Shocked] = [*panel.replays, *panel.shocks]
    scenarios = sorted(told, key=lambda scenario: scenario.profit)[:20]
    return [
        Section(
            "cone", "How far it may fall",
            f"Simulated returns of the book; {level:.0%} of paths stay above the lower edge.",
            cone_figure(panel.cone, level, theme, simulated=simulated), 300, wide=False,
        ),
        Section(
            "underwater", "Drawdown", "Today's weights over the past, below the last high.",
            underwater_figure(panel.underwater, theme, simulated=simulated), 300, wide=False,
        ),
        Section(
            "contributions", "Where the shortfall comes from",
            "Parts add up to the whole; a hedge stands below zero.",
            contribution_bars(panel.positions, theme, simulated=simulated),
            bars_height(min(15, len(panel.positions))),
        ),
        Section(
            "stress", "Stress", "Profit or loss of today's book, worst first.",
            stress_figure(scenarios, theme, simulated=simulated), bars_height(len(scenarios)),
        ),
        Section(
            "factors", "Factors",
            f"Share of the book's variance; {model.kind.lower() if model else 'no model'}.",
            factor_figure(model, theme, simulated=simulated),
            bars_height(min(17, len(model.parts) + 1) if model else 3),
        ),
        Section(
            "correlations", "Correlations",
            "The largest positions; neighbours move alike.",
            correlation_figure(
                panel.correlations, theme, paper=paper, simulated=simulated
            ),
            map_height(panel.correlations),
            min_width=480,
        ),
    ]  # fmt: skip
