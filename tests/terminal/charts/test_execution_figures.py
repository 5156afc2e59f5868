"""Figures of execution: levels, sums, and properties Plotly accepts, in both themes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from terminal.charts.execution import cost_figure, gap_figure, schedule_figure, waterfall_height
from terminal.charts.theme import DARK, LIGHT, Theme
from terminal.reports.figure_pdf import values

START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
END = START + timedelta(minutes=60)
THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.mode)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def known(figure: go.Figure) -> go.Figure:
    go.Figure(figure.to_dict())
    return figure


@THEMES
def test_the_schedule_and_what_was_filled_are_stairs(theme: Theme) -> None:
    planned_, fills = [(at(5), 50.0), (at(35), 100.0)], [(at(36), 40.0), (at(6), 50.0)]
    figure = known(schedule_figure(planned_, fills, (START, END), 100.0, theme,
                                   timezone="America/New_York", simulated=True))  # fmt: skip
    planned, filled = (trace.to_plotly_json() for trace in figure.data)
    assert values(planned["y"]).tolist() == [0.0, 50.0, 100.0, 100.0]
    assert values(filled["y"]).tolist() == [0.0, 50.0, 90.0]
    assert planned["line"]["shape"] == filled["line"]["shape"] == "hv"
    first = datetime.fromtimestamp(values(filled["x"])[1] / 1e3, UTC)
    assert (first.hour, first.minute) == (9, 36), "at the exchange's clock"
    assert figure.layout.shapes[0].y0 == 100.0
    assert any("SIMULATED" in note.text for note in figure.layout.annotations)


def test_without_a_schedule_or_a_fill_there_is_still_the_order() -> None:
    figure = known(schedule_figure([], [], (START, END), 7.0, DARK))
    assert [trace.name for trace in figure.data] == ["Filled"]
    done = schedule_figure([], [(at(1), 7.0)], (START, END), 7.0, DARK).data[0].to_plotly_json()
    assert values(done["y"]).tolist() == [0.0, 7.0, 7.0], "complete: level to the end"


@THEMES
def test_a_cost_is_the_sum_of_its_steps(theme: Theme) -> None:
    parts = {"timing": 20.0, "spread": -5.0, "impact": 3.0, "opportunity": 0.0, "fees": 2.0}
    figure = known(cost_figure(parts, theme, predicted=4.0))
    bars = figure.data[0]
    assert list(bars.base) == [0.0, 20.0, 15.0, 18.0, 18.0, 0.0]
    assert list(bars.x) == [20.0, -5.0, 3.0, 0.0, 2.0, 20.0]
    assert bars.marker.color[0] == theme.down and bars.marker.color[1] == theme.up
    assert bars.text[1] == "−5.00" and bars.y[-1] == "Cost"
    assert figure.layout.shapes[0].x0 == 4.0 and waterfall_height(parts) == figure.layout.height
    in_bps = cost_figure({"spread": 0.0005, "fees": 0.0001}, theme, unit="bps")
    assert in_bps.data[0].x[-1] == pytest.approx(6.0) and in_bps.data[0].text[-1] == "+6.0 bp"


@THEMES
def test_a_gap_shows_what_it_gained_and_lost(theme: Theme) -> None:
    parts = {"missed": -10.0, "timing": 4.0, "price": 0.0, "fees": -1.0, "size": 2.0}
    bars = known(gap_figure(parts, theme)).data[0]
    assert bars.x[-1] == -5.0 and bars.marker.color[0] == theme.down
    assert bars.marker.color[1] == theme.up


def test_nothing_to_show_says_so() -> None:
    assert not cost_figure({"spread": 0.0}, DARK).data
    assert not gap_figure({"price": 0.001}, DARK).data
