"""From what stands in the form to a request: every field that is wrong gets its sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pages.backtests.form_values import automatic_name
from pages.backtests.number_fields import read_numbers
from pages.backtests.overlay_fields import PREFIX, read_overlay_fields
from pages.components.form import read_params
from terminal.backtest.costs import FIXED, SPREAD_MODELS
from terminal.backtest.request import BacktestRequest
from terminal.errors import InputError
from terminal.market.timeframe import Timeframe
from terminal.strategies.registry import get_strategy

NAME_LENGTH = 120

Ids = Sequence[Mapping[str, Any]]


def read_request(
    ids: Ids,
    values: Sequence[Any],
    param_ids: Ids,
    param_values: Sequence[Any],
) -> tuple[BacktestRequest | None, dict[str, str]]:
    """(the request or None, errors by field name) from the states of all controls.

    Parameter errors are named `params.<name>`.
    """
    given = {own["name"]: value for own, value in zip(ids, values, strict=True)}
    errors: dict[str, str] = {}
    read: dict[str, Any] = {}
    params = _params(given.get("strategy"), param_ids, param_values, errors)
    for name in ("dataset", "benchmark"):
        read[name] = str(given.get(name) or "")
        if not read[name]:
            errors[name] = "Choose one."
    symbols = given.get("symbols") or []
    if not symbols:
        errors["symbols"] = "Choose at least one instrument."
    numbers, costs, exits = read_numbers(given, errors)
    overlays = read_overlay_fields(given, errors)
    _dates(given, read, errors)
    try:
        timeframe = Timeframe(given.get("timeframe"))
    except ValueError:
        errors["timeframe"] = "Choose a bar length."
    read["long_only"] = given.get("long_only")
    if not isinstance(read["long_only"], bool):
        errors["long_only"] = "Choose one."
    if given.get("spread_model", FIXED) not in SPREAD_MODELS:
        errors["spread_model"] = "Choose one."
    name = " ".join(str(given.get("name") or "").split())
    if len(name) > NAME_LENGTH:
        errors["name"] = f"Use at most {NAME_LENGTH} characters; this has {len(name)}."
    if errors or params is None:
        return None, errors
    return BacktestRequest(
        strategy=str(given["strategy"]),
        params=params,
        symbols=tuple(str(symbol) for symbol in symbols),
        also=tuple(str(entry) for entry in given.get("also") or []),
        timeframe=timeframe,
        costs=costs,
        exits=exits,
        overlays=overlays,
        name=name,
        **read,
        **numbers,
    ), {}


def named(request: BacktestRequest, dataset_title: str) -> str:
    """The run's name: the person's, else one that says what it is."""
    return request.name or automatic_name(request, dataset_title)


def place_of(error: InputError, fields: set[str], params: set[str]) -> str:
    """The field of the form an error belongs to; "" when it belongs to none."""
    named = error.field or ""
    if named.startswith(PREFIX):
        own = named.removeprefix(PREFIX)
        return own if own in fields else ""
    name = named.rsplit(".", 1)[-1]
    if name in fields:
        return name
    return f"params.{name}" if name in params else ""


def sentence(error: InputError) -> str:
    """Message and remedy as one text for the place under a field."""
    return f"{error.message} {error.remedy}" if error.remedy else error.message


def _params(
    slug: Any, ids: Ids, values: Sequence[Any], errors: dict[str, str]
) -> dict[str, Any] | None:
    try:
        strategy = get_strategy(str(slug or ""))
    except InputError as error:
        errors["strategy"] = error.message
        return None
    read, wrong = read_params(strategy.params_type, ids, values)
    errors |= {f"params.{name}": text for name, text in wrong.items()}
    return None if read is None else dict(vars(read))


def _dates(given: Mapping[str, Any], read: dict[str, Any], errors: dict[str, str]) -> None:
    for name in ("start", "end"):
        text = str(given.get(name) or "").strip()
        try:
            read[name] = date.fromisoformat(text) if text else None
        except ValueError:
            errors[name] = f"Enter a date as YYYY-MM-DD; {text[:20]!r} is not one."
    start, end = read.get("start"), read.get("end")
    if start and end and start > end:
        errors["start"] = f"The start, {start}, lies after the end, {end}."
