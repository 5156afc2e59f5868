"""Limits and breakers of an account: drawn from their dataclasses, every change audited."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dash import ALL, Input, Output, State, html, no_update

from pages.components.button import button
from pages.components.form import error_id, error_texts, field_id, params_form, read_params
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor
from pages.trading_room import account as room
from terminal.execution.breakers import BreakerLimits
from terminal.execution.limits import Limits
from terminal.params import describe

FORM, BREAKERS = "tr-limits", "tr-breakers"


def limits_panels(account_id: str) -> list[Any]:
    """Both forms with one button."""
    limits, breakers = room.desk().limits(actor(), account_id)
    trader = room.may_trade()
    return [
        panel(
            "Limits",
            params_form(FORM, Limits, asdict(limits)),
            help="Every order is held against them when it is asked for, and once more just "
            "before it is sent.",
        ),
        panel(
            "Breakers",
            params_form(BREAKERS, BreakerLimits, asdict(breakers)),
            help="What stops the account by itself. Only a person arms it again.",
        ),
        html.Div(
            [
                button("Save limits", "tr-limits-save", "primary", disabled=not trader),
                html.Span(
                    "" if trader else "Your role is viewer: you can read limits, not change them.",
                    id="tr-limits-said",
                    className="muted",
                    role="status",
                ),
            ],
            className="row",
        ),
    ]


def change_words(changed: dict[str, Any]) -> str:
    """`Leverage 2 → 3, …`."""
    titles = {item.name: item.title for kind in (Limits, BreakerLimits) for item in describe(kind)}
    parts = [
        f"{titles.get(name, name).lower()} {_shown(one['before'])} → {_shown(one['after'])}"
        for name, one in changed.items()
    ]
    return "Saved: " + ", ".join(parts) + "."


def register() -> None:
    """Save."""

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(BREAKERS, ALL), "children"),
        Output("tr-limits-said", "children"),
        Input("tr-limits-save", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(BREAKERS, ALL), "id"),
        State(field_id(BREAKERS, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(BREAKERS, ALL), "id"),
        State("tr-account", "data"),
        running=[(Output("tr-limits-save", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def save(
        clicks: int, ids: Any, values: Any, breaker_ids: Any, breaker_values: Any, places: Any,
        breaker_places: Any, account_id: str,
    ) -> Any:  # fmt: skip
        if not clicks:
            return [no_update] * len(places), [no_update] * len(breaker_places), no_update
        limits, wrong = read_params(Limits, ids, values)
        breakers, broken = read_params(BreakerLimits, breaker_ids, breaker_values)
        shown = error_texts(places, wrong), error_texts(breaker_places, broken)
        if limits is None or breakers is None:
            return *shown, f"{len(wrong) + len(broken)} fields need a change."
        changed = dict(room.desk().set_limits(actor(), account_id, limits, breakers))
        if not changed:
            return *shown, "Nothing was changed."
        toast("Limits saved; they hold for the next order.", "success")
        return *shown, change_words(changed)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:,g}"
    return str(value) or "none"
