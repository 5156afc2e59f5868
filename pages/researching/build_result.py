"""What computing a set gave: its shape, its price, what is missing in each column, the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from pages.components.badge import badge, simulated_badge
from pages.components.button import download_button, link_button
from pages.components.job_card import size_text
from pages.components.notice import notice
from pages.components.number import number, stat, stats
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.table import number_column, quick_filter, table, text_column
from pages.researching.bars_form import dataset_title
from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.jobs.values import Job
from terminal.research.requests import BuildRequest
from terminal.research.stored import read_frame

FILE = "features.parquet"
NAMED = 8


def result_view(job: Job) -> html.Div:
    """The whole result of a finished build."""
    found, request = dict(job.summary or {}), from_json(BuildRequest, dict(job.request))
    instruments, bars, columns = found["shape"]
    files = {item.name: item for item in services().jobs.artifacts(actor(), job.id)}
    rows = read_frame(services().jobs, actor(), job.id, "columns")
    actions: list[Any] = []
    if FILE in files:
        item = files[FILE]
        actions.append(
            download_button(f"Parquet · {size_text(item.size)}", f"/artifacts/{item.id}", "primary")
        )
    if request.set_id is not None:
        actions.append(
            link_button("Open the set", f"/research?tab=sets&id={request.set_id}", icon="filter")
        )
    actions.append(link_button("Job", f"/jobs/{job.id}", icon="jobs"))
    subtitle = " · ".join(
        [
            f"{columns} columns",
            f"{instruments} instruments of {dataset_title(request.bars.dataset)}",
            f"{bars:,} {found['timeframe']} bars",
            f"{found['first']} to {found['last']}",
        ]
    )
    return html.Div(
        [
            page_header(job.title, subtitle, actions, [("Research", "/research?tab=sets")]),
            html.Div(_badges(found), className="bt-badges"),
            *_warnings(found, rows),
            stats(_headline(found)),
            _columns(rows),
            panel("Made from", _lineage(found)),
        ],
        className="stack",
    )


def _badges(found: Mapping[str, Any]) -> list[Any]:
    marks: list[Any] = [simulated_badge()] if found["simulated"] else []
    hit = found["cache_hit"]
    marks.append(
        badge("From the cache" if hit else "Computed", "up" if hit else "neutral",
              "The same bars and columns had been computed before." if hit else
              "The next request for the same bars and columns comes from the cache.")
    )  # fmt: skip
    return marks


def _warnings(found: Mapping[str, Any], rows: pd.DataFrame) -> list[Any]:
    out = []
    bars = found["shape"][1]
    empty = [str(name) for name in rows["column"][rows["missing"] >= 1.0]]
    if empty and found["warmup"] < bars:
        named = ", ".join(empty[:NAMED]) + (" and others" if len(empty) > NAMED else "")
        out.append(
            notice(
                f"{len(empty)} of {len(rows)} columns have no value on these bars: {named}.",
                "warning",
                "They read highs, lows or volume that this data has not. Take them off the set, or "
                "choose other data.",
            )
        )
    if not found["written"]:
        out.append(
            notice(
                "The set is too large for a file to download; it is in the cache for training.",
                "warning",
                "Choose fewer instruments or a shorter range for a file.",
            )
        )
    if found["warmup"] >= bars:
        out.append(
            notice(
                f"The set warms up in {found['warmup']:,} bars and there are {bars:,}: some "
                "columns have no value.",
                "warning",
                "Choose a longer range or smaller windows.",
            )
        )
    return out


def _headline(found: Mapping[str, Any]) -> list[html.Div]:
    instruments, bars, columns = found["shape"]
    return [
        stat("Values", number(instruments * bars * columns, "count"),
             "Instruments × bars × columns."),
        stat("Memory", html.Span([number(found["megabytes"]), " MiB"]), "As float32."),
        stat("Took", number(found["seconds"], "seconds")),
        stat("Warm-up", number(found["warmup"], "bars"),
             "Bars before every column can be known."),
        stat("Missing", number(found["missing"], "percent"),
             "Mean over the columns, the warm-up included."),
        stat("Missing later", number(found["later"], "percent"),
             "After the first value of each instrument."),
    ]  # fmt: skip


def _columns(rows: pd.DataFrame) -> html.Section:
    rows = rows.astype(object).where(rows.notna(), None)
    return panel(
        "Columns",
        table(
            "rs-build-columns",
            [
                text_column("column", "Column", minWidth=220, flex=3, cellClass="mono"),
                number_column("missing", "Missing", "percent", width=110),
                number_column("later", "Missing later", "percent", width=124),
                number_column("mean", "Mean", "price", minWidth=100),
                number_column("deviation", "Deviation", "price", minWidth=100),
                number_column("low", "Lowest", "price", minWidth=100),
                number_column("high", "Highest", "price", minWidth=100),
            ],
            rows.to_dict("records"),
            row_id="column",
            height=min(560, 30 * (len(rows) + 1) + 18),
        ),
        flush=True,
        actions=[quick_filter("rs-build-columns", "Search columns")],
    )


def _lineage(found: Mapping[str, Any]) -> html.Dl:
    return facts(
        [
            ("Columns (hash)", html.Span(found["spec_hash"][:16], className="mono")),
            ("Bars (hash)", html.Span(found["data_hash"][:16], className="mono")),
        ]
    )
