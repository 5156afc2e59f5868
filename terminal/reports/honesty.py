"""What a tear sheet says against itself: luck, trials, costs to bear, capital to carry."""

from __future__ import annotations

from dataclasses import replace

from terminal.backtest.result import BacktestResult
from terminal.charts.theme import Theme
from terminal.reports.capacity import capacity_sentence, capacity_table
from terminal.reports.costs import break_even_sentence, cost_sections, priced, split_table
from terminal.reports.evidence import (
    caveats,
    evidence_sections,
    evidence_sentence,
    interval_table,
    simulation_table,
    trials_sentence,
    verdict_table,
)
from terminal.reports.figures import Section
from terminal.reports.tables import Table

SHOWN = {
    "costs-split": "Profit before costs, what each part took, and what was left.",
    "evidence-returns": "Wealth in samples of the run's own returns, and the run itself.",
}
"""Figures of the tabs that a tear sheet shows, too, and how to read them in a line."""


def statements(result: BacktestResult, timezone: str = "UTC") -> list[str]:
    """Sentences for the head of a tear sheet, the most important first."""
    said = [evidence_sentence(result), *caveats(result)]
    if result.judged is not None:
        said.append(trials_sentence(result.judged))
    said.append(break_even_sentence(priced(result, timezone)))
    if result.judged is not None:
        said.append(capacity_sentence(result))
    return said


def honest_tables(result: BacktestResult) -> list[Table]:
    """Verdict, intervals, simulations, the split of the gross profit, capacity."""
    if result.judged is None:
        return [split_table(result)]
    return [
        verdict_table(result.judged),
        interval_table(result.judged),
        simulation_table(result.judged),
        split_table(result),
        capacity_table(result),
    ]


def honest_sections(
    result: BacktestResult, theme: Theme, *, timezone: str = "UTC"
) -> list[Section]:
    """The figures beside them, over the whole width."""
    made = [
        *cost_sections(result, theme, timezone=timezone),
        *evidence_sections(result, theme, timezone=timezone),
    ]
    return [replace(part, wide=True, reading=SHOWN[part.key]) for part in made if part.key in SHOWN]
