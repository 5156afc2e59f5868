"""From what stands in the form to a request: every field that is wrong gets its sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pages.backtests.form_values import automatic_name
from pages.components.form import parse_number, read_params
from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.errors import InputError
from terminal.market.timeframe import Timeframe
from terminal.strategies.registry import get_strategy

MAX_CAPITAL = 1e11
MAX_BPS = 1_000.0
COST_FIELDS: dict[str, tuple[float, str]] = {
    "commission_bps": (MAX_BPS, "bps"),
    "commission_per_share": (1_000.0, "a unit"),
    "commission_minimum": (1e6, "a fill"),
    "slippage_bps": (MAX_BPS, "bps"),
}
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
    _numbers(given, read, errors)
    _dates(given, read, errors)
    try:
        timeframe = Timeframe(given.get("timeframe"))
    except ValueError:
        errors["timeframe"] = "Choose a bar length."
    for name in ("fractional", "long_only"):
        read[name] = given.get(name)
        if not isinstance(read[name], bool):
            errors[name] = "Choose one."
    name = " ".join(str(given.get("name") or "").split())
    if len(name) > NAME_LENGTH:
        errors["name"] = f"Use at most {NAME_LENGTH} characters; this has {len(name)}."
    if errors or params is None:
        return None, errors
    costs = CostRequest(**{key: read.pop(key) for key in COST_FIELDS})
    return BacktestRequest(
        strategy=str(given["strategy"]),
        params=params,
        symbols=tuple(str(symbol) for symbol in symbols),
        timeframe=timeframe,
        costs=costs,
        name=name,
        **read,
    ), {}


def named(request: BacktestRequest, dataset_title: str) -> str:
    """The run's name: the person's, else one that says what it is."""
    return request.name or automatic_name(request, dataset_title)


def place_of(error: InputError, fields: set[str], params: set[str]) -> str:
    """The field of the form an error belongs to; "" when it belongs to none."""
    name = (error.field or "").rsplit(".", 1)[-1]
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


def _numbers(given: Mapping[str, Any], read: dict[str, Any], errors: dict[str, str]) -> None:
    try:
        capital = float(parse_number(given.get("capital"), low=0.0, high=MAX_CAPITAL))
        if capital <= 0:
            raise ValueError("Enter a starting capital above 0.")
        read["capital"] = capital
    except ValueError as error:
        errors["capital"] = str(error)
    for name, (high, unit) in COST_FIELDS.items():
        try:
            read[name] = float(parse_number(given.get(name), low=0.0, high=high, unit=unit))
        except ValueError as error:
            errors[name] = str(error)
    try:
        rate = float(parse_number(given.get("risk_free_rate"), low=-20.0, high=100.0, unit="%"))
        read["risk_free_rate"] = math.copysign(abs(rate) / 100.0, rate)
    except ValueError as error:
        errors["risk_free_rate"] = str(error)


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
