"""Jobs of research on the built-in data, from the request to the tables that pages read."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from terminal.errors import NotFound
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.jobs.values import JobState
from terminal.labels.registry import get_label
from terminal.market.timeframe import Timeframe
from terminal.research.requests import (
    BarsRequest,
    BuildRequest,
    LabelStudyRequest,
    StudyRequest,
)
from terminal.research.stored import read_frame
from tests.terminal.backtest.conftest import Terminal
from tests.terminal.market.conftest import new_user

FIVE = ("AAPL", "BAC", "GE", "KO", "XOM")
BARS = BarsRequest("sp500-20", FIVE, start=date(2015, 1, 2), end=date(2018, 12, 31))
TECH = BarsRequest("us-tech-4", ("AAPL", "IBM"), start=date(2005, 1, 3), end=date(2006, 12, 29))
STUDY = StudyRequest(BARS, FeatureChoice("rsi", {"window": 5}), horizons=(1, 10), main=10)


def test_a_study_leaves_every_table_and_the_numbers_of_its_main_horizon(
    terminal: Terminal,
) -> None:
    job = terminal.submit("study", STUDY)
    assert job.state is JobState.SUCCEEDED, job.error
    found = dict(job.summary or {})
    assert found["mode"] == "across" and found["main"] == 10 and found["n_instruments"] == 5

    def table(name: str) -> pd.DataFrame:
        return read_frame(terminal.service, terminal.trader, job.id, name)

    values = table("values")
    assert list(values.columns) == list(FIVE) and len(values) == found["n_bars"]
    assert values.iloc[:5].isna().all().all(), "five bars of warm-up"
    assert values.iloc[6:].min().min() >= 0 and values.max().max() <= 100
    horizons = table("horizons").set_index("horizon")
    assert list(horizons.index) == [1, 10]
    assert horizons.loc[10, "coefficient_mean"] == pytest.approx(found["coefficient"])
    assert found["low"] < found["coefficient"] < found["high"]
    assert len(table("groups")) == 10 and list(table("years")["year"]) == [2015, 2016, 2017, 2018]
    assert table("histogram")["count"].sum() == found["n_values"]
    assert len(table("autocorrelation")) == 40 and len(table("rolling")) > 100
    assert set(table("instruments")["verdict"]) <= {"stationary", "mixed"}
    one = read_frame(terminal.service, terminal.trader, job.id, "values", ["KO"])
    assert list(one.columns) == ["KO"]


def test_a_study_of_few_instruments_compares_through_time_and_another_bar_length(
    terminal: Terminal,
) -> None:
    choice = FeatureChoice("rsi", {}, Timeframe.WEEK_1, "zscore", 30)
    job = terminal.submit("study", replace(STUDY, bars=TECH, choice=choice))
    assert job.state is JobState.SUCCEEDED, job.error
    found = dict(job.summary or {})
    assert found["mode"] == "through" and found["column"] == "rsi 1w zscore(30)"
    assert not len(read_frame(terminal.service, terminal.trader, job.id, "rolling"))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(STUDY, choice=FeatureChoice("nothing")), "no feature 'nothing'"),
        (replace(STUDY, choice=FeatureChoice("rsi", {"window": 1})), "allowed"),
        (replace(STUDY, choice=FeatureChoice("rsi", {"window": 2000})), "no value on these bars"),
        (replace(STUDY, horizons=()), "0 horizons"),
        (replace(STUDY, main=0), "outside 1 to"),
        (replace(STUDY, n_groups=1), "1 quantiles"),
        (replace(STUDY, bars=TECH, mode="across"), "too few to compare"),
        (replace(STUDY, bars=replace(BARS, symbols=("NOPE",))), "not in the data set"),
    ],
)
def test_what_cannot_be_studied_is_refused_with_the_reason(
    terminal: Terminal, request_: StudyRequest, words: str
) -> None:
    job = terminal.submit("study", request_)
    assert job.state is JobState.FAILED
    assert words in str((job.error or {})["message"])


def test_a_look_at_a_label_leaves_its_events(terminal: Terminal) -> None:
    params = {"horizon": 10, "span": 50, "watched": "high and low"}
    job = terminal.submit("label_study", LabelStudyRequest(TECH, "triple-barrier", params))
    assert job.state is JobState.SUCCEEDED, job.error
    found = dict(job.summary or {})
    panel = terminal.catalogue.panel(
        terminal.trader, TECH.dataset, TECH.symbols, TECH.timeframe, TECH.start, TECH.end
    )
    kind = get_label("triple-barrier")
    labels = kind.make(panel, kind.params_type(**params))
    events = read_frame(terminal.service, terminal.trader, job.id, "events")
    assert len(events) == len(labels) == found["n_events"]
    np.testing.assert_allclose(np.sort(events["outcome"]), np.sort(labels.outcome))
    assert sum(found["touched"].values()) == len(labels)
    assert 0 < found["uniqueness"] <= 1 and found["longest_rows"] <= 11
    with pytest.raises(NotFound):
        read_frame(terminal.service, new_user(terminal.db), job.id, "events")


def test_a_label_without_an_event_says_why(terminal: Terminal) -> None:
    short = replace(TECH, end=date(2005, 2, 15))
    job = terminal.submit("label_study", LabelStudyRequest(short, "triple-barrier"))
    assert job.state is JobState.FAILED
    assert "no event on these bars" in str((job.error or {})["message"])


def test_a_set_is_computed_counted_and_left_as_parquet_and_again_from_the_cache(
    terminal: Terminal,
) -> None:
    columns = FeatureSet(
        (FeatureChoice("rsi"), FeatureChoice("rsi", {"window": 50}), FeatureChoice("adx"))
    )
    request = BuildRequest(TECH, columns, name="Three")
    first = terminal.submit("feature_build", request)
    assert first.state is JobState.SUCCEEDED, first.error
    found = dict(first.summary or {})
    assert found["shape"][0] == 2 and found["shape"][2] == 3 and not found["cache_hit"]
    (item,) = [
        one
        for one in terminal.service.artifacts(terminal.trader, first.id)
        if one.name == "features.parquet"
    ]
    path = terminal.service.open_artifact(terminal.trader, item.id).path
    frame = pd.read_parquet(io.BytesIO(path.read_bytes()))
    assert list(frame.columns) == ["ts", "close_ts", "symbol", *columns.columns]
    assert len(frame) == 2 * found["shape"][1] and str(frame["ts"].dt.tz) == "UTC"
    table = read_frame(terminal.service, terminal.trader, first.id, "columns").set_index("column")
    own = frame["rsi"]
    assert table.loc["rsi", "missing"] == pytest.approx(own.isna().mean())
    assert table.loc["rsi", "mean"] == pytest.approx(own.mean(), rel=1e-6)
    again = terminal.submit("feature_build", request)
    assert again.state is JobState.SUCCEEDED and (again.summary or {})["cache_hit"]


def test_a_set_for_closes_only_has_columns_without_a_value(terminal: Terminal) -> None:
    columns = FeatureSet((FeatureChoice("rsi"), FeatureChoice("adx")))
    job = terminal.submit("feature_build", BuildRequest(BARS, columns))
    assert job.state is JobState.SUCCEEDED, job.error
    table = read_frame(terminal.service, terminal.trader, job.id, "columns").set_index("column")
    assert table.loc["adx", "missing"] == 1.0 and np.isnan(table.loc["adx", "mean"])
    assert table.loc["rsi", "missing"] < 0.05
