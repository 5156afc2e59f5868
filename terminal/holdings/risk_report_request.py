"""What is asked of the risk report's job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from terminal.holdings.risk_names import USUAL_SESSIONS


@dataclass(frozen=True)
class RiskReportRequest:
    """The report of a portfolio on A4; fields as in `RiskView`. palette : of the figures."""

    of: str
    data: str = ""
    market: str = ""
    as_of: date | None = None
    sessions: int = USUAL_SESSIONS
    own: str = ""
    loss: float = 0.1
    palette: str = "standard"
