"""What the numbers of a study mean, in sentences."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from terminal.research.memory import WORDS, Verdict

READ = {
    "mode": "Across instruments: at each bar, do those with high values do better than the others? "
    "Through time: does one instrument do better after its own high values?",
    "delay": "A feature is known at the close of its bar. The return it is measured against begins "
    "at the close of the bar after, the first price that could have been traded.",
    "coefficient": "Information coefficient: rank correlation of the feature with the return after "
    "it. 0 says nothing, 1 orders everything right. 0.02 to 0.05 is much for a single feature.",
    "interval": "Where the coefficient may lie. Returns over several bars overlap; the interval "
    "knows it (Newey and West, or blocks of time drawn anew).",
    "t": "Coefficient over its error. Above 2 is rare for a single feature that knows nothing; "
    "the more features are tried, the more it takes.",
    "spread": "Mean return of the highest quantile less that of the lowest, over the main horizon, "
    "before costs.",
    "half_life": "Bars until half of a deviation from the mean is gone. Short ones trade often.",
    "turnover": "Share of the outermost quantiles that is new at each bar. What is earned there "
    "has to pay for it.",
    "missing": "Bars without a value, the warm-up included.",
    "horizons": "One dot a horizon with its 95 % interval; the filled one is the main horizon. "
    "Coloured where the interval leaves zero out, grey where it does not.",
    "groups": "Values from low to high in equal groups, and the mean return after each. A feature "
    "that orders returns makes a staircase. Through time, a value is compared with those before it "
    "only.",
    "rolling": "The mean over a moving window. An effect that was always there stays on one side.",
    "years": "Every calendar year by itself. One good year does not make a feature.",
    "histogram": "All values of all instruments; the outermost thousandths are in the last bars.",
    "memory": "How far a value goes with the one some bars before. Within the dotted lines it "
    "could be noise.",
    "stationary": "A model that learned levels in one year meets others in the next where a "
    "feature wanders off.",
}
Kind = Literal["info", "success", "warning", "error"]
KINDS: dict[Verdict, Kind] = {Verdict.STATIONARY: "success", Verdict.WANDERING: "warning"}


def stationary_words(instruments: pd.DataFrame) -> tuple[Kind, str, str]:
    """(tone, what most instruments are, the counts and p-values) of a study's table."""
    counts = instruments["verdict"].value_counts()
    most = Verdict(str(counts.index[0]))
    adf, kpss = instruments["adf"].median(), instruments["kpss"].median()
    parts = []
    if len(instruments) > 1:
        parts.append(
            ", ".join(f"{count} {name}" for name, count in counts.items())
            + f" of {len(instruments)} instruments."
        )
    if adf == adf and kpss == kpss:  # both are numbers
        middle = "Median p" if len(instruments) > 1 else "p"
        parts.append(f"{middle}: ADF {p_words(adf)}, KPSS {kpss_words(kpss)}.")
        parts.append(
            "A small ADF p speaks against wandering, a small KPSS p against a steady level."
        )
    return KINDS.get(most, "info"), WORDS[most], " ".join(parts)


def p_words(p: float) -> str:
    """A p-value as a person reads it."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def kpss_words(p: float) -> str:
    """Of KPSS, whose table ends at both sides."""
    if p <= 0.01:
        return "at most 0.01"
    return "at least 0.10" if p >= 0.1 else f"{p:.3f}"
