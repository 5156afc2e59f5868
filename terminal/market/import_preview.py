"""The wizard's first look at uploaded files: what `importing.inspect` says of them, unpacked."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from terminal.accounts.actor import Actor
from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment
from terminal.market.import_job import uploads_of
from terminal.market.importing.columns import Columns
from terminal.market.importing.files import expand
from terminal.market.importing.inspect import Inspection, inspect_files
from terminal.market.importing.plan import BadRows, Hours, ImportPlan, LabelSide
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings


@dataclass(frozen=True)
class Choices:
    """What a person has chosen in the wizard so far; "" and None: the proposal is taken."""

    columns: Columns | None = None
    time_format: str = ""
    timezone: str = ""
    timeframe: Timeframe | None = None
    label: LabelSide | None = None
    calendar: str = "XNYS"
    hours: Hours = Hours.REGULAR
    bad_rows: BadRows = BadRows.REFUSE
    adjustment: Adjustment = Adjustment.AS_TRADED


def preview(
    settings: Settings, actor: Actor, uploads: Sequence[str], choices: Choices
) -> Inspection:
    """Look at the heads of the actor's uploaded files; nothing is kept.

    Raises
    ------
    NotFound : an upload is gone or somebody else's.
    InputError : a file cannot be read, or a choice does not fit it.
    """
    if not uploads:
        raise InputError("No file is chosen.", field="file", remedy="Upload at least one.")
    found = uploads_of(settings)
    sources = [found.get(actor, upload) for upload in uploads]
    calendar = get_calendar(choices.calendar)
    with tempfile.TemporaryDirectory(dir=found.root, prefix="preview-") as folder:
        files = expand(sources, Path(folder), settings.server.max_upload_mb)
        return inspect_files(
            files, calendar, choices.columns, choices.timezone, choices.time_format
        )


def to_plan(inspection: Inspection, choices: Choices) -> ImportPlan:
    """The plan to import by: what was chosen, else what was proposed.

    Raises
    ------
    InputError : something was neither chosen nor can be proposed; names the field.
    """
    columns = choices.columns or inspection.columns
    columns.check(inspection.header)
    time, timeframe = inspection.time, choices.timeframe or inspection.timeframe
    if time is None or (len(time.formats) > 1 and not choices.time_format):
        formats = ", ".join(time.formats) if time else "those of the list"
        raise InputError(
            "The format of the times is not certain.",
            field="time_format",
            remedy=f"Choose one of {formats}.",
        )
    if timeframe is None:
        raise InputError(
            "The timeframe is not certain.", field="timeframe", remedy="Choose the length of a bar."
        )
    if inspection.needs_timezone and timeframe.intraday and not choices.timezone:
        raise InputError(
            "The times carry no time zone.",
            field="timezone",
            remedy="Choose the zone they are written in, e.g. America/New_York or UTC.",
        )
    label = choices.label or (inspection.label.side if timeframe.intraday else LabelSide.START)
    if label is None:
        raise InputError(
            "It is not certain whether times name the start or the end of a bar.",
            field="label",
            remedy="Look it up where the file comes from, and choose.",
        )
    return ImportPlan(
        columns=columns,
        time_format=choices.time_format or time.format,
        timezone=choices.timezone,
        timeframe=timeframe,
        label=label,
        calendar=choices.calendar,
        hours=choices.hours,
        bad_rows=choices.bad_rows,
        adjustment=choices.adjustment,
    )
