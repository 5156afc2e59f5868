"""Figures of a feature study and of label events, in both themes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from terminal.charts.autocorrelation import autocorrelation_figure
from terminal.charts.coefficients import horizon_figure, rolling_figure, years_figure
from terminal.charts.feature_on_price import feature_figure
from terminal.charts.histogram import histogram_figure
from terminal.charts.label_events import DrawnEvent, balance_figure, event_figure
from terminal.charts.quantile_returns import quantile_figure
from terminal.charts.theme import DARK, LIGHT, Theme

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.mode)


def known(figure: go.Figure) -> go.Figure:
    """The figure, once Plotly has accepted every property of it."""
    go.Figure(figure.to_dict())
    return figure


def says(figure: go.Figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


def bars(n: int = 40) -> pd.DataFrame:
    close = 100 + np.arange(n, dtype=float)
    return pd.DataFrame(
        {"open": close - 0.5, "high": close + 1, "low": close - 1, "close": close, "volume": 10.0},
        index=pd.date_range("2024-01-01 14:30", periods=n, freq="B", tz="UTC", name="ts"),
    )


HORIZONS = pd.DataFrame(
    {
        "horizon": [1, 5, 20, 60],
        "coefficient_mean": [0.02, 0.03, -0.05, np.nan],
        "coefficient_low": [-0.01, 0.01, -0.08, np.nan],
        "coefficient_high": [0.05, 0.05, -0.02, np.nan],
        "coefficient_t": [1.3, 2.9, -3.3, np.nan],
    }
)


@THEMES
def test_a_coefficient_is_coloured_only_where_its_interval_leaves_zero_out(theme: Theme) -> None:
    figure = known(horizon_figure(HORIZONS, theme, main=5, simulated=True))
    dots = figure.data[0]
    assert list(dots.x) == ["1", "5", "20"], "a horizon without a number is left out"
    assert list(dots.marker.line.color) == [theme.tokens.muted, theme.up, theme.down]
    assert dots.marker.color[1] == theme.up and dots.marker.color[0] == theme.tokens.panel
    assert [(s.x0, s.y0, s.y1) for s in figure.layout.shapes][1] == (1, 0.01, 0.05)
    low, high = figure.layout.yaxis.range
    assert low < -0.08 and high > 0.05
    assert "bars" in figure.layout.xaxis.title.text and "SIMULATED" in says(figure)


def test_nothing_to_measure_is_said() -> None:
    assert "too few" in says(horizon_figure(HORIZONS.iloc[3:], DARK, main=60))
    blank = pd.DataFrame({"ts": pd.DatetimeIndex([], tz="UTC"), "coefficient": []})
    assert "across instruments" in says(rolling_figure(blank, DARK))
    assert "No year" in says(years_figure(pd.DataFrame(columns=["year", "coefficient"]), DARK))
    assert "no value" in says(histogram_figure(pd.DataFrame(columns=["low"]), DARK, title="x"))


@THEMES
def test_years_and_the_rolling_line_stand_around_zero(theme: Theme) -> None:
    table = pd.DataFrame({"year": [2020, 2021], "coefficient": [0.02, -0.01], "bars": [250, 251]})
    figure = known(years_figure(table, theme))
    assert list(figure.data[0].x) == ["2020", "2021"]
    assert list(figure.data[0].marker.color) == [theme.up, theme.down]
    line = pd.DataFrame({"ts": bars().index, "coefficient": np.linspace(0.01, 0.03, 40)})
    assert known(rolling_figure(line, theme)).layout.yaxis.range[0] < 0


@THEMES
def test_quantiles_are_in_basis_points_with_their_intervals(theme: Theme) -> None:
    groups = pd.DataFrame(
        {
            "horizon": [5, 5, 1],
            "group": [1, 2, 1],
            "mean": [-0.001, 0.002, 9.0],
            "low": [-0.002, np.nan, 9.0],
            "high": [0.001, np.nan, 9.0],
            "n": [100, 100, 100],
        }
    )
    figure = known(quantile_figure(groups, theme, horizon=5, relative=True))
    made = figure.data[0]
    np.testing.assert_allclose(made.y, [-10, 20])
    np.testing.assert_allclose(made.error_y.array, [20, 0])
    np.testing.assert_allclose(made.error_y.arrayminus, [10, 0])
    assert list(made.x) == ["1 lowest", "2 highest"]
    assert "over the universe" in figure.layout.yaxis.title.text
    assert "(bp)" in figure.layout.yaxis.title.text
    assert "too few" in says(quantile_figure(groups, theme, horizon=7, relative=False))


@THEMES
def test_autocorrelation_shows_noise_and_with_several_instruments_their_spread(
    theme: Theme,
) -> None:
    table = pd.DataFrame(
        {"lag": [1, 2], "low": [0.4, 0.1], "middle": [0.5, 0.2], "high": [0.6, 0.3], "noise": 0.05}
    )
    one = known(autocorrelation_figure(table, theme))
    assert len(one.data) == 1 and [s.y0 for s in one.layout.shapes] == [-0.05, 0.05]
    many = known(autocorrelation_figure(table, theme, several=True))
    assert len(many.data) == 3 and many.layout.showlegend
    flat = table.assign(middle=np.nan)
    assert "never changes" in says(autocorrelation_figure(flat, theme))


@THEMES
def test_a_histogram_marks_what_lies_inside(theme: Theme) -> None:
    table = pd.DataFrame({"low": [0.0, 1.0], "high": [1.0, 2.0], "count": [3, 4]})
    figure = known(
        histogram_figure(
            table, theme, title="RSI (0 - 100)", marks={"median": 1.2, "far": 9.0, "none": None}
        )
    )
    assert [s.x0 for s in figure.layout.shapes] == [1.2] and says(figure) == "median"
    assert list(figure.data[0].y) == [3, 4]


@THEMES
def test_a_feature_stands_under_its_price_and_its_gaps_stay(theme: Theme) -> None:
    frame = bars()
    values = pd.Series(np.arange(40.0), index=frame.index)
    values.iloc[:5] = np.nan
    figure = known(
        feature_figure(frame, values, theme, symbol="AAPL", name="rsi(14)", unit="0 - 100")
    )
    line = figure.data[1]
    assert np.isnan(np.asarray(line.y)[:5]).all() and line.y[6] == 6
    assert line.connectgaps is False and line.yaxis == "y2"
    assert figure.layout.yaxis2.title.text == "0 - 100"
    none = feature_figure(frame, values * np.nan, theme, symbol="AAPL", name="rsi", unit="0 - 100")
    assert "no value" in says(none)


EVENT = DrawnEvent(10, 11, 15, 30, 110.5, 115.0, 0.05, -0.05, 0.04, "target after 5 bars")


@THEMES
def test_an_event_has_its_barriers_at_their_distance_from_the_entry(theme: Theme) -> None:
    figure = known(event_figure(bars(), EVENT, theme, symbol="AAPL"))
    box, upper, lower, entry = figure.layout.shapes
    assert (box.x0, box.x1) == (10.5, 30.5)
    assert upper.y0 == pytest.approx(110.5 * 1.05) and upper.line.color == theme.up
    assert lower.y0 == pytest.approx(110.5 * 0.95) and lower.line.color == theme.down
    assert entry.y0 == 110.5
    low, high = figure.layout.yaxis.range
    assert low < 98 and high > 140
    assert list(figure.data[1].y) == [110.5, 115.0]


def test_an_event_without_barriers_has_only_time() -> None:
    figure = known(event_figure(bars(20), replace(EVENT, upper=None, lower=None), DARK, symbol="A"))
    assert len(figure.layout.shapes) == 2
    assert figure.layout.shapes[0].x1 == 19.5, "the edge is at the last bar there is"


@THEMES
def test_classes_show_events_and_weight_side_by_side(theme: Theme) -> None:
    classes = pd.DataFrame(
        {"label": ["-1", "1"], "share": [0.4, 0.6], "weight": [0.5, 0.5], "events": [40, 60]}
    )
    figure = known(balance_figure(classes, theme))
    assert [trace.name for trace in figure.data] == ["Events", "Weight"]
    assert list(figure.data[0].x) == ["-1", "1"]
