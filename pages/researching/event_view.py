"""The events of a label one by one: filtered, paged through, drawn with their barriers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, State, ctx, dcc, html

from pages.components.button import button
from pages.components.panel import panel_head
from pages.researching import figures
from pages.researching.price_view import adjusted_bars
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.candles import has_candles
from terminal.charts.config import graph_config
from terminal.charts.label_events import DrawnEvent, event_figure
from terminal.charts.layout import empty_figure
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.charts.time_axis import local
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.jobs.values import Job
from terminal.labels.event_params import NEXT_OPEN
from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe
from terminal.research.requests import LabelStudyRequest
from terminal.research.stored import read_frame

ANY = "any"
BEFORE, AFTER = 30, 12
TOUCHED = {1: "Target reached", -1: "Stop reached", 0: "Time ran out"}


def event_card(job: Job, request: LabelStudyRequest) -> html.Section:
    """Controls, the sentence of the event, the figure."""
    symbols = list(request.bars.symbols)
    events = read_frame(services().jobs, actor(), job.id, "events")
    labels = sorted(events["label"].unique()) if len(events["label"].unique()) <= 20 else []
    found = dict(job.summary or {})
    choices = {"event-symbol": ANY, "event-label": ANY, "event": 1}
    shown = "" if found["n_shown"] == found["n_events"] else (
        f" {found['n_shown']:,} of {found['n_events']:,} events can be looked at, evenly taken."
    )  # fmt: skip
    return html.Section(
        [
            panel_head(
                "Events",
                help="The ring is the close that decides, the triangle the entry, the square the "
                "end. Dashed lines are barriers, the tint is the time allowed." + shown,
            ),
            html.Div(
                [
                    html.Div(
                        dcc.Dropdown(
                            [{"label": "All instruments", "value": ANY}, *symbols], ANY,
                            id=figures.control_id("event-symbol"), clearable=False,
                        ),
                        className="rs-symbol",
                    ),
                    html.Div(
                        dcc.Dropdown(
                            [{"label": "All labels", "value": ANY},
                             *({"label": f"Label {one:g}", "value": f"{one:g}"} for one in labels)],
                            ANY, id=figures.control_id("event-label"), clearable=False,
                            searchable=False,
                        ),
                        className="rs-symbol",
                    ),
                    html.Div(
                        [
                            button("Previous", "rs-event-back", small=True, icon="chevron-left"),
                            html.Label(
                                [
                                    html.Span("Event", className="muted"),
                                    dcc.Input(
                                        id=figures.control_id("event"), type="number", value=1,
                                        min=1, step=1, debounce=True, className="rs-event-number",
                                    ),
                                ],
                                className="sw-control",
                            ),
                            html.Span(
                                of_words(len(events)), id="rs-event-count", className="muted"
                            ),
                            button("Next", "rs-event-next", small=True, icon="chevron-right"),
                        ],
                        className="row rs-paging",
                    ),
                ],
                className="ru-controls",
            ),
            html.P(event_words(job, events, choices), id="rs-event-words", className="rs-words",
                   role="status"),
            html.Div(
                dcc.Graph(
                    id=figures.figure_id("event"),
                    figure=event_figure_of(job, events, choices, figures.own_theme()),
                    config=graph_config(scroll_zoom=True, filename="event"),
                    responsive=True, style={"height": "380px"},
                ),
                className="figure-body",
            ),
        ],
        className="panel",
    )  # fmt: skip


def of_words(count: int) -> str:
    """How many events the filters leave."""
    return f"of {count:,}"


def wanted(events: pd.DataFrame, choices: Mapping[str, Any]) -> pd.DataFrame:
    """Those that pass the filters."""
    symbol, label = choices.get("event-symbol") or ANY, choices.get("event-label") or ANY
    if symbol != ANY:
        events = events[events["symbol"] == symbol]
    if label != ANY:
        events = events[events["label"] == float(label)]
    return events


def chosen(events: pd.DataFrame, choices: Mapping[str, Any]) -> Any:
    """The event with the number that is asked for, the nearest there is, or None."""
    left = wanted(events, choices)
    if not len(left):
        return None
    place = min(max(int(choices.get("event") or 1), 1), len(left)) - 1
    return left.iloc[place]


def event_words(job: Job, events: pd.DataFrame, choices: Mapping[str, Any]) -> str:
    """One line on the event that is shown."""
    event = chosen(events, choices)
    if event is None:
        return "No event passes these filters."
    intraday = Timeframe((job.summary or {})["timeframe"]).intraday
    index = local(pd.DatetimeIndex([event["at"], event["end"]]), _zone(job))
    first, last = index.strftime("%Y-%m-%d %H:%M" if intraday else "%Y-%m-%d")
    outcome = format_value(event["outcome"], "percent", signed=True)
    return (
        f"{event['symbol']}, decided {first}, over {last} after {int(event['bars'])} bars. "
        f"{_how(event)}: {outcome}. Label {event['label']:.4g}, weight {event['weight']:.2f}, "
        f"uniqueness {event['uniqueness']:.2f}."
    )


def event_figure_of(
    job: Job, events: pd.DataFrame, choices: Mapping[str, Any], theme: Theme
) -> Any:
    """Candles around the event that is chosen."""
    event = chosen(events, choices)
    if event is None:
        return empty_figure("No event passes these filters.", theme)
    request = from_json(LabelStudyRequest, dict(job.request))
    try:
        dataset, bars = adjusted_bars(request.bars, str(event["symbol"]))
    except (NotFound, InputError) as error:
        return empty_figure(error.message, theme)
    bars = bars[bars["close"].notna()]
    places = {name: int(bars.index.searchsorted(event[name])) for name in
              ("at", "entry", "end", "vertical")}  # fmt: skip
    if places["end"] >= len(bars) or places["entry"] >= len(bars):
        return empty_figure("The bars of this event are gone from the data set.", theme)
    first = max(0, places["at"] - BEFORE)
    last = min(len(bars) - 1, max(places["end"], places["vertical"]) + AFTER)
    entry_price = _entry_price(bars, places["entry"], request)
    outcome = float(event["outcome"])
    return event_figure(
        bars.iloc[first : last + 1],
        DrawnEvent(
            at=places["at"] - first,
            entry=places["entry"] - first,
            end=places["end"] - first,
            vertical=places["vertical"] - first,
            entry_price=entry_price,
            end_price=entry_price * (1 + outcome),
            upper=_or_none(event["upper"]),
            lower=_or_none(event["lower"]),
            outcome=outcome * (1 if event["side"] >= 0 else -1),
            words=f"{_how(event)} {format_value(outcome, 'percent', signed=True)}",
        ),
        theme,
        symbol=str(event["symbol"]),
        timezone=get_calendar(dataset.calendar).timezone,
        simulated=dataset.simulated,
    )


def _entry_price(bars: pd.DataFrame, place: int, request: LabelStudyRequest) -> float:
    """The open of the bar of the entry, or its close: where the data has no opens, or the trade
    is taken at the close that decides."""
    at_open = request.params.get("entry", NEXT_OPEN) == NEXT_OPEN and has_candles(bars)
    return float(bars["open" if at_open else "close"].iloc[place])


def _how(event: Any) -> str:
    barred = not (math.isnan(event["upper"]) and math.isnan(event["lower"]))
    return TOUCHED[int(event["touched"])] if barred else "Time ran out"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _zone(job: Job) -> str:
    request = from_json(LabelStudyRequest, dict(job.request))
    dataset = services().catalogue.dataset(actor(), request.bars.dataset)
    return get_calendar(dataset.calendar).timezone


def register() -> None:
    """Paging, filters, and the words beside the figure."""
    controls = [figures.control_id(name) for name in ("event-symbol", "event-label", "event")]

    @guard.callback(
        Output(figures.control_id("event"), "value"),
        Input("rs-event-back", "n_clicks"),
        Input("rs-event-next", "n_clicks"),
        Input(controls[0], "value"),
        Input(controls[1], "value"),
        State(controls[2], "value"),
        State(figures.SUBJECT, "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def page(_back: int, _next: int, symbol: str, label: str, event: int | None, about: Any) -> int:
        if ctx.triggered_id not in ("rs-event-back", "rs-event-next"):
            return 1
        events = read_frame(services().jobs, actor(), about[1], "events", ["symbol", "label"])
        count = len(wanted(events, {"event-symbol": symbol, "event-label": label}))
        step = 1 if ctx.triggered_id == "rs-event-next" else -1
        return max(1, min(int(event or 1) + step, count))

    @guard.callback(
        Output("rs-event-words", "children"),
        Output("rs-event-count", "children"),
        *(Input(one, "value") for one in controls),
        State(figures.SUBJECT, "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def say(symbol: str, label: str, event: int | None, about: Any) -> Any:
        job = services().jobs.get(actor(), about[1])
        events = read_frame(services().jobs, actor(), job.id, "events")
        choices = {"event-symbol": symbol, "event-label": label, "event": event}
        return event_words(job, events, choices), of_words(len(wanted(events, choices)))
