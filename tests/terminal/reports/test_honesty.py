"""The tear sheet says what stands against the run, on screen and on paper."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest

from terminal.charts.equity import Band, equity_figure
from terminal.charts.theme import DARK
from terminal.reports import comparison
from terminal.reports.capacity import capacity_sentence, capacity_table
from terminal.reports.figures import equity_band, sections
from terminal.reports.honesty import honest_sections, statements
from terminal.reports.tear_sheet import tear_sheet_html
from terminal.reports.tear_sheet_pdf import tear_sheet_pdf
from tests.terminal.reports.engine_run import plain_run, sample_run
from tests.terminal.reports.sample import sample_result


def test_the_tear_sheet_begins_with_the_verdict_and_holds_its_tables() -> None:
    run = sample_run()
    said = statements(run)
    assert "after 137 trials the deflated Sharpe" in said[0]
    page = unescape(tear_sheet_html(run))
    for line in said:
        assert line in page
    assert page.index(said[0]) < page.index("Total return")
    for title in ("Is it luck?", "How far the numbers could be off", "From gross to net",
                  "What else could have happened", "Capacity"):  # fmt: skip
        assert f">{title}</h2>" in page, title


def test_a_run_that_was_not_asked_still_has_its_costs() -> None:
    old = sample_result(300, 2)
    assert statements(old)[0].endswith("Run it again to see.")
    page = unescape(tear_sheet_html(old))
    assert ">From gross to net</h2>" in page and ">Is it luck?</h2>" not in page
    assert equity_band(old) is None


def test_paper_shows_the_same_and_is_the_same_every_time() -> None:
    run = sample_run()
    first = tear_sheet_pdf(run)
    assert first.startswith(b"%PDF") and first == tear_sheet_pdf(run)
    assert tear_sheet_pdf(sample_result(300, 2)).startswith(b"%PDF")


def test_the_band_beside_the_equity_is_nine_tenths_of_the_samples_at_each_session() -> None:
    run = sample_run()
    band, judged = equity_band(run), run.judged
    assert band is not None and judged is not None
    fan = judged.analysis.evidence.fans[0]
    assert band.index[-1] == run.curve.index[-1]
    assert band.low[-1] == pytest.approx(run.request.capital * fan.bands[0][-1])
    assert band.high[-1] == pytest.approx(run.request.capital * fan.bands[-1][-1])
    assert (band.low <= band.high).all() and np.all(np.diff(band.index.asi8) > 0)
    equity = sections(run, DARK)[0]
    assert "90% of samples" in [trace.name for trace in equity.figure.data]
    assert [part.key for part in honest_sections(run, DARK)] == ["costs-split", "evidence-returns"]


def test_a_band_far_above_the_curves_leaves_a_linear_axis_to_them() -> None:
    curve = sample_run().curve
    highest = float(curve[["equity", "benchmark"]].max().max())
    ends = pd.DatetimeIndex(curve.index[[0, -1]])
    wide = Band(ends, np.array([1e4, 1e4]), np.array([1e5, 10 * highest]), "wide")
    near = Band(ends, np.array([9e4, 9e4]), np.array([1e5, highest]), "near")
    low, high = equity_figure(curve, DARK, band=wide).layout.yaxis.range
    assert low < 1e4 and high == pytest.approx(1.3 * highest)
    assert equity_figure(curve, DARK, band=near).layout.yaxis.range is None
    assert equity_figure(curve, DARK, band=wide, scale="log").layout.yaxis.range is None


def test_capacity_is_said_to_its_order_of_magnitude_or_not_at_all() -> None:
    run = plain_run()
    assert "square-root law" in capacity_table(run).note
    judged = run.judged
    assert judged is not None and judged.analysis.capacity is not None
    made = replace(judged.analysis.capacity, total_return=12_345_678.0, benchmark=None)
    with_it = replace(run, judged=replace(judged, analysis=replace(judged.analysis, capacity=made)))
    assert "from about 12 million of starting capital on." in capacity_sentence(with_it)
    none = replace(judged, analysis=replace(judged.analysis, capacity=None))
    assert capacity_sentence(replace(run, judged=none)).startswith("No capacity")
    assert capacity_table(replace(run, judged=none)).rows == ()


def test_a_comparison_says_in_words_whether_its_runs_differ() -> None:
    one = plain_run()
    other = replace(one, request=replace(one.request, name="The same-again"))
    found = comparison.differences_of([one, other])
    assert found.pairs[0].memmel == 1.0 and not found.pairs[0].differs
    page = unescape(comparison.comparison_html([one, other]))
    assert "Do they differ?" in page and "No difference of Sharpe ratios is" in page
