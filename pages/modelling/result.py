"""A finished training: verdict, scores against luck, losses, folds, recipe, lineage, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.figures import own_theme
from pages.components.badge import badge, simulated_badge
from pages.components.button import button, download_button, link_button
from pages.components.clock import duration
from pages.components.figure_card import figure_card
from pages.components.form import labelled
from pages.components.job_card import job_card
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.toasts import toast
from pages.modelling import live, splits
from pages.modelling.request_view import recipe_rows
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.charts.numbers import MISSING
from terminal.charts.theme import Theme, theme_from
from terminal.charts.training import paths_figure
from terminal.db.repositories import models, training
from terminal.errors import TerminalError
from terminal.jobs.values import Artifact, Job
from terminal.training.override import LONGEST, register_refused

HIDDEN_LINEAGE = {"columns", "request", "packages", "symbols"}


def view(job: Job) -> html.Div:
    """The whole result."""
    with services().db.read() as conn:
        row = training.get(conn, actor(), job.id)
        version = models.of_job(conn, actor(), job.id)
    head = page_header(
        row.name,
        row.verdict,
        crumbs=[("Models", "/models"), ("Trainings", "/models?tab=trainings")],
        actions=_actions(job, version),
    )
    marks = [_gate_badge(row), *([simulated_badge()] if row.simulated else [])]
    parts: list[Any] = [head, html.Div(marks, className="bt-badges")]
    if row.dry_run:
        parts += [dry_panel(dict(row.result or {}))]
    else:
        parts += judged_parts(job.id, dict(row.result or {}))
        if row.passed is False and version is None and _may_register(row):
            parts.append(overrule_panel())
    parts += [
        *splits.parts(job.id, row.simulated),
        panel("Stages", live.stages(job.id), flush=True),
        job_card(job.id),
    ]
    return html.Div(parts, className="stack")


def judged_parts(job_id: str, result: Mapping[str, Any]) -> list[Any]:
    """What a judged training shows."""
    return [
        dcc.Store(id="md-result-job", data=job_id),
        *warnings(result),
        html.Div(
            [
                panel("The gate", gate_table(result["verdict"]["checks"]), flush=True),
                figure_card(
                    "md-paths",
                    "Scores against luck",
                    figure=draw_paths(job_id, own_theme()),
                    help="A dot a whole path of cross-validation; below it the out-of-sample "
                    "period with its interval.",
                    height=230,
                    filename="scores",
                ),
            ],
            className="md-two",
        ),
        html.Div(
            [
                panel("Out of sample", facts(figures(result))),
                figure_card(
                    "md-result-curves",
                    "Losses",
                    figure=live.draw(job_id, own_theme()),
                    height=280,
                    filename="losses",
                ),
            ],
            className="md-two",
        ),
        *search_parts(result),
        html.Div(
            [
                panel("Recipe", facts(recipe_rows(result["recipe"]))),
                panel("Lineage", facts(lineage_facts(result["lineage"]))),
            ],
            className="md-two",
        ),
    ]


def warnings(result: Mapping[str, Any]) -> list[Any]:
    """What a person should know that is no verdict."""
    found = []
    tracked = result.get("tracking") or {}
    if tracked.get("warning"):
        found.append(notice(tracked["warning"], "warning", "The training itself is complete."))
    dropped = result["leakage"]["dropped"]
    if dropped:
        found.append(notice(f"Left out by the leakage checker: {', '.join(dropped)}.", "warning"))
    return found


def gate_table(checks: Sequence[Mapping[str, Any]]) -> html.Table:
    """The gate's questions and answers."""
    rows = [
        html.Tr(
            [
                html.Td(check["name"].capitalize()),
                html.Td(badge("passed" if check["passed"] else "failed",
                              "up" if check["passed"] else "down")),
                html.Td(check["words"]),
            ]
        )
        for check in checks
    ]  # fmt: skip
    return html.Table([html.Tbody(rows)], className="plain-table")


def figures(result: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Figures of the out-of-sample period."""
    outside, profit = result["out_of_sample"], result["profit"]
    rows = [("Score", outside["score"]["words"])]
    rows += [
        (key.replace("_", " ").capitalize(), number(v)) for key, v in outside["figures"].items()
    ]
    return [
        *rows,
        ("Sharpe ratio a year, long/short, before costs", number(profit["sharpe"])),
        ("Periods that do not overlap", number(profit["periods"])),
        ("Trials with models on this data", number(profit["trials"])),
        ("Probability of skill after so many trials", number(profit["deflated"])),
        ("Events learned from", number(outside["n_train"])),
        ("Events that said when to stop", number(outside["n_valid"])),
    ]


def search_parts(result: Mapping[str, Any]) -> list[Any]:
    """What a search came to, where there was one."""
    found = result.get("search")
    if not found:
        return []
    pairs = [
        ("Combinations tried", number(found["trials"])),
        ("Best score", number(found["score"])),
    ]
    pairs += [
        (f"Best {name.replace('_', ' ')}", str(value)) for name, value in found["best"].items()
    ]
    pairs += [
        (f"Importance of {name.replace('_', ' ')}", f"{share:.0%}")
        for name, share in found["importance"].items()
    ]
    return [panel("Search", facts(pairs))]


def lineage_facts(lineage: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What it was made from and by."""
    rows: list[tuple[str, Any]] = [
        (
            key.removeprefix("n_").replace("_", " ").capitalize(),
            html.Span(_said(value), className="md-mono"),
        )
        for key, value in lineage.items()
        if key not in HIDDEN_LINEAGE and value != ""
    ]
    packages = ", ".join(f"{name} {version}" for name, version in lineage["packages"].items())
    return [
        ("Instruments", ", ".join(lineage["symbols"])),
        ("Features", ", ".join(lineage["columns"])),
        *rows,
        ("Packages", packages),
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def dry_panel(result: Mapping[str, Any]) -> html.Section:
    """What a training would take."""
    found = result["numbers"]
    classes = ", ".join(f"{count:,} of {name}" for name, count in found["classes"].items())
    seconds = found.get("seconds")
    pairs = [
        ("Events to learn from", f"{found['events']:,}"),
        ("By class", classes or "a number each"),
        ("Events out of sample", f"{found['events_outside']:,}"),
        ("Features", f"{found['features']:,}"),
        ("Splits", f"{found['splits']:,}"),
        ("Gap", f"{found['gap']:,} bars ({found['look_back']:,} look-back + "
                f"{found['horizon']:,} horizon)"),
        ("Fits", f"{found['fits']:,}, {found['folds_at_once']} at once"),
        ("Memory, about", f"{found['memory_mb']:,.0f} MiB"),
        ("Time, at most about", duration(seconds) if seconds is not None else "not known"),
        ("Leakage", result["leakage"]["words"]),
    ]  # fmt: skip
    return panel("What a training would take", facts(pairs))


def overrule_panel() -> html.Section:
    """Register what the gate refused, with a reason."""
    reason = labelled(
        "Reason",
        dcc.Input(
            id="md-reason", type="text", maxLength=LONGEST, autoComplete="off",
            placeholder="Why it is to be kept",
        ),
        id="md-reason",
        wide=True,
    )  # fmt: skip
    return panel(
        "Keep it all the same",
        html.Div(
            [
                html.P(
                    "The model can be registered to explain it, backtest it or watch it drift. The "
                    "reason goes on record, and it never goes into production.",
                    className="muted",
                ),
                reason,
                html.Div(
                    button("Register with this reason", "md-overrule", icon="models"),
                    className="row",
                ),
                html.Div(id="md-overrule-notice", className="rs-notice"),
            ],
            className="stack",
        ),
    )


def draw_paths(job_id: str, theme: Theme) -> Any:
    """Scores of the paths and of the out-of-sample period."""
    with services().db.read() as conn:
        row = training.get(conn, actor(), job_id)
    result = dict(row.result or {})
    validated, outside = result["cross_validation"], result["out_of_sample"]["score"]
    scores = validated["paths"]
    if len(scores) == 1:
        scores = [fold["score"] for fold in validated["folds"]]
    interval = None
    if outside["value"] is not None and outside["low"] is not None:
        interval = (outside["value"], outside["low"], outside["high"])
    return paths_figure(
        [value for value in scores if value is not None],
        validated["chance"],
        validated["name"],
        theme,
        outside=interval,
        simulated=row.simulated,
    )


def number(value: float | int | None) -> str:
    """A figure as text; a dash where there is none."""
    if value is None:
        return MISSING
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}".replace("-", "−")


def files_of(job_id: str) -> dict[str, Artifact]:
    """A job's files by name."""
    return {item.name: item for item in services().jobs.artifacts(actor(), job_id)}


def _actions(job: Job, version: models.VersionRow | None) -> list[Any]:
    parts: list[Any] = []
    card = files_of(job.id).get("model-card.html")
    if card is not None:
        parts.append(download_button("Model card", f"/artifacts/{card.id}"))
    parts.append(link_button("Train another", f"/models?from={job.id}", icon="copy"))
    if version is not None:
        parts.append(
            link_button("Open the version", f"/models/version/{version.id}", "primary",
                        icon="models")
        )  # fmt: skip
    return parts


def _may_register(row: training.TrainingRow) -> bool:
    who = actor()
    return who.user_id == row.owner_id and who.role.allows(Role.TRADER)


def _gate_badge(row: training.TrainingRow) -> html.Span:
    if row.dry_run:
        return badge("dry run")
    if row.passed:
        return badge("passed the gate", "up")
    return badge("did not pass the gate", "down")


def register() -> None:
    """Figures follow the theme."""

    @guard.callback(
        Output("md-paths", "figure"),
        Output("md-result-curves", "figure"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("md-result-job", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def redraw(mode: str, palette: str, job_id: str) -> Any:
        theme = theme_from(mode, palette)
        return draw_paths(job_id, theme), live.draw(job_id, theme)

    @guard.callback(
        Output("md-overrule-notice", "children"),
        Input("md-overrule", "n_clicks"),
        State("md-reason", "value"),
        State("md-result-job", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def overrule(clicks: int, reason: str | None, job_id: str) -> Any:
        if not clicks:
            return no_update
        found = services()
        try:
            version = register_refused(found.db, found.settings, actor(), job_id, reason or "")
        except TerminalError as error:
            return error_notice(error)
        toast(f"{version.words} is registered, with your reason on record.", "success")
        navigate(f"/models/version/{version.id}")
        return ""
