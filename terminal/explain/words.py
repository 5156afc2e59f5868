"""What the SHAP report says in words, and its tables."""

from __future__ import annotations

from terminal.charts.shap import direction_words
from terminal.explain.aggregates import Dependence, importances
from terminal.explain.explained import Explained
from terminal.explain.permutation_result import PermutationImportance
from terminal.reports.tables import Cell, Table, text

OVERALL, DEPENDENCE, SINGLE = "Overall", "Dependence", "Single predictions"
GROUPS, OUTSIDE, LOOKING_BACK = "In which markets", "Out of sample", "Looking back"
TABLES = "Tables and origin"

IMPORTANCE = (
    "How much each feature moves the answer, on average, up or down; percent is its share of all "
    "movement."
)
SWARM = (
    "A point a prediction. Right of zero the feature pushed the answer up, left of it down; the "
    "colour says how high the feature was."
)
VOLATILITY = (
    "How much each feature counts by the tercile of the instrument's volatility, as known at the "
    "bar."
)
TREND = "The same by the tercile of its move against its volatility, as known at the bar."
SYMBOL = "The same by instrument."
PERIOD = "The same by period: a model whose reasons change over time deserves a look."
ATTENTION = "Mean weight the network gives to each bar of its window, the newest at the right."
LAGS = "Mean |SHAP value| by age of the bar and feature."

LIMITS = (
    "SHAP values say what the model does with its features, not why the market moves. A feature "
    "can count much and be wrong.",
    "Of features that say the same thing, a model picks one by chance; look at clusters, not at "
    "single ones.",
    "Past relations between features and outcomes can end at any time.",
)


def statements(explained: Explained) -> list[str]:
    """The report in sentences, the most important one first."""
    own = explained.explanation
    ranked = importances(own)
    top = ranked[:3]
    names = ", ".join(one.column for one in top)
    found = [
        f"{names} make up {sum(one.share for one in top):.0%} of what moves the answers of "
        f"{explained.about.title}."
    ]
    found += [f"{one.column}: {direction_words(one.direction)}." for one in top]
    unused = sum(one.mean_abs == 0.0 for one in ranked)
    if unused:
        said = "feature is" if unused == 1 else "features are"
        found.append(f"{unused} {said} not used at all.")
    outside = explained.about.permutation
    if outside is not None:
        helps = [one for one in outside.clusters if one.low is not None and one.low > 0.0]
        found.append(
            f"{len(helps)} of {len(outside.clusters)} clusters of features help where the model "
            "has not learned, by their 95% intervals."
        )
    return found


def facts(explained: Explained) -> list[tuple[str, str]]:
    """What was explained, as label and text."""
    own, events = explained.explanation, explained.events
    symbols = sorted(set(events["symbol"]))
    shown = ", ".join(symbols[:12]) + (
        f" and {len(symbols) - 12} more" if len(symbols) > 12 else ""
    )
    return [
        ("Explained", f"{len(own):,} predictions of {len(own.columns)} features"),
        ("Output", own.output),
        ("Period", f"{events['ts'].min():%d %b %Y} to {events['ts'].max():%d %b %Y}"),
        ("Instruments", shown),
        ("Method", own.method),
        ("Adds up to the answer within", residual_words(explained)),
    ]


def residual_words(explained: Explained) -> str:
    """How far base plus values miss the answers."""
    kind = "rounding" if explained.explanation.exact else "error of the method"
    return f"{explained.explanation.residual:.1e} of their range ({kind})"


def lineage_rows(explained: Explained) -> list[tuple[str, str]]:
    """Everything needed to make the report again."""
    return [*explained.about.lineage.items(), ("Method", explained.explanation.method),
            ("Predictions explained", f"{len(explained.explanation):,}"),
            ("Additivity residual", residual_words(explained)),
            ("Average answer", f"{explained.explanation.base:.6g}")]  # fmt: skip


def importance_table(explained: Explained) -> Table:
    """Every feature."""
    return Table(
        "All features",
        ("", "Feature", "Mean |SHAP|", "Share", "Direction"),
        ("right", "left", "right", "right", "left"),
        tuple(
            (
                text(k),
                text(one.column),
                Cell(f"{one.mean_abs:.4g}"),
                Cell(f"{one.share:.1%}"),
                text(direction_words(one.direction)),
            )
            for k, one in enumerate(importances(explained.explanation), start=1)
        ),
        note=f"In units of the output: {explained.explanation.output}.",
    )


def permutation_tables(explained: Explained) -> list[Table]:
    """Every cluster, where permutation importance was asked for."""
    found = explained.about.permutation
    if found is None:
        return []
    rows = tuple(
        (
            text(", ".join(one.columns)),
            Cell(f"{one.decrease:.3g}"),
            Cell("–" if one.low is None else f"{one.low:.3g}"),
            Cell("–" if one.high is None else f"{one.high:.3g}"),
            Cell(
                "helps" if one.low is not None and one.low > 0.0 else "not shown to help",
                "up" if one.low is not None and one.low > 0.0 else "flat",
            ),
        )
        for one in found.clusters
    )
    return [
        Table(
            "Permutation importance, out of sample",
            ("Cluster", "Cost of shuffling", "Low", "High", "Verdict"),
            ("left", "right", "right", "right", "left"),
            rows,
            note=permutation_words(found),
        )
    ]


def permutation_words(found: PermutationImportance) -> str:
    """How it was measured."""
    return (
        f"Decrease of the {found.score_title} (without shuffling {found.score:.4f}) when a cluster "
        f"of features that rank alike is shuffled among test events; mean and 95% interval of "
        f"{found.n_splits} purged splits, {found.repeats} shuffles each. Green: above zero."
    )


def dependence_words(found: Dependence) -> str:
    """How to read one dependence plot."""
    if not found.by:
        return "What the feature added, against its value."
    share = "less than 1%" if found.strength < 0.01 else f"{found.strength:.0%}"
    return (
        f"What the feature added, against its value. Colour: {found.by}, which explains {share} of "
        "the spread at the same value."
    )


def reading_table() -> Table:
    """What the words mean."""
    rows = (
        ("SHAP value", "What a feature added to one answer, compared with the average answer. The "
         "values of all features and the average add up to the answer."),
        ("Average answer", "What the model says when it knows nothing of the features."),
        ("Log-odds", "ln(p / (1 - p)) of the probability p: 0 is even, 0.4 is about 60 to 40."),
        ("Waterfall", "One answer taken apart, the largest part first."),
        ("Permutation importance", "What is lost out of sample when a feature is shuffled. A "
         "feature with large SHAP values and none of this is noise that the model has learned."),
    )  # fmt: skip
    return Table(
        "How to read this",
        ("Word", "Meaning"),
        ("left", "left"),
        tuple((text(word), text(meaning)) for word, meaning in rows),
    )
