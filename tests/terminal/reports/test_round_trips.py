"""Tables of round trips and bets."""

from __future__ import annotations

from dataclasses import replace

from terminal.reports import round_trips as report
from tests.terminal.reports.engine_run import sample_run

ZONE = "America/New_York"


def test_round_trips_and_bets_count_every_trade() -> None:
    run = sample_run()
    for table in report.trips_tables(run):
        assert sum(int(row[1].text.replace(",", "")) for row in table.rows) == len(run.trades)
    bets = {row[0].text: row[1].text for row in report.bets_table(run, ZONE).rows}
    assert set(bets) >= {"Bets ended flat", "Mean holding", "Concentration of gains"}
    assert "Bets ended flat" not in {
        row[0].text for row in report.bets_table(replace(run, judged=None), ZONE).rows
    }
