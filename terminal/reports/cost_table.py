"""What trading cost, in a table: each part with the assumption it was paid under."""

from __future__ import annotations

from terminal.backtest.costs import COST_COLUMNS, FIXED
from terminal.backtest.request import CostRequest
from terminal.backtest.result import BacktestResult
from terminal.charts.numbers import format_value
from terminal.reports.tables import Cell, Table, number, text


def cost_table(result: BacktestResult) -> Table:
    """What trading cost, and under which assumptions."""
    curve = result.curve
    traded = float(result.fills["notional"].abs().sum()) if len(result.fills) else 0.0
    mean = float(curve["equity"].mean()) if len(curve) else 0.0
    paid = {name: float(curve[name].sum()) for name in COST_COLUMNS}
    spent = sum(paid.values())
    lines: list[tuple[str, Cell, str]] = [
        *(
            (f"{name.capitalize()} paid", number(paid[name], "currency"), basis)
            for name, basis in _assumed(result.request.costs).items()
        ),
        ("Costs together", number(spent, "currency"),
         f"{format_value(spent / result.request.capital, 'percent')} of starting capital"),
        ("Traded notional", number(traded, "currency"),
         f"{format_value(traded / mean if mean else None, 'ratio')} times mean equity"),
        ("Cost per unit traded", number(spent / traded if traded else None, "bps"),
         "all costs over traded notional"),
        ("Interest", number(float(curve["interest"].sum()), "currency"),
         "received on cash, less what debt cost"),
        ("Fills", number(len(result.fills), "count"), ""),
        ("Dividends received", number(float(curve["dividends"].sum()), "currency"),
         "on the ex-date; negative where short"),
    ]  # fmt: skip
    return Table(
        "Costs",
        ("", "Amount", "Basis"),
        ("left", "right", "left"),
        tuple((text(label), value, text(basis)) for label, value, basis in lines),
    )


def _assumed(costs: CostRequest) -> dict[str, str]:
    """Under which assumptions each part of the costs was paid."""
    commission = [f"{format_value(costs.commission_bps / 1e4, 'bps')} of notional"]
    if costs.commission_per_share:
        commission.append(f"{costs.commission_per_share:g} a unit")
    commission += [
        f"{rate:g} a unit from {units:,.12g} units a month"
        for units, rate in costs.commission_tiers
    ]
    if costs.commission_minimum:
        commission.append(f"at least {format_value(costs.commission_minimum, 'currency')} a fill")
    if costs.sell_fee_bps or costs.sell_fee_per_share:
        commission.append("fees on sales")
    spread = f"half spread of {format_value(costs.half_spread_bps / 1e4, 'bps')}"
    if costs.spread_model != FIXED:
        spread = f"estimated from past sessions ({costs.spread_model})"
    slippage = [f"{format_value(costs.slippage_bps / 1e4, 'bps')} each side"]
    if costs.slippage_volatility:
        slippage.append(f"{costs.slippage_volatility:g} × volatility")
    if costs.slippage_volume_bps:
        slippage.append(f"{costs.slippage_volume_bps:g} bps × order / volume")
    impact = [
        f"{name} {value:g}"
        for name, value in (
            ("square root", costs.impact_root),
            ("permanent", costs.impact_permanent),
            ("temporary", costs.impact_temporary),
        )
        if value
    ]
    return {
        "commission": ", ".join(commission),
        "spread": spread,
        "slippage": ", ".join(slippage),
        "impact": ", ".join(impact) or "none assumed",
        "borrow": f"{format_value(costs.borrow_bps / 1e4, 'bps')} a year of what is sold short",
    }
