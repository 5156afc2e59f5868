"""Sweep: a form for many combinations of one strategy, and the sweeps so far."""

from __future__ import annotations

import dash
from dash import dcc, html

from pages.backtests.form_values import start_values
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.server.context import actor, services
from pages.sweeps import form_callbacks
from pages.sweeps.form import form_panel
from pages.sweeps.listing import listing
from terminal.accounts.actor import Role

dash.register_page(
    __name__, path="/sweep", name="Sweep", title="Sweep · AlphaTrade", order=21, menu="sweep",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """The form (prefilled from the address, as that of a backtest) over the list."""
    who, catalogue = actor(), services().catalogue
    datasets = catalogue.datasets(who)
    parts = [
        page_header(
            "Sweep",
            "Many combinations of one strategy: where the good ones lie, and how far the best is "
            "luck.",
        )
    ]
    if not datasets:
        parts.append(
            html.Section(
                empty_state(
                    "No data yet",
                    "A sweep needs bars. The built-in data sets load within seconds of the first "
                    "start.",
                    [link_button("Look at the data", "/data", "primary", icon="data")],
                    icon="data",
                ),
                className="panel",
            )
        )
    elif not who.role.allows(Role.TRADER):
        parts.append(notice("Your role is viewer: you can read results, not start sweeps."))
    else:
        start = start_values(datasets, query)
        parts += [
            dcc.Store(id="bt-parent", data=""),
            form_panel(start, datasets, catalogue.symbols(who)),
        ]
    parts.append(listing())
    return html.Div(parts, className="page")


form_callbacks.register()
