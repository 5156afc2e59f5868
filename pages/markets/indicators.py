"""The indicators of the chart: which ones, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from pages.components.form import parse_number
from pages.server.preferences import preferences, save_preference
from terminal.charts.overlays import OVERLAYS, Overlay

PREFERENCE = "market-indicators"
DEFAULT_TEXTS = {"sma": "20, 50", "ema": "21", "bollinger": "20", "donchian": "20", "vwap": ""}
DEFAULT_WIDTH = "2"
MOST_WINDOWS = 4
LONGEST = 2_000
HELP = {
    "sma": "Mean of the last n closes. Several windows: 20, 50, 200.",
    "ema": "Exponential mean with weight 2 / (n + 1). Several windows: 12, 26.",
    "bollinger": "Mean of the last n closes, and k population standard deviations to each side.",
    "donchian": "Highest high and lowest low of the n bars before.",
    "vwap": "Volume-weighted price since the session's first bar; for bars inside a session.",
}


def control(name: str, what: Any) -> dict[str, Any]:
    """Id of a control: `what` is "on", "windows" or "width"."""
    return {"type": "mk-indicator", "name": name, "what": what}


def menu() -> html.Details:
    """The button, and below it one line an indicator."""
    kept = _kept()
    return html.Details(
        [
            html.Summary(
                ["Indicators", html.Span(id="mk-indicator-count", className="mk-count")],
                className="button",
            ),
            html.Div(
                [
                    *(_line(name, kept.get(name, {})) for name in OVERLAYS),
                    html.Div(id="mk-indicator-error", className="field-error", role="alert"),
                ],
                className="mk-menu-panel",
            ),
        ],
        id="mk-indicators",
        className="mk-menu",
    )


def _line(name: str, kept: Mapping[str, Any]) -> html.Div:
    title = OVERLAYS[name].title
    boxes: list[Any] = []
    if OVERLAYS[name].windowed:
        boxes.append(_box(name, "windows", kept.get("windows", DEFAULT_TEXTS[name]), "bars"))
    if name == "bollinger":
        boxes.append(_box(name, "width", kept.get("width", DEFAULT_WIDTH), "k"))
    return html.Div(
        [
            dcc.Checklist(
                [{"label": title, "value": "on"}],
                ["on"] if kept.get("on") else [],
                id=control(name, "on"),
                className="mk-check",
            ),
            html.Div(boxes, className="mk-boxes"),
        ],
        className="mk-indicator",
        title=HELP[name],
    )


def _box(name: str, what: str, text: str, unit: str) -> html.Label:
    return html.Label(
        [
            dcc.Input(id=control(name, what), type="text", value=text, debounce=True,
                      className="number-input", maxLength=40),
            html.Span(unit, className="muted"),
            html.Span(f" of {OVERLAYS[name].title}", className="visually-hidden"),
        ]
    )  # fmt: skip


def read(ids: Sequence[Mapping[str, str]], values: Sequence[Any]) -> tuple[list[Overlay], str]:
    """The indicators that are switched on, and a sentence when one cannot be read."""
    given = texts(ids, values)
    made: list[Overlay] = []
    for name, kind in OVERLAYS.items():
        one = given.get(name, {})
        if not one.get("on"):
            continue
        if not kind.windowed:
            made.append(Overlay(name))
            continue
        parts = str(one.get("windows") or "").replace(";", ",").split(",")
        if len(parts) > MOST_WINDOWS:
            return [], f"{kind.title}: at most {MOST_WINDOWS} windows at once."
        try:
            width = parse_number(one.get("width") or DEFAULT_WIDTH, low=0.1, high=10)
            windows = [parse_number(part, whole=True, low=2, high=LONGEST) for part in parts]
        except ValueError as error:
            return [], f"{kind.title}: {error}"
        made += [Overlay(name, int(window), float(width)) for window in dict.fromkeys(windows)]
    return made, ""


def texts(ids: Sequence[Mapping[str, str]], values: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """What the controls say, by indicator."""
    out: dict[str, dict[str, Any]] = {}
    for own, value in zip(ids, values, strict=True):
        out.setdefault(own["name"], {})[own["what"]] = value
    return out


def keep(ids: Sequence[Mapping[str, str]], values: Sequence[Any]) -> None:
    """Remember them for the person."""
    save_preference(PREFERENCE, texts(ids, values))


def _kept() -> dict[str, dict[str, Any]]:
    kept = preferences().get(PREFERENCE)
    if not isinstance(kept, dict):
        return {}
    return {name: one for name, one in kept.items() if isinstance(one, dict)}
