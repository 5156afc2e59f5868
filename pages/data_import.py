"""Import: files, how to read them, what is wrong with them, and only then storing them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import dash
from dash import ALL, Input, Output, State, dcc, html, no_update

from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.job_card import finished_id, job_card
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.data import quality_list
from pages.importing.reading import evidence, reading, titled
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.errors import InputError, NotFound, TerminalError
from terminal.market.dataset import Adjustment
from terminal.market.import_preview import Choices, preview, to_plan
from terminal.market.import_request import ImportRequest
from terminal.market.importing.columns import Columns
from terminal.market.importing.plan import BadRows, Hours, LabelSide
from terminal.market.timeframe import Timeframe

dash.register_page(__name__, path="/data/import", name="Import", title="Import data · AlphaTrade")


def _not_allowed() -> html.Div:
    return html.Div(
        [
            page_header("Import data", crumbs=[("Data", "/data")]),
            html.Section(
                empty_state(
                    "Importing needs the role trader",
                    "Yours lets you look at everything. An administrator can change that.",
                    [link_button("Back to Data", "/data")],
                    icon="data",
                ),
                className="panel",
            ),
        ],
        className="page",
    )


def layout(**_query: str) -> html.Div:
    """Four steps, each appearing when the one before it is done."""
    if not actor().role.allows(Role.TRADER):
        return _not_allowed()
    limit = services().settings.server.max_upload_mb
    return html.Div(
        [
            dcc.Store(id="im-uploads"),
            dcc.Store(id="im-checked"),
            page_header(
                "Import data",
                "Nothing is stored before you have seen the quality report.",
                crumbs=[("Data", "/data")],
            ),
            panel(
                "1 · Files",
                html.Div(
                    [
                        html.P(
                            "CSV or Parquet: one file, many files or a zip, e.g. a folder of "
                            f"SYMBOL_15min.csv. Up to {limit} MiB each."
                        ),
                        button("Choose files", "im-choose", look="primary", icon="upload"),
                        html.P(id="im-progress", className="muted", **{"aria-live": "polite"}),
                    ],
                    id="im-drop",
                    className="im-drop",
                    **{"data-limit": str(limit)},
                ),
            ),
            html.Div(id="im-read"),
            html.Div(id="im-report", className="stack"),
            html.Div(id="im-store", className="stack"),
        ],
        className="page",
    )


@guard.callback(
    Output("im-read", "children"),
    Output("im-report", "children"),
    Output("im-store", "children"),
    Input("im-uploads", "data"),
    prevent_initial_call=True,
    role="trader",
)
def read(uploads: list[dict[str, Any]] | None) -> Any:
    """First look at the files: the proposal how to read them."""
    if not uploads:
        return no_update, no_update, no_update
    try:
        found = preview(services().settings, actor(), _ids(uploads), Choices())
    except (InputError, NotFound) as error:
        return error_notice(error), [], []
    return reading(found), [], []


def _ids(uploads: list[dict[str, Any]]) -> list[str]:
    return [str(one["id"]) for one in uploads]


@guard.callback(
    Output("im-label-box", "children"),
    Input("im-zone", "value"),
    Input("im-calendar", "value"),
    Input("im-format", "value"),
    Input("im-timeframe", "value"),
    State("im-uploads", "data"),
    prevent_initial_call=True,
    role="trader",
)
def weigh(
    zone: str | None, calendar: str, form: str | None, timeframe: str | None, uploads: Any
) -> Any:
    """The evidence depends on zone and calendar: weigh it again when they change."""
    if not uploads:
        return no_update
    choices = Choices(time_format=form or "", timezone=zone or "", calendar=calendar)
    try:
        found = preview(services().settings, actor(), _ids(uploads), choices)
    except (InputError, NotFound) as error:
        return error_notice(error)
    chosen = Timeframe(timeframe) if timeframe else found.timeframe
    return evidence(found, bool(chosen and not chosen.intraday))


@guard.callback(
    Output("im-report", "children", allow_duplicate=True),
    Output("im-error", "children"),
    Output("im-checked", "data"),
    Input("im-check", "n_clicks"),
    State("im-uploads", "data"),
    State({"type": "im-column", "name": ALL}, "value"),
    State("im-format", "value"),
    State("im-zone", "value"),
    State("im-timeframe", "value"),
    State("im-label", "value"),
    State("im-calendar", "value"),
    State("im-hours", "value"),
    State("im-bad", "value"),
    State("im-prices", "value"),
    prevent_initial_call=True,
    role="trader",
)
def check(clicks: int | None, uploads: Any, columns: list[str], *chosen: Any) -> Any:
    """Submit the job that reads everything, reports on it and stores nothing."""
    if not clicks:
        return no_update, no_update, no_update
    try:
        request = _request(uploads, columns, *chosen)
    except TerminalError as error:
        return [], error_notice(error), None
    job = services().jobs.submit(actor(), "import", request)
    return [job_card(job.id, files=False)], [], job.id


def _request(
    uploads: Any,
    columns: list[str],
    form: str | None,
    zone: str | None,
    timeframe: str | None,
    label: str | None,
    calendar: str,
    hours: str,
    bad: str,
    prices: str | None,
) -> ImportRequest:
    if timeframe and Timeframe(timeframe).intraday and not label:
        raise InputError(
            "It is not confirmed what the time of a row names.",
            field="label",
            remedy="Choose the start or the end of its bar; a wrong choice is look-ahead.",
        )
    if not prices:
        raise InputError(
            "It is not said what was done to the prices.",
            field="adjustment",
            remedy="Choose whether they are as traded or adjusted.",
        )
    names = [part.name for part in fields(Columns)]
    choices = Choices(
        columns=Columns(**dict(zip(names, (value or "" for value in columns), strict=True))),
        time_format=form or "",
        timezone=zone or "",
        timeframe=Timeframe(timeframe) if timeframe else None,
        label=LabelSide(label) if label else None,
        calendar=calendar,
        hours=Hours(hours),
        bad_rows=BadRows(bad),
        adjustment=Adjustment(prices),
    )
    found = preview(services().settings, actor(), _ids(uploads), choices)
    title = found.files[0].rsplit(".", 1)[0].replace("_", " ")[:60]
    ids = tuple(_ids(uploads))
    return ImportRequest(ids, to_plan(found, choices), title or "Import", check_only=True)


@guard.callback(
    Output("im-store", "children", allow_duplicate=True),
    Input(finished_id(ALL), "data"),
    State("im-checked", "data"),
    prevent_initial_call=True,
    role="trader",
)
def report(_states: list[Any], checked: str | None) -> Any:
    """The quality report, and the last step when the data can be stored."""
    if not checked:
        return no_update
    job = services().jobs.get(actor(), checked)
    if not job.state.final:
        return no_update
    if not job.summary:
        return []
    summary = job.summary
    findings = summary["quality"]["findings"]
    head = (
        f"{summary['rows_read']:,} rows read, {summary['bars']:,} bars of "
        f"{summary['symbols']:,} instruments."
    )
    body = quality_list(findings) if findings else html.P("Nothing was found to complain about.")
    parts: list[Any] = [panel("3 · Quality report", [html.P(head), body])]
    if summary["errors"]:
        parts.append(
            notice(
                "The data cannot be stored as it is.",
                "error",
                "Correct the files, or choose to leave out rows that cannot be true, and check "
                "again.",
            )
        )
        return parts
    return [*parts, _naming(str(summary["title"]))]


def _naming(title: str) -> html.Section:
    return panel(
        "4 · Store",
        [
            html.Div(
                [
                    titled("Name", dcc.Input(id="im-title", value=title, maxLength=80)),
                    titled("Source", dcc.Input(id="im-source", maxLength=200)),
                    titled("Licence", dcc.Input(id="im-licence", maxLength=200)),
                    titled("Currency", dcc.Input(id="im-currency", value="USD", maxLength=3)),
                ],
                className="im-grid",
            ),
            html.Div(
                [
                    button("Store", "im-save", look="primary"),
                    link_button("Leave it", "/data"),
                ],
                className="row",
            ),
        ],
    )


@guard.callback(
    Output("im-error", "children", allow_duplicate=True),
    Input("im-save", "n_clicks"),
    State("im-checked", "data"),
    State("im-title", "value"),
    State("im-source", "value"),
    State("im-licence", "value"),
    State("im-currency", "value"),
    prevent_initial_call=True,
    role="trader",
)
def store(
    clicks: int | None,
    checked: str,
    title: str | None,
    source: str | None,
    licence: str | None,
    currency: str | None,
) -> Any:
    """Submit the import that was checked, under its name."""
    if not clicks:
        return no_update
    from dataclasses import replace

    from terminal.codec import from_json

    checked_job = services().jobs.get(actor(), checked)
    request = replace(
        from_json(ImportRequest, dict(checked_job.request)),
        title=(title or "").strip() or "Import",
        source=(source or "").strip(),
        licence=(licence or "").strip(),
        currency=(currency or "USD").strip().upper(),
        check_only=False,
    )
    job = services().jobs.submit(actor(), "import", request)
    navigate(f"/jobs/{job.id}")
    return []
