"""How the terminal looks on this browser and, after the next sign-in, on others."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html

from pages.components.number import change
from pages.components.panel import panel

CHOICES = (
    (
        "theme",
        "Theme",
        (("Dark", "dark"), ("Light", "light")),
        "Colours of pages and charts.",
    ),
    (
        "palette",
        "Gains and losses",
        (("Green and red", "standard"), ("Blue and orange", "colour-blind")),
        "Blue and orange can be told apart with every common kind of colour vision. "
        "Sign and arrow say the same without colour.",
    ),
    (
        "time-display",
        "Times",
        (("Exchange", "exchange"), ("UTC", "utc"), ("This computer", "local")),
        "Zone of market times on screen. Stored times are always UTC; a trading day is always "
        "the exchange's day.",
    ),
)


def section() -> list[Any]:
    """Three choices and what they do, at once."""
    rows = [
        html.Div(
            [
                html.Div(
                    [html.H3(title), html.P(text, className="muted")], className="choice-text"
                ),
                dcc.RadioItems(
                    [{"label": label, "value": value} for label, value in options],
                    id=f"choose-{store}",
                    inline=True,
                    className="segmented",
                ),
            ],
            className="choice",
        )
        for store, title, options, text in CHOICES
    ]
    example = html.Div(
        [
            html.Div(
                [html.H3("Example"), html.P("How changes are written.", className="muted")],
                className="choice-text",
            ),
            html.Div([change(0.0123), change(-0.0045), change(0.0)], className="row"),
        ],
        className="choice",
    )
    return [panel("Appearance", [*rows, example], className="panel-narrow")]


def register() -> None:
    """Controls and stores follow each other in the browser; the shell saves the stores."""
    for store, *_ in CHOICES:
        clientside_callback(
            ClientsideFunction("terminalShell", "same"),
            Output(f"choose-{store}", "value"),
            Input(store, "data"),
        )
        clientside_callback(
            ClientsideFunction("terminalShell", "choose"),
            Output(store, "data", allow_duplicate=True),
            Input(f"choose-{store}", "value"),
            prevent_initial_call=True,
        )
