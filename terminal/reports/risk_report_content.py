"""The words and headline numbers of a risk report, the same on page, HTML and paper."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.charts.numbers import format_value
from terminal.risk.panel_value import RiskPanel
from terminal.risk.value_at_risk import ASSUMPTIONS, Method

DISCLAIMERS = (
    "Value at risk is what the past of these prices says about today's weights; it is no limit to "
    "losses, and returns of the past need not come again.",
    "This report is no advice.",
)


@dataclass(frozen=True)
class RiskCard:
    """A headline number: its value, what stands beside it, and how it is made."""

    title: str
    value: str
    beside: str
    hint: str


def headline(panel: RiskPanel) -> str:
    """One sentence with the number that counts."""
    head = _tail(panel, Method.HISTORICAL, panel.request.levels[0], panel.request.horizons[0])
    level, horizon = panel.request.levels[0], panel.request.horizons[0]
    period = sessions_words(horizon)
    return (
        f"In {1 - level:.0%} of cases this book would have lost more than "
        f"{format_value(head[0], 'percent')} of equity in {period}, and then "
        f"{format_value(head[1], 'percent')} on average."
    )


def sessions_words(horizon: int) -> str:
    """A horizon as a sentence says it."""
    return "a session" if horizon == 1 else f"{horizon} sessions"


def statements(panel: RiskPanel) -> list[str]:
    """What else a person should know before reading a table."""
    said = [headline(panel)]
    worst = min(panel.replays, key=lambda r: r.profit, default=None)
    if worst is not None:
        said.append(
            f"Of the crises its prices reach, {worst.name} would have cost it most: "
            f"{format_value(worst.profit, 'percent', signed=True)}. {worst.sentence}"
        )
    bets = panel.concentration
    held = len(panel.positions)
    who = "1 position moves" if held == 1 else f"{held} positions move"
    said.append(
        f"{who} like {bets.effective_bets:.1f} uncorrelated bets; the largest ten hold "
        f"{dict(bets.tops).get(10, 1.0):.0%} of gross value."
    )
    failed = [t for t in panel.tests if t.result.unconditional.p_value < 0.05]
    if failed:
        named = ", ".join(f"{t.method} at {t.level:.0%}" for t in failed)
        said.append(f"Out of sample, these did not hold: {named}.")
    elif panel.tests:
        said.append("Out of sample, every method held its level.")
    unknown = len(panel.liquidity.unknown)
    if unknown:
        what = "1 position has" if unknown == 1 else f"{unknown} positions have"
        said.append(f"{what} no known volume: how long leaving takes is not known.")
    return said


def facts(panel: RiskPanel) -> list[tuple[str, str]]:
    """What was measured."""
    request = panel.request
    return [
        ("As of", panel.last.isoformat()),
        ("History", f"{panel.first} to {panel.last}, {panel.periods:,} sessions"),
        ("Equity", format_value(panel.equity, "currency")),
        ("Positions", f"{len(panel.positions):,}"),
        (
            "Simulation",
            f"{request.draws:,} draws, seed {request.seed}; volatility by {request.filter}",
        ),
    ]


def cards(panel: RiskPanel) -> list[RiskCard]:
    """Headline numbers."""
    shown, horizon = [], panel.request.horizons[0]
    for level in panel.request.levels:
        var, shortfall = _tail(panel, Method.HISTORICAL, level, horizon)
        for title, value in ((f"VaR {level:.0%}", var), (f"Shortfall {level:.0%}", shortfall)):
            shown.append(
                RiskCard(
                    f"{title}, {sessions_words(horizon)}",
                    format_value(value, "percent"),
                    "" if value is None else format_value(value * panel.equity, "currency"),
                    ASSUMPTIONS[Method.HISTORICAL],
                )
            )
    exposure, falls = panel.exposures, panel.underwater
    shown += [
        RiskCard("Max drawdown", format_value(falls.maximum, "percent"),
                 f"now {format_value(falls.now, 'percent')}",
                 "Of today's weights over the whole history"),
        RiskCard("Volatility, a session", format_value(panel.volatility, "percent"),
                 f"next {format_value(panel.volatility_now, 'percent')}",
                 "Standard deviation; next: with recent sessions weighing more"),
        RiskCard("Gross exposure", format_value(exposure.gross, "percent"),
                 f"net {format_value(exposure.net, 'percent')}",
                 "Sum of absolute weights, share of equity"),
        RiskCard("Beta", format_value(exposure.beta, "ratio"),
                 f"{panel.concentration.effective_bets:.1f} uncorrelated bets",
                 "Sum of weight times beta to the market"),
    ]  # fmt: skip
    return shown


def _tail(
    panel: RiskPanel, method: Method, level: float, horizon: int
) -> tuple[float | None, float | None]:
    for row in panel.tails:
        if (row.method, row.level, row.horizon) == (method, level, horizon):
            return row.var, row.shortfall
    return None, None
