from __future__ import annotations

from dataclasses import dataclass

import pytest
from dash import html

from pages.components import form
from terminal.errors import InputError
from terminal.params import param


@dataclass(frozen=True)
class Windows:
    fast: int = param(20, title="Fast window", low=2, high=400, unit="bars", help="Bars.")
    slow: int = param(100, title="Slow window", low=3, high=1000, unit="bars")
    stop: float = param(0.05, title="Stop", low=0.0, high=0.5)
    reinvest: bool = param(True, title="Reinvest")
    rule: str = param("weekly", title="Rebalance", choices=("daily", "weekly", "monthly"))

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise InputError("Fast must be shorter than slow.", field="fast")


def read(**values: object) -> tuple[Windows | None, dict[str, str]]:
    given = {"fast": "20", "slow": "100", "stop": "0.05", "reinvest": True, "rule": "weekly"}
    given |= values
    ids = [form.field_id("bt", name) for name in given]
    return form.read_params(Windows, ids, list(given.values()))


def ids_of(component: object, found: list[dict[str, str]]) -> list[dict[str, str]]:
    own = getattr(component, "id", None)
    if isinstance(own, dict):
        found.append(own)
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list) else [children]:
        if child is not None and not isinstance(child, str):
            ids_of(child, found)
    return found


def test_form_has_a_control_and_a_place_for_its_error_per_parameter() -> None:
    ids = ids_of(form.params_form("bt", Windows), [])
    names = ("fast", "slow", "stop", "reinvest", "rule")
    for name in names:
        assert form.field_id("bt", name) in ids
        assert form.error_id("bt", name) in ids


def test_values_come_back_as_the_dataclass_with_its_types() -> None:
    params, errors = read(fast="1,2", slow=" 1e2 ", stop="0.1")
    assert errors == {}
    assert params == Windows(fast=12, slow=100, stop=0.1)
    assert isinstance(params, Windows)
    assert isinstance(params.fast, int)


def test_every_wrong_field_gets_its_own_sentence_at_once() -> None:
    params, errors = read(fast="abc", slow="2.5", stop="0.9", rule="hourly")
    assert params is None
    assert errors["fast"] == "Enter a whole number between 2 and 400 bars; 'abc' is not one."
    assert errors["slow"] == "Enter a whole number between 3 and 1000 bars; '2.5' is not one."
    assert errors["stop"] == "Enter a number between 0 and 0.5; 0.9 is outside."
    assert errors["rule"] == "Choose one of: daily, weekly, monthly."


@pytest.mark.parametrize("text", ["", None, "nan", "inf", "-inf", "0x10", "1_0"])
def test_what_is_no_number_is_refused_and_never_replaced_by_the_default(text: object) -> None:
    params, errors = read(stop=text)
    if text == "1_0":  # Python reads it as 10, which is outside the range
        assert "outside" in errors["stop"]
    else:
        assert errors["stop"].startswith("Enter a number between 0 and 0.5")
    assert params is None


def test_a_rule_across_fields_lands_at_the_field_it_names() -> None:
    params, errors = read(fast="200", slow="100")
    assert params is None
    assert errors == {"fast": "Fast must be shorter than slow."}


def test_errors_are_handed_out_in_the_order_of_the_form() -> None:
    ids = [form.field_id("bt", name) for name in ("slow", "fast")]
    assert form.error_texts(ids, {"fast": "wrong"}) == ["", "wrong"]


def test_a_label_names_the_control_it_belongs_to() -> None:
    own = form.field_id("bt", "fast")
    label = form.labelled("Fast", html.Div(), id=own).children[0]
    assert label.htmlFor == '{"form":"bt","name":"fast","type":"field"}'


def test_plain_numbers_read_back_as_themselves() -> None:
    for value in (0.1, 1e-7, 123456.789, 100000.0, 5):
        assert form.parse_number(form.plain(value)) == value
