"""The tables of a risk report, the same on page, HTML and paper."""

from __future__ import annotations

from terminal.charts.numbers import format_value
from terminal.reports.tables import Cell, Table, number, text
from terminal.risk.panel_value import RiskPanel
from terminal.risk.value_at_risk import ASSUMPTIONS

MOST_POSITIONS = 25


def tail_tables(panel: RiskPanel) -> list[Table]:
    """Value at risk by method, and the backtest of it."""
    rows = tuple(
        (
            Cell(row.method.value[:1].upper() + row.method.value[1:], hint=ASSUMPTIONS[row.method]),
            text(f"{row.level:.0%}"),
            text(str(row.horizon)),
            number(row.var, "percent"),
            number(row.shortfall, "percent"),
            number(None if row.var is None else row.var * panel.equity, "currency"),
            text(row.note),
        )
        for row in panel.tails
    )
    tested = tuple(
        (
            text(test.method.value[:1].upper() + test.method.value[1:]),
            text(f"{test.level:.0%}"),
            text(f"{test.result.exceptions:,} of {test.result.n:,}"),
            text(f"{test.result.expected:.1f}"),
            text(f"{test.result.unconditional.p_value:.3f}"),
            text(f"{test.result.independence.p_value:.3f}"),
            text(f"{test.result.conditional.p_value:.3f}"),
            text(test.result.zone.value if test.result.zone else "–"),
        )
        for test in panel.tests
    )
    return [
        Table(
            "Value at risk",
            ("Method", "Level", "Sessions", "VaR", "Shortfall", "VaR, currency", "Note"),
            ("left", "right", "right", "right", "right", "right", "left"),
            rows,
            note="Losses are positive, shares of equity. A method says how it was made on hover.",
        ),
        Table(
            "Did it hold?",
            ("Method", "Level", "Exceptions", "Expected", "Kupiec p", "Independence p",
             "Both p", "Basel"),
            ("left", *(("right",) * 6), "left"),
            tested,
            "The history is too short for a forecast out of sample.",
            f"Each forecast rests on the {panel.request.window} sessions before it. p below 0.05 "
            "speaks against the method (Kupiec 1995, Christoffersen 1998).",
        ),
    ]  # fmt: skip


def position_table(panel: RiskPanel) -> Table:
    """Positions by their part of the shortfall."""
    rows = tuple(
        (
            text(p.symbol),
            number(p.weight, "percent"),
            number(p.volatility, "percent"),
            number(p.beta, "ratio"),
            number(p.var, "percent"),
            number(p.component_var, "bps"),
            number(p.component_shortfall, "bps"),
            number(p.incremental_var, "bps"),
            number(p.max_drawdown, "percent"),
        )
        for p in panel.positions[:MOST_POSITIONS]
    )
    left_out = len(panel.positions) - len(rows)
    return Table(
        "Positions",
        ("Symbol", "Weight", "Volatility", "Beta", "Own VaR", "Part of VaR", "Part of shortfall",
         "VaR less if sold", "Own max drawdown"),
        ("left", *(("right",) * 8)),
        rows,
        note="Parts add up to the book's historical tail. "
        + (f"{left_out} more positions add less. " if left_out > 0 else "")
        + "Own numbers are of the price, parts of equity.",
    )  # fmt: skip


def factor_table(panel: RiskPanel) -> Table:
    """Factors of every model that could be fitted."""
    rows = []
    for model in panel.factors:
        rows += [
            (
                text(model.kind),
                text(part.name),
                number(part.exposure, "ratio"),
                number(part.share, "percent"),
            )
            for part in model.parts
        ]
        rows.append(
            (text(model.kind), text("Specific"), text("–"), number(model.specific_share, "percent"))
        )
    notes = [note for model in panel.factors for note in model.notes] + list(panel.factor_notes)
    return Table(
        "Factors",
        ("Model", "Factor", "Exposure", "Share of variance"),
        ("left", "left", "right", "right"),
        tuple(rows),
        note=" ".join(notes),
    )


def stress_tables(panel: RiskPanel) -> list[Table]:
    """Crises, shocks, correlations, reverse."""
    replays = tuple(
        (
            text(r.name),
            text(f"{r.first} to {r.last}"),
            number(r.profit, "percent", change=True),
            number(r.profit * panel.equity, "currency", change=True),
            number(r.market, "percent", change=True),
            text(r.sentence),
        )
        for r in panel.replays
    )
    untold = "; ".join(r.name for r in panel.not_replayed)
    shocks = tuple(
        (
            text(s.name),
            number(s.profit, "percent", change=True),
            number(s.profit * panel.equity, "currency", change=True),
            text(", ".join(part.name for part in s.parts)),
        )
        for s in panel.shocks
    )
    stress, reverse = panel.correlation_stress, panel.reverse
    raised = (("As measured", stress.now), *(
        (f"{share:.0%} of the way to one", value) for share, value in stress.raised
    ), ("Every position losing at once", stress.together))  # fmt: skip
    moves = tuple(
        (text(symbol), number(move, "percent", change=True), number(profit, "percent", change=True))
        for symbol, move, profit in reverse.moves
    )
    return [
        Table(
            "Past crises, today's weights",
            (
                "Crisis",
                "From close to close",
                "Book",
                "Currency",
                "Market",
                "What stands behind it",
            ),
            ("left", "left", "right", "right", "right", "left"),
            replays,
            "No crisis lies within the history.",
            f"Not within reach of the prices: {untold}." if untold else "",
        ),
        Table(
            "Shocks",
            ("Shock", "Book", "Currency", "Most of it from"),
            ("left", "right", "right", "left"),
            shocks,
            "No market is named, so no beta is known.",
            "Betas times the market's move, all at once.",
        ),
        Table(
            "Correlations to one",
            ("Correlations", "Volatility, a session"),
            ("left", "right"),
            tuple((text(name), number(value, "percent")) for name, value in raised),
        ),
        Table(
            f"The likeliest way to lose {format_value(reverse.loss, 'percent')}",
            ("Symbol", "Its move", "Profit or loss"),
            ("left", "right", "right"),
            moves,
            note=f"{reverse.distance:.1f} standard deviations within {reverse.horizon} sessions; "
            f"were returns normal, such a loss or a larger one would come with a chance of "
            f"{reverse.chance:.2g}.",
        ),
    ]


def liquidity_table(panel: RiskPanel) -> Table:
    """What takes longest to leave."""
    found = panel.liquidity
    rows = tuple(
        (
            text(p.symbol),
            Cell("not known") if p.days is None else number(p.days, "days"),
            number(p.cost, "bps"),
        )
        for p in found.positions[:MOST_POSITIONS]
    )
    left = ", ".join(f"{share:.0%} in {days} d" for days, share in found.left)
    return Table(
        "Leaving",
        ("Symbol", "Trading days", "Half spread, of equity"),
        ("left", "right", "right"),
        rows,
        note=f"At {found.participation:.0%} of an average day's volume: {left}. Half spreads cost "
        f"{format_value(found.cost, 'bps')} of equity in all.",
    )


def shape_tables(panel: RiskPanel) -> list[Table]:
    """Concentration, sectors, clusters and drawdowns."""
    bets = panel.concentration
    return [
        Table(
            "Concentration",
            ("Measure", "Value"),
            ("left", "right"),
            (
                *(
                    (text(f"Gross value in the largest {count}"), number(share, "percent"))
                    for count, share in bets.tops
                ),
                (
                    text("Effective positions (1 / Herfindahl)"),
                    number(bets.effective_positions, "ratio"),
                ),
                (
                    text("Uncorrelated bets, by principal portfolios"),
                    number(bets.effective_bets, "ratio"),
                ),
                (
                    text("Uncorrelated bets, nearest to the positions"),
                    number(bets.effective_bets_torsion, "ratio"),
                ),
                (text("Diversification ratio"), number(bets.diversification, "ratio")),
            ),
            note="Nearest to the positions, a market that all share equally is split among them; "
            "principal portfolios count it once.",
        ),
        Table(
            "Sectors",
            ("Sector", "Long", "Short", "Net", "Gross"),
            ("left", *(("right",) * 4)),
            tuple(
                (text(s.sector), *(number(v, "percent") for v in (s.long, s.short, s.net, s.gross)))
                for s in panel.exposures.sectors
            ),
        ),
        Table(
            "Clusters",
            ("Positions", "Net", "Gross", "Share of variance"),
            ("left", "right", "right", "right"),
            tuple(
                (
                    text(", ".join(c.symbols[:8]) + (" …" if len(c.symbols) > 8 else "")),
                    number(c.net, "percent"),
                    number(c.gross, "percent"),
                    number(c.variance_share, "percent"),
                )
                for c in panel.correlations.clusters[:10]
            ),
            note=f"Positions whose returns correlate by {panel.request.alike:.2f} or more.",
        ),
        Table(
            "Deepest falls of today's weights",
            ("Peak", "Trough", "Recovery", "Depth", "Days"),
            ("left", "left", "left", "right", "right"),
            tuple(
                (
                    text(e.peak),
                    text(e.trough),
                    text(e.recovery or "not yet"),
                    number(e.depth, "percent"),
                    number(e.days, "count"),
                )
                for e in panel.underwater.episodes
            ),
            "There was no fall.",
            f"Ulcer index {format_value(panel.underwater.ulcer, 'percent')}; mean of the deepest "
            f"{1 - panel.request.levels[0]:.0%} of sessions "
            f"{format_value(panel.underwater.conditional, 'percent')}.",
        ),
    ]


def tables(panel: RiskPanel) -> list[Table]:
    """All tables in the order of the report."""
    return [
        *tail_tables(panel),
        position_table(panel),
        *stress_tables(panel),
        factor_table(panel),
        liquidity_table(panel),
        *shape_tables(panel),
    ]
