"""Backtest: a form that starts a run, and the runs so far."""

from __future__ import annotations

import dash
from dash import dcc, html

from pages.backtests import form_callbacks, model_field, rules_field, runs
from pages.backtests.figures import load_plotly
from pages.backtests.form import form_panel
from pages.backtests.form_values import start_values
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.server.context import actor, services
from terminal.accounts.actor import Role

dash.register_page(
    __name__, path="/backtest", name="Backtest", title="Backtest · AlphaTrade", order=20,
    menu="backtest",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The form (prefilled from the address) over the list of runs."""
    who, catalogue = actor(), services().catalogue
    datasets = catalogue.datasets(who)
    parts = [
        page_header(
            "Backtest",
            "A strategy on past data, with its costs. Orders fill on the bar after the decision.",
        )
    ]
    if not datasets:
        parts.append(_no_data())
    elif not who.role.allows(Role.TRADER):
        parts.append(notice("Your role is viewer: you can read results, not start runs."))
    else:
        start = start_values(datasets, query)
        parts += [
            dcc.Store(id="bt-parent", data=start.parent),
            form_panel(start, datasets, catalogue.symbols(who), form_callbacks.first_words(start)),
        ]
    parts += [runs.runs_panel(who.role.allows(Role.TRADER)), load_plotly()]
    return html.Div(parts, className="page")


def _no_data() -> html.Section:
    return html.Section(
        empty_state(
            "No data yet",
            "A backtest needs bars. The built-in data sets load within seconds of the first start; "
            "this page shows the form as soon as one is there.",
            [
                link_button("Look at the data", "/data", "primary", icon="data"),
                link_button("Watch the jobs", "/jobs", icon="jobs"),
            ],
            icon="data",
        ),
        className="panel",
    )


form_callbacks.register()
rules_field.register()
model_field.register()
runs.register()
