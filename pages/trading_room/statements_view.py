"""Daily statements: the list, one of them, and its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.components.badge import badge
from pages.components.button import button
from pages.components.empty_state import empty_state
from pages.components.navigate import navigate
from pages.components.notice import error_notice
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel
from pages.components.table import change_column, number_column, table, text_column
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from terminal.db.repositories import statements
from terminal.db.repositories.statements import StatementRow
from terminal.errors import TerminalError

SUMS = (
    ("opening_equity", "Opening equity"), ("flows", "Paid in and out"),
    ("realised", "Realised"), ("unrealised_change", "Change in open P&L"),
    ("dividends", "Dividends"), ("interest", "Interest"), ("fees", "Fees"),
    ("closing_equity", "Closing equity"),
)  # fmt: skip
CSV_COLUMNS = (
    "symbol", "opening_quantity", "opening_price", "closing_quantity", "closing_price",
    "closing_value", "closing_cost", "realised", "unrealised_change", "dividends", "fees", "pnl",
)  # fmt: skip


def statements_view(account_id: str, day: str) -> list[Any]:
    """The statement of a day (the newest one without a day) over the list of all."""
    with services().db.read() as conn:
        found = statements.find(conn, actor(), account_id)
    actions = [button("Issue the statement up to now", "tr-statement", small=True)]
    head = html.Div(
        [*(actions if room.may_trade() else []), html.Div(id="tr-statement-said")],
        className="row",
    )
    if not found:
        words = (
            "A statement lists what a session began with, what happened, and what it ended with, "
            "and shows that this adds up to the cent."
        )
        return [
            html.Section(empty_state("No statement yet", words, actions[: room.may_trade()],
                                     icon="file"), className="panel"),
            html.Div(id="tr-statement-said"),
        ]  # fmt: skip
    shown = next((row for row in found if row.session_date.isoformat() == day), found[0])
    return [head, statement_panel(shown), _list(account_id, found)]


def statement_panel(row: StatementRow) -> html.Section:
    """One statement."""
    content = row.content
    mark = (
        badge("adds up to the cent", "up")
        if row.reconciled
        else badge(f"off by {content['difference']}", "down")
    )
    return panel(
        html.Span(["Statement of ", row.session_date.isoformat(), " ", mark]),
        [
            stats([stat(title, _sum(name, content)) for name, title in SUMS]),
            table("tr-statement-lines", _columns(), [_line(one) for one in content["lines"]],
                  row_id="symbol", height=None, nothing="Nothing was held or traded."),
            html.P(
                f"Ledger events {content['first_seq']} to {content['head_seq']}; hash of the last "
                f"one {content['head_hash'][:16]}…",
                className="muted tr-note mono",
            ),
            dcc.Download(id="tr-statement-file"),
            dcc.Store(id="tr-statement-day", data=row.session_date.isoformat()),
        ],
        actions=[button("CSV", "tr-statement-csv", "quiet", "download", small=True)],
    )  # fmt: skip


def statement_csv(content: Mapping[str, Any]) -> str:
    """Sums, then one row a symbol, then one an entry."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["statement", content["session_date"], content["currency"]])
    for name, title in SUMS:
        writer.writerow([title, content[name]])
    writer.writerow([])
    writer.writerow(CSV_COLUMNS)
    for line in content["lines"]:
        writer.writerow([_cell(line[name]) for name in CSV_COLUMNS])
    writer.writerow([])
    entries = list(content["entries"])
    if entries:
        writer.writerow(list(entries[0]))
        for entry in entries:
            writer.writerow([_cell(value) for value in entry.values()])
    return out.getvalue()


def register() -> None:
    """Issue, download."""

    @guard.callback(
        Output("tr-statement-said", "children"),
        Input("tr-statement", "n_clicks"),
        State("tr-account", "data"),
        running=[(Output("tr-statement", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def issue(clicks: int, account_id: str) -> Any:
        if not clicks:
            return no_update
        try:
            made = room.desk().issue_statement(actor(), account_id)
        except TerminalError as error:
            return error_notice(error)
        day = made.session_date.isoformat()
        navigate(room.address("/trading/statements", account_id, day=day))
        return ""

    @guard.callback(
        Output("tr-statement-file", "data"),
        Input("tr-statement-csv", "n_clicks"),
        State("tr-account", "data"),
        State("tr-statement-day", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def download(clicks: int, account_id: str, day: str) -> Any:
        if not clicks:
            return no_update
        with services().db.read() as conn:
            found = statements.find(conn, actor(), account_id)
        row = next(one for one in found if one.session_date.isoformat() == day)
        return {"content": statement_csv(row.content), "filename": f"statement-{day}.csv",
                "type": "text/csv"}  # fmt: skip


def _list(account_id: str, found: list[StatementRow]) -> html.Section:
    head = ("Session", "Closing equity", "Realised", "Fees", "")
    rows = [
        html.Tr(
            [
                html.Td(
                    dcc.Link(
                        row.session_date.isoformat(),
                        href=room.address(
                            "/trading/statements", account_id, day=row.session_date.isoformat()
                        ),
                    )
                ),
                html.Td(number(float(row.content["closing_equity"]), "currency"), className="num"),
                html.Td(change(float(row.content["realised"]), "currency"), className="num"),
                html.Td(number(float(row.content["fees"]), "currency"), className="num"),
                html.Td(badge("adds up", "up") if row.reconciled else badge("does not", "down")),
            ]
        )
        for row in found
    ]
    body = html.Table(
        [html.Thead(html.Tr([html.Th(name) for name in head])), html.Tbody(rows)],
        className="plain-table",
    )
    return panel("All statements", html.Div(body, className="plain-table-wrap"), flush=True)


def _columns() -> list[dict[str, Any]]:
    return [
        text_column("symbol", "Symbol", width=92),
        number_column("opening_quantity", "Units before", "quantity", minWidth=106),
        number_column("closing_quantity", "Units after", "quantity", minWidth=100),
        number_column("closing_price", "Price", "price", minWidth=90),
        number_column("closing_value", "Value", "currency", minWidth=110),
        change_column("realised", "Realised", "currency", minWidth=104),
        change_column("unrealised_change", "Open P&L", "currency", minWidth=104),
        number_column("dividends", "Dividends", "currency", minWidth=92),
        number_column("fees", "Fees", "currency", minWidth=84),
        change_column("pnl", "P&L", "currency", minWidth=104),
    ]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name == "symbol" else float(value) for name, value in line.items()}


def _sum(name: str, content: Mapping[str, Any]) -> Any:
    value = float(content[name])
    signed = name in ("flows", "realised", "unrealised_change")
    return change(value, "currency") if signed else number(value, "currency")


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is kept from it."""
    text = str(value)
    numeric = text.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{text}" if text[:1] in "=+-@" and not numeric else value
