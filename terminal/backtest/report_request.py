"""What is asked of a report job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportRequest:
    """The tear sheet of a finished backtest on A4. `palette`: "standard" or "colour-blind"."""

    backtest: str  # job id
    palette: str = "standard"
