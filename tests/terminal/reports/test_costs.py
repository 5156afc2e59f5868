"""From gross to net: everything adds up to what the account earned."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from terminal.charts.theme import DARK
from terminal.reports import costs as report
from terminal.reports.cost_table import cost_table
from tests.terminal.reports.engine_run import plain_run, sample_run


def test_gross_profit_less_every_cost_is_what_the_account_earned() -> None:
    run = sample_run()
    steps = dict(report.waterfall_steps(run))
    net = run.curve["equity"].iloc[-1] - run.request.capital
    assert steps["Net profit"] == pytest.approx(net)
    parts = [amount for name, amount in report.waterfall_steps(run)[1:-1]]
    assert steps["Gross profit"] + sum(parts) == pytest.approx(net)
    assert len(parts) == 5 and all(amount < 0 for amount in parts)


def test_the_instruments_cost_together_what_the_account_paid() -> None:
    run = plain_run()
    table = report.instrument_cost_table(run)
    assert [row[0].text for row in table.rows][-1] == "All"
    paid = run.fills[["commission", "spread", "slippage", "impact"]].sum().sum()
    assert table.rows[-1][6].text == f"{paid:,.2f}"
    assert "Borrow fees" in table.note
    net = run.curve["equity"].iloc[-1] - run.request.capital
    shown = float(table.rows[-1][-1].text.replace(",", "").replace("−", "-").replace("+", ""))
    assert shown - run.curve["borrow"].sum() == pytest.approx(net, abs=0.02)


def test_tiers_of_the_commission_stand_among_the_assumptions() -> None:
    run = plain_run()
    costs = replace(run.request.costs, commission_tiers=((3e5, 0.002), (3e6, 0.0015)))
    tiered = replace(run, request=replace(run.request, costs=costs))
    basis = next(row[2].text for row in cost_table(tiered).rows if row[0].text == "Commission paid")
    assert "0.002 a unit from 300,000 units a month, 0.0015 a unit from 3,000,000" in basis


def test_the_break_even_is_said_in_words_and_nothing_traded_has_none() -> None:
    run = sample_run()
    said = report.break_even_sentence(report.priced(run))
    assert re.match(r"Every fill cost \d+\.\d bp of its notional on average\.", said)
    idle = replace(
        run, fills=run.fills.iloc[:0], curve=run.curve.assign(equity=run.request.capital)
    )
    assert "Nothing was traded" in report.break_even_sentence(report.priced(idle))


def test_at_no_extra_cost_the_numbers_are_the_stored_ones() -> None:
    run = sample_run()
    found = report.priced(run).at(0.0)
    for key in ("total_return", "cagr", "sharpe", "max_drawdown"):
        assert getattr(found, key) == pytest.approx(run.metrics[key]), key
    section = report.dearer_section(report.priced(run), 1e-3, DARK)
    assert section.figure.data[-1].name == "10.0 bp dearer"
    assert [part.key for part in report.cost_sections(run, DARK)] == ["costs-split", "costs-paid"]
