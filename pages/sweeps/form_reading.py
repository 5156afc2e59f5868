"""From what stands in the form to a request of a sweep: every wrong field gets its sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pages.backtests.form_reading import place_of, read_request, sentence
from pages.components.form import parse_number
from pages.server.context import actor, services
from pages.sweeps.form import ANCHORED, NO_WALK
from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.planning import plan_sweep
from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.search import GRID, MOST_POINTS
from terminal.backtest.sweeps.space import parse_values
from terminal.backtest.sweeps.windows import WalkForwardRequest
from terminal.backtest.universe import others_of, symbols_of
from terminal.errors import InputError, NotFound
from terminal.market.calendars import get_calendar
from terminal.params import describe
from terminal.strategies.registry import get_strategy

NAME_LENGTH = 120
VALUES_PREFIX, OWN_PREFIX = "values.", "own."
PLACES = {"walk_forward": "walk"}

Ids = Sequence[Mapping[str, Any]]
Errors = dict[str, str]


def read_sweep(
    ids: Ids, values: Sequence[Any], value_ids: Ids, texts: Sequence[Any], own: Mapping[str, Any]
) -> tuple[SweepRequest | None, Errors]:
    """(the request or None, errors) from the states of all controls.

    Errors of the backtest's fields come under their name, those of values under `values.<name>`,
    those of the sweep's own fields under `own.<name>`.
    """
    base, errors = read_request(ids, values, [], [])
    given = {item["name"]: text for item, text in zip(value_ids, texts, strict=True)}
    strategy = next((v for item, v in zip(ids, values, strict=True) if item["name"] == "strategy"),
                    "")  # fmt: skip
    varied, fixed = _values(str(strategy or ""), given, errors)
    read = _own(own, errors)
    if errors or base is None:
        return None, errors
    return SweepRequest(backtest=replace(base, params=fixed, name=""), values=varied, **read), {}


def check_sweep(
    request: SweepRequest, fields: set[str], values: set[str], own: set[str]
) -> tuple[SweepRequest | None, Errors, str]:
    """(the named request or None, errors, words about what would run)."""
    who, catalogue = actor(), services().catalogue
    slug = request.backtest.dataset
    try:
        dataset = catalogue.dataset(who, slug)
        series = catalogue.series(who, slug)
        others = others_of(
            request.backtest,
            lambda other: catalogue.dataset(who, other),
            lambda other: catalogue.series(who, other),
        )
        plan = plan_sweep(request, dataset, series, get_calendar(dataset.calendar), others)
    except NotFound as error:
        return None, {"dataset": error.message}, ""
    except InputError as error:
        return None, {_place(error, fields, values, own): sentence(error)}, ""
    name = request.name or automatic_name(request, dataset.title)
    return replace(request, name=name), {}, plan.sentence


def automatic_name(request: SweepRequest, title: str) -> str:
    """`SMA crossover: fast × slow · 20 instruments · S&P 500`."""
    strategy = get_strategy(request.backtest.strategy)
    names = " × ".join(name.replace("_", " ") for name in request.values)
    count = len(symbols_of(request.backtest))
    universe = request.backtest.symbols[0] if count == 1 else f"{count} instruments"
    return f"{strategy.title}: {names} · {universe} · {title}"[:NAME_LENGTH]


def request_of(base: BacktestRequest, params: Mapping[str, Any], name: str) -> BacktestRequest:
    """The full backtest of a point of a sweep."""
    return replace(base, params={**base.params, **params}, name=name)


def _values(
    slug: str, given: Mapping[str, Any], errors: Errors
) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """(values of what varies, values of what is fixed)."""
    varied: dict[str, tuple[Any, ...]] = {}
    fixed: dict[str, Any] = {}
    try:
        specs = describe(get_strategy(slug).params_type)
    except InputError:
        return varied, fixed  # the strategy's own field says so
    for item in specs:
        if item.name not in given:
            continue
        text = given[item.name]
        if item.kind == "str":
            fixed[item.name] = str(text or "").strip()
            continue
        joined = ", ".join(text) if isinstance(text, list) else str(text or "")
        try:
            found = parse_values(item, joined)
        except InputError as error:
            errors[f"{VALUES_PREFIX}{item.name}"] = sentence(error)
            continue
        if len(found) > 1:
            varied[item.name] = found
        else:
            fixed[item.name] = found[0]
    return varied, fixed


def _own(own: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    """The sweep's own fields."""
    numbers: dict[str, int] = {}
    asked = {"n_trials": (1, MOST_POINTS)} if own.get("method") != GRID else {}
    if own.get("walk") != NO_WALK:
        asked |= {"train": (1, 100_000), "test": (1, 100_000), "purge": (0, 1_000_000)}
    for name, (low, high) in asked.items():
        try:
            numbers[name] = int(parse_number(own.get(name), whole=True, low=low, high=high))
        except ValueError as error:
            errors[f"{OWN_PREFIX}{name}"] = str(error)
    name = " ".join(str(own.get("name") or "").split())
    if len(name) > NAME_LENGTH:
        errors[f"{OWN_PREFIX}name"] = f"Use at most {NAME_LENGTH} characters; this has {len(name)}."
    objectives = tuple(str(item) for item in own.get("objectives") or ())
    if not objectives:
        errors[f"{OWN_PREFIX}objectives"] = "Choose at least one."
    walk = None
    if own.get("walk") != NO_WALK and {"train", "test", "purge"} <= set(numbers):
        walk = WalkForwardRequest(
            numbers["train"], numbers["test"], numbers["purge"], own.get("walk") == ANCHORED
        )
    read = {"n_trials": numbers["n_trials"]} if "n_trials" in numbers else {}
    return {
        **read,
        "method": str(own.get("method") or ""),
        "objectives": objectives,
        "prune": own.get("prune") is True,
        "walk_forward": walk,
        "name": name,
    }


def _place(error: InputError, fields: set[str], values: set[str], own: set[str]) -> str:
    """The field of the form an error belongs to; "" when it belongs to none."""
    name = (error.field or "").rsplit(".", 1)[-1]
    name = PLACES.get(name, name)
    if name in values:
        return f"{VALUES_PREFIX}{name}"
    if name in own:
        return f"{OWN_PREFIX}{name}"
    return place_of(error, fields, set())
