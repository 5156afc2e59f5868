"""Default deny: which route and which callback needs which role.

A route that does not stand in `ROUTE_ROLES` answers nobody. A callback that was not made by
`callback` below is refused, whoever asks. The role is kept on the callback's function, which Dash
stores under the callback's full output id, so multi-output, pattern-matching and duplicated
outputs need no parsing of ids.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

import dash
from dash import NoUpdate, Output
from dash.exceptions import PreventUpdate

from pages.server.incidents import report_incident
from terminal.accounts.actor import Role
from terminal.errors import TerminalError

__all__ = ["PUBLIC", "ROUTE_ROLES", "callback", "callback_role", "report_incident", "route_role"]

PUBLIC: Final = "public"
NOBODY: Final = "nobody"

ROUTE_ROLES: dict[str, Role | str] = {
    # everybody: what a person needs before they are signed in
    "/healthz": PUBLIC,
    "/login": PUBLIC,
    "/setup/<token>": PUBLIC,
    "/reset/<token>": PUBLIC,
    "/logout": Role.VIEWER,
    "/artifacts/<artifact_id>": Role.VIEWER,
    "/uploads": Role.TRADER,
    # Dash
    "/": Role.VIEWER,
    "/<path:path>": Role.VIEWER,
    "/assets/<path:filename>": Role.VIEWER,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Role.VIEWER,
    "/_dash-layout": Role.VIEWER,
    "/_dash-dependencies": Role.VIEWER,
    "/_dash-update-component": Role.VIEWER,  # and the callback's own role
    "/_favicon.ico": Role.VIEWER,
    "/_reload-hash": NOBODY,  # development only
    "/static/<path:filename>": NOBODY,  # Flask's default folder; not used
}
PUBLIC_ASSETS = frozenset({"/assets/login.css", "/assets/login.svg"})

# Dash's own server-side callback: it shows the page that belongs to the address.
DASH_CALLBACKS: Mapping[str, Role] = {
    ".._pages_content.children..._pages_store.data..": Role.VIEWER,
}
_ROLE_MARK = "terminal_minimum_role"


def route_role(rule: str, path: str) -> Role | str:
    """The least role for a Flask rule (`PUBLIC` and `NOBODY` are not roles); default `NOBODY`."""
    return PUBLIC if path in PUBLIC_ASSETS else ROUTE_ROLES.get(rule, NOBODY)


def callback_role(callback_map: Mapping[str, Mapping[str, Any]], output: str) -> Role | None:
    """The least role for a callback; None when it is unknown, clientside or unguarded."""
    function = callback_map.get(output, {}).get("callback")
    if function is None:
        return None
    role: Role | None = getattr(function, _ROLE_MARK, None)
    return role or DASH_CALLBACKS.get(output)


def callback(
    *dependencies: Any, role: str, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`dash.callback` for people with at least `role`; every page uses this one.

    What the callback raises reaches the person as a toast: a `TerminalError` with its own
    sentence, anything else as an incident id (the traceback goes to the log). Outputs stay as
    they were.
    """
    minimum = Role(role)
    nothing = no_change(dependencies, options)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except PreventUpdate:
                raise
            except TerminalError as error:
                _toast(error.message, error.remedy)
            except Exception as error:  # noqa: BLE001  (logged; the person gets its number)
                _toast(
                    "Something went wrong in the terminal itself.",
                    f"The details are in the server log under incident {report_incident(error)}.",
                )
            return nothing

        setattr(guarded, _ROLE_MARK, minimum)
        dash.callback(*dependencies, **options)(guarded)
        return function

    return decorate


def no_change(dependencies: tuple[Any, ...], options: Mapping[str, Any]) -> NoUpdate | None:
    """What a callback returns to change nothing: None where it has no output."""
    outputs = options.get("output", options.get("outputs", []))
    declared = [*dependencies, outputs]
    return dash.no_update if any(_holds_output(item) for item in declared) else None


def _holds_output(item: Any) -> bool:
    if isinstance(item, Mapping):
        return any(_holds_output(part) for part in item.values())
    if isinstance(item, list | tuple):
        return any(_holds_output(part) for part in item)
    return isinstance(item, Output)


def _toast(message: str, remedy: str | None) -> None:
    from pages.components.toasts import toast

    toast(message, "error", remedy)
