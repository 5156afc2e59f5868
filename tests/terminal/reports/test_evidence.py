"""What is said about luck, from a run of the engine itself."""

from __future__ import annotations

import re
from dataclasses import replace

from terminal.backtest.judged import Judged, Trials
from terminal.charts.theme import DARK
from terminal.reports import evidence as report
from tests.terminal.reports.engine_run import sample_run


def test_the_sentence_counts_the_trials_there_are_now() -> None:
    run = sample_run()
    said = report.evidence_sentence(run)
    assert re.match(r"Sharpe −?\d\.\d\d \(95 % −?\d\.\d\d … −?\d\.\d\d\); after 137 trials", said)
    assert run.judged is not None
    alone = replace(run, judged=replace(run.judged, now=Trials(1)))
    assert "after 1 trial the deflated" in report.evidence_sentence(alone)
    assert report.evidence_sentence(replace(run, judged=None)) == report.NOT_ASKED


def test_what_a_good_sharpe_ratio_does_not_say_is_said_beside_it() -> None:
    run = sample_run()
    assert run.judged is not None
    made = run.judged.analysis.evidence
    assert made.estimate is not None and made.arrangements is not None

    def judged(sharpe: float, p_value: float, benchmark: float) -> list[str]:
        estimate = replace(made.estimate, annual=sharpe)  # type: ignore[type-var]
        drawn = replace(made.arrangements, p_value=p_value)  # type: ignore[type-var]
        found = replace(made, estimate=estimate, arrangements=drawn)
        assert run.judged is not None
        other = replace(run.judged, analysis=replace(run.judged.analysis, evidence=found))
        return report.caveats(replace(run, judged=other, benchmark_metrics={"sharpe": benchmark}))

    assert judged(1.0, 0.01, 0.5) == []
    (timing,) = judged(1.0, 0.55, 0.5)
    assert "timing is not distinguishable from chance" in timing and "55% of" in timing
    (beside,) = judged(1.0, 0.01, 1.2)
    assert beside == "Its benchmark had a Sharpe ratio of 1.20 without a decision."
    assert judged(-1.0, 0.9, 2.0) == []  # the verdict itself says there is no skill
    assert report.caveats(replace(run, judged=None)) == []


def test_the_table_shows_both_counts_once_the_ledger_has_grown() -> None:
    judged = sample_run().judged
    assert judged is not None
    table = report.verdict_table(judged)
    assert table.columns == ("", "At the run (1)", "Now (137)")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Sharpe of luck"][0] == "0.00" and rows["Sharpe of luck"][1] != "0.00"
    assert rows["Probabilistic Sharpe"][0] == rows["Deflated Sharpe"][0]
    assert "0.45" in table.note  # the square root of 0.2
    assert "by now there are 137" in report.trials_sentence(judged)
    same = Judged(judged.analysis, Trials(7), Trials(7))
    assert report.verdict_table(same).columns == ("", "At the run (7)")
    assert "independent trials without skill" in report.verdict_table(same).note
    assert "none since" in report.trials_sentence(same)


def test_every_headline_metric_has_its_interval_around_it() -> None:
    run = sample_run()
    assert run.judged is not None
    made = run.judged.analysis.evidence.intervals
    assert set(made) >= {"cagr", "sharpe", "sortino", "calmar", "volatility", "max_drawdown"}
    for key, found in made.items():
        stored = run.metrics[key]
        assert found.estimate is not None and stored is not None
        assert abs(found.estimate - stored) < 1e-9, key
    assert len(report.interval_table(run.judged).rows) == len(made)


def test_chances_are_never_rounded_to_certainty() -> None:
    judged = sample_run().judged
    assert judged is not None
    texts = {cell.text for row in report.simulation_table(judged).rows for cell in row}
    assert not texts & {"0%", "100%", "0.00%", "100.00%"} and texts & {"< 1%", "> 99%"}


def test_its_figures_are_those_of_the_simulations_and_none_for_an_older_run() -> None:
    run = sample_run()
    keys = [part.key for part in report.evidence_sections(run, DARK)]
    assert keys == [
        "evidence-returns", "evidence-student", "evidence-trades", "evidence-order",
        "evidence-drawdowns", "evidence-entries",
    ]  # fmt: skip
    assert report.evidence_sections(replace(run, judged=None), DARK) == []
    first = report.evidence_sections(run, DARK)[0]
    assert first.figure.data[-1].name == "This run"
