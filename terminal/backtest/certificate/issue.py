"""A run's certificate: the checks made, and their findings in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.certificate.certificate import Certificate, Check, Verdict
from terminal.backtest.certificate.fills import FillCheck, check_fills
from terminal.backtest.certificate.placebo import (
    ALPHA,
    LEAST_BARS,
    RUNS,
    Placebo,
    decision_sharpe,
    run_placebos,
)
from terminal.backtest.certificate.prices import AS_TRADED, level_free
from terminal.backtest.engine import checked_targets
from terminal.backtest.truncation import TruncationCheck
from terminal.errors import InputError
from terminal.market.mixed import traded
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.strategy import Strategy


def issue(
    strategy: Strategy,
    params: Any,
    panel: Panel,
    account: Account,
    targets: FloatArray,
    replay: TruncationCheck,
    fills: pd.DataFrame,
    seed: int,
    decided: FloatArray | None = None,
) -> Certificate:
    """The certificate of a run whose replay has passed.

    Parameters
    ----------
    panel : raw bars. targets : of the whole panel, as the strategy returned them.
    fills : as `Simulation.fills`. seed : of the shuffled data.
    decided : where something was decided, if that is not where the targets are.
    """
    reason, placebo = "", None
    try:
        placebo = run_placebos(strategy, params, panel, account, seed)
    except InputError as error:
        reason = error.message
    return Certificate(
        checks=(
            replay_check(replay, panel.n_instruments),
            canary_check(replay),
            placebo_check(placebo, reason),
            fill_check(check_fills(fills, targets if decided is None else decided, traded(panel))),
            price_check(strategy, params, panel, seed),
            universe_check(panel.n_instruments),
        ),
        seed=seed,
        placebo_sharpes=placebo.sharpes if placebo else (),
        expected_sharpes=placebo.expected if placebo else (),
        sharpe=decision_sharpe(checked_targets(panel, targets, account), panel),
    )


def refused(replay: TruncationCheck, n_instruments: int) -> Certificate:
    """The certificate of a strategy that failed the replay, which ends the run."""
    return Certificate((replay_check(replay, n_instruments),))


def replay_check(replay: TruncationCheck, n_instruments: int) -> Check:
    """The truncation replay in words."""
    cuts = len(replay.cuts)
    verdict = Verdict.PASSED if replay.passed else Verdict.FAILED
    finding = (
        f"All {replay.compared:,} decisions were the same."
        if replay.passed
        else f"{replay.symbol} at bar {replay.bar} was decided otherwise when later bars were "
        "hidden: the strategy looks ahead."
    )
    if not cuts:
        verdict, finding = Verdict.NOT_TESTABLE, "There are too few bars to hide any."
    return Check(
        "replay",
        "Truncation replay",
        verdict,
        f"All bars after {_count(cuts, 'moment')} were hidden, and every decision of "
        f"{_count(n_instruments, 'instrument')} up to there was made again, adjustment of prices "
        "included. Moments are spread over the run, each where a decision changes.",
        finding,
        "Bars between the moments. A strategy that keeps what it saw from one call to the next "
        "could answer from memory.",
        {"cuts": cuts, "instruments": n_instruments, "decisions": replay.compared},
    )


def canary_check(replay: TruncationCheck) -> Check:
    """The planted look-ahead in words."""
    cuts, caught = len(replay.cuts), replay.canary_caught
    return Check(
        "canary",
        "Planted canary",
        Verdict.PASSED if caught else Verdict.NOT_TESTABLE,
        "The same strategy, made to decide one bar ahead, went through the same replay: a check "
        "that does not find this would find nothing.",
        f"The planted look-ahead was caught at {caught} of {_count(cuts, 'moment')}."
        if caught
        else "The planted look-ahead changes nothing, because the decisions hardly ever change: "
        "the replay has nothing to find here.",
        "Look-aheads that change no decision at the moments of the replay.",
        {"caught": caught, "cuts": cuts},
    )


def placebo_check(placebo: Placebo | None, reason: str = "") -> Check:
    """The placebo in words; `reason` says why there is none."""
    if placebo is None:
        return _placebo(Verdict.NOT_TESTABLE, RUNS, f"It could not be run: {reason}", {})
    numbers: dict[str, float | int] = {
        "runs": len(placebo.sharpes),
        "bars": placebo.bars,
        "instruments": placebo.instruments,
        "invested_bars": placebo.invested,
        "mean_sharpe": _mean(placebo.sharpes),
        "mean_expected": _mean(placebo.expected),
        "z": placebo.z,
        "p_value": placebo.p_value,
        **{f"z_ahead_{bars}": z for bars, z in placebo.noticed.items()},
    }
    runs, smallest = len(placebo.sharpes), placebo.smallest_leak
    found = (
        f"Mean Sharpe ratio {_mean(placebo.sharpes):.2f} before costs; holding the same exposure "
        f"at mean returns gives {_mean(placebo.expected):.2f} (z = {placebo.z:.1f}, "
        f"p = {_p(placebo.p_value)})"
    )
    size = f"{placebo.bars:,} bars of {_count(placebo.instruments, 'instrument')} each"
    if placebo.leaks:
        way = "earns" if placebo.z > 0 else "loses"
        return _placebo(
            Verdict.FAILED, runs, f"{found}: it {way} where the past says nothing, so it knows "
            "what comes.", numbers, size,
        )  # fmt: skip
    if placebo.invested < LEAST_BARS:
        return _placebo(
            Verdict.NOT_TESTABLE, runs, f"It held something in {placebo.invested:,} bars only, "
            "which is too few to tell.", numbers, size,
        )  # fmt: skip
    if smallest is None:
        return _placebo(
            Verdict.NOT_TESTABLE, runs, f"{found}. A look-ahead planted into its decisions would "
            "not stand out here, so this says nothing.", numbers, size,
        )  # fmt: skip
    return _placebo(
        Verdict.PASSED, runs, f"{found}: not distinguishable. A look-ahead of "
        f"{_count(smallest, 'bar')} planted into the same decisions would have stood out "
        f"(z = {placebo.noticed[smallest]:.1f}).", numbers, size,
    )  # fmt: skip


def _placebo(
    verdict: Verdict, runs: int, finding: str, numbers: dict[str, float | int], size: str = ""
) -> Check:
    return Check(
        "placebo",
        "Placebo on shuffled bars",
        verdict,
        f"The strategy was run {runs} times on the panel's own bars in random order, all "
        f"instruments together{f' ({size})' if size else ''}. There the past says nothing, so it "
        "must earn what its exposure earns at mean returns, no more and no less; "
        f"p below {ALPHA:.5f} refuses.",
        finding,
        "Knowledge of this particular history: a parameter chosen on it, or a number learned from "
        "it, earns nothing on other data.",
        numbers,
    )


def fill_check(found: FillCheck) -> Check:
    """Fills against their bars in words."""
    if not found.fills:
        verdict, finding = Verdict.NOT_TESTABLE, "Nothing was traded."
    elif found.passed:
        verdict, finding = Verdict.PASSED, f"All {found.fills:,} fills were in order."
    else:
        verdict = Verdict.FAILED
        finding = (
            f"Of {found.fills:,} fills {found.early:,} came before their decision and "
            f"{found.outside:,} lay outside their bar, the first: {found.first}."
        )
    return Check(
        "fills",
        "Fills",
        verdict,
        "Every fill came in a bar after the first decision about its instrument, and its price "
        "before costs lay between that bar's low and high.",
        finding,
        "Whether there was enough to be had at that price. Entries at a last known price "
        f"(delisting, fractions after a split, bankruptcy; {found.booked:,} here) are no trades.",
        {"fills": found.fills, "early": found.early, "outside": found.outside},
    )


def price_check(strategy: Strategy, params: Any, panel: Panel, seed: int) -> Check:
    """Whether prices could tell of later splits and dividends."""
    if panel.adjustment == AS_TRADED:
        verdict = Verdict.PASSED
        tested = "Prices are stored as traded; what the strategy saw was adjusted point in time."
        finding = "Each bar was adjusted by splits and dividends up to it, and by no later one."
    else:
        tested = (
            "The source has adjusted past prices for later splits and dividends, so their level "
            "tells of the future. Each instrument's prices were multiplied by a factor of its own, "
            "and the decisions were made again."
        )
        free = level_free(strategy, params, panel, seed)
        verdict = Verdict.PASSED if free else Verdict.NOT_TESTABLE
        finding = (
            "The decisions were the same: the strategy does not look at the level of prices."
            if free
            else "The decisions changed: the strategy looks at the level of prices, and what it "
            "saw there cannot be told from hindsight."
        )
    return Check(
        "prices",
        "Adjusted prices",
        verdict,
        tested,
        finding,
        "Errors and later corrections in the source. Numbers of units bought depend on the level "
        "of prices in any case.",
    )


def universe_check(n_instruments: int) -> Check:
    """What no run can test about its instruments."""
    return Check(
        "universe",
        "Universe",
        Verdict.NOT_TESTED,
        "Nothing: instruments are what the person who made the run chose.",
        f"{_count(n_instruments, 'instrument')}, chosen today. Those that are known today to have "
        "survived or done well make any strategy look better than it could have been.",
        "Whether these instruments would have been chosen at the start, and what became of those "
        "that were not.",
    )


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values) if values else 0.0


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}"
