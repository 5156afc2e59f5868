"""The certificate refuses what knows the future, certifies what does not, and says its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from terminal.backtest.account import Account
from terminal.backtest.certificate.certificate import Certificate, LooksAhead, Status, Verdict
from terminal.backtest.certificate.issue import issue, refused
from terminal.backtest.engine import simulate
from terminal.backtest.stored import read_certificate
from terminal.backtest.truncation import decide, truncation_check
from terminal.codec import to_json
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.strategy import Strategy
from tests.terminal.backtest.certificate import leaks
from tests.terminal.backtest.certificate.leaks import strategy_of
from tests.terminal.backtest.panels import random_panel
from tests.terminal.strategies.test_every_strategy import SHORT, of

ACCOUNT = Account(long_only=False)


def certificate(strategy: Strategy, panel: Panel, params: Any = None, seed: int = 1) -> Certificate:
    targets = decide(strategy, params, panel)
    replay = truncation_check(strategy, params, panel, targets)
    if not replay.passed:
        return refused(replay, panel.n_instruments)
    fills = simulate(panel, targets, ACCOUNT).fills
    return issue(strategy, params, panel, ACCOUNT, targets, replay, fills, seed)


def verdicts(found: Certificate) -> dict[str, Verdict]:
    return {check.key: check.verdict for check in found.checks}


CAUGHT = [
    leaks.will_rise,
    leaks.next_high,
    leaks.z_of_the_whole_sample,
    leaks.threshold_fitted_on_all,
]


@pytest.mark.parametrize("leak", CAUGHT, ids=lambda leak: leak.__name__)
def test_a_strategy_that_knows_the_future_is_refused(leak: leaks.Targets) -> None:
    found = certificate(strategy_of(leak), random_panel(11, 300, 4))
    assert found.status is Status.REFUSED
    assert verdicts(found) == {"replay": Verdict.FAILED}
    assert "truncation replay" in found.sentence and "must not be trusted" in found.sentence


def test_a_leak_that_answers_the_replay_from_memory_is_caught_by_the_placebo() -> None:
    found = certificate(strategy_of(leaks.remembering()), random_panel(11, 300, 4))
    assert verdicts(found)["replay"] is Verdict.PASSED
    assert verdicts(found)["placebo"] is Verdict.FAILED
    assert found.status is Status.REFUSED and "placebo" in found.sentence
    assert min(found.placebo_sharpes) > 5.0
    placebo = next(check for check in found.checks if check.key == "placebo")
    assert placebo.numbers["z"] > 20 and "earns where the past says nothing" in placebo.finding


@pytest.mark.parametrize(
    "honest",
    [leaks.rises, leaks.falls, leaks.closes_near_its_own_high],
    ids=lambda honest: honest.__name__,
)
def test_an_honest_strategy_is_certified(honest: leaks.Targets) -> None:
    found = certificate(strategy_of(honest), random_panel(11, 300, 4))
    assert found.status is Status.CERTIFIED, found.sentence
    assert verdicts(found) == {
        "replay": Verdict.PASSED,
        "canary": Verdict.PASSED,
        "placebo": Verdict.PASSED,
        "fills": Verdict.PASSED,
        "prices": Verdict.PASSED,
        "universe": Verdict.NOT_TESTED,
    }
    assert len(found.placebo_sharpes) == len(found.expected_sharpes) == 20
    for check in found.checks:
        assert check.title and check.tested and check.finding and check.not_tested.endswith(".")


def test_what_never_decides_anything_new_is_not_called_tested() -> None:
    panel = random_panel(11, 300, 4, ragged=False)
    found = certificate(strategy_of(leaks.constant), panel)
    assert found.status is Status.LIMITED
    assert verdicts(found)["canary"] is Verdict.NOT_TESTABLE
    assert verdicts(found)["placebo"] is Verdict.NOT_TESTABLE
    assert "planted canary" in found.sentence


@pytest.mark.parametrize("slug", SHORT)
@pytest.mark.parametrize("seed", [3, 4])
def test_no_registered_strategy_is_refused_on_random_bars(slug: str, seed: int) -> None:
    strategy, params = of(slug)
    found = certificate(strategy, random_panel(seed, 150, 5), params, seed)
    assert found.status is not Status.REFUSED, [check.finding for check in found.checks]
    assert found.checks[0].verdict is Verdict.PASSED


def test_prices_adjusted_by_the_source_limit_a_strategy_that_looks_at_their_level() -> None:
    def cheap(panel: Panel, params: Any) -> FloatArray:
        return (panel.close < 50.0) / panel.n_instruments

    panel = random_panel(11, 300, 4, ragged=False, events=False)
    adjusted = replace(panel, adjustment="split_dividend")
    assert verdicts(certificate(strategy_of(cheap), panel))["prices"] is Verdict.PASSED
    assert verdicts(certificate(strategy_of(cheap), adjusted))["prices"] is Verdict.NOT_TESTABLE
    assert verdicts(certificate(strategy_of(leaks.rises), adjusted))["prices"] is Verdict.PASSED


def test_a_strategy_that_cannot_run_on_part_of_the_panel_has_no_placebo_and_says_why() -> None:
    panel = random_panel(11, 300, 4)

    def asks_for_all(bars: Panel, params: Any) -> FloatArray:
        if bars.ts[0] != panel.ts[0]:
            raise InputError("The first bar is missing.")
        return leaks.rises(bars, params)

    found = certificate(strategy_of(asks_for_all), panel)
    assert found.status is Status.LIMITED and found.placebo_sharpes == ()
    placebo = next(check for check in found.checks if check.key == "placebo")
    assert "The first bar is missing." in placebo.finding


def test_a_certificate_is_the_same_for_the_same_seed_and_kept_whole_as_json() -> None:
    panel = random_panel(11, 200, 3)
    one, two, other = (certificate(strategy_of(leaks.rises), panel, seed=k) for k in (5, 5, 6))
    assert one == two != other
    assert read_certificate(to_json(one.as_json())) == one
    assert read_certificate(None) is None
    error = LooksAhead("No.", one, field="strategy", remedy="Stop.").as_dict()
    assert error["kind"] == "LooksAhead" and error["remedy"] == "Stop."
    assert read_certificate(to_json(error["certificate"])) == one


def test_too_few_bars_to_hide_any_are_said_and_not_passed() -> None:
    found = certificate(strategy_of(leaks.constant, warmup=0), random_panel(1, 2, 2).truncated(1))
    assert verdicts(found)["replay"] is Verdict.NOT_TESTABLE
    placebo = next(check for check in found.checks if check.key == "placebo")
    assert "1 bars are too few to shuffle" in placebo.finding
    assert found.sharpe is None
