"""How files are to be read: what the wizard proposes, the person confirms and the import does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from terminal.market.dataset import Adjustment
from terminal.market.importing.columns import Columns
from terminal.market.timeframe import Timeframe


class LabelSide(StrEnum):
    """Which end of a bar its time names. Taking one for the other is look-ahead."""

    START = "start"
    END = "end"


class Hours(StrEnum):
    """Which bars are kept: those of the regular session, or all."""

    REGULAR = "regular"
    ALL = "all"


class BadRows(StrEnum):
    """What happens when rows cannot be true: nothing is imported, or they are left out."""

    REFUSE = "refuse"
    DROP = "drop"


@dataclass(frozen=True)
class ImportPlan:
    """Everything that turns the rows of files into bars.

    Attributes
    ----------
    time_format : one of `times.FORMATS`. timezone : IANA name; used for times without offset.
    label : what a time names; of no effect on daily bars, which are named by their date.
    symbols : symbol by file name, for files without a symbol column; default: from the name.
    """

    columns: Columns
    time_format: str
    timezone: str
    timeframe: Timeframe
    label: LabelSide
    calendar: str = "XNYS"
    hours: Hours = Hours.REGULAR
    bad_rows: BadRows = BadRows.REFUSE
    adjustment: Adjustment = Adjustment.AS_TRADED
    symbols: Mapping[str, str] = field(default_factory=dict)
