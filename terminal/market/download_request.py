"""What is asked of a download."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from terminal.market.timeframe import Timeframe


@dataclass(frozen=True)
class DownloadRequest:
    """Bars of `symbols` from sessions `start` to `end` inclusive, as a data set of the owner's.

    provider : slug of `terminal.market.providers.PROVIDERS`. replace : put the data in the place of
    a data set of the same title; False refuses when there is one.
    """

    provider: str
    symbols: tuple[str, ...]
    start: date
    end: date
    timeframe: Timeframe = Timeframe.DAY_1
    title: str = ""
    replace: bool = False

    @property
    def name(self) -> str:
        """Title of the job."""
        few = ", ".join(self.symbols[:3]) + (" …" if len(self.symbols) > 3 else "")
        return f"Download: {self.title or few}"
