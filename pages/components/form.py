"""A form drawn from what a params dataclass says about its fields, and read back with sentences.

Numbers are text boxes on purpose: a browser's number box swallows what it cannot parse and hands
over the last good value, so that a run would silently use another number than the one on screen.
Every field has a place for its own error; errors of all fields are shown at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from dash import dcc, html
from dash._utils import stringify_id

from pages.components.hint import hint
from terminal.errors import InputError
from terminal.params import ParamSpec, describe, validate

T = TypeVar("T")

MOST_SEGMENTS = 4


def field_id(form: str, name: Any) -> dict[str, Any]:
    """Id of the control of a field; with `ALL` as name, of all fields of the form."""
    return {"type": "field", "form": form, "name": name}


def error_id(form: str, name: Any) -> dict[str, Any]:
    """Id of the place for a field's error."""
    return {"type": "field-error", "form": form, "name": name}


def labelled(
    label: str,
    control: Any,
    *,
    id: Any = None,
    error: Any = None,
    help: Any = None,
    note: str = "",
    wide: bool = False,
) -> html.Div:
    """A control under its label.

    Parameters
    ----------
    id : the control's id, so that a click on the label focuses it.
    error : id of the place for its error.
    note : unit and range, in small type at the right of the label.
    wide : takes a whole row of the form.
    """
    head: list[Any] = [label]
    if help:
        head.append(hint(help))
    if note:
        head.append(html.Span(note, className="field-range"))
    target = {} if id is None else {"htmlFor": stringify_id(id)}
    parts: list[Any] = [html.Label(head, className="field-label", **target), control]
    if error is not None:
        parts.append(html.Div(id=error, className="field-error", role="alert"))
    return html.Div(parts, className="field field-wide" if wide else "field")


def params_form(
    form: str,
    params_type: type[Any],
    values: Mapping[str, Any] | None = None,
    *,
    prefix: str = "",
    errors: Mapping[str, str] | None = None,
) -> html.Div:
    """One control a parameter: text box, yes/no, choice; `values` over the defaults.

    Parameters
    ----------
    values, errors : by parameter, each name under `prefix` as its control is.
    """
    return specs_form(form, describe(params_type), values, prefix=prefix, errors=errors)


def specs_form(
    form: str,
    specs: Sequence[ParamSpec],
    values: Mapping[str, Any] | None = None,
    *,
    prefix: str = "",
    errors: Mapping[str, str] | None = None,
) -> html.Div:
    """`params_form` of parameters that are described already."""
    given, wrong = values or {}, errors or {}
    fields = []
    for item in specs:
        name = prefix + item.name
        field = _field(form, name, item, given.get(name, item.default))
        field.children[-1].children = wrong.get(name, "")
        fields.append(field)
    return html.Div(fields, className="form-grid")


def read_params(
    params_type: type[T], ids: Sequence[Mapping[str, Any]], values: Sequence[Any]
) -> tuple[T | None, dict[str, str]]:
    """(the dataclass or None, errors by field name) of a form as a callback receives it.

    Parameters
    ----------
    ids, values : `State(field_id(form, ALL), "id")` and `State(field_id(form, ALL), "value")`.
    """
    specs = describe(params_type)
    read, errors = read_specs(specs, ids, values)
    if errors:
        return None, errors
    try:
        return validate(params_type, read), {}
    except InputError as error:  # a rule across fields, e.g. fast < slow
        first = specs[0].name if specs else ""
        return None, {error.field or first: error.message}


def read_specs(
    specs: Sequence[ParamSpec], ids: Sequence[Mapping[str, Any]], values: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values by name, errors by name) of described parameters, each looked at by itself."""
    known = {item.name: item for item in specs}
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for own, value in zip(ids, values, strict=True):
        item = known.get(own["name"])
        if item is None:
            continue
        try:
            read[item.name] = parse(item, value)
        except ValueError as error:
            errors[item.name] = str(error)
    return read, errors


def error_texts(ids: Sequence[Mapping[str, Any]], errors: Mapping[str, str]) -> list[str]:
    """The errors in the order of `Output(error_id(form, ALL), "children")`."""
    return [errors.get(own["name"], "") for own in ids]


def parse(item: ParamSpec, value: Any) -> Any:
    """The value as the field's type; ValueError with a sentence when it is not allowed."""
    if item.choices:
        if value not in item.choices:
            raise ValueError(f"Choose one of: {', '.join(str(choice) for choice in item.choices)}.")
        return value
    if item.kind == "bool":
        if not isinstance(value, bool):
            raise ValueError("Choose yes or no.")
        return value
    if item.kind in ("int", "float"):
        return parse_number(
            value,
            whole=item.kind == "int",
            low=item.low,
            high=item.high,
            unit=item.unit,
        )
    return "" if value is None else str(value).strip()


def parse_number(
    value: Any,
    *,
    whole: bool = False,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
) -> float | int:
    """A number from a text box: `1,000`, `0.5`, `1e6`, spaces and a true minus sign included."""
    text = "" if value is None else str(value).strip()
    kind = "whole number" if whole else "number"
    allowed = f"Enter a {kind}{_range_words(low, high, unit)}"
    if not text:
        raise ValueError(f"{allowed}.")
    cleaned = text.replace(",", "").replace(" ", "").replace("\u00a0", "").replace("\u2212", "-")
    try:
        number = float(cleaned)
    except ValueError:
        raise ValueError(f"{allowed}; {text!r} is not one.") from None
    if not math.isfinite(number) or (whole and number != int(number)):
        raise ValueError(f"{allowed}; {text!r} is not one.")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{allowed}; {text} is outside.")
    return int(number) if whole else number


def plain(value: float) -> str:
    """A number as a person would type it: `100000`, `0.5`."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _field(form: str, name: str, item: ParamSpec, value: Any) -> html.Div:
    own = field_id(form, name)
    note = ""
    control: Any
    if item.choices or item.kind == "bool":
        control = _choice(own, item, value)
    else:
        number = item.kind in ("int", "float")
        control = dcc.Input(
            id=own,
            type="text",
            value=plain(value) if number and not isinstance(value, str) else value,
            inputMode="decimal" if number else "text",
            autoComplete="off",
            className="number-input" if number else "",
            debounce=False,
        )
        note = _note(item)
    return labelled(
        item.title,
        control,
        id=own,
        error=error_id(form, name),
        help=item.help or None,
        note=note,
    )


def _choice(own: dict[str, Any], item: ParamSpec, value: Any) -> Any:
    if item.kind == "bool":
        options = [{"label": "Yes", "value": True}, {"label": "No", "value": False}]
    else:
        options = [
            {"label": str(choice).replace("_", " ").capitalize(), "value": choice}
            for choice in item.choices
        ]
    if len(options) <= MOST_SEGMENTS:
        return html.Div(
            dcc.RadioItems(options, value, id=own, inline=True, className="segmented"),
        )
    return dcc.Dropdown(options, value, id=own, clearable=False)


def _note(item: ParamSpec) -> str:
    span = ""
    if item.low is not None and item.high is not None:
        span = f"{plain(item.low)} – {plain(item.high)}"
    elif item.low is not None:
        span = f"from {plain(item.low)}"
    elif item.high is not None:
        span = f"up to {plain(item.high)}"
    return " ".join(part for part in (span, item.unit) if part)


def _range_words(low: float | None, high: float | None, unit: str) -> str:
    tail = f" {unit}" if unit else ""
    if low is not None and high is not None:
        return f" between {plain(low)} and {plain(high)}{tail}"
    if low is not None:
        return f" of at least {plain(low)}{tail}"
    if high is not None:
        return f" of at most {plain(high)}{tail}"
    return ""
