"""Data: what the terminal holds, each set with its series, actions and quality; downloads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update

from pages.components.badge import simulated_badge
from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.navigate import navigate
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.table import number_column, table, text_column, time_column
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.accounts.actor import Role
from terminal.errors import InputError
from terminal.market.dataset import Dataset
from terminal.market.download_request import DownloadRequest
from terminal.market.findings import Place
from terminal.market.timeframe import Timeframe

dash.register_page(
    __name__, path="/data", name="Data", title="Data · AlphaTrade", order=40, menu="data"
)

DAILY = (Timeframe.DAY_1, Timeframe.WEEK_1, Timeframe.MONTH_1)


def layout(dataset: str = "", **_query: str) -> html.Div:
    """All data sets, the chosen one in detail, and the download form."""
    known = services().catalogue.datasets(actor())
    slugs = [one.slug for one in known]
    shown = dataset if dataset in slugs else (slugs[0] if slugs else "")
    may_change = actor().role.allows(Role.TRADER)
    body: list[Any] = [panel("Data sets", _table(known), flush=True)] if known else [_nothing()]
    return html.Div(
        [
            page_header(
                "Data",
                "Bars as their source gives them; splits and dividends beside them.",
                [link_button("Import files", "/data/import", "primary", icon="upload")]
                if may_change
                else [],
            ),
            *body,
            html.Div(detail(shown) if shown else [], id="dt-detail", className="stack"),
            html.Div(_download_panel(), hidden=not may_change),
            dcc.Download(id="dt-file"),
            dcc.Store(id="dt-shown", data=shown),
        ],
        className="page",
    )


def _nothing() -> html.Div:
    return empty_state(
        "No data yet",
        "The built-in data is loaded at the first start and takes a few seconds. You can also "
        "import your own files.",
        [link_button("See the jobs", "/jobs"), link_button("Import files", "/data/import")],
        icon="data",
    )


def _table(known: Any) -> Any:
    rows = [
        {
            "slug": one.slug,
            "title": one.label,
            "timeframe": one.timeframe.value,
            "fields": "OHLCV" if one.fields == "ohlcv" else "closes only",
            "adjustment": one.adjustment.value.replace("_", " "),
            "series": one.n_series,
            "rows": one.n_rows,
            "first": one.first_ts.isoformat() if one.first_ts else None,
            "last": one.last_ts.isoformat() if one.last_ts else None,
            "owner": "built in" if one.owner_id is None else "yours",
        }
        for one in known
    ]
    columns = [
        text_column("title", "Data set", minWidth=220, flex=2),
        text_column("timeframe", "Bars", minWidth=70, width=80),
        text_column("fields", "Fields", minWidth=96, width=110),
        text_column("adjustment", "Prices", minWidth=110, width=130),
        number_column("series", "Series", "count", minWidth=76, width=86),
        number_column("rows", "Rows", "count", minWidth=96, width=110),
        time_column("first", "From", "day", minWidth=104, width=116),
        time_column("last", "To", "day", minWidth=104, width=116),
        text_column("owner", "Owner", minWidth=80, width=90),
    ]
    return table("dt-table", columns, rows, row_id="slug", height=None, selection="single")


def detail(slug: str) -> list[Any]:
    """One data set: provenance, series, corporate actions, what the import found."""
    catalogue = services().catalogue
    one = catalogue.dataset(actor(), slug)
    series = [
        {"symbol": part.symbol, "name": part.name, "sector": part.sector, "rows": part.rows,
         "first": part.first_ts.isoformat(), "last": part.last_ts.isoformat()}
        for part in catalogue.series(actor(), slug)
    ]  # fmt: skip
    actions = catalogue.actions(actor(), slug)
    shown = [
        {"symbol": row.symbol, "ts": row.ts.isoformat(), "kind": row.kind, "value": row.value}
        for row in actions.itertuples()
    ]
    parts: list[Any] = [
        panel(
            [one.title, " ", *([simulated_badge()] if one.simulated else [])],
            facts(
                [
                    ("Source", one.source or "not given"),
                    ("Licence", one.licence or "not given"),
                    ("Calendar", one.calendar),
                    ("Currency", one.currency),
                    ("Version", html.Span(one.version, className="mono")),
                    *([("Note", one.note)] if one.note else []),
                ]
            ),
            actions=_dataset_actions(one),
        ),
        panel("Series", table("dt-series", _series_columns(), series, row_id="symbol", height=320,
                              selection="single"),
              actions=[button("CSV", "dt-csv", icon="download", small=True),
                       button("Parquet", "dt-parquet", icon="download", small=True)],
              flush=True),
    ]  # fmt: skip
    if shown:
        parts.append(panel("Splits and dividends", table("dt-actions", _action_columns(), shown,
                                                         height=260), flush=True))  # fmt: skip
    findings = (one.quality or {}).get("findings") or []
    if findings:
        parts.append(panel("Quality at import", quality_list(findings)))
    return parts


def quality_list(findings: Any) -> html.Ul:
    """Findings of an import: severity, sentence, how many by symbol, first places, remedy."""
    return html.Ul(
        [
            html.Li(
                [
                    html.Strong(f"{one['severity']}: "),
                    one["sentence"],
                    *(html.Div(line, className="muted") for line in _lines(one)),
                ]
            )
            for one in findings
        ],
        className="dt-findings",
    )


def _lines(finding: Any) -> list[str]:
    by_symbol = finding.get("by_symbol") or {}
    counts = ", ".join(f"{name} {count:,}" for name, count in list(by_symbol.items())[:8])
    more = f" and {len(by_symbol) - 8} more" if len(by_symbol) > 8 else ""
    places = [str(Place(**place)) for place in finding.get("places") or ()]
    return [
        *([f"{counts}{more}"] if len(by_symbol) > 1 else []),
        *([f"First: {'; '.join(places[:3])}"] if places else []),
        *([finding["remedy"]] if finding.get("remedy") else []),
    ]


def _dataset_actions(one: Dataset) -> list[Any]:
    if one.owner_id is None:
        return []
    return [
        dcc.ConfirmDialogProvider(
            button("Delete", "dt-delete-look", look="danger", small=True),
            id="dt-delete",
            message=f"Delete the data set {one.title}? Results made from it stay.",
        )
    ]


def _series_columns() -> list[Any]:
    return [
        text_column("symbol", "Symbol", minWidth=90, width=110),
        text_column("name", "Name", minWidth=160, flex=1),
        text_column("sector", "Sector", minWidth=140, flex=1),
        number_column("rows", "Rows", "count", minWidth=90, width=110),
        time_column("first", "From", "day", minWidth=104, width=120),
        time_column("last", "To", "day", minWidth=104, width=120),
    ]


def _action_columns() -> list[Any]:
    return [
        time_column("ts", "Ex-date", "day", minWidth=110, width=130),
        text_column("symbol", "Symbol", minWidth=90, width=110),
        text_column("kind", "Kind", minWidth=100, width=120),
        number_column("value", "Value", "price", minWidth=100, width=120),
    ]


def _download_panel() -> html.Section:
    today = clock.now().date()
    return panel(
        "Download from Yahoo Finance",
        [
            html.P(
                "Asks Yahoo's servers from this machine when you press the button, and only then. "
                "For personal use; check Yahoo's terms.",
                className="muted",
            ),
            html.Div(
                [
                    dcc.Input(id="dl-symbols", placeholder="AAPL, MSFT, SPY", maxLength=500,
                              className="dl-symbols"),
                    dcc.DatePickerRange(id="dl-range", start_date=today - timedelta(days=3652),
                                        end_date=today, display_format="YYYY-MM-DD"),
                    html.Div(dcc.Dropdown([tf.value for tf in DAILY], Timeframe.DAY_1.value,
                                          id="dl-timeframe", clearable=False), className="filter"),
                    dcc.Input(id="dl-title", placeholder="Name of the data set", maxLength=80),
                    button("Download", "dl-go", look="primary"),
                ],
                className="row dl-form",
            ),
            html.P(id="dl-error", className="field-error", role="alert"),
        ],
    )  # fmt: skip


@guard.callback(
    Output("dt-detail", "children"),
    Output("dt-shown", "data"),
    Input("dt-table", "selectedRows"),
    prevent_initial_call=True,
    role="viewer",
)
def show(selected: list[dict[str, Any]] | None) -> Any:
    """The chosen row in detail."""
    if not selected:
        return no_update, no_update
    return detail(selected[0]["slug"]), selected[0]["slug"]


def _export(kind: str, slug: str, selected: list[dict[str, Any]] | None) -> Any:
    from terminal.reports.export import frame_to_csv, frame_to_parquet

    symbols = [row["symbol"] for row in selected or ()]
    if not symbols:
        toast("Choose a series in the table first.")
        return no_update
    bars = services().catalogue.bars(actor(), slug, symbols[0]).reset_index()
    content = frame_to_csv(bars) if kind == "csv" else frame_to_parquet(bars)
    return dcc.send_bytes(content, f"{slug}-{symbols[0]}.{kind}")


@guard.callback(
    Output("dt-file", "data"),
    Input("dt-csv", "n_clicks"),
    State("dt-shown", "data"),
    State("dt-series", "selectedRows"),
    prevent_initial_call=True,
    role="viewer",
)
def export_csv(clicks: int, slug: str, selected: list[dict[str, Any]] | None) -> Any:
    """The chosen series as CSV."""
    return _export("csv", slug, selected) if clicks else no_update


@guard.callback(
    Output("dt-file", "data", allow_duplicate=True),
    Input("dt-parquet", "n_clicks"),
    State("dt-shown", "data"),
    State("dt-series", "selectedRows"),
    prevent_initial_call=True,
    role="viewer",
)
def export_parquet(clicks: int, slug: str, selected: list[dict[str, Any]] | None) -> Any:
    """The chosen series as Parquet."""
    return _export("parquet", slug, selected) if clicks else no_update


@guard.callback(
    Output("dt-shown", "data", allow_duplicate=True),
    Input("dt-delete", "submit_n_clicks"),
    State("dt-shown", "data"),
    prevent_initial_call=True,
    role="trader",
)
def delete(clicks: int, slug: str) -> Any:
    """Remove an own data set."""
    if not clicks:
        return no_update
    services().catalogue.delete(actor(), slug)
    navigate("/data", reload=True)
    return ""


@guard.callback(
    Output("dl-error", "children"),
    Input("dl-go", "n_clicks"),
    State("dl-symbols", "value"),
    State("dl-range", "start_date"),
    State("dl-range", "end_date"),
    State("dl-timeframe", "value"),
    State("dl-title", "value"),
    prevent_initial_call=True,
    role="trader",
)
def download(
    clicks: int, symbols: str | None, start: str, end: str, timeframe: str, title: str | None
) -> Any:
    """Submit the download; its job card tells the rest."""
    if not clicks:
        return no_update
    names = tuple(dict.fromkeys(part.upper() for part in (symbols or "").replace(",", " ").split()))
    try:
        if not names:
            raise InputError("No symbol is given.", remedy="Write symbols such as AAPL, MSFT.")
        low, high = date.fromisoformat(str(start)[:10]), date.fromisoformat(str(end)[:10])
        if low > high:
            raise InputError(f"The range starts on {low} and ends before, on {high}.")
    except InputError as error:
        return str(error)
    request = DownloadRequest(
        "yahoo", names, low, high, Timeframe(timeframe), (title or "").strip()
    )
    job = services().jobs.submit(actor(), "download", request)
    navigate(f"/jobs/{job.id}")
    return ""
