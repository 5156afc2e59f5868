"""What the form starts with: defaults, an address's wishes, or an earlier run's request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pages.backtests import choices
from pages.backtests.number_fields import number_values
from pages.backtests.overlay_fields import PREFIX, overlay_values
from pages.rule_builder.saved import load
from pages.server.context import actor, services
from terminal.backtest.request import BacktestRequest
from terminal.backtest.universe import by_dataset, symbols_of
from terminal.codec import from_json
from terminal.db.repositories import models
from terminal.errors import NotFound
from terminal.market.dataset import Dataset, Series
from terminal.reports.content import overlay_title
from terminal.strategies.model.reference import reference_text
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.rules.reading import parse_rules
from terminal.training.reference import reference_of

FORM = "backtest"
PARAMS = "backtest-params"
COMMON = ("invested",)
"""Numbers that most strategies share and that say nothing about what a run is."""
MOST_AT_ONCE = 60
"""A new form chooses all instruments of a data set up to this many, else the first ones."""


@dataclass(frozen=True)
class Start:
    """The form's first values as its controls take them.

    values : by field of the form; params : by parameter of the strategy; errors : sentences by
    field about what was asked for and cannot be had; parent : the job it continues, or "".
    """

    dataset: Dataset
    series: Sequence[Series]
    values: Mapping[str, Any]
    params: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""


def start_values(datasets: Sequence[Dataset], query: Mapping[str, str]) -> Start:
    """The start for `?strategy=&dataset=&symbol=&timeframe=`, with `&rules=<id>&version=` for saved
    rules, with `&model=<version id>` for a registered model (on the bars it was made on), or for
    `?from=<job>`; every part is optional."""
    earlier = query.get("from", "")
    if earlier:
        return _from_run(datasets, earlier)
    if query.get("strategy") == "model" and query.get("model"):
        return _of_model(datasets, query["model"])
    errors: dict[str, str] = {}
    wanted, symbol = query.get("dataset", ""), query.get("symbol", "")
    dataset = next((item for item in datasets if item.slug == wanted), None)
    if wanted and dataset is None:
        errors["dataset"] = f"There is no data set {wanted!r}; choose another."
    if dataset is None and symbol:
        dataset = _holding(datasets, symbol)
    dataset = dataset or choices.first_choice(datasets)
    series = services().catalogue.series(actor(), dataset.slug)
    known = choices.preset_symbols(series, "All")
    chosen = known[:MOST_AT_ONCE]
    if symbol:
        chosen = [symbol] if symbol in known else []
        if not chosen:
            errors["symbols"] = f"{symbol!r} cannot be traded in {dataset.title}; choose others."
    strategy = query.get("strategy", "")
    if strategy and strategy not in STRATEGIES:
        errors["strategy"] = f"There is no strategy {strategy!r}; choose another."
    values = _defaults(dataset) | {
        "strategy": strategy if strategy in STRATEGIES else next(iter(STRATEGIES)),
        "symbols": chosen,
    }
    if query.get("timeframe") in {item["value"] for item in choices.timeframe_options(dataset)}:
        values["timeframe"] = query["timeframe"]
    if strategy == "rules" and query.get("rules"):
        try:
            saved = load(query["rules"], query.get("version"))
        except NotFound as error:
            return Start(dataset, series, values, errors={**errors, "rules": error.message})
        values |= {"name": saved.name, "long_only": parse_rules(saved.rules).entry_short is None}
        return Start(dataset, series, values, {"rules": saved.rules}, errors)
    return Start(dataset, series, values, errors=errors)


def _of_model(datasets: Sequence[Dataset], version: str) -> Start:
    """The bars a registered model was made on, and its reference."""
    try:
        with services().db.read() as conn:
            row = models.get(conn, actor(), int(version))
    except (NotFound, ValueError):
        start = start_values(datasets, {"strategy": "model"})
        return replace(start, errors={"params.model": f"There is no model version {version!r}."})
    made = row.lineage
    start = start_values(datasets, {"strategy": "model", "dataset": str(made["dataset"])})
    known = set(choices.preset_symbols(start.series, "All"))
    values = dict(start.values) | {
        "symbols": [symbol for symbol in made["symbols"] if symbol in known],
        "timeframe": str(made["timeframe"]),
    }
    return replace(start, values=values, params={"model": reference_text(reference_of(row))})


def _holding(datasets: Sequence[Dataset], symbol: str) -> Dataset | None:
    """The first data set that has the symbol, real ones first."""
    slugs = {s.dataset for s in services().catalogue.symbols(actor()) if s.symbol == symbol}
    found = [item for item in datasets if item.slug in slugs]
    return min(found, key=lambda item: item.simulated, default=None)


def _defaults(dataset: Dataset) -> dict[str, Any]:
    request = BacktestRequest(strategy="", params={}, dataset=dataset.slug, symbols=())
    first, last = choices.session_range(dataset)
    return {
        **request_values(request),
        "timeframe": choices.default_timeframe(dataset),
        "start": first.isoformat() if first else "",
        "end": last.isoformat() if last else "",
    }


def _from_run(datasets: Sequence[Dataset], job_id: str) -> Start:
    """The request of an earlier run, as far as its data set and strategy are still there."""
    job = services().jobs.get(actor(), job_id)
    if job.kind != "backtest":
        raise NotFound("That job is not a backtest.", field="from")
    request = from_json(BacktestRequest, dict(job.request))
    errors: dict[str, str] = {}
    dataset = next((item for item in datasets if item.slug == request.dataset), None)
    if dataset is None:
        errors["dataset"] = f"The data set {request.dataset!r} of that run is gone; choose another."
        dataset = choices.first_choice(datasets)
    series = services().catalogue.series(actor(), dataset.slug)
    known = set(choices.preset_symbols(series, "All"))
    lost = [symbol for symbol in request.symbols if symbol not in known]
    if lost:
        errors["symbols"] = f"Not in {dataset.title}: {', '.join(lost[:5])}."
    values = _defaults(dataset) | request_values(request)
    values["dataset"] = dataset.slug
    values["symbols"] = [symbol for symbol in request.symbols if symbol in known]
    values["also"], gone = _still_there(request, datasets)
    if gone:
        errors["also"] = f"No longer there: {', '.join(gone[:5])}."
    values["timeframe"] = request.timeframe.value
    for name in ("start", "end"):
        values[name] = values[name] or _defaults(dataset)[name]
    if request.strategy not in STRATEGIES:
        errors["strategy"] = f"The strategy {request.strategy!r} of that run is gone."
        values["strategy"] = next(iter(STRATEGIES))
    elif request.name == automatic_name(request, dataset.title):
        values["name"] = ""  # it says what that run did, not what this one will do
    if job.error and job.error.get("field"):
        field = str(job.error["field"]).removeprefix(PREFIX)
        errors.setdefault(field, str(job.error.get("message") or ""))
    return Start(dataset, series, values, dict(request.params), errors, job_id)


def _still_there(
    request: BacktestRequest, datasets: Sequence[Dataset]
) -> tuple[list[str], list[str]]:
    """(instruments of other data sets that can be had, those that cannot)."""
    slugs = {item.slug for item in datasets}
    known = {
        f"{part.dataset}:{part.symbol}"
        for slug in by_dataset(request.also)
        if slug in slugs
        for part in services().catalogue.series(actor(), slug)
        if part.tradable
    }
    return (
        [item for item in request.also if item in known],
        [item for item in request.also if item not in known],
    )


def request_values(request: BacktestRequest) -> dict[str, Any]:
    """A request as values of the form's controls."""
    return {
        "strategy": request.strategy,
        "dataset": request.dataset,
        "symbols": list(request.symbols),
        "also": list(request.also),
        "timeframe": request.timeframe.value,
        "start": request.start.isoformat() if request.start else "",
        "end": request.end.isoformat() if request.end else "",
        **number_values(request),
        **overlay_values(request),
        "spread_model": request.costs.spread_model,
        "long_only": request.long_only,
        "benchmark": request.benchmark,
        "name": request.name,
    }


def automatic_name(request: BacktestRequest, title: str) -> str:
    """`SMA crossover 50/200 · 20 instruments · sp500-20`: what a run is called without a name."""
    strategy = get_strategy(request.strategy)
    own = [value for name, value in request.params.items() if name != "invested"]
    numbers = "/".join(f"{value:g}" for value in own if type(value) in (int, float))
    overlays = "".join(f" + {overlay_title(slug).lower()}" for slug in request.overlays)
    count = len(symbols_of(request))
    universe = request.symbols[0] if count == 1 else f"{count} instruments"
    others = len(by_dataset(request.also))
    title += f" + {others} other data set{'s' * (others > 1)}" if others else ""
    what = f"{strategy.title} {numbers}".strip() + overlays
    return f"{what} · {universe} · {title}"
