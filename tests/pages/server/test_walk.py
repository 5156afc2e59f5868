"""Every route and every callback × every kind of person: who gets in.

The table below is written by hand and is not read from the code under test. A route that is not
in it fails the walk, and so does a callback without a role.
"""

from __future__ import annotations

from typing import Any

import dash
import pytest
from dash import Input, Output
from flask import Flask

from pages.server.guard import callback_role
from terminal.accounts.actor import Role
from tests.pages.server.conftest import World

PEOPLE = ("anonymous", "viewer", "trader", "other", "admin")
SIGNED_IN = {"viewer": 200, "trader": 200, "other": 200, "admin": 200}
NOBODY = {"anonymous": 401, "viewer": 404, "trader": 404, "other": 404, "admin": 404}
EVERYBODY = dict.fromkeys(PEOPLE, 200)
PAGE = {"anonymous": 303, **SIGNED_IN}  # 303: to the sign-in form
SCRIPT = {"anonymous": 401, **SIGNED_IN}

GET: dict[str, tuple[str, dict[str, int]]] = {
    "/": ("/", PAGE),
    "/<path:path>": ("/settings", PAGE),
    "/assets/<path:filename>": ("/assets/shell.js", SCRIPT),
    "/static/<path:filename>": ("/static/anything.js", NOBODY),
    "/_dash-layout": ("/_dash-layout", SCRIPT),
    "/_dash-dependencies": ("/_dash-dependencies", SCRIPT),
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": (
        "/_dash-component-suites/dash_ag_grid/dash_ag_grid.min.js",
        SCRIPT,
    ),
    "/_reload-hash": ("/_reload-hash", NOBODY),
    "/_favicon.ico": ("/_favicon.ico", {"anonymous": 303, **SIGNED_IN}),
    "/healthz": ("/healthz", EVERYBODY),
    "/login": ("/login", {"anonymous": 200, "viewer": 303, "trader": 303, "other": 303,
                          "admin": 303}),
    "/setup/<token>": ("/setup/guess", dict.fromkeys(PEOPLE, 404)),
    "/reset/<token>": ("/reset/guess", dict.fromkeys(PEOPLE, 404)),
    "/artifacts/<artifact_id>": (
        "/artifacts/{artifact}",
        {"anonymous": 401, "viewer": 404, "trader": 200, "other": 404, "admin": 200},
    ),
}  # fmt: skip
POST: dict[str, tuple[str, dict[str, int]]] = {
    "/_dash-update-component": ("/_dash-update-component", {"anonymous": 401, "viewer": 422,
                                "trader": 422, "other": 422, "admin": 422}),
    "/login": ("/login", dict.fromkeys(PEOPLE, 403)),  # the form's own token is missing
    "/logout": ("/logout", dict.fromkeys(PEOPLE, 303)),
    # signed in with the right role, but the file has no name
    "/uploads": ("/uploads", {"anonymous": 401, "viewer": 403, "trader": 422, "other": 422,
                              "admin": 422}),
    "/setup/<token>": ("/setup/guess", dict.fromkeys(PEOPLE, 403)),
    "/reset/<token>": ("/reset/guess", dict.fromkeys(PEOPLE, 403)),
}  # fmt: skip


def unlisted(server: Flask) -> list[str]:
    """Routes that the table does not know."""
    known = {"GET": GET, "POST": POST}
    return [
        f"{method} {rule.rule}"
        for rule in server.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in known.get(method, {})
    ]


def walk_routes(world: World) -> list[str]:
    """Cells that are not as the table says."""
    wrong = []
    for who in PEOPLE:
        for method, table in (("GET", GET), ("POST", POST)):
            for rule, (path, expected) in table.items():
                browser = world.browser(who)
                address = path.format(artifact=world.artifact_id)
                answer = (browser.get if method == "GET" else browser.post)(address)
                if answer.status_code != expected[who]:
                    wrong.append(f"{method} {rule} as {who}: {answer.status_code}")
                if expected[who] == 303 and who == "anonymous" and method == "GET":
                    wrong += [] if answer.location.startswith("/login") else [f"{rule}: where to?"]
    return wrong


def server_callbacks(app: dash.Dash) -> list[str]:
    """Ids of callbacks that run on the server."""
    return [output for output, entry in app.callback_map.items() if "callback" in entry]


def unguarded(app: dash.Dash) -> list[str]:
    """Server callbacks without a role."""
    return [one for one in server_callbacks(app) if callback_role(app.callback_map, one) is None]


def walk_callbacks(world: World) -> list[str]:
    """Cells where a person reaches a callback above their role, or not one within it."""
    server = world.app.server
    # What lies behind the gate only says that it was reached: the walk changes nothing.
    server.view_functions["/_dash-update-component"] = lambda: "reached"
    allowed = {
        Role.VIEWER: {"viewer", "trader", "other", "admin"},
        Role.TRADER: {"trader", "other", "admin"},
        Role.ADMIN: {"admin"},
    }
    wrong = []
    for who in PEOPLE:
        browser = world.browser(who)
        for output in world.app.callback_map:
            role = callback_role(world.app.callback_map, output)
            answer = browser.call(output, inputs=[], changedPropIds=[])
            if role is None:
                expected = 404
            else:
                expected = 200 if who in allowed[role] else 403
            if who == "anonymous":
                expected = 401
            if answer.status_code != expected:
                wrong.append(f"{output} ({role}) as {who}: {answer.status_code}")
    return wrong


def test_the_table_lists_every_route(standing_world: World) -> None:
    assert unlisted(standing_world.app.server) == []


def test_no_route_lets_in_or_keeps_out_the_wrong_person(world: World) -> None:
    assert walk_routes(world) == []


def test_every_callback_has_a_role(standing_world: World) -> None:
    assert len(server_callbacks(standing_world.app)) > 10
    assert unguarded(standing_world.app) == []


def test_no_callback_lets_in_or_keeps_out_the_wrong_person(world: World) -> None:
    assert walk_callbacks(world) == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/nowhere", "/_dash-layout", "/_dash-config", "/healthz/x"])
def test_an_anonymous_person_gets_nothing_by_any_method(
    standing_world: World, method: str, path: str
) -> None:
    answer = standing_world.browser("anonymous").client.open(path, method=method)
    assert answer.status_code in (401, 303)
    assert "csrf" not in answer.text.lower()


def test_a_new_route_that_nobody_listed_fails_the_walk_and_answers_nobody(world: World) -> None:
    server = world.app.server
    server._got_first_request = False  # Flask would refuse a late route; a developer adds it early
    server.add_url_rule("/leak", "leak", lambda: "everything")
    server.add_url_rule("/_dash-leak", "dash-leak", lambda: "everything", methods=["POST"])
    assert unlisted(server) == ["GET /leak", "POST /_dash-leak"]
    assert world.browser("anonymous").get("/leak").status_code == 303
    assert world.browser("anonymous").post("/_dash-leak").status_code == 401
    for who in ("viewer", "trader", "admin"):
        assert world.browser(who).get("/leak").status_code == 404
        assert world.browser(who).post("/_dash-leak").status_code == 404


def test_a_callback_without_a_role_fails_the_walk_and_answers_nobody(world: World) -> None:
    @world.app.callback(Output("leak", "children"), Input("leak", "n_clicks"))
    def leak(_clicks: Any) -> str:
        return "everything"

    assert unguarded(world.app) == ["leak.children"]
    answer = world.browser("admin").call(
        "leak.children",
        outputs={"id": "leak", "property": "children"},
        inputs=[{"id": "leak", "property": "n_clicks", "value": 1}],
        changedPropIds=["leak.n_clicks"],
    )
    assert answer.status_code == 404
    assert "everything" not in answer.text


def test_an_opened_gate_would_be_seen_by_the_walk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.server import guard

    monkeypatch.setitem(guard.ROUTE_ROLES, "/_dash-dependencies", guard.PUBLIC)
    assert walk_routes(world) == ["GET /_dash-dependencies as anonymous: 200"]


def test_somebody_elses_file_reads_like_one_that_never_was(standing_world: World) -> None:
    browser = standing_world.browser("other")
    theirs = browser.get(f"/artifacts/{standing_world.artifact_id}")
    never = browser.get(f"/artifacts/{'0' * 32}")
    assert (theirs.status_code, never.status_code) == (404, 404)
    assert theirs.text.replace(standing_world.artifact_id, "ID") == never.text.replace(
        "0" * 32, "ID"
    )


def test_somebody_elses_job_reads_like_one_that_never_was(world: World) -> None:
    own = world.browser("trader").open_page(f"/jobs/{world.job_id}")
    assert "Secret plan" in own.text
    browser = world.browser("other")
    theirs = browser.open_page(f"/jobs/{world.job_id}")
    never = browser.open_page(f"/jobs/{'0' * 32}")
    assert theirs.status_code == never.status_code == 200
    assert "Secret plan" not in theirs.text
    assert theirs.text.replace(world.job_id, "ID") == never.text.replace("0" * 32, "ID")


def test_the_job_cards_callbacks_show_nothing_of_somebody_elses_job(world: World) -> None:
    """The ids in a callback's request are the sender's claim; the owner filter decides."""
    browser = world.browser("other")
    polls = [one for one in server_callbacks(world.app) if "job-body" in one and "..." in one]
    assert polls
    for output in polls:
        entry = world.app.callback_map[output]
        own_id = {"job": world.job_id, "part": "job-interval"}
        values = {"n_intervals": 1, "id": own_id, "data": None}

        def of_theirs(one: Output) -> dict[str, str]:
            return {**one.component_id, "job": world.job_id}

        answer = browser.call(
            output,
            outputs=[
                {"id": of_theirs(one), "property": one.component_property}
                for one in entry["output"]
            ],
            inputs=[
                {"id": own_id, "property": item["property"], "value": values.get(item["property"])}
                for item in entry["inputs"]
            ],
            state=[
                {"id": own_id, "property": item["property"], "value": values.get(item["property"])}
                for item in entry["state"]
            ],
            changedPropIds=[],
        )
        assert answer.status_code == 200, answer.text
        assert "Secret plan" not in answer.text
        assert "There is no job" in answer.text
