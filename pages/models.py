"""Models: the registry, the trainings so far, and the form that starts one."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.tabs import tab_links
from pages.modelling import form_callbacks, lists
from pages.modelling.form import training_form
from pages.server.context import actor, services
from terminal.accounts.actor import Role

dash.register_page(
    __name__, path="/models", name="Models", title="Models · AlphaTrade", order=28, menu="models",
)  # fmt: skip

TABS = {"registry": "Registry", "trainings": "Trainings", "train": "Train"}


def layout(tab: str = "", **query: str) -> html.Div:
    """Head, tabs, and the tab that is open; an address with `feature_set` or `from` opens the
    form."""
    wanted = "train" if not tab and ({"feature_set", "preset", "from"} & set(query)) else tab
    chosen = wanted if wanted in TABS else "registry"
    return html.Div(
        [
            page_header(
                "Models",
                "Trained on the past, judged once on what they have never seen, kept by version.",
            ),
            tab_links(
                [(title, _address(key)) for key, title in TABS.items()],
                _address(chosen),
                "Parts of models",
            ),
            html.Div(_tab(chosen, query), className="stack"),
            load_plotly(),
        ],
        className="page rs-page",
    )


def _address(tab: str) -> str:
    return "/models" if tab == "registry" else f"/models?tab={tab}"


def _tab(tab: str, query: dict[str, str]) -> list[Any]:
    if tab == "trainings":
        return [lists.trainings_panel()]
    if tab == "registry":
        return [lists.registry_panel()]
    datasets = [one for one in services().catalogue.datasets(actor()) if one.n_series]
    if not datasets:
        return [_no_data()]
    if not actor().role.allows(Role.TRADER):
        return [notice("Your role is viewer: you can read results, not start jobs.")]
    return [training_form(datasets, query)]


def _no_data() -> html.Section:
    return html.Section(
        empty_state(
            "No data yet",
            "A model learns from bars. The built-in data sets load within seconds of the first "
            "start; open this page again when their job has finished.",
            [link_button("Watch the jobs", "/jobs", "primary", icon="jobs")],
            icon="data",
        ),
        className="panel",
    )


form_callbacks.register()
lists.register()
