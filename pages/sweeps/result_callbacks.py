"""A sweep's page at work: it follows the jobs, redraws, stops, resumes, runs a point in full."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Input, Output, State, clientside_callback, no_update

from pages.components.navigate import navigate
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.sweeps import reading
from pages.sweeps.form_reading import request_of
from pages.sweeps.live import badges, status
from pages.sweeps.result import body
from terminal.backtest.sweeps.stored import cancel_sweep, resume_sweep
from terminal.charts.theme import theme_from
from terminal.codec import from_json
from terminal.db.repositories.sweeps import RUNNING
from terminal.jobs.kinds import get_kind, load


def register() -> None:
    """Connect everything below."""
    clientside_callback(
        ClientsideFunction("terminalSweep", "chosen"),
        Output("sw-run-point", "disabled"),
        Input("sw-best", "selectedRows"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output("sw-status", "children"),
        Output("sw-seen", "data"),
        Output("sw-body", "children"),
        Output("sw-badges", "children"),
        Output("sw-poll", "max_intervals"),
        Output("sw-cancel", "hidden"),
        Output("sw-resume", "hidden"),
        Input("sw-poll", "n_intervals"),
        State("sw-id", "data"),
        State("sw-seen", "data"),
        State("sw-tab", "data"),
        running=[(Output("sw-poll", "disabled"), True, False)],
        prevent_initial_call=True,
        role="viewer",
    )
    def poll(_tick: Any, sweep_id: str, seen: Any, tab: str) -> Any:
        sweep = reading.load(sweep_id)
        queue = services().jobs.queue_state("backtest")
        done = sweep.row.result is not None
        return (
            status(sweep, queue),
            len(sweep.points) if len(sweep.points) != seen else no_update,
            body(sweep, tab) if done else no_update,
            badges(sweep) if done else no_update,
            0 if done else no_update,
            sweep.row.state != RUNNING,
            not sweep.stuck,
        )

    @guard.callback(
        Output("sw-heat", "figure"),
        Output("sw-best", "rowData"),
        Input("sw-seen", "data"),
        State("sw-id", "data"),
        State("sw-x", "value"),
        State("sw-y", "value"),
        State("sw-metric", "value"),
        State("sw-reduce", "value"),
        State("theme", "data"),
        State("palette", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show_partial(_seen: Any, sweep_id: str, x: str, y: str, metric: str, reduced: str,
                     mode: str, palette: str) -> Any:  # fmt: skip
        sweep = reading.load(sweep_id)
        choice = _choice(sweep, x, y, metric, reduced)
        theme = theme_from(mode, palette)
        return reading.landscape(sweep, choice, theme), reading.best_rows(sweep)

    @guard.callback(
        Output("sw-heat", "figure", allow_duplicate=True),
        Input("sw-x", "value"),
        Input("sw-y", "value"),
        Input("sw-metric", "value"),
        Input("sw-reduce", "value"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("sw-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def redraw(x: str, y: str, metric: str, reduced: str, mode: str, palette: str,
               sweep_id: str) -> Any:  # fmt: skip
        sweep = reading.load(sweep_id)
        return reading.landscape(
            sweep, _choice(sweep, x, y, metric, reduced), theme_from(mode, palette)
        )

    for name, draw in (
        ("sw-parallel", reading.parallel),
        ("sw-sensitivity", reading.sensitivity),
        ("sw-front", reading.front),
    ):
        _follow_theme(name, draw)

    @guard.callback(
        Output("sw-poll", "max_intervals", allow_duplicate=True),
        Input("sw-cancel", "n_clicks"),
        State("sw-id", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def cancel(clicks: int, sweep_id: str) -> Any:
        if not clicks:
            return no_update
        cancel_sweep(services().db, actor(), sweep_id, services().jobs)
        toast("Cancelled. What is finished stays.", "info")
        return -1

    @guard.callback(
        Output("sw-poll", "max_intervals", allow_duplicate=True),
        Input("sw-resume", "n_clicks"),
        State("sw-id", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def resume(clicks: int, sweep_id: str) -> Any:
        if not clicks:
            return no_update
        resume_sweep(services().db, actor(), sweep_id, services().jobs)
        toast("Going on where it stopped.", "success")
        return -1

    @guard.callback(
        Output("sw-sink", "data"),
        Input("sw-run-point", "n_clicks"),
        State("sw-best", "selectedRows"),
        State("sw-id", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def run_point(clicks: int, rows: list[dict[str, Any]] | None, sweep_id: str) -> Any:
        if not clicks or not rows:
            return no_update
        sweep = reading.load(sweep_id)
        params = sweep.space.values(int(rows[0]["position"]))
        base = from_json(load(get_kind("sweep").request), dict(sweep.row.request)).backtest
        name = f"{sweep.row.name}: {reading.params_words(sweep, params)}"[:120]
        request = request_of(base, params, name)
        job = services().jobs.submit(actor(), "backtest", request, title=name)
        navigate(f"/backtest/{job.id}")
        return clicks


def _follow_theme(name: str, draw: Any) -> None:
    """Draw a figure again when the theme changes."""

    @guard.callback(
        Output(name, "figure"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("sw-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def again(mode: str, palette: str, sweep_id: str) -> Any:
        return draw(reading.load(sweep_id), theme_from(mode, palette))


def _choice(sweep: Any, x: str, y: str, metric: str, reduced: str) -> reading.Choice:
    """What the controls say; the same parameter twice means the first other one."""
    usual = reading.first_choice(sweep)
    if not usual.y:
        return reading.Choice(usual.x, "", metric or usual.metric)
    if x == y:
        y = next(item.name for item in sweep.space.dimensions if item.name != x)
    return reading.Choice(x or usual.x, y or usual.y, metric or usual.metric, reduced or "max")
