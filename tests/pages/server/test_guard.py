"""`guard.callback`: roles by full output id, and errors that reach the person as a toast."""

from __future__ import annotations

from typing import Any

import dash
import pytest
from dash import ALL, MATCH, Input, Output, clientside_callback, html
from dash.exceptions import PreventUpdate

from pages.components import toasts
from pages.server import guard, security
from pages.server.context import Services, actor
from terminal.accounts.actor import Role
from terminal.db.database import Database
from terminal.errors import InputError
from terminal.settings import Settings
from tests.pages.server.conftest import Browser
from tests.terminal.accounts.people import person, signed_in


class Page:
    """A small application made only of the callbacks of one test."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.app = dash.Dash("small", suppress_callback_exceptions=True, enable_mcp=False)
        self.app.layout = html.Div([toasts.toast_host(), html.Div(id="out")])
        absent: Any = None
        self.services = Services(settings, db, absent, absent)
        self.db, self.settings = db, settings

    def browser(self, role: Role) -> Browser:
        security.install(self.app, self.services)
        who = person(self.db, role.value, role)
        return Browser(self.app).enter(signed_in(self.db, self.settings.accounts, who).token)


@pytest.fixture
def page(sqlite_database: Database, settings: Settings) -> Page:
    dash._callback.GLOBAL_CALLBACK_MAP.clear()
    dash._callback.GLOBAL_CALLBACK_LIST.clear()
    return Page(sqlite_database, settings)


def click(browser: Browser, output: str, outputs: Any) -> Any:
    return browser.call(
        output,
        outputs=outputs,
        inputs=[{"id": "button", "property": "n_clicks", "value": 1}],
        changedPropIds=["button.n_clicks"],
    )


ONE = {"id": "out", "property": "children"}


def test_a_callback_knows_who_clicked(page: Page) -> None:
    @guard.callback(Output("out", "children"), Input("button", "n_clicks"), role="viewer")
    def say(_clicks: int) -> str:
        return actor().username

    answer = click(page.browser(Role.VIEWER), "out.children", ONE)
    assert answer.json["response"] == {"out": {"children": "viewer"}}


def test_every_shape_of_output_is_guarded(page: Page) -> None:
    button = Input("button", "n_clicks")
    shapes: list[tuple[Any, ...]] = [
        (Output("a", "children"), button),
        (Output("a", "children", allow_duplicate=True), button),
        (Output("b", "children"), Output("c", "children"), button),
        ([Output("d", "children"), Output("e", "data")], [button]),
        (Output({"part": "x", "n": MATCH}, "children"), Input({"part": "y", "n": MATCH}, "value")),
        (Output({"part": "z", "n": ALL}, "children"), button),
        (button,),
    ]
    for shape in shapes:
        guard.callback(*shape, role="admin", prevent_initial_call=True)(lambda *_: dash.no_update)
    browser = page.browser(Role.TRADER)
    known = {key: entry for key, entry in page.app.callback_map.items() if "callback" in entry}
    assert len(known) == len(shapes)
    assert any("@" in key for key in known)
    assert any("MATCH" in key for key in known)
    assert any(key.startswith("..") for key in known)
    for output in known:
        assert guard.callback_role(page.app.callback_map, output) is Role.ADMIN
        assert browser.call(output, inputs=[], changedPropIds=[]).status_code == 403


def test_a_clientside_callback_cannot_be_called_on_the_server(page: Page) -> None:
    clientside_callback(
        dash.ClientsideFunction("a", "b"), Output("out", "title"), Input("button", "n_clicks")
    )
    assert click(page.browser(Role.ADMIN), "out.title", ONE).status_code == 404


def test_a_callback_without_or_with_an_unknown_role_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="role"):
        guard.callback(Output("out", "children"), Input("button", "n_clicks"))  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="boss"):
        guard.callback(Output("out", "children"), Input("button", "n_clicks"), role="boss")


@pytest.mark.parametrize("several", [False, True])
def test_a_sentence_for_the_person_becomes_a_toast_and_changes_nothing(
    page: Page, several: bool
) -> None:
    outputs = [Output("out", "children")] + [Output("out", "title")] * several

    @guard.callback(*outputs, Input("button", "n_clicks"), role="viewer")
    def refuse(_clicks: int) -> Any:
        raise InputError("The end lies before the start.", remedy="Swap them.")

    spec = [ONE, {"id": "out", "property": "title"}] if several else ONE
    output = "..out.children...out.title.." if several else "out.children"
    answer = click(page.browser(Role.VIEWER), output, spec)
    assert answer.status_code == 200
    assert answer.json["response"] == {}
    (item,) = answer.json["sideUpdate"]["toasts"]["data"]["items"]
    assert (item["kind"], item["message"]) == ("error", "The end lies before the start.")
    assert item["remedy"] == "Swap them."


def test_a_callback_without_output_can_refuse_too(page: Page) -> None:
    @guard.callback(Input("button", "n_clicks"), role="viewer")
    def refuse(_clicks: int) -> None:
        raise InputError("No.")

    browser = page.browser(Role.VIEWER)
    (output,) = page.app.callback_map
    answer = click(browser, output, [])
    assert answer.json["sideUpdate"]["toasts"]["data"]["items"][0]["message"] == "No."


def test_a_defect_becomes_a_toast_with_a_number_and_a_log_entry(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    @guard.callback(Output("out", "children"), Input("button", "n_clicks"), role="viewer")
    def fail(_clicks: int) -> str:
        raise ZeroDivisionError("secret detail")

    answer = click(page.browser(Role.VIEWER), "out.children", ONE)
    assert answer.status_code == 200
    assert "secret detail" not in answer.text
    (item,) = answer.json["sideUpdate"]["toasts"]["data"]["items"]
    incident = item["remedy"].rsplit(" ", 1)[1].rstrip(".")
    assert f"incident {incident}" in caplog.text
    assert "secret detail" in caplog.text


def test_prevent_update_stays_what_it_is(page: Page) -> None:
    @guard.callback(Output("out", "children"), Input("button", "n_clicks"), role="viewer")
    def nothing(_clicks: int) -> str:
        raise PreventUpdate

    assert click(page.browser(Role.VIEWER), "out.children", ONE).status_code == 204
