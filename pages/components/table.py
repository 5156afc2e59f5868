"""The one table: AG Grid in the terminal's colours, numbers right-aligned in tabular figures.

Columns come from the functions below; formatters and cell renderers are named functions of
assets/numbers.js and assets/table.js, never code in strings from data. Rows are plain dicts
(JSON); times are ISO strings in UTC or milliseconds, shown in the zone the column names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import dash_ag_grid as dag
from dash import dcc, html

from pages.components.icon import icon

Column = dict[str, Any]
Detail = Literal["day", "minute", "second"]
ROW_HEIGHT = 30


def text_column(field: str, title: str, **more: Any) -> Column:
    """Text, left-aligned; too long a text is cut and shown on hover."""
    return {"field": field, "headerName": title, "tooltipField": field, **more}


def number_column(field: str, title: str, unit: str = "ratio", **more: Any) -> Column:
    """A number in a unit of `terminal.charts.numbers.UNITS`."""
    return {
        "field": field,
        "headerName": title,
        "type": "rightAligned",
        "cellClass": "num",
        "valueFormatter": {"function": f"terminalNumber(params.value, '{unit}')"},
        **more,
    }


def change_column(field: str, title: str, unit: str = "percent", **more: Any) -> Column:
    """A gain or loss: arrow, sign and colour."""
    return number_column(
        field,
        title,
        unit,
        valueFormatter={"function": f"terminalChange(params.value, '{unit}')"},
        cellClassRules={
            "num-up": "terminalSign(params.value) > 0",
            "num-down": "terminalSign(params.value) < 0",
        },
        **more,
    )


def market_time_column(
    field: str, title: str, zone: str, detail: Detail = "minute", **more: Any
) -> Column:
    """A time of the market: in exchange zone `zone`, or UTC or local if the person prefers."""
    return _time(field, title, f"terminalMarketTime(params.value, '{zone}', '{detail}')", **more)


def time_column(field: str, title: str, detail: Detail = "minute", **more: Any) -> Column:
    """A time of the terminal itself (a job, a sign-in): local, or UTC if the person prefers."""
    return _time(field, title, f"terminalClock(params.value, '{detail}')", **more)


def badge_column(field: str, title: str, tones: Mapping[str, str], **more: Any) -> Column:
    """A badge per value; `tones` maps a value to up, down, accent, warn or neutral."""
    return {
        "field": field,
        "headerName": title,
        "cellRenderer": "TerminalBadge",
        "cellRendererParams": {"tones": dict(tones)},
        **more,
    }


def link_column(field: str, title: str, href_field: str, **more: Any) -> Column:
    """Text that opens the address in `href_field` inside the terminal."""
    return {
        "field": field,
        "headerName": title,
        "cellRenderer": "TerminalLink",
        "cellRendererParams": {"hrefField": href_field},
        "tooltipField": field,
        **more,
    }


def progress_column(field: str, title: str, **more: Any) -> Column:
    """A fraction 0..1 as a bar with its percentage."""
    return {"field": field, "headerName": title, "cellRenderer": "TerminalProgress", **more}


def sparkline_column(field: str, title: str, **more: Any) -> Column:
    """A small line from a list of numbers, coloured by its last against its first."""
    return {
        "field": field,
        "headerName": title,
        "cellRenderer": "TerminalSparkline",
        "cellDataType": False,
        "sortable": False,
        **more,
    }


def table(
    id: Any,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    row_id: str | None = None,
    height: int | str | None = 420,
    selection: Literal["single", "multiple"] | None = None,
    page_size: int | None = None,
    nothing: str = "Nothing to show.",
    options: Mapping[str, Any] | None = None,
    className: str = "",
    **properties: Any,
) -> dag.AgGrid:
    """A sortable, resizable grid.

    Parameters
    ----------
    rows : dicts by column field; None while a callback still fetches them.
    row_id : field that names a row, so that an update keeps scroll, sort and selection.
    height : pixels, a CSS length, or None to be as tall as the rows (short tables only).
    selection : whether rows can be chosen (`selectedRows`).
    nothing : what stands there when there is no row.
    options : further AG Grid options.
    properties : further properties of `dash_ag_grid.AgGrid`.
    """
    grid: dict[str, Any] = {
        "theme": {"function": "terminalTheme(themeQuartz)"},
        "rowHeight": ROW_HEIGHT,
        "headerHeight": ROW_HEIGHT,
        "animateRows": False,
        "suppressCellFocus": False,
        "tooltipShowDelay": 400,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "suppressDragLeaveHidesColumns": True,
        "suppressCsvExport": True,
        "suppressExcelExport": True,
        "localeText": {"noRowsToShow": nothing},
        **(options or {}),
    }
    if selection:
        grid["rowSelection"] = {
            "mode": "singleRow" if selection == "single" else "multiRow",
            "checkboxes": selection == "multiple",
            "headerCheckbox": selection == "multiple",
            "enableClickSelection": selection == "single",
        }
    if page_size:
        grid |= {"pagination": True, "paginationPageSize": page_size,
                 "paginationPageSizeSelector": False}  # fmt: skip
    if height is None:
        grid["domLayout"] = "autoHeight"
        style: dict[str, Any] = {"width": "100%", "height": None}
    else:
        style = {"width": "100%", "height": f"{height}px" if isinstance(height, int) else height}
    arguments: dict[str, Any] = {
        "id": id,
        "columnDefs": [_sized(column) for column in columns],
        "defaultColDef": {"sortable": True, "resizable": True, "minWidth": 84},
        "dashGridOptions": grid,
        "className": f"terminal-grid {className}".strip(),
        "style": style,
    } | properties
    if rows is not None:
        arguments["rowData"] = [dict(row) for row in rows]
    if row_id:
        arguments["getRowId"] = f"params.data.{row_id} + ''"
    return dag.AgGrid(**arguments)


def quick_filter(grid_id: str, placeholder: str = "Filter rows") -> html.Div:
    """A search box that filters the grid `grid_id` in the browser (assets/table.js)."""
    return html.Div(
        [
            icon("search"),
            dcc.Input(
                id={"type": "quick-filter", "grid": grid_id},
                type="search",
                placeholder=placeholder,
                debounce=False,
                className="quick-filter-input",
            ),
        ],
        className="quick-filter",
        **{"data-grid": grid_id},
    )


def _sized(column: Column) -> Column:
    """Columns without a width of their own share the room that is left."""
    return column if "width" in column or "flex" in column else {**column, "flex": 1}


def _time(field: str, title: str, function: str, **more: Any) -> Column:
    return {
        "field": field,
        "headerName": title,
        "cellClass": "time-cell",
        "valueFormatter": {"function": function},
        **more,
    }
