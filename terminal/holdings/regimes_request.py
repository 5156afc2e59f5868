"""What is asked of the states of a market."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegimesRequest:
    """States of the market of a data set.

    Attributes
    ----------
    data : slug. market : symbol of its index; "": the mean of its instruments.
    """

    data: str
    market: str = ""
