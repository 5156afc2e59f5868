"""What runs here: versions, database, workers, disk, and every setting with its origin."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dash import Input, Output, html, no_update

from pages.components.badge import badge
from pages.components.button import button
from pages.components.job_card import size_text
from pages.components.navigate import navigate
from pages.components.panel import facts, panel
from pages.components.table import quick_filter, table, text_column
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.db.migrate import current, head
from terminal.effective_settings import effective_settings, mask_password
from terminal.jobs.kinds import KINDS
from terminal.jobs.lineage import code_version
from terminal.settings import ROOT

PACKAGES = ("dash", "plotly", "pandas", "numpy", "SQLAlchemy", "celery")


def section() -> list[Any]:
    """Two panels of facts above the table of settings."""
    parts: list[Any] = [html.Div([_software(), _storage(), _workers()], className="grid-3")]
    if actor().is_admin:
        parts.append(_settings())
    return parts


def _software() -> html.Section:
    pairs: list[tuple[Any, Any]] = [
        ("Terminal", _mono(code_version())),
        ("Python", _mono(platform.python_version())),
    ]
    pairs += [(name, _mono(version(name))) for name in PACKAGES]
    return panel("Versions", facts(pairs))


def _storage() -> html.Section:
    here = services()
    root = here.settings.storage.root
    disk = shutil.disk_usage(root if root.exists() else ROOT)
    schema, newest = current(here.db), head()
    known = badge("current", "up") if schema == newest else badge(f"code: {newest}", "warn")
    parquet = here.settings.storage.bars == "parquet"
    pairs: list[tuple[Any, Any]] = [
        ("Database", "SQLite" if here.db.is_sqlite else "PostgreSQL"),
        ("Schema", [_mono(schema or "none"), " ", known]),
        ("Bars", "Parquet files" if parquet else "Database tables"),
        ("Disk free", f"{size_text(disk.free)} of {size_text(disk.total)}"),
        ("Kept free", f"{here.settings.storage.min_free_mb:,} MiB"),
    ]
    if actor().is_admin:
        pairs.insert(1, ("Address", _mono(mask_password(here.settings.storage.url))))
        pairs.insert(4, ("Data folder", _mono(str(root))))
    return panel("Storage", facts(pairs))


def _workers() -> html.Section:
    jobs = services().jobs
    rows = []
    for queue in dict.fromkeys(kind.queue for kind in KINDS.values()):
        state = jobs.queue_state(queue)
        served = (
            badge(f"{state.workers} worker{'s' if state.workers != 1 else ''}", "up")
            if state.workers
            else badge("no worker", "warn")
        )
        rows.append(
            html.Tr(
                [
                    html.Td(queue),
                    html.Td(served),
                    html.Td(str(state.slots), className="num"),
                    html.Td(str(state.running), className="num"),
                ]
            )
        )
    heads = [html.Th("Queue"), html.Th("Served by"), html.Th("Slots", className="num"),
             html.Th("Running", className="num")]  # fmt: skip
    body = [
        html.Div(
            html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="plain-table"),
            className="plain-table-wrap",
        ),
        html.P(
            "A test job takes a second and proves the whole way from click to stored result.",
            className="muted panel-note",
        ),
    ]
    actions = (
        [button("Test the workers", "settings-self-test", icon="check", small=True)]
        if actor().role.allows(Role.TRADER)
        else []
    )
    return panel("Workers", body, actions=actions, flush=True)


def _settings() -> html.Section:
    folder = Path(os.environ.get("ATT_CONFIG_DIR", ROOT / "config"))
    rows = [
        {
            "key": f"{row.section}.{row.key}",
            "value": row.value,
            "allowed": row.allowed,
            "origin": row.origin,
            "meaning": row.meaning,
        }
        for row in effective_settings(services().settings, folder, os.environ)
    ]
    columns = [
        text_column("key", "Setting", minWidth=190, cellClass="mono"),
        text_column("value", "Value", minWidth=150, cellClass="mono"),
        text_column("allowed", "Allowed", minWidth=120),
        text_column("origin", "From", minWidth=150),
        text_column("meaning", "Meaning", minWidth=280, flex=2),
    ]
    return panel(
        "Settings in force",
        table("settings-table", columns, rows, row_id="key", height=440),
        help="Read-only here: change config/*.yaml or the environment, then start again.",
        actions=[quick_filter("settings-table", "Filter settings")],
        flush=True,
    )


def _mono(text: str) -> html.Span:
    return html.Span(text, className="mono")


def register() -> None:
    """The test of the workers."""

    @guard.callback(
        Output("settings-system-sink", "children"),
        Input("settings-self-test", "n_clicks"),
        prevent_initial_call=True,
        role="trader",
    )
    def test_workers(clicks: int) -> Any:
        if not clicks:
            return no_update
        from terminal.jobs.self_test import SelfTestRequest

        job = services().jobs.submit(actor(), "self_test", SelfTestRequest())
        navigate(f"/jobs/{job.id}")
        return ""
