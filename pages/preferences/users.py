"""Users, for administrators: create, change role, shut out, let in, reset a password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.components.badge import badge
from pages.components.button import button
from pages.components.clock import moment
from pages.components.form import labelled
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts import service
from terminal.accounts.actor import Role
from terminal.db.repositories.users import User
from terminal.errors import TerminalError

ROLES = {
    Role.VIEWER: "Viewer: looks",
    Role.TRADER: "Trader: runs and imports",
    Role.ADMIN: "Admin: everything",
}


def section() -> list[Any]:
    """New user above the list of users."""
    create = panel(
        "New user",
        [
            html.Div(
                [
                    labelled(
                        "User name",
                        dcc.Input(id="user-name", type="text", autoComplete="off", maxLength=64),
                        id="user-name",
                        error="user-name-error",
                    ),
                    labelled(
                        "Role",
                        dcc.Dropdown(_role_options(), Role.TRADER.value, id="user-role",
                                     clearable=False, searchable=False),
                    ),
                    html.Div(
                        button("Create user", "user-create", "primary", "plus"),
                        className="field field-button",
                    ),
                ],
                className="form-grid",
            ),
            html.Div(id="user-link"),
        ],
        help="The new user sets the password with a one-time link that you hand over.",
    )  # fmt: skip
    listed = panel(
        "Users",
        html.Div(_table(), id="user-table", className="plain-table-wrap"),
        help="Users are shut out, never deleted: their jobs and the audit log keep their name.",
        flush=True,
    )
    return [create, listed]


def _role_options() -> list[dict[str, str]]:
    return [{"label": text, "value": role.value} for role, text in ROLES.items()]


def _table() -> html.Table:
    people = service.list_users(services().db, actor())
    heads = [html.Th(text) for text in ("User", "Role", "State", "Created", "Last sign-in", "")]
    return html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_row(user) for user in people])],
        className="plain-table users-table",
    )


def _row(user: User) -> html.Tr:
    if not user.active:
        state = badge("shut out", "down")
    elif user.has_password:
        state = badge("active", "up")
    else:
        state = badge("no password yet", "warn")
    actions = []
    if user.active:
        actions.append(
            button("Reset link", {"type": "user-reset", "user": user.id}, small=True, icon="link")
        )
    own = user.id == actor().user_id
    name: list[Any] = [html.Strong(user.username)]
    if own:
        name += [" ", badge("you", "accent")]
    else:
        actions.append(
            button(
                "Shut out" if user.active else "Let in",
                {"type": "user-active", "user": user.id},
                "danger" if user.active else "plain",
                small=True,
            )
        )
    return html.Tr(
        [
            html.Td(name),
            html.Td(
                dcc.Dropdown(
                    [{"label": role.value, "value": role.value} for role in Role],
                    user.role.value,
                    id={"type": "user-role", "user": user.id},
                    clearable=False,
                    searchable=False,
                ),
                className="role-cell",
            ),
            html.Td(state),
            html.Td(moment(user.created_at, "day")),
            html.Td(moment(user.last_login_at, "minute")),
            html.Td(html.Div(actions, className="row row-end")),
        ]
    )


def link_box(text: str, link: str) -> html.Div:
    """A one-time link with a button that copies it."""
    return html.Div(
        [
            html.P(text),
            html.Div(
                [
                    html.Code(link, className="link-text", id="one-time-link"),
                    html.Button(
                        "Copy",
                        type="button",
                        className="button button-small",
                        **{"data-copy": "one-time-link"},
                    ),
                ],
                className="row",
            ),
        ],
        className="notice notice-success link-box",
    )


def register() -> None:
    """Create; change role; shut out or let in; reset."""

    @guard.callback(
        Output("user-link", "children"),
        Output("user-name-error", "children"),
        Output("user-name", "value"),
        Output("user-table", "children"),
        Input("user-create", "n_clicks"),
        State("user-name", "value"),
        State("user-role", "value"),
        prevent_initial_call=True,
        role="admin",
    )
    def create(clicks: int, name: str | None, role: str) -> Any:
        if not clicks:
            return no_update
        here = services()
        try:
            user, link = service.create_user(
                here.db, here.settings, actor(), name or "", Role(role)
            )
        except TerminalError as error:
            if error.field != "username":
                raise
            text = " ".join(part for part in (error.message, error.remedy) if part)
            return no_update, text, no_update, no_update
        box = link_box(
            f"{user.username} sets the password with this link: once, within 24 hours. "
            "It is shown only now.",
            link,
        )
        return box, "", "", _table()

    @guard.callback(
        Output("user-table", "children", allow_duplicate=True),
        Input({"type": "user-role", "user": ALL}, "value"),
        State({"type": "user-role", "user": ALL}, "id"),
        prevent_initial_call=True,
        role="admin",
    )
    def change_role(roles: Sequence[str], ids: Sequence[dict[str, Any]]) -> Any:
        here, who = services(), actor()
        known = {user.id: user for user in service.list_users(here.db, who)}
        changed = [
            (known[own["user"]], Role(role))
            for own, role in zip(ids, roles, strict=True)
            if own["user"] in known and known[own["user"]].role != role
        ]
        if not changed:
            return no_update
        for user, role in changed:
            try:
                service.set_role(here.db, who, user.id, role)
                toast(f"{user.username} is now {role.value}.", "success")
            except TerminalError as error:
                toast(error.message, "error", error.remedy)
        return _table()

    @guard.callback(
        Output("user-table", "children", allow_duplicate=True),
        Output("user-link", "children", allow_duplicate=True),
        Input({"type": "user-active", "user": ALL}, "n_clicks"),
        Input({"type": "user-reset", "user": ALL}, "n_clicks"),
        prevent_initial_call=True,
        role="admin",
    )
    def act(_active: list[int], _reset: list[int]) -> Any:
        asked = ctx.triggered_id
        if asked is None or not ctx.triggered[0]["value"]:
            return no_update, no_update
        here, who, user_id = services(), actor(), int(asked["user"])
        if asked["type"] == "user-reset":
            link = service.issue_reset_link(here.db, here.settings, who, user_id)
            text = "A new password is set with this link: once, within 24 hours. Shown only now."
            return no_update, link_box(text, link)
        user = next(user for user in service.list_users(here.db, who) if user.id == user_id)
        service.set_active(here.db, who, user_id, not user.active)
        toast(
            f"{user.username} is shut out; every session has ended."
            if user.active
            else f"{user.username} may sign in again.",
            "success",
        )
        return _table(), ""
