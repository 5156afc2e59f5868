"""The checker raises nothing on the catalogue: every feature that is not heavy, on real data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from terminal.features.pipeline import compute
from terminal.features.presets import PRESETS
from terminal.labels.fixed_horizon import FIXED_HORIZON, FixedHorizonParams
from terminal.market.builtin import us_tech_four
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.panels import build_panel
from terminal.validation.leakage.check import check_leakage
from terminal.validation.leakage.report import Verdict
from tests.terminal.validation.leakage.market import market, market_labels


def daily() -> Panel:
    """Four stocks as traded, six years of them."""
    about, parts = us_tech_four()
    actions = pd.concat([part.actions.assign(symbol=part.symbol) for part in parts])
    frames = {part.symbol: part.bars for part in parts}
    panel = build_panel(about, frames, actions, about.timeframe, get_calendar("XNYS"))
    return panel.rows(slice(1200, 2700))


def test_the_catalogue_is_clean_on_simulated_15_minute_bars() -> None:
    chosen = PRESETS["full"]
    report = check_leakage(
        market(),
        compute(market(), chosen),
        market_labels(),
        compute=lambda panel: compute(panel, chosen),
        cuts=2,
        most_bars=1000,
    )
    assert not report.findings, [finding.words for finding in report.findings]
    assert report.verdict is Verdict.CLEAN


def test_the_catalogue_is_clean_on_real_daily_bars() -> None:
    chosen, panel = PRESETS["full"], daily()
    report = check_leakage(
        panel, compute(panel, chosen), FIXED_HORIZON.make(panel, FixedHorizonParams(horizon=5))
    )
    assert not report.findings, [finding.words for finding in report.findings]
    assert report.verdict is Verdict.CLEAN


def test_one_feature_shifted_by_a_bar_is_found_among_all_others() -> None:
    chosen, panel = PRESETS["core"], market()
    given = compute(panel, chosen)
    at = given.columns.index("log-return")
    values = given.values.copy()
    values[:, :-1, at] = values[:, 1:, at]
    values[:, -1, at] = np.nan
    report = check_leakage(panel, replace(given, values=values), market_labels())
    assert report.drop == ("log-return",)
