"""What was asked of a training, in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from pages.components.panel import facts
from pages.modelling.start import range_text
from terminal.codec import from_json
from terminal.errors import InputError
from terminal.labels.registry import LABELS, get_label
from terminal.models.catalogue import MODELS, get_model
from terminal.params import describe
from terminal.training.request import TrainingRequest
from terminal.validation.registry import get_splitter


def training_facts(request: Mapping[str, Any]) -> html.Dl:
    """Bars, features, label, model, splits and what it must show; of a request that an earlier
    version of the terminal stored and this one cannot read, a sentence."""
    try:
        asked = from_json(TrainingRequest, dict(request))
        kinds = (get_label(asked.label), get_model(asked.model), get_splitter(asked.splitter))
    except InputError as error:
        return facts([("Request", f"This version of the terminal cannot read it. {error.message}")])
    label, model, splitter = kinds
    features = asked.feature_set or "own columns"
    every = "every bar" if asked.every == 1 else f"each {asked.every:,}th bar"
    rows: list[tuple[Any, Any]] = [
        ("Data set", asked.dataset),
        (f"{len(asked.symbols):,} instruments", ", ".join(asked.symbols)),
        ("Bars", asked.timeframe.value),
        ("Sessions", f"{asked.start or 'first'} to {asked.end or 'last'}"),
        (f"Features: {features}", ", ".join(asked.features.columns)),
        ("Label", label.title),
        *param_rows(label.params_type, asked.label_params),
        ("Model", model.title),
        *param_rows(model.params_type, asked.model_params),
        ("Splits", splitter.title),
        *param_rows(splitter.params_type, asked.splitter_params),
        ("Events", every),
        ("Out-of-sample share", f"{asked.out_of_sample:g}"),
        ("Confidence", f"{asked.gate.confidence:g}"),
        ("Seed", str(asked.seed)),
    ]
    if asked.search is not None:
        rows += [
            (f"Search: {name.replace('_', ' ')}", range_text(wanted))
            for name, wanted in asked.search.ranges.items()
        ]
    return facts(rows)


def recipe_rows(recipe: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Label and model of a recipe with their parameters, and how its events count."""
    rows: list[tuple[Any, Any]] = []
    for head, name, known, get in (
        ("Label", "label", LABELS, get_label),
        ("Model", "model", MODELS, get_model),
    ):
        given, slug = dict(recipe[f"{name}_params"]), str(recipe[name])
        if slug in known:
            kind: Any = get(slug)
            rows += [(head, kind.title), *param_rows(kind.params_type, given)]
        else:  # of an earlier version of the terminal
            rows += [(head, slug), *((_part(key), str(value)) for key, value in given.items())]
    return [
        *rows,
        ("Weights by uniqueness", "yes" if recipe["uniqueness"] else "no"),
        ("Weight of the oldest event", f"{recipe['time_decay']:g}"),
        ("Share that says when to stop", f"{recipe['early_stopping']:g}"),
        ("Seed", str(recipe["seed"])),
    ]


def param_rows(params_type: type[Any], given: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Title, value and unit of each parameter, moved in below its kind."""
    return [
        (_part(spec.title), _value(given.get(spec.name, spec.default), spec.unit))
        for spec in describe(params_type)
    ]


def _part(title: str) -> html.Span:
    return html.Span(title, className="md-part")


def _value(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:,.10g}" if isinstance(value, int | float) else str(value)
    return f"{text} {unit}".strip()
