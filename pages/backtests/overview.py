"""Tab "Overview": equity and drawdown against the benchmark, months, and the notes of a person."""

from __future__ import annotations

from typing import Any

from pages.backtests.figures import own_theme, run_sections, scale_switch, section_card
from pages.backtests.run import Run


def overview(run: Run) -> list[Any]:
    """The figures a person looks at first."""
    made = run_sections(run, own_theme())
    return [
        section_card(made["equity"], run, [scale_switch()]),
        section_card(made["drawdown"], run, later=True),
        section_card(made["monthly"], run, later=True),
        section_card(made["yearly"], run, later=True),
    ]
