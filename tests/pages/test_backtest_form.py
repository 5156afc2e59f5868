from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pages.backtests.form_reading import place_of, read_request, sentence
from pages.backtests.form_values import automatic_name, request_values
from pages.backtests.overlay_fields import overlay_controls, overlay_values
from pages.components.form import field_id
from terminal.backtest.request import BacktestRequest, CostRequest, ExitRequest
from terminal.errors import InputError
from terminal.market.timeframe import Timeframe
from terminal.params import describe
from terminal.strategies.registry import get_strategy

PARAMS = {
    **{item.name: item.default for item in describe(get_strategy("sma-crossover").params_type)},
    "fast": 20,
    "slow": 100,
}
WHOLE = BacktestRequest(
    strategy="sma-crossover",
    params=PARAMS,
    dataset="sp500-20",
    symbols=("AAPL", "XOM"),
    also=("us-tech-4:IBM", "coins:BTC:USD"),
    timeframe=Timeframe.WEEK_1,
    start=date(2000, 1, 3),
    end=date(2020, 12, 31),
    capital=250_000.0,
    costs=CostRequest(
        commission_per_share=0.005,
        commission_bps=0.5,
        commission_minimum=1.0,
        commission_tiers=((300_000.0, 0.004), (3_000_000.0, 0.002)),
        spread_model="roll",
        slippage_bps=3.0,
        impact_root=0.7,
    ),
    exits=ExitRequest(stop_loss=0.05, longest=40),
    overlays={
        "trend-filter": {"window": 200, "market": "XOM", "kept": 0.25, "band": 0.01},
    },
    lot=0.0,
    long_only=False,
    leverage=1.5,
    maintenance=0.25,
    cash_rate=0.03,
    benchmark="us-indices:SPX",
    risk_free_rate=0.025,
    name="Mine",
)


WINDOW = field_id("backtest", "trend-filter.window")


def read(params: dict[str, Any] | None = None, **changes: Any) -> Any:
    """What the form says when it holds `WHOLE` with these changes."""
    values = {**request_values(WHOLE), **changes}
    given = {**PARAMS, "fast": "20", "slow": "100", **(params or {})}
    return read_request(
        [field_id("backtest", name) for name in values],
        list(values.values()),
        [field_id("backtest-params", name) for name in given],
        list(given.values()),
    )


def test_a_request_put_into_the_form_and_read_back_is_the_same_request() -> None:
    assert read() == (WHOLE, {})


def test_overlays_are_off_until_their_first_number_is_set_and_then_kept_whole() -> None:
    usual = request_values(replace(WHOLE, overlays={}))
    request, errors = read(**usual)
    assert errors == {} and request.overlays == {}
    request, errors = read(**{**usual, "trend-filter.kept": "0.5"})
    assert errors == {} and request.overlays == {}, "nothing is kept of an overlay that is off"
    request, errors = read(**{**usual, "volatility-target.target": "0.1"})
    assert errors == {}
    assert request.overlays == {
        "volatility-target": {"target": 0.1, "window": 60, "cap": 1.0, "band": 0.1}
    }


def test_an_overlay_that_cannot_be_is_named_at_its_own_field() -> None:
    request, errors = read(**{"volatility-target.target": "much", "trend-filter.window": "-1"})
    assert request is None
    assert set(errors) == {"volatility-target.target", "trend-filter.window"}
    request, errors = read(
        **{"volatility-filter.percentile": "0.05", "volatility-filter.band": "0.1"}
    )
    assert request is None
    assert set(errors) == {"volatility-filter.band"}
    fields, params = {"trend-filter.market", "market"}, {"market"}
    late = InputError("x", field="overlays.trend-filter.market")
    assert place_of(late, fields, params) == "trend-filter.market"
    assert place_of(InputError("x", field="overlays.other.market"), fields, params) == ""


def test_every_control_of_the_overlays_has_a_place_for_its_error_filled_at_the_start() -> None:
    values = request_values(WHOLE)
    drawn = overlay_controls("backtest", values, {"trend-filter.window": "Too long."})
    parts = [part for block in drawn for part in block._traverse()]
    ids = [part.id for part in parts if isinstance(getattr(part, "id", None), dict)]
    fields = {own["name"] for own in ids if own["type"] == "field"}
    assert fields == {own["name"] for own in ids if own["type"] == "field-error"}
    assert fields == set(overlay_values(WHOLE)) <= set(values)
    said = [part.children for part in parts if getattr(part, "className", "") == "field-error"]
    assert [text for text in said if text] == ["Too long."]
    window = next(part for part in parts if getattr(part, "id", None) == WINDOW)
    assert window.value == "200"


def test_empty_dates_mean_all_of_the_data() -> None:
    request, errors = read(start="", end=" ")
    assert errors == {}
    assert (request.start, request.end) == (None, None)


@pytest.mark.parametrize("capital", ["0", "-5", "nan", "inf", "-inf", "", "much", None])
def test_capital_that_is_no_amount_gets_a_sentence_and_no_request(capital: Any) -> None:
    request, errors = read(capital=capital)
    assert request is None
    assert set(errors) == {"capital"}
    assert errors["capital"].startswith("Enter a ")


@pytest.mark.parametrize(
    "name", ["commission_bps", "commission_per_share", "commission_minimum", "slippage_bps"]
)
@pytest.mark.parametrize("value", ["-0.01", "nan", "1e9", "free"])
def test_costs_that_are_no_costs_are_named_at_their_field(name: str, value: str) -> None:
    request, errors = read(**{name: value})
    assert request is None
    assert set(errors) == {name}


def test_tiers_that_do_not_rise_are_named_at_their_field_and_none_is_none() -> None:
    request, errors = read(commission_tiers="5000: 0.01; 500: 0.02")
    assert request is None
    assert (
        set(errors) == {"commission_tiers"} and "Tier 2 begins at 500" in errors["commission_tiers"]
    )
    request, errors = read(commission_tiers="")
    assert errors == {} and request.costs.commission_tiers == ()


def test_every_wrong_field_gets_its_sentence_at_once() -> None:
    request, errors = read(
        {"fast": "200", "slow": "x"},
        symbols=[],
        start="2020-13-01",
        capital="0",
        timeframe="2d",
        benchmark=None,
        risk_free_rate="200",
        name="n" * 121,
    )
    assert request is None
    assert set(errors) == {
        "params.slow", "symbols", "start", "capital", "timeframe", "benchmark", "risk_free_rate",
        "name",
    }  # fmt: skip
    assert "'2020-13-01' is not one" in errors["start"]


def test_a_rule_across_parameters_is_shown_at_one_of_them() -> None:
    request, errors = read({"fast": "100", "slow": "50"})
    assert request is None
    assert errors == {"params.fast": "Fast window is 100 and slow window 50; fast must be shorter."}


def test_start_after_end_is_an_error_of_the_start() -> None:
    _request, errors = read(start="2021-01-04", end="2020-01-03")
    assert errors == {"start": "The start, 2021-01-04, lies after the end, 2020-01-03."}


def test_an_unknown_strategy_is_refused_by_name() -> None:
    _request, errors = read({}, strategy="crystal-ball")
    assert "'crystal-ball'" in errors["strategy"]


def test_errors_of_the_check_find_their_place_in_the_form() -> None:
    fields, params = {"symbols", "start"}, {"fast"}
    assert place_of(InputError("x", field="symbols"), fields, params) == "symbols"
    assert place_of(InputError("x", field="params.fast"), fields, params) == "params.fast"
    assert place_of(InputError("x", field="fast"), fields, params) == "params.fast"
    assert place_of(InputError("x", field="elsewhere"), fields, params) == ""
    assert sentence(InputError("No.", remedy="Do this.")) == "No. Do this."


def test_a_run_without_a_name_is_called_by_what_it_does() -> None:
    name = automatic_name(replace(WHOLE, also=()), "S&P 500, 20 stocks")
    assert name == "SMA crossover 20/100 + trend filter · 2 instruments · S&P 500, 20 stocks"
    bare = replace(WHOLE, overlays={})
    assert automatic_name(bare, "Stocks") == (
        "SMA crossover 20/100 · 4 instruments · Stocks + 2 other data sets"
    )
    plain = automatic_name(replace(bare, symbols=("XOM",), also=()), "Four stocks")
    assert plain == "SMA crossover 20/100 · XOM · Four stocks"
