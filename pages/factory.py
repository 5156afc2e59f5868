"""Build the web application: pages, shell, security around them.

`create_app(services)` is all that a server needs. Page modules register themselves when they are
imported; the tuple `PAGES` is the whole list. What a page's layout raises becomes a sentence on
the page, never a traceback.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

import dash
from dash import Dash, html

from pages import shell
from pages.appearance import appearance
from pages.components.empty_state import empty_state
from pages.components.notice import error_notice, notice
from pages.server import security
from pages.server.context import Services
from pages.server.incidents import report_incident
from terminal.errors import NotFound, TerminalError
from terminal.settings import ROOT

PAGES = (
    "pages.market",
    "pages.backtest",
    "pages.backtest_compare",
    "pages.backtest_result",
    "pages.sweep",
    "pages.sweep_result",
    "pages.rules",
    "pages.research",
    "pages.research_study",
    "pages.research_labels",
    "pages.research_build",
    "pages.models",
    "pages.models_training",
    "pages.models_version",
    "pages.models_compare",
    "pages.explain",
    "pages.explain_result",
    "pages.trade_xray",
    "pages.trade_xray_result",
    "pages.monitor",
    "pages.monitor_version",
    "pages.monitor_report",
    "pages.trading",
    "pages.trading_accounts",
    "pages.trading_sessions",
    "pages.trading_session",
    "pages.trading_costs",
    "pages.trading_activity",
    "pages.trading_statements",
    "pages.trading_limits",
    "pages.trading_alerts",
    "pages.portfolio",
    "pages.portfolio_import",
    "pages.risk",
    "pages.optimise",
    "pages.optimise_compare",
    "pages.optimise_result",
    "pages.jobs",
    "pages.job",
    "pages.data",
    "pages.data_import",
    "pages.preferences.page",
    "pages.not_found_404",
)

INDEX = """<!DOCTYPE html>
<html lang="en" data-appearance>
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" href="/assets/login.svg" type="image/svg+xml">
    <script src="/assets/early_theme.js"></script>
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>"""


class Terminal(Dash):
    """Dash whose first answer already carries the person's theme, so that nothing flashes."""

    def interpolate_index(self, **parts: Any) -> str:
        """The page's frame with the theme the server knows of the person."""
        chosen = appearance()
        attributes = (
            f'data-theme="{chosen["theme"]}" data-palette="{chosen["palette"]}" '
            f'data-time="{chosen["time-display"]}"'
        )
        page: str = super().interpolate_index(**parts)
        return page.replace("data-appearance", attributes, 1)


def create_app(services: Services) -> Dash:
    """The application with every page, default-deny security and the shell."""
    dash.page_registry.clear()
    app = Terminal(
        "alphatrade",
        use_pages=True,
        pages_folder="",
        assets_folder=str(ROOT / "assets"),
        assets_ignore=r"^(early_|login).*",
        index_string=INDEX,
        title="AlphaTrade Terminal",
        update_title="",
        suppress_callback_exceptions=True,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "color-scheme", "content": "dark light"},
        ],
        include_pages_meta=False,
        enable_mcp=False,
    )
    shell.register()
    for name in PAGES:
        _import_afresh(name)
    for page in dash.page_registry.values():
        page["layout"] = tolerant(page.get("layout") or sys.modules[page["module"]].layout)
    app.layout = shell.layout
    security.install(app, services)
    return app


def _import_afresh(name: str) -> None:
    """Import a page so that it registers with the newest app, also when it was imported before."""
    if name in sys.modules:
        importlib.reload(sys.modules[name])
    else:
        importlib.import_module(name)


def tolerant(layout: Callable[..., Any]) -> Callable[..., Any]:
    """A layout function that turns what goes wrong into a sentence on the page."""

    @functools.wraps(layout)
    def show(**arguments: str) -> Any:
        try:
            return layout(**arguments)
        except NotFound as error:
            return html.Div(
                empty_state("Not found", error.message, icon="search"), className="page"
            )
        except TerminalError as error:
            return html.Div(error_notice(error), className="page")
        except Exception as error:  # noqa: BLE001  (the page must say something; it is logged)
            incident = report_incident(error)
            return html.Div(
                notice(
                    "This page could not be shown.",
                    "error",
                    f"The details are in the server log under incident {incident}.",
                ),
                className="page",
            )

    return show
