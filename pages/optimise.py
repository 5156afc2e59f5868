"""Optimise: weights for a universe, and how the methods did out of sample."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    link_column,
    number_column,
    quick_filter,
    table,
    time_column,
)
from pages.components.tabs import tab_links
from pages.optimising import form, form_callbacks, methods_form
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.jobs.values import Job, JobFilter
from terminal.portfolio.optimise_request import OptimiseRequest

dash.register_page(
    __name__, path="/optimise", name="Optimise", title="Optimise · AlphaTrade", order=29.6,
    menu="optimise",
)  # fmt: skip
TABS = (("One portfolio", "/optimise"), ("Compare methods", "/optimise?tab=compare"))


def layout(tab: str = "", **query: str) -> html.Div:
    """The form of a tab over the optimisations so far."""
    comparing = tab == "compare"
    datasets = services().catalogue.datasets(actor())
    parts: list[Any] = [
        page_header(
            "Optimise",
            "Weights within limits, the trades they take and what those cost; and how every method "
            "did out of sample, with costs.",
        ),
        tab_links(TABS, TABS[comparing][1], "Optimise"),
    ]
    if not datasets:
        parts.append(
            html.Section(
                empty_state(
                    "No data yet",
                    "An optimisation needs the returns of instruments. The built-in data sets load "
                    "within seconds of the first start.",
                    [link_button("Look at the data", "/data", "primary", icon="data")],
                    icon="data",
                ),
                className="panel",
            )
        )
    elif not actor().role.allows(Role.TRADER):
        parts.append(notice("Your role is viewer: you can read results, not start optimisations."))
    elif comparing:
        parts.append(methods_form.form(datasets, query))
    else:
        parts.append(form.form(datasets, query, _earlier(query.get("from", ""))))
    if not comparing:
        parts.append(_listing())
    return html.Div(parts, className="page")


def _earlier(job_id: str) -> OptimiseRequest | None:
    if not job_id:
        return None
    try:
        job = services().jobs.get(actor(), job_id)
        return from_json(OptimiseRequest, dict(job.request)) if job.kind == "optimise" else None
    except (NotFound, InputError):
        return None


def _listing() -> html.Section:
    rows = [_row(job) for job in services().jobs.list(actor(), JobFilter(kinds=("optimise",)))]
    if not rows:
        nothing = empty_state("Nothing optimised yet", "Fill the form and press Optimise.",
                              icon="optimise")  # fmt: skip
        return html.Section([panel_head("Optimisations so far"), nothing], className="panel")
    tones = {state.value: tone for state, tone in TONES.items()}
    columns = [
        link_column("name", "Name", "href", minWidth=220, flex=3),
        badge_column("state", "State", tones, width=112),
        number_column("n", "Instruments", "count", width=112),
        number_column("expected", "Expected a year", "percent", width=130),
        number_column("volatility", "Volatility a year", "percent", width=130),
        number_column("trades", "Trades", "count", width=92),
        time_column("created", "Created", "minute", width=142, sort="desc"),
    ]
    return html.Section(
        [
            panel_head("Optimisations so far", actions=[quick_filter("op-list", "Search")]),
            table(
                "op-list", columns, rows, row_id="id", height=min(420, 30 * (len(rows) + 2) + 16)
            ),
        ],
        className="panel",
    )


def _row(job: Job) -> dict[str, Any]:
    found = job.summary or {}
    return {
        "id": job.id,
        "href": f"/optimise/{job.id}",
        "name": job.title,
        "state": job.state.value,
        "created": job.created_at.isoformat(timespec="milliseconds"),
        **{name: found.get(name) for name in ("n", "expected", "volatility", "trades")},
    }


form_callbacks.register()
methods_form.register()
