"""The result of a run: head, headline numbers, and one tab at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import dcc, html

from pages.backtests.attribution import attribution
from pages.backtests.cards import card_stats
from pages.backtests.certificate import certificate, certificate_badge
from pages.backtests.costs import costs
from pages.backtests.details import details, trial_note
from pages.backtests.downloads import header_buttons, hosts
from pages.backtests.evidence import evidence, headline
from pages.backtests.figures import drawn_store, own_theme
from pages.backtests.measures import measures
from pages.backtests.overview import overview
from pages.backtests.risk import risk
from pages.backtests.run import Run, load_run
from pages.backtests.trades import trades
from pages.components.badge import badge, simulated_badge
from pages.components.button import link_button
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.tabs import tab_links
from pages.server.context import actor
from terminal.accounts.actor import Role
from terminal.backtest.universe import symbols_of
from terminal.reports import content
from terminal.strategies.registry import STRATEGIES, get_strategy

CLOSE_ONLY = "The data has closes only: an order fills at the close of the bar after its decision."
TABS: dict[str, tuple[str, Callable[[Run], list[Any]]]] = {
    "overview": ("Overview", overview),
    "evidence": ("Evidence", evidence),
    "risk": ("Risk", risk),
    "metrics": ("Metrics", measures),
    "trades": ("Trades", trades),
    "attribution": ("Attribution", attribution),
    "costs": ("Costs", costs),
    "certificate": ("Certificate", certificate),
    "details": ("Details", details),
}


def result_view(job_id: str, tab: str = "overview") -> html.Div:
    """The page of a finished run; only the open tab is built."""
    run = load_run(job_id)
    chosen = tab if tab in TABS else "overview"
    address = f"/backtest/{job_id}"
    return html.Div(
        [
            dcc.Store(id="bt-run-id", data=job_id),
            drawn_store(own_theme()),
            page_header(run.row.name, subtitle(run), _actions(job_id), [("Backtest", "/backtest")]),
            html.Div(badges(run), className="bt-badges"),
            *_changed(run),
            *hosts(),
            headline(run),
            card_stats(content.cards(run.result)),
            tab_links(
                [(title, f"{address}?tab={key}") for key, (title, _) in TABS.items()],
                f"{address}?tab={chosen}",
                "Parts of the result",
            ),
            html.Div(TABS[chosen][1](run), className="stack"),
        ],
        className="stack",
        **{"data-result": job_id},
    )


def subtitle(run: Run) -> str:
    """Strategy with parameters, universe, bars, range."""
    request, index = run.result.request, run.result.curve.index
    title = request.strategy
    if request.strategy in STRATEGIES:
        title = get_strategy(request.strategy).title
    numbers = content.parameter_words(request.strategy, request.params)
    made = run.result.provenance
    count = len(symbols_of(request))
    universe = request.symbols[0] if count == 1 else f"{count} instruments"
    exchanges = dict.fromkeys((made.calendar, *(other.calendar for other in made.others)))
    if len(exchanges) > 1:
        universe += f" of {' and '.join(exchanges)}"
    local = index[[0, -1]].tz_convert(run.timezone)
    span = f"{local[0]:%Y-%m-%d} to {local[-1]:%Y-%m-%d}"
    overlays = ", ".join(content.overlay_title(slug).lower() for slug in request.overlays)
    parts = [
        title,
        numbers,
        overlays,
        universe,
        content.bars_words(run.result),
        span,
    ]
    return " · ".join(part for part in parts if part)


def badges(run: Run) -> list[Any]:
    """What a reader must know before any number."""
    made = run.row.provenance
    marks: list[Any] = [simulated_badge()] if run.row.simulated else []
    found = run.result.provenance.certificate
    marks.append(certificate_badge(found, f"/backtest/{run.job.id}"))
    if made["close_only"]:
        marks.append(badge("Fills at close", "warn", CLOSE_ONLY))
    trials = int(made["trials"])
    marks.append(badge(f"Trial {trials}", "neutral", trial_note(trials)))
    if run.row.archived:
        marks.append(badge("Archived"))
    return marks


def _actions(job_id: str) -> list[Any]:
    parts = header_buttons()
    if actor().role.allows(Role.TRADER):
        parts.append(link_button("Edit and run again", f"/backtest?from={job_id}", icon="refresh"))
        parts.append(link_button("Sweep parameters", f"/sweep?from={job_id}", icon="sweep"))
    return parts


def _changed(run: Run) -> list[Any]:
    if not run.data_has_changed:
        return []
    gone = run.dataset is None or None in run.others.values()
    which = "A data set" if run.others else "The data set"
    return [
        notice(
            f"{which} of this run has been deleted."
            if gone
            else f"{which} has changed since this run.",
            "warning",
            "Numbers and curves are those of the run; price charts of its instruments are not "
            "available."
            if gone
            else "Numbers and curves are those of the run; price charts show today's bars.",
        )
    ]
