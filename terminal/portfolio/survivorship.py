"""Whether a data set can know instruments that ended: if none did, it holds survivors only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

FEWEST = 5
LONG = timedelta(days=3 * 365)
NEAR = timedelta(days=10)


def survivorship(lives: Sequence[tuple[datetime, datetime]]) -> str:
    """The sentence for instruments that all live to the end of long data; "" otherwise.

    Parameters
    ----------
    lives : first and last time of each instrument's bars.
    """
    if len(lives) < FEWEST:
        return ""
    first, last = min(life[0] for life in lives), max(life[1] for life in lives)
    if last - first < LONG or any(last - life[1] > NEAR for life in lives):
        return ""
    return (
        f"Survivors only: all {len(lives)} instruments still trade at the end of the data "
        f"({last:%Y-%m-%d}), so none that failed or was dropped since {first:%Y} is among them. "
        "That flatters every result on past years, whichever method is used."
    )
