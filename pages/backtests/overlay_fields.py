"""The overlays of the form: drawn from what they say of themselves, filled and read alike.

A control is named `<overlay>.<parameter>`, as in `trend-filter.window`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dash import html

from pages.components.form import params_form, parse, plain
from terminal.backtest.request import BacktestRequest
from terminal.errors import InputError
from terminal.params import ParamSpec, describe
from terminal.strategies.overlays import OVERLAYS, read_overlays

PREFIX = "overlays."


def overlay_values(request: BacktestRequest) -> dict[str, Any]:
    """Every parameter of every overlay as its control shows it; the defaults mean off."""
    return {
        name: _shown(request.overlays.get(slug, {}).get(spec.name, spec.default))
        for slug, spec, name in _fields()
    }


def read_overlay_fields(
    given: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """The overlays that are on, by slug; what is not allowed gets its sentence."""
    read: dict[str, dict[str, Any]] = {}
    for slug, spec, name in _fields():
        try:
            read.setdefault(slug, {})[spec.name] = parse(spec, given.get(name, spec.default))
        except ValueError as error:
            errors[name] = str(error)
    on = {}
    for slug, params in read.items():
        try:
            if read_overlays({slug: params}):
                on[slug] = params
        except InputError as error:  # a rule across parameters
            errors.setdefault((error.field or slug).removeprefix(PREFIX), error.message)
    return on


def overlay_controls(form: str, values: Mapping[str, Any], errors: Mapping[str, str]) -> list[Any]:
    """A block an overlay: what it does, then its parameters."""
    return [
        html.Div(
            [
                html.H4(kind.title),
                html.P(kind.description, className="muted"),
                params_form(form, kind, values, prefix=f"{slug}.", errors=errors),
            ],
            className="bt-overlay",
        )
        for slug, kind in OVERLAYS.items()
    ]


def overlays_touched(values: Mapping[str, Any], errors: Mapping[str, str]) -> bool:
    """Whether anything differs from no overlay at all."""
    return any(
        values[name] != _shown(spec.default) or name in errors for _, spec, name in _fields()
    )


def _fields() -> Iterator[tuple[str, ParamSpec, str]]:
    for slug, kind in OVERLAYS.items():
        for spec in describe(kind):
            yield slug, spec, f"{slug}.{spec.name}"


def _shown(value: Any) -> Any:
    return plain(value) if isinstance(value, (int, float)) else value
