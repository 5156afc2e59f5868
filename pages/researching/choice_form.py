"""One column of a set, chosen in a form: feature, its parameters, bar length, normaliser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, dcc, html

from pages.backtests.choices import TIMEFRAME_WORDS
from pages.components.form import (
    error_id,
    field_id,
    labelled,
    parse_number,
    read_specs,
    specs_form,
)
from pages.server import guard
from terminal.errors import InputError
from terminal.features.feature_set import FeatureChoice
from terminal.market.timeframe import Timeframe
from terminal.research.menu import feature_entry, menu

SAME, NONE = "same", "none"
USUAL_WINDOW = 252
LONGEST_WINDOW = 20_000


def params_name(form: str) -> str:
    """Name of the form that the parameters of the chosen feature stand in."""
    return f"{form}-params"


def choice_fields(form: str, choice: FeatureChoice | None = None) -> list[Any]:
    """The controls, filled with a choice or the first feature there is."""
    slug = choice.feature if choice else next(iter(menu().features))
    normaliser = choice.normaliser if choice else ""
    timeframe = choice.timeframe.value if choice and choice.timeframe else SAME
    window = choice.window if choice and choice.window else USUAL_WINDOW
    coarser = [{"label": TIMEFRAME_WORDS[item], "value": item.value} for item in Timeframe]
    return [
        labelled(
            "Feature",
            html.Div(
                [
                    dcc.Dropdown(feature_options(), slug, id=field_id(form, "feature"),
                                 clearable=False, maxHeight=340),
                    html.Div(feature_note(slug), id=f"{form}-note", className="bt-note"),
                ]
            ),
            id=field_id(form, "feature"), error=error_id(form, "feature"), wide=True,
        ),
        html.Div(
            params_area(form, slug, choice.params if choice else {}), id=f"{form}-params",
            className="field-wide",
        ),
        labelled(
            "Seen on",
            dcc.Dropdown([{"label": "The bars themselves", "value": SAME}, *coarser], timeframe,
                         id=field_id(form, "coarser"), clearable=False, searchable=False),
            id=field_id(form, "coarser"), error=error_id(form, "coarser"),
            help="A coarser bar length is seen only once its bar has closed.",
        ),
        labelled(
            "Normalised",
            dcc.Dropdown(
                [{"label": "As it is", "value": NONE},
                 *({"label": title, "value": key} for key, title in menu().normalisers.items())],
                normaliser or NONE, id=field_id(form, "normaliser"), clearable=False,
                searchable=False,
            ),
            id=field_id(form, "normaliser"), error=error_id(form, "normaliser"),
            help="Over a rolling window of the instrument's own past.",
        ),
        labelled(
            "Window of the normaliser",
            dcc.Input(id=field_id(form, "window"), type="text", value=str(window),
                      inputMode="numeric", autoComplete="off", className="number-input"),
            id=field_id(form, "window"), error=error_id(form, "window"), note="bars",
        ),
    ]  # fmt: skip


def params_area(form: str, slug: str, values: Mapping[str, Any] | None = None) -> Any:
    """The controls of a feature's parameters."""
    entry = feature_entry(slug)
    if not entry.params:
        return html.P("This feature has no parameters.", className="muted")
    return specs_form(params_name(form), entry.params, values)


def feature_options() -> list[dict[str, Any]]:
    """Features by family, findable by title, name and family."""
    return [
        {
            "label": f"{entry.title}  ({entry.family})",
            "value": entry.slug,
            "search": f"{entry.title} {entry.slug} {entry.family}",
        }
        for entry in menu().features.values()
    ]


def feature_note(slug: str) -> str:
    """One line: what it is, its unit."""
    entry = feature_entry(slug)
    first = entry.description.strip().split(". ")[0].rstrip(".")
    return f"{first}. Unit: {entry.unit}."


def read_choice(
    given: Mapping[str, Any],
    param_ids: Sequence[Mapping[str, Any]],
    param_values: Sequence[Any],
    errors: dict[str, str],
) -> FeatureChoice | None:
    """The choice of the fields; what is wrong is put into `errors`, parameters as `params.<name>`.

    Parameters that stand at their defaults are left out: two ways to say the same have one name.
    """
    before = len(errors)
    try:
        entry = feature_entry(str(given.get("feature") or ""))
    except InputError as error:
        errors["feature"] = error.message
        return None
    read, wrong = read_specs(entry.params, param_ids, param_values)
    errors |= {f"params.{name}": text for name, text in wrong.items()}
    defaults = {item.name: item.default for item in entry.params}
    coarser = str(given.get("coarser") or SAME)
    normaliser = str(given.get("normaliser") or NONE)
    window = 0
    if normaliser != NONE:
        try:
            window = int(
                parse_number(given.get("window"), whole=True, low=2, high=LONGEST_WINDOW,
                             unit="bars")
            )  # fmt: skip
        except ValueError as error:
            errors["window"] = str(error)
    if len(errors) > before:
        return None
    return FeatureChoice(
        feature=entry.slug,
        params={name: value for name, value in read.items() if value != defaults[name]},
        timeframe=None if coarser == SAME else Timeframe(coarser),
        normaliser="" if normaliser == NONE else normaliser,
        window=window,
    )


def register(form: str) -> None:
    """Parameters and note follow the feature."""

    @guard.callback(
        Output(f"{form}-params", "children"),
        Output(f"{form}-note", "children"),
        Input(field_id(form, "feature"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(slug: str) -> Any:
        return params_area(form, slug), feature_note(slug)
