from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.hashing import data_hash
from terminal.features.live import LiveFeatures
from terminal.features.pipeline import compute
from terminal.market.mixed import join
from tests.terminal.features.panels import smooth_panel


def column(panel: object, slug: str, **rest: object) -> np.ndarray:
    sectors = rest.pop("sectors", None)
    frame = compute(panel, FeatureSet((FeatureChoice(slug, params=rest),)), sectors=sectors)
    return frame.values[:, :, 0].astype(float)


def test_beta_correlation_and_residuals_are_those_of_a_regression() -> None:
    panel = smooth_panel(200, 5)
    returns = np.diff(np.log(panel.close), axis=0)
    market = returns.mean(axis=1)
    window = slice(-63, None)
    for i in range(5):
        slope = np.cov(returns[window, i], market[window], ddof=0)[0, 1] / market[window].var()
        assert column(panel, "beta")[i, -1] == pytest.approx(slope, rel=1e-5)
        correlation = np.corrcoef(returns[window, i], market[window])[0, 1]
        assert column(panel, "market-correlation")[i, -1] == pytest.approx(correlation, rel=1e-5)
        residual = returns[-1, i] - slope * market[-1]
        assert column(panel, "residual-return")[i, -1] == pytest.approx(residual, rel=1e-4)
        rest = returns[window, i] - slope * market[window]
        assert column(panel, "residual-volatility")[i, -1] == pytest.approx(rest.std(), rel=1e-4)


def test_betas_average_to_one_when_all_have_bars() -> None:
    assert column(smooth_panel(200, 6), "beta")[:, -1].mean() == pytest.approx(1.0, abs=1e-5)


def test_a_sector_is_compared_within_itself_and_without_sectors_all_are_one() -> None:
    panel = smooth_panel(60, 4)
    move = np.log(panel.close[-1] / panel.close[-21])
    sectors = {"S0": "A", "S1": "A", "S2": "B", "S3": "B"}
    found = column(panel, "sector-relative", sectors=sectors)[:, -1]
    wanted = move - np.repeat([move[:2].mean(), move[2:].mean()], 2)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7)
    alone = column(panel, "sector-relative")[:, -1]
    np.testing.assert_allclose(alone, move - move.mean(), rtol=1e-4, atol=1e-7)
    rank = column(panel, "rank-sector", sectors=sectors)[:, -1]
    assert sorted(rank[:2]) == [0.0, 1.0] and sorted(rank[2:]) == [0.0, 1.0]


def test_the_sectors_a_panel_names_are_those_of_its_features_everywhere() -> None:
    """Training, explanations, drift and strategies hand over a panel and nothing else."""
    panel = smooth_panel(60, 4)
    sectors = {"S0": "A", "S1": "A", "S2": "B", "S3": ""}
    named = replace(panel, sectors=tuple(sectors.values()))
    chosen = FeatureSet((FeatureChoice("sector-relative"), FeatureChoice("rank-sector")))
    told, found = compute(panel, chosen, sectors=sectors), compute(named, chosen)
    np.testing.assert_array_equal(found.values, told.values)
    assert found.data_hash == told.data_hash != data_hash(panel)
    assert data_hash(replace(panel, sectors=("",) * 4)) == data_hash(panel, {}) == data_hash(panel)
    live = LiveFeatures(named.truncated(50), chosen)
    for t in range(50, 60):
        now = live.next(named.rows(slice(t, t + 1)))
    np.testing.assert_array_equal(now, found.values[:, -1])
    apart = [replace(panel.rows(slice(0, 60)), symbols=tuple(f"{mark}{s}" for s in panel.symbols))
             for mark in "PQ"]  # fmt: skip
    both = join([replace(apart[0], sectors=tuple(sectors.values())), apart[1]])
    assert both.sectors == ("A", "A", "B", "", "", "", "", "")
    assert join(apart).sectors == ()


def test_a_rank_across_instruments_leaves_out_those_without_a_bar() -> None:
    panel = smooth_panel(30, 4)
    panel.close[10:, 3] = np.nan
    found = column(panel, "rank-return", window=5)[:, -1]
    move = panel.close[-1] / panel.close[-6]
    order = np.argsort(np.argsort(move[:3]))
    assert found[:3].tolist() == [order[i] / 2 for i in range(3)]
    assert np.isnan(found[3])


def test_breadth_and_dispersion_are_the_same_for_all() -> None:
    panel = smooth_panel(60, 5)
    above = (panel.close[-1] > panel.close[-20:].mean(axis=0)).mean()
    assert column(panel, "breadth")[:, -1].tolist() == pytest.approx([above] * 5)
    spread = np.log(panel.close[-1] / panel.close[-2]).std()
    assert column(panel, "dispersion")[:, -1].tolist() == pytest.approx([spread] * 5, rel=1e-5)
