"""The reference pages that are made from the code: `python docs/reference.py` rewrites them.

`tests/test_docs.py` fails when a page differs from what the code says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))


def settings_page() -> str:
    """Every setting: type, default, range, meaning, environment variable."""
    from terminal.settings import ENV_PREFIX, SECTIONS, Settings

    lines = [
        "# Settings",
        "",
        "Made from `terminal/settings.py` by `python docs/reference.py`. Each section is a file in",
        "`config/`; an environment variable goes over the file. A wrong value stops the start with",
        "a sentence that names the file, the key, the value and what is allowed.",
    ]
    for name in SECTIONS:
        section: Any = Settings.model_fields[name].annotation
        lines += [
            "",
            f"## {name}",
            "",
            f"{section.__doc__.strip()} File `config/{name}.yaml`.",
            "",
            "| key | type | default | allowed | meaning | environment |",
            "|---|---|---|---|---|---|",
        ]
        for key, field in section.model_fields.items():
            default = field.get_default(call_default_factory=True)
            cells = (
                f"`{key}`",
                _type(field.annotation),
                f"`{default}`" if str(default) else "empty",
                _allowed(field),
                field.description,
                f"`{ENV_PREFIX}{name.upper()}__{key.upper()}`",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "choice"
    return {
        "int": "whole number",
        "float": "number",
        "str": "text",
        "bool": "yes/no",
        "SecretStr": "secret",
    }.get(annotation.__name__, "path")


def _allowed(field: Any) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    bounds = {type(item).__name__: item for item in field.metadata}
    if "Ge" in bounds and "Le" in bounds:
        return f"{bounds['Ge'].ge} … {bounds['Le'].le}"
    if "Ge" in bounds:
        return f"≥ {bounds['Ge'].ge}"
    return "see meaning"


METRICS_INTRO = """\
# Metrics

Made from the catalogue in `terminal/backtest/metrics.py` by `python docs/reference.py`. Page, tear
sheet and comparison compute and explain every number from that one catalogue.

*r* is the return of a session, the first against the starting capital; *b* the benchmark's, *rf*
the annual risk-free rate divided by the number of sessions in a year. Intraday runs are reduced to
the last value of each session first. Where a run has other than 252 returns in a year (12 monthly,
52 weekly, 365 on a market that never closes), that number takes the place of 252 and the result
says so. Losses are negative. A metric without a value (too few returns, a zero in the denominator,
no trades, no benchmark) is shown as a dash, never as zero and never as infinity.
"""

DIFFERENCES_INTRO = """\
## Differences to empyrical and quantstats

Every return-based metric is tested against empyrical-reloaded 0.7.1 and quantstats 0.0.86 on random
walks, real stocks and awkward series (`tests/terminal/backtest/test_metrics_against_peers.py`). The
numbers agree but for the rows below, each of which a test holds.
"""

DIFFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("sortino", "empyrical", "without a losing session, infinite", "no value"),
    ("tail_ratio", "empyrical", "where the 5 % quantile is zero, infinite", "no value"),
    ("sharpe", "empyrical", "where all returns are equal, infinite", "no value"),
    (
        "sharpe",
        "quantstats",
        "the annual risk-free rate becomes (1 + rf)^(1/252) − 1 a session; where all returns are "
        "equal, a number of about 10¹⁶ made of rounding",
        "rf / 252 a session; no value",
    ),
    (
        "information_ratio",
        "empyrical",
        "`excess_sharpe` is per session",
        "annualised: theirs × √252",
    ),
    ("information_ratio", "quantstats", "per session", "annualised: theirs × √252"),
    (
        "alpha",
        "empyrical",
        "an alpha below −100 % a session is raised to a power as it is",
        "no value",
    ),
    ("alpha", "quantstats", "α × 252, of returns without rf", "(1 + α)^252 − 1, of excess returns"),
    ("beta", "quantstats", "0 where it is undefined", "no value"),
    ("calmar", "quantstats", "without a drawdown, a division by zero", "no value"),
    ("sortino", "quantstats", "has a value for a single return", "needs two returns"),
    (
        "positive_days",
        "quantstats",
        "`win_rate` leaves sessions without a return out",
        "counts all",
    ),
    (
        "skewness",
        "quantstats",
        "the sample estimate: ours × √(n(n − 1)) / (n − 2)",
        "population moments, as empyrical's tear sheets and Bacon",
    ),
    (
        "kurtosis",
        "quantstats",
        "the sample estimate: (n − 1) / ((n − 2)(n − 3)) × ((n + 1) × ours + 6)",
        "population moments",
    ),
    ("ulcer_index", "quantstats", "divides by n − 1", "divides by n, as Martin defines it"),
    ("martin", "quantstats", "total return over the ulcer index", "CAGR over the ulcer index"),
    ("var_95", "quantstats", "quantile of a normal distribution", "quantile of the returns"),
    ("cvar_95", "quantstats", "shortfall of a normal distribution", "mean of the worst returns"),
    (
        "longest_drawdown",
        "quantstats",
        "calendar days, both ends counted",
        "sessions from a high until wealth is back at it",
    ),
    (
        "win_rate",
        "quantstats",
        "of sessions, without those that returned nothing",
        "of trades, all of them",
    ),
    ("profit_factor", "quantstats", "of sessions; without a loss, infinite", "of trades; no value"),
    ("payoff_ratio", "quantstats", "of sessions", "of trades"),
)
"""(metric key, peer, what it does, what we do)."""


def metrics_page() -> str:
    """Every metric: formula, annualisation, unit, and where well-known libraries differ."""
    from terminal.backtest.metrics import METRICS

    needs = {"returns": "", "benchmark": "needs a benchmark", "trades": ""}
    better = {True: "higher", False: "lower", None: ""}
    titles = {metric.key: metric.title for metric in METRICS}
    lines = [METRICS_INTRO.rstrip("\n")]
    for group in dict.fromkeys(metric.group for metric in METRICS):
        lines += [
            "",
            f"## {group[0].upper()}{group[1:]}",
            "",
            "| metric | key | formula | annualisation | unit | better |",
            "|---|---|---|---|---|---|",
        ]
        for metric in METRICS:
            if metric.group != group:
                continue
            note = needs[metric.needs]
            cells = (
                metric.title,
                f"`{metric.key}`",
                _cell(metric.formula + (f" ({note})" if note else "")),
                _cell(metric.annualisation),
                metric.unit,
                better[metric.higher_is_better],
            )
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", DIFFERENCES_INTRO.rstrip("\n"), "", "| metric | library | there | here |"]
    lines.append("|---|---|---|---|")
    for key, peer, theirs, ours in DIFFERENCES:
        lines.append(f"| {titles[key]} | {peer} | {_cell(theirs)} | {_cell(ours)} |")
    return "\n".join(lines) + "\n"


FEATURES_INTRO = """\
# Features

Made from `terminal/features/` by `python docs/reference.py`. {n} features in {families} families.

**Time.** Row t uses bars up to t and is known at the close of bar t. Windows count an instrument's
own bars: a gap is no bar. Prices are adjusted to a total-return series point in time, so an
ex-date or a split makes no jump, and none known later changes an earlier row. A fitted feature is
fitted on the past only, at stated bars.

**Units.** Values are in units that need no price (ratios, log returns, average true ranges, places
in a range), so instruments can be compared. "ATR" is the average true range of 14 bars unless the
feature has its own. Where a value cannot be known (before its warm-up, no range, no volume) there
is none; nothing is filled in. Values are computed in float64 and kept as float32.

**TA-Lib.** Where it has the function, the value is TA-Lib's to nine digits, start included; the
loops are our own, so that a live bar can go on from the state of the bars before and give the same
bits as the whole history. Two differences: a price that has not moved has no RSI or stochastic
(TA-Lib says 0), and a money flow of no volume is unknown.

**Longer bars.** A column may be computed on a longer timeframe, made from the data's own bars along
sessions. A row sees the newest such bar that had closed by then, never the growing one.

**Normalisers.** `zscore`, `minmax` and `rank` set a value beside the last values of its own column.

**Warm-up** is the bars before the first value with default parameters, found from the formula
itself. **Memory** is how many bars before it a value rests on; "all" is an average whose weights
fade, or a state. Both count bars of the column's own timeframe. Features of the session before
wait for a session besides.

**In code.**

```python
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.live import LiveFeatures
from terminal.features.pipeline import compute

chosen = FeatureSet((FeatureChoice("rsi"), FeatureChoice("sma-gap", params={{"window": 50}})))
frame = compute(panel, chosen, threads=2)  # float32 (instruments, bars, columns)
live = LiveFeatures(panel, chosen)
row = live.next(next_bar)  # equals what compute gives for that bar, bit for bit
```

A formula of one's own is an entry of `terminal/features/catalogue.py`; written with the operations
of `terminal/features/flow.py` it is causal, has its warm-up and runs live without more code.
"""


def features_page() -> str:
    """Every feature of the catalogue: parameters, unit, warm-up, memory, source."""
    from terminal.features.catalogue import FEATURES, get_feature
    from terminal.params import describe

    by_family: dict[str, list[Any]] = {}
    for slug in FEATURES:
        feature = get_feature(slug)
        by_family.setdefault(feature.family, []).append(feature)
    lines = [FEATURES_INTRO.format(n=len(FEATURES), families=len(by_family)).rstrip("\n")]
    for family, features in by_family.items():
        lines += ["", f"## {family}", ""]
        lines.append("| feature | what it is | parameters | unit | warm-up | memory | source |")
        lines.append("|---|---|---|---|---|---|---|")
        for feature in features:
            defaults = feature.params_type()
            memory = feature.memory(defaults)
            heavy = " Fitted as time passes." if feature.heavy else ""
            cells = (
                f"`{feature.slug}`",
                _cell(f"{feature.title}. {feature.description}{heavy}"),
                ", ".join(f"{s.name} {s.default}" for s in describe(feature.params_type)) or "none",
                _cell(feature.unit),
                str(feature.warmup(defaults)),
                "all" if memory is None else str(memory),
                _cell(feature.source),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "metrics.md": metrics_page,
    "features.md": features_page,
}


def main() -> int:
    """Rewrite every page that is made from the code."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
