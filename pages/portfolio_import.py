"""Import transactions: a file, what it says, and only then storing it, whole or not at all."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update

from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.form import labelled
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.components.table import number_column, table, text_column
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.accounts.actor import Role
from terminal.db.repositories import portfolios
from terminal.errors import Conflict, InputError, NotFound
from terminal.holdings.transactions import (
    COLUMNS,
    EXAMPLE,
    MEANING,
    MOST_BYTES,
    Reading,
    read_transactions,
)

dash.register_page(
    __name__, path="/portfolio/import", name="Import transactions",
    title="Import transactions · AlphaTrade",
)  # fmt: skip

SHOWN = 200
NEW = "new"


def layout(**_query: str) -> html.Div:
    """The file first; preview and storing appear when it is read."""
    head = page_header("Import transactions", "Nothing is stored before you have seen it.",
                       crumbs=[("Portfolio", "/portfolio")])  # fmt: skip
    if not actor().role.allows(Role.TRADER):
        return html.Div(
            [
                head,
                html.Section(
                    empty_state(
                        "Importing needs the role trader",
                        "Yours lets you look at everything. An administrator can change that.",
                        [link_button("Back to Portfolio", "/portfolio")],
                        icon="portfolio",
                    ),
                    className="panel",
                ),
            ],
            className="page",
        )
    return html.Div(
        [
            head,
            panel("1 · File", _file()),
            html.Div(id="pi-preview", className="stack"),
            dcc.Download(id="pi-download"),
            html.Div(id="pi-sink", hidden=True),
        ],
        className="page stack",
    )


def _file() -> list[Any]:
    upload = dcc.Upload(
        html.Div(["Drop a CSV file here, or ", html.Span("choose one", className="link"), "."]),
        id="pi-file",
        accept=".csv,.txt",
        max_size=MOST_BYTES,
        className="pi-drop",
    )
    rows = [
        html.Tr([html.Td(html.Code(kind.value)), html.Td(said)]) for kind, said in MEANING.items()
    ]
    return [
        upload,
        html.P(
            [
                "Columns, in any order: ",
                html.Code(",".join(COLUMNS)),
                ". Dates as 2024-01-31; numbers with a point before decimals and without a sign: "
                "the type says which way money and units go. One currency a file; USD where the "
                "column is empty.",
            ],
            className="muted pi-note",
        ),
        html.Details(
            [
                html.Summary("What each type means, and an example"),
                html.Div(
                    html.Table(html.Tbody(rows), className="plain-table"),
                    className="plain-table-wrap",
                ),
                html.Pre(EXAMPLE, className="mono pi-example"),
                button("Save the example", "pi-example", icon="download", small=True),
            ],
            className="disclosure",
        ),
    ]


def content_of(contents: str) -> bytes:
    """The bytes of an uploaded file."""
    try:
        return base64.b64decode(contents.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise InputError("The file did not arrive whole.", field="file",
                         remedy="Choose it again.") from None  # fmt: skip


@guard.callback(
    Output("pi-preview", "children"),
    Input("pi-file", "contents"),
    State("pi-file", "filename"),
    prevent_initial_call=True,
    role="trader",
)
def preview(contents: str | None, name: str | None) -> Any:
    """What the file says, or everything that is wrong with it."""
    if not contents:
        return no_update
    try:
        reading = read_transactions(content_of(contents), clock.now().date())
    except InputError as error:
        return [error_notice(error)]
    if reading.problems:
        return [_problems(reading)]
    return [_preview(reading), _store(reading, name or "")]


def _problems(reading: Reading) -> html.Section:
    count = reading.n_problems
    more = count - len(reading.problems)
    what = "1 row cannot be read" if count == 1 else f"{count:,} rows cannot be read"
    return panel(
        "2 · To correct",
        [
            html.P(f"{what}; nothing is stored. Correct the file and choose it again."),
            html.Div([error_notice(problem) for problem in reading.problems], className="stack"),
            *([html.P(f"And {more:,} more.", className="muted")] if more else []),
        ],
    )


def _preview(reading: Reading) -> html.Section:
    rows = [
        {
            "row": one.row,
            "day": one.day.isoformat(),
            "kind": one.kind.value,
            "symbol": one.symbol,
            "quantity": float(one.quantity) if one.quantity else None,
            "price": float(one.price),
            "fees": float(one.fees) if one.fees else None,
        }
        for one in reading.transactions[:SHOWN]
    ]
    columns = [
        number_column("row", "Row", "count", width=84),
        text_column("day", "Date", width=112),
        text_column("kind", "Type", width=110),
        text_column("symbol", "Symbol", width=110, flex=1),
        number_column("quantity", "Quantity", "quantity", width=116),
        number_column("price", "Price or amount", "price", width=136),
        number_column("fees", "Fees", "price", width=100),
    ]
    first, last = reading.transactions[0].day, reading.transactions[-1].day
    symbols = len({one.symbol for one in reading.transactions if one.symbol})
    head = (
        f"{len(reading.transactions):,} transactions of {symbols} instruments from {first} to "
        f"{last}, in {reading.currency}."
    )
    if len(reading.transactions) > SHOWN:
        head += f" The first {SHOWN} are shown."
    return panel(
        "2 · What it says",
        [
            html.P(head),
            *([notice(html.Ul([html.Li(note) for note in reading.notes]), "info")]
              if reading.notes else []),
            table("pi-table", columns, rows, row_id="row", height=min(360, 40 + 30 * len(rows))),
        ],
    )  # fmt: skip


def _store(reading: Reading, name: str) -> html.Section:
    with services().db.read() as conn:
        own = portfolios.find(conn, actor())
    options = [{"label": "A new portfolio", "value": NEW}] + [
        {"label": f"Add to {one.name}", "value": one.id}
        for one in own
        if one.currency == reading.currency
    ]
    title = name.rpartition(".")[0].replace("_", " ").strip() or "Imported"
    return panel(
        "3 · Store",
        [
            html.Div(
                [
                    labelled("Store as", dcc.Dropdown(options, NEW, id="pi-into",
                                                      clearable=False)),
                    labelled("Name", dcc.Input(id="pi-name", value=title[:64], maxLength=64)),
                ],
                className="form-grid",
            ),
            html.Div(
                [
                    button("Store", "pi-store", "primary", icon="check"),
                    html.Span("Rows that a portfolio has already are not stored twice.",
                              className="muted"),
                ],
                className="form-actions",
            ),
            html.Div(id="pi-error"),
        ],
    )  # fmt: skip


@guard.callback(
    Output("pi-error", "children"),
    Input("pi-store", "n_clicks"),
    State("pi-file", "contents"),
    State("pi-into", "value"),
    State("pi-name", "value"),
    prevent_initial_call=True,
    role="trader",
)
def store(clicks: int | None, contents: str | None, into: str, name: str | None) -> Any:
    """Read the file once more and keep all of it in one transaction, or nothing."""
    if not clicks or not contents:
        return no_update
    try:
        reading = read_transactions(content_of(contents), clock.now().date())
        if reading.problems:
            raise reading.problems[0]
        with services().db.write() as conn:
            if into == NEW:
                made = portfolios.create(
                    conn, actor(), name or "", reading.transactions, clock.now()
                )
                added = len(reading.transactions)
            else:
                made = into
                added = portfolios.add(conn, actor(), into, reading.transactions, clock.now())
    except (InputError, Conflict, NotFound) as error:
        return error_notice(error)
    toast(f"{added:,} transactions stored.", "success")
    navigate(f"/portfolio?of=portfolio:{made}")
    return []


@guard.callback(
    Output("pi-download", "data"),
    Input("pi-example", "n_clicks"),
    prevent_initial_call=True,
    role="trader",
)
def example(clicks: int | None) -> Any:
    """The example as a file."""
    if not clicks:
        return no_update
    return {"content": EXAMPLE, "filename": "transactions.csv", "type": "text/csv",
            "base64": False}  # fmt: skip
