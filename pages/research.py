"""Research: the catalogue of features, studies of them, labels, feature sets."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.tabs import tab_links
from pages.researching import (
    catalogue,
    figures,
    jobs_list,
    label_form,
    sets,
    sets_callbacks,
    study_form,
)
from pages.researching.saved_sets import opened
from pages.server.context import actor, services
from terminal.accounts.actor import Role

dash.register_page(
    __name__, path="/research", name="Research", title="Research · AlphaTrade", order=27,
    menu="research",
)  # fmt: skip

TABS = {
    "features": "Features",
    "study": "Study",
    "labels": "Labels",
    "sets": "Feature sets",
}
VIEWER = "Your role is viewer: you can read results, not start jobs."


def layout(tab: str = "features", **query: str) -> html.Div:
    """Head, tabs, and the tab that is open."""
    chosen = tab if tab in TABS else "features"
    return html.Div(
        [
            page_header(
                "Research",
                "What a model may look at, and what it is to predict: measured before it is used.",
            ),
            tab_links(
                [(title, _address(key)) for key, title in TABS.items()],
                _address(chosen),
                "Parts of research",
            ),
            html.Div(_tab(chosen, query), className="stack"),
        ],
        className="page rs-page",
    )


def _address(tab: str) -> str:
    return "/research" if tab == "features" else f"/research?tab={tab}"


def _tab(tab: str, query: dict[str, str]) -> list[Any]:
    datasets = [one for one in services().catalogue.datasets(actor()) if one.n_series]
    trader = actor().role.allows(Role.TRADER)
    if tab == "features":
        return [catalogue.catalogue(query.get("feature", ""))]
    if tab == "sets":
        parts = [sets.sets_view(opened(query), datasets, query)]
        columns, cells = jobs_list.build_columns(), jobs_list.build_cells
        why = ("Nothing computed yet", "Choose columns and bars above and press Compute.")
        return [*parts, jobs_list.jobs_panel("feature_build", "Computed sets", columns, cells, why)]
    form: Any = _no_data() if not datasets else notice(VIEWER)
    if tab == "labels":
        if datasets and trader:
            form = label_form.label_form(datasets, query)
        columns, cells = jobs_list.label_columns(), jobs_list.label_cells
        why = ("No label looked at yet", "Choose a label above and press Label.")
        return [form, jobs_list.jobs_panel("label_study", "Labels so far", columns, cells, why)]
    if datasets and trader:
        form = study_form.study_form(datasets, query)
    columns, cells = jobs_list.study_columns(), jobs_list.study_cells
    why = ("No study yet", "Choose a feature above and press Study.")
    return [form, jobs_list.jobs_panel("study", "Studies so far", columns, cells, why)]


def _no_data() -> html.Section:
    return html.Section(
        empty_state(
            "No data yet",
            "A feature is measured on bars. The built-in data sets load within seconds of the "
            "first start; open this page again when their job has finished.",
            [link_button("Watch the jobs", "/jobs", "primary", icon="jobs")],
            icon="data",
        ),
        className="panel",
    )


catalogue.register()
study_form.register()
label_form.register()
sets_callbacks.register()
figures.register()
