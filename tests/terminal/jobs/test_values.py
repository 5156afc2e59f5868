"""Codec, artifacts and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.codec import content_hash, from_json, to_json
from terminal.errors import InputError, NotFound, StorageFull
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.kinds import KINDS, get_kind, load
from terminal.jobs.reproduce import compare
from terminal.market.timeframe import Timeframe


@dataclass(frozen=True)
class Sample:
    pair: tuple[int, str]
    maybe: float | None = None
    flags: Mapping[str, bool] | None = None


def test_a_request_comes_back_as_it_was() -> None:
    request = BacktestRequest(
        "sma-crossover", {"fast": 5, "slow": 20.5, "on": True, "how": "x"}, "sp500-20", ("A", "B"),
        Timeframe.DAY_1, date(2020, 1, 2), None, costs=CostRequest(commission_bps=2.0),
    )  # fmt: skip
    assert from_json(BacktestRequest, to_json(request)) == request
    assert content_hash(request) == content_hash(from_json(BacktestRequest, to_json(request)))


def test_pairs_and_optional_values_are_read() -> None:
    assert from_json(Sample, {"pair": [1, "a"], "maybe": 2}) == Sample((1, "a"), 2.0)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"pair": [1]}, "pair"),
        ({"pair": "x"}, "pair"),
        ({"pair": ["a", "b"]}, "pair[0]"),
        ({"pair": [1, "a"], "maybe": "x"}, "maybe"),
        ({"pair": [1, "a"], "other": 1}, "other"),
        ({}, "Sample"),
        ([], "Sample"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(data: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        from_json(Sample, data)
    assert caught.value.field == field


def test_json_has_no_infinity() -> None:
    with pytest.raises(InputError, match="finite"):
        to_json({"x": float("inf")})


def test_every_kind_can_be_imported() -> None:
    for kind in KINDS.values():
        assert callable(load(kind.handler)) and callable(load(kind.request))
    with pytest.raises(NotFound, match="known"):
        get_kind("nonsense")


def test_the_same_content_is_stored_once_and_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path, 0)
    assert store.put(b"abc") == store.put(b"abc")
    assert len(list(store.root.glob("*/*"))) == 1
    with pytest.raises(StorageFull, match="nothing was stored"):
        ArtifactStore(tmp_path, 10**9).put(b"more")
    assert len(list(store.root.glob("*/*"))) == 1
    with pytest.raises(NotFound):
        store.open_path("0" * 64)


def test_the_first_difference_is_named() -> None:
    one = pd.DataFrame({"x": [1.0, float("nan"), 3.0]})
    assert compare({"f": one}, {"f": one.copy()}).identical
    other = one.assign(x=[1.0, float("nan"), 3.0000001])
    found = compare({"f": one}, {"f": other})
    assert (found.identical, found.frame, found.row, found.column) == (False, "f", 2, "x")
    assert compare({"f": one}, {"f": one[:2]}).column == "rows"
    assert compare({"f": one}, {"f": one.rename(columns={"x": "y"})}).column == "columns"
    assert compare({"f": one}, {}).identical is False
