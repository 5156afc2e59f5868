"""A sweep as the page reads it: once a request, and the tables and figures made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from flask import g

from pages.server.context import actor, services
from pages.sweeps.form import OBJECTIVE_WORDS, UNITS
from terminal.backtest.sweeps.points import scores_of
from terminal.backtest.sweeps.search import objective_values
from terminal.backtest.sweeps.stored import StoredSweep, stored_sweep
from terminal.backtest.sweeps.surface import (
    best_of,
    edges,
    heat_map,
    pareto_front,
    plateau,
    sensitivities,
)
from terminal.charts.sweep_lines import parallel_figure, sensitivity_figure
from terminal.charts.sweep_surface import front_figure, heat_map_figure
from terminal.charts.theme import Theme
from terminal.db.repositories.sweeps import DONE

MOST_ROWS = 500


@dataclass(frozen=True)
class Choice:
    """What the landscape shows."""

    x: str
    y: str
    metric: str
    reduced: str = "max"


def load(sweep_id: str) -> StoredSweep:
    """The sweep, read once a request."""
    kept: dict[str, StoredSweep] = g.setdefault("sweeps", {})
    if sweep_id not in kept:
        kept[sweep_id] = stored_sweep(services().db, actor(), sweep_id, services().jobs)
    return kept[sweep_id]


def first_choice(sweep: StoredSweep) -> Choice:
    """The first two numbers, else the first two parameters."""
    dimensions = sweep.space.dimensions
    names = [item.name for item in sorted(dimensions, key=lambda item: not item.ordered)]
    return Choice(names[0], names[1] if len(names) > 1 else "", sweep.request.objectives[0])


def best_rows(sweep: StoredSweep) -> list[dict[str, Any]]:
    """Points for the table, the best first."""
    objective = sweep.request.objectives[0]

    def key(point: Any) -> tuple[bool, float]:
        value = point.metrics.get(objective) if point.state == DONE else None
        return value is None, -(value or 0.0)

    ranked = sorted(sweep.points, key=key)[:MOST_ROWS]
    front = set(_front_positions(sweep))
    return [
        {
            "position": point.position,
            "rank": rank,
            "state": "front" if point.position in front else point.state,
            **{f"p_{name}": _shown(value) for name, value in point.params.items()},
            **{f"m_{name}": value for name, value in point.metrics.items()},
        }
        for rank, point in enumerate(ranked, start=1)
    ]


def landscape(sweep: StoredSweep, choice: Choice, theme: Theme) -> go.Figure:
    """The heat map of two parameters, or the line of the only one."""
    scores = scores_of(sweep.points, choice.metric)
    title, unit = OBJECTIVE_WORDS[choice.metric], UNITS.get(choice.metric, "ratio")
    if not choice.y:
        found = sensitivities(sweep.space, scores)
        return sensitivity_figure(found, theme, title=title, simulated=sweep.row.simulated)
    surface = heat_map(sweep.space, scores, choice.x, choice.y, choice.reduced)
    frame = None
    best = best_of(scores)
    if best is not None and choice.reduced == "max":
        names = [item.name for item in sweep.space.dimensions]
        at = dict(zip(names, sweep.space.indices(best), strict=True))
        frame = at[choice.y], at[choice.x]
    return heat_map_figure(
        surface, theme, title=title, unit=unit, best=frame, simulated=sweep.row.simulated
    )


def parallel(sweep: StoredSweep, theme: Theme) -> go.Figure:
    """All parameters at once."""
    objective = sweep.request.objectives[0]
    scores = scores_of(sweep.points, objective)
    indices = np.array([sweep.space.indices(k) for k in scores], dtype=np.int64)
    dimensions = sweep.space.dimensions
    return parallel_figure(
        [item.title for item in dimensions],
        [item.values for item in dimensions],
        np.array(list(scores.values()), dtype=np.float64),
        indices.reshape(len(scores), len(dimensions)),
        theme,
        score_title=OBJECTIVE_WORDS[objective],
        unit=UNITS.get(objective, "ratio"),
        simulated=sweep.row.simulated,
    )


def sensitivity(sweep: StoredSweep, theme: Theme) -> go.Figure:
    """What each parameter does."""
    objective = sweep.request.objectives[0]
    found = sensitivities(sweep.space, scores_of(sweep.points, objective))
    return sensitivity_figure(
        found, theme, title=OBJECTIVE_WORDS[objective], simulated=sweep.row.simulated
    )


def front(sweep: StoredSweep, theme: Theme) -> go.Figure:
    """The first two objectives of every point."""
    objectives = sweep.request.objectives[:2]
    values, _ = _objectives(sweep)
    values = values[:, :2]
    titles = OBJECTIVE_WORDS[objectives[0]], OBJECTIVE_WORDS[objectives[1]]
    return front_figure(values, pareto_front(values), titles, theme, simulated=sweep.row.simulated)


def findings(sweep: StoredSweep) -> tuple[list[str], list[str]]:
    """(warnings, remarks) about the shape of the landscape, as sentences."""
    objective = sweep.request.objectives[0]
    scores = scores_of(sweep.points, objective)
    best = best_of(scores)
    if best is None:
        return [], []
    warnings = [edge.sentence for edge in edges(sweep.space, best)]
    remarks = [plateau(sweep.space, scores, best).sentence]
    for item in sensitivities(sweep.space, scores):
        if item.share is not None:
            remarks.append(
                f"{item.dimension.title} alone explains {100 * item.share:.0f} % of the "
                "differences between combinations."
            )
    return warnings, remarks


def params_words(sweep: StoredSweep, params: Mapping[str, Any]) -> str:
    """`Fast window 20, Slow window 100`."""
    titles = {item.name: item.title for item in sweep.space.dimensions}
    return ", ".join(f"{titles.get(name, name)} {_shown(v)}" for name, v in params.items())


def short_words(params: Mapping[str, Any]) -> str:
    """`20 / 100`: values alone, in the order of the form."""
    return " / ".join(str(_shown(value)) for value in params.values())


def _front_positions(sweep: StoredSweep) -> list[int]:
    if len(sweep.request.objectives) < 2 or not sweep.points:
        return []
    values, positions = _objectives(sweep)
    return [k for k, on in zip(positions, pareto_front(values), strict=True) if on]


def _objectives(sweep: StoredSweep) -> tuple[np.ndarray, Sequence[int]]:
    """(values (n, n_objectives), positions) of the points that ran to their end."""
    names = sweep.request.objectives
    done = [point for point in sweep.points if point.state == DONE]
    missing = (float("nan"),) * len(names)
    rows = [objective_values(dict(point.metrics), names) or missing for point in done]
    return np.array(rows).reshape(len(done), len(names)), [point.position for point in done]


def _shown(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value
