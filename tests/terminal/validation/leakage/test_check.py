"""The checker against two dozen leaks, and against honest features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.features.frame import FeatureFrame
from terminal.labels.fixed_horizon import FORWARD_RETURN, ForwardReturnParams
from terminal.market.panel import Panel
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.leakage import check as checker
from terminal.validation.leakage.check import check_leakage
from terminal.validation.leakage.replay import cut_points, replay, replay_findings
from terminal.validation.leakage.report import Test, Verdict, without
from terminal.validation.split import Split
from tests.terminal.validation.leakage.market import (
    HONEST,
    LEAKS,
    WITH_A_TRACE,
    frame_of,
    market,
    market_labels,
)


def honest(panel: Panel) -> FeatureFrame:
    return frame_of(panel, HONEST)


@pytest.fixture(scope="module")
def everything() -> tuple[str, ...]:
    """Columns that a replay of honest and leaking features names."""
    found = replay(lambda p: frame_of(p, HONEST | LEAKS), market(), cuts=4)
    return tuple(finding.column for finding in replay_findings(found))


@pytest.mark.parametrize("leak", LEAKS)
def test_a_replay_finds_the_leak(leak: str, everything: tuple[str, ...]) -> None:
    assert leak in everything


def test_a_replay_finds_nothing_else(everything: tuple[str, ...]) -> None:
    assert set(everything) == set(LEAKS)
    assert len(LEAKS) >= 20


def test_honest_features_are_clean_and_every_planted_leak_is_found() -> None:
    report = check_leakage(market(), honest(market()), market_labels(), compute=honest, cuts=3)
    assert report.verdict is Verdict.CLEAN
    assert not report.findings
    assert not report.drop
    assert len(report.canaries) == 8
    assert all(canary.found for canary in report.canaries)
    assert report.words == (
        "No leak in 15 features (truncation replay, future correlation, target leak); "
        "8 of 8 planted leaks were found."
    )


def test_leaks_with_a_trace_are_found_without_knowing_how_they_were_computed() -> None:
    given = frame_of(market(), HONEST | {name: LEAKS[name] for name in WITH_A_TRACE})
    report = check_leakage(market(), given, market_labels())
    assert report.verdict is Verdict.LEAKS
    assert report.drop == WITH_A_TRACE
    assert report.tests == (Test.FUTURE, Test.TARGET)
    assert "8 of 23 features know the future" in report.words
    assert without(given, report.drop).columns == tuple(HONEST)


def test_a_number_as_label_is_checked_too() -> None:
    labels = FORWARD_RETURN.make(market(), ForwardReturnParams(horizon=12, span=50))
    given = honest(market())
    value = np.full(given.values.shape[:2], np.nan, dtype=np.float32)
    value[labels.instrument, labels.bar] = labels.label
    given = replace(
        given,
        columns=(*given.columns, "its label"),
        values=np.concatenate([given.values, value[:, :, None]], axis=2),
    )
    report = check_leakage(market(), given, labels)
    assert report.drop == ("its label",)
    assert all(canary.found for canary in report.canaries)


def test_a_leak_without_direction_is_found_by_its_information() -> None:
    labels = market_labels()
    random = np.random.default_rng(1)
    given = honest(market())
    # far from the middle for a fall, near it for a rise: no AUC sees that
    value = np.full(given.values.shape[:2], np.nan, dtype=np.float32)
    wide = np.where(labels.label < 0, 3.0, 1.0)
    value[labels.instrument, labels.bar] = wide * random.standard_normal(len(labels))
    given = replace(
        given,
        columns=(*given.columns, "spread"),
        values=np.concatenate([given.values, value[:, :, None]], axis=2),
    )
    report = check_leakage(market(), given, labels)
    assert report.drop == ("spread",)
    assert "of the label's information" in report.findings[0].words


def test_a_blind_test_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "future_findings", lambda *_, **__: [])
    report = check_leakage(market(), honest(market()), market_labels())
    assert report.verdict is Verdict.NOT_PROVEN
    assert report.words.startswith("Not proven: 2 of 5 planted leaks were found")
    assert "centred mean" in report.words


def test_splits_that_overlap_are_named() -> None:
    labels = market_labels()
    gap = 20
    clean = list(CombinatorialPurged(5, 1, gap).split(labels.bar, labels.end))
    everything = np.arange(len(labels))
    none = np.empty(0, dtype=np.int64)
    faulty = Split(np.setdiff1d(everything, clean[2].test), clean[2].test, none, none)
    report = check_leakage(market(), honest(market()), labels, splits=[*clean[:2], faulty], gap=gap)
    assert report.verdict is Verdict.LEAKS
    assert len(report.overlaps) == 1
    assert report.overlaps[0].startswith("Split 3: A training event of bar")


def test_cuts_go_into_the_gap() -> None:
    cuts = cut_points(market(), 3, seed=0)
    assert 1501 in cuts


def test_features_of_other_bars_are_refused() -> None:
    with pytest.raises(InputError, match="the panel 100 of 4"):
        check_leakage(market().truncated(100), honest(market()), market_labels())


def test_a_column_that_is_nowhere_known_and_one_that_never_moves_are_no_leak() -> None:
    given = honest(market())
    odd = np.stack([np.full(given.values.shape[:2], np.nan), np.ones(given.values.shape[:2])], 2)
    given = replace(
        given,
        columns=(*given.columns, "unknown", "constant"),
        values=np.concatenate([given.values, odd.astype(np.float32)], axis=2),
    )
    report = check_leakage(market(), given, market_labels())
    assert report.verdict is Verdict.CLEAN


def test_without_events_nothing_is_proven() -> None:
    labels = market_labels()
    none = replace(
        labels, **{name: getattr(labels, name)[:0] for name in labels.__dataclass_fields__}
    )
    report = check_leakage(market(), honest(market()), none)
    assert report.verdict is Verdict.NOT_PROVEN
    assert "the label" in report.words


def test_a_column_without_a_value_in_the_bars_replayed_is_named() -> None:
    slow = HONEST | {"long memory": lambda p: np.full(p.close.shape, np.nan)}
    report = check_leakage(
        market(), frame_of(market(), slow), market_labels(), cuts=1, most_bars=300,
        compute=lambda panel: frame_of(panel, slow),
    )  # fmt: skip
    assert report.blank == ("long memory",)
    assert report.words.endswith("not replayed for want of values: long memory.")
