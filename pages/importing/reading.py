"""How files are to be read: the proposal, and the evidence for what a time of a row names."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from dash import dcc, html

from pages.components.button import button
from pages.components.notice import notice
from pages.components.panel import panel
from pages.components.table import table, text_column
from terminal.market.dataset import Adjustment
from terminal.market.importing.columns import Columns
from terminal.market.importing.inspect import Inspection
from terminal.market.importing.plan import BadRows, Hours, LabelSide
from terminal.market.timeframe import Timeframe

ZONES = ("America/New_York", "UTC", "America/Chicago", "Europe/London", "Europe/Berlin",
         "Asia/Tokyo", "Asia/Hong_Kong", "Asia/Shanghai", "Australia/Sydney")  # fmt: skip
CALENDARS = ("XNYS", "XNAS", "XCME", "XLON", "XETR", "XPAR", "XTKS", "XHKG", "XASX", "24/7")
HOURS = {Hours.REGULAR: "Regular session only", Hours.ALL: "All bars, also pre- and post-market"}
BAD = {BadRows.REFUSE: "Refuse the import", BadRows.DROP: "Leave those rows out"}
PRICES = {
    Adjustment.AS_TRADED: "As traded",
    Adjustment.SPLIT: "Adjusted for splits",
    Adjustment.SPLIT_DIVIDEND: "Adjusted for splits and dividends",
}
SIDES = {LabelSide.START: "The start of its bar", LabelSide.END: "The end of its bar"}


def reading(found: Inspection) -> html.Section:
    """What was understood of the files, to be confirmed or changed."""
    head = found.preview.head(8).astype(str)
    rows = [{str(k): v for k, v in row.items()} for row in head.to_dict("records")]
    names = [str(name) for name in head.columns]
    mapping = [
        titled(
            part.name.replace("_", " "),
            dcc.Dropdown(
                [{"label": "(none)", "value": ""}, *found.header],
                getattr(found.columns, part.name),
                id={"type": "im-column", "name": part.name},
                clearable=False,
            ),
        )
        for part in fields(Columns)
    ]
    formats = list(found.time.formats) if found.time else []
    single = formats[0] if len(formats) == 1 else None
    timeframe = found.timeframe.value if found.timeframe else None
    daily = bool(found.timeframe and not found.timeframe.intraday)
    others = [
        titled("Format of the times", _drop("im-format", formats, single)),
        titled(
            "Time zone of the times" if found.needs_timezone else "Time zone (the times carry it)",
            _drop("im-zone", list(ZONES), None if found.needs_timezone and not daily else "UTC"),
        ),
        titled("Length of a bar", _drop("im-timeframe", [t.value for t in Timeframe], timeframe)),
        titled("Exchange calendar", _drop("im-calendar", list(CALENDARS), "XNYS")),
        titled("Hours kept", _drop("im-hours", _options(HOURS), Hours.REGULAR.value)),
        titled("Rows that cannot be true", _drop("im-bad", _options(BAD), BadRows.REFUSE.value)),
        titled("Prices are", _drop("im-prices", _options(PRICES), None)),
    ]
    return panel(
        "2 · How to read them",
        [
            html.P(
                f"{len(found.files)} file{'s' if len(found.files) != 1 else ''}: "
                f"{', '.join(found.files[:5])}{' …' if len(found.files) > 5 else ''}"
            ),
            *[notice(sentence) for sentence in found.notes],
            table("im-preview", [text_column(name, name, minWidth=100) for name in names], rows,
                  height=None),
            html.H3("Columns"),
            html.Div(mapping, className="im-grid"),
            html.H3("Times and prices"),
            html.Div(others, className="im-grid"),
            html.Div(evidence(found, daily), id="im-label-box"),
            html.Div(button("Check the quality", "im-check", look="primary"), className="row"),
            html.Div(id="im-error"),
        ],
    )  # fmt: skip


def titled(title: str, control: Any) -> html.Div:
    """A control below its title."""
    return html.Div([html.Span(title, className="im-label"), control])


def _drop(id: str, options: list[Any], value: Any) -> dcc.Dropdown:
    return dcc.Dropdown(options, value, id=id, clearable=False)


def _options(words: dict[Any, str]) -> list[dict[str, str]]:
    return [{"label": text, "value": key.value} for key, text in words.items()]


def evidence(found: Inspection, daily: bool) -> list[Any]:
    """The evidence for the label side; the person confirms it, nothing is preselected."""
    side = found.label.side
    said = "nothing speaks for either side"
    if side is not None:
        said = f"{SIDES[side].lower()} (confidence {found.label.confidence:.0%})"
    return [
        html.H3("What does the time of a row name?", hidden=daily),
        html.P(f"The data says: {said}. Please confirm.", hidden=daily),
        html.Ul([html.Li(sentence) for sentence in found.label.sentences], hidden=daily),
        html.Div(
            dcc.RadioItems(
                _options(SIDES), LabelSide.START.value if daily else None, id="im-label"
            ),
            hidden=daily,
        ),
    ]
