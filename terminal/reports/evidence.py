"""How far a run is luck, in words, tables and figures: the same on the page and on paper."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from terminal.backtest.evidence import DEPTHS, Fan
from terminal.backtest.inference.verdict import Verdict
from terminal.backtest.judged import Judged
from terminal.backtest.metrics import METRICS
from terminal.backtest.result import BacktestResult
from terminal.charts.curve import session_equity
from terminal.charts.evidence import arrangements_figure, drawdown_chance_figure, fan_figure
from terminal.charts.numbers import MISSING
from terminal.charts.theme import Theme
from terminal.reports.figures import Section
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Cell, Table, number, text

SHOWN_DEPTHS = (0.1, 0.2, 0.3, 0.5)
LEVEL = 0.05
NOT_ASKED = "Luck was not asked about when this was run. Run it again to see."


def evidence_sentence(result: BacktestResult) -> str:
    """The finding in one sentence, after the trials there are now."""
    if result.judged is None:
        return NOT_ASKED
    return (result.judged.verdict_now or result.judged.verdict).sentences[0]


def caveats(result: BacktestResult) -> list[str]:
    """What a good Sharpe ratio does not say: that it came from the strategy's decisions.

    A run that was invested in a rising market shows skill against nothing, and none against the
    same positions at other times or against its benchmark.
    """
    found = verdict_of(result)
    if result.judged is None or found is None or not (found.sharpe or 0.0) > 0.0:
        return []
    said = []
    drawn = result.judged.analysis.evidence.arrangements
    if drawn is not None and drawn.p_value > LEVEL:
        said.append(
            "Its timing is not distinguishable from chance: the same positions at other times did "
            f"as well or better in {drawn.p_value:.0%} of {drawn.n_drawn:,} arrangements."
        )
    other = result.benchmark_metrics.get("sharpe")
    if other is not None and other >= (found.sharpe or 0.0):
        said.append(f"Its benchmark had a Sharpe ratio of {other:.2f} without a decision.")
    return said


def trials_sentence(judged: Judged) -> str:
    """What the count of trials counts, and whether it has grown since the run."""
    then, now = judged.at_run.count, judged.now.count
    counted = "Trials are different runs of this strategy family on this data set."
    if now <= then:
        return f"{counted} This was number {then:,}, and there has been none since."
    first = f"{counted} This was number {then:,}; by now there are {now:,}."
    before = judged.verdict.dsr
    if before is None:
        return first
    return f"{first} After {then:,} the deflated Sharpe was {_chance(before)}."


def verdict_table(judged: Judged) -> Table:
    """Sharpe ratio, probabilities and track records, at the run and now where trials were added."""
    views = [(f"At the run ({judged.at_run.count:,})", judged.verdict)]
    if judged.verdict_now is not None:
        views.append((f"Now ({judged.now.count:,})", judged.verdict_now))
    return Table(
        "Is it luck?",
        ("", *(title for title, _ in views)),
        ("left", *["right"] * len(views)),  # type: ignore[arg-type]
        tuple(
            (text(title, why), *(read(verdict) for _, verdict in views))
            for title, why, read in _VERDICT_ROWS
        ),
        note=_spread_note(judged),
    )


def _spread_note(judged: Judged) -> str:
    view = judged.now if judged.verdict_now is not None else judged.at_run
    if view.variance is None:
        return (
            "The spread of the trials' Sharpe ratios is not known well enough yet; that of "
            "independent trials without skill is taken."
        )
    return (
        f"The trials' Sharpe ratios have a standard deviation of {np.sqrt(view.variance):.2f} "
        "(annual)."
    )


def _chance(value: float | None) -> str:
    if value is None:
        return MISSING
    return "> 0.99" if value > 0.99 else "< 0.01" if value < 0.01 else f"{value:.2f}"


def _returns(value: float | None) -> Cell:
    return number(None if value is None else float(np.ceil(value)), "count")


_VERDICT_ROWS: tuple[tuple[str, str, Callable[[Verdict], Cell]], ...] = (
    (
        "Sharpe ratio",
        "Annual, of returns above the risk-free rate",
        lambda v: number(v.sharpe, "ratio"),
    ),
    (
        "Probabilistic Sharpe",
        "Confidence that the true Sharpe ratio is above 0, had this been the only trial (Bailey "
        "and López de Prado 2012)",
        lambda v: Cell(_chance(v.psr)),
    ),
    (
        "… with autocorrelation",
        "The same with the autocorrelation of the returns (2025 formula)",
        lambda v: Cell(_chance(v.psr_autocorrelated)),
    ),
    (
        "Sharpe of luck",
        "What the best of these trials is expected to show without any skill",
        lambda v: number(v.luck_sharpe, "ratio"),
    ),
    (
        "Deflated Sharpe",
        "Confidence that the true Sharpe ratio is above that of luck (2014); 0.95 is the usual bar",
        lambda v: Cell(_chance(v.dsr)),
    ),
    ("Sessions there are", "Returns the verdict rests on", lambda v: _returns(v.n_returns)),
    (
        "Sessions needed, above 0",
        "Minimum track record: returns like these from which one is 95 % sure that the true "
        "Sharpe ratio is above 0; a dash where no number suffices",
        lambda v: _returns(v.min_track_record),
    ),
    (
        "Sessions needed, above luck",
        "The same against the Sharpe ratio of luck",
        lambda v: _returns(v.min_track_record_deflated),
    ),
)


def interval_table(judged: Judged) -> Table:
    """Every headline metric with its 95 % interval."""
    made = judged.analysis.evidence
    known = {metric.key: metric for metric in METRICS}
    rows = []
    for key, found in made.intervals.items():
        metric = known[key]
        low, high = found.bca or found.percentile or (None, None)
        rows.append(
            (
                text(metric.title, metric.formula),
                number(found.estimate, metric.unit),
                number(low, metric.unit),
                number(high, metric.unit),
                Cell("BCa" if found.bca else "percentile" if found.percentile else MISSING),
            )
        )
    length = made.block_length
    return Table(
        "How far the numbers could be off",
        ("Metric", "Estimate", "95 % from", "95 % to", "Interval"),
        ("left", "right", "right", "right", "left"),
        tuple(rows),
        "Too few returns for intervals.",
        f"Stationary bootstrap of session returns: {made.n_samples:,} samples, blocks of "
        f"{length:.1f} sessions on average. An interval knows nothing of trials thrown away."
        if length is not None
        else "",
    )


def simulation_table(judged: Judged) -> Table:
    """Chances of a loss and of drawdowns in each simulation."""
    falls = [f"Fall > {depth:.0%}" for depth in SHOWN_DEPTHS]
    return Table(
        "What else could have happened",
        ("Simulation", "Samples", "Loss", *falls, "5 % end below", "Half end above"),
        ("left", *["right"] * (4 + len(falls))),  # type: ignore[arg-type]
        tuple(_simulation(fan) for fan in judged.analysis.evidence.fans),
        "The returns allow no simulation.",
        "Probabilities of ending with a loss, and of standing so far below a high at some time. "
        "Trades are compounded one after another, as if they had not overlapped.",
    )  # fmt: skip


def _simulation(fan: Fan) -> tuple[Cell, ...]:
    at = [fan.drawdowns[DEPTHS.index(depth)] for depth in SHOWN_DEPTHS]
    return (
        text(fan.title, fan.sentence),
        number(fan.n_samples, "count"),
        _share(fan.loss),
        *(_share(chance) for chance in at),
        number(fan.final[0] - 1.0, "percent", change=True),
        number(fan.final[len(fan.final) // 2] - 1.0, "percent", change=True),
    )


def _share(value: float) -> Cell:
    """Whole per cents of some hundred samples, never rounded to certainty."""
    if value < 0.01:
        return Cell("< 1%")
    return Cell("> 99%") if value > 0.99 else Cell(f"{value:.0%}")


def evidence_sections(
    result: BacktestResult, theme: Theme, *, timezone: str = "UTC"
) -> list[Section]:
    """The figures of the evidence; none for a run that was not asked."""
    if result.judged is None:
        return []
    made, simulated = result.judged.analysis.evidence, result.provenance.simulated
    equity = session_equity(session_curve(result)["equity"], timezone).to_numpy()
    wealth = np.concatenate([[1.0], equity / result.request.capital])
    parts = [
        Section(
            f"evidence-{fan.key}", fan.title, fan.sentence,
            fan_figure(
                fan.after, fan.levels, fan.bands, theme, unit=fan.unit, simulated=simulated,
                actual=wealth[list(fan.after)].tolist()
                if fan.unit == "sessions" and fan.length == len(wealth) - 1
                else None,
            ),
            260, wide=False,
        )
        for fan in made.fans
    ]  # fmt: skip
    if made.fans:
        chances = {fan.title: fan.drawdowns for fan in made.fans}
        parts.append(
            Section(
                "evidence-drawdowns", "How deep it could have fallen",
                "Share of samples that stood at least so far below a high at some time.",
                drawdown_chance_figure(DEPTHS, chances, theme, simulated=simulated), 260,
                wide=False,
            )
        )  # fmt: skip
    if made.arrangements is not None:
        drawn = made.arrangements
        parts.append(
            Section(
                "evidence-entries", "The same positions at other times", drawn.sentence,
                arrangements_figure(
                    drawn.edges, drawn.counts, drawn.observed, theme, simulated=simulated
                ),
                260, wide=False,
            )
        )  # fmt: skip
    return parts


def verdict_of(result: BacktestResult) -> Verdict | None:
    """The verdict after the trials there are now; None for a run that was not asked."""
    judged = result.judged
    return None if judged is None else judged.verdict_now or judged.verdict
