"""Shadow twin: where a live session's profit and its replay's part."""

from terminal.execution.twin.gap import PARTS, Record, Twin, TwinFill, TwinRow, compare
from terminal.execution.twin.replay import replayed

__all__ = ["PARTS", "Record", "Twin", "TwinFill", "TwinRow", "compare", "replayed"]
