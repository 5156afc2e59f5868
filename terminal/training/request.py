"""What a person asks of a training: one frozen value, stored as JSON on the job row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.features.feature_set import FeatureSet, Value
from terminal.market.timeframe import Timeframe

Params = Mapping[str, Value]


@dataclass(frozen=True)
class WeightsRequest:
    """How much each event counts.

    uniqueness : by its average uniqueness (López de Prado 2018, 4.4). time_decay : weight of the
    oldest event against the newest, 0..1; 1 for none (ibid. 4.7).
    """

    uniqueness: bool = True
    time_decay: float = 1.0


@dataclass(frozen=True)
class GateRequest:
    """What a model must show to be registered.

    Attributes
    ----------
    confidence : of the interval of the out-of-sample score, which must exclude chance.
    paths : share of the cross-validation paths (or folds) whose score must be better than chance.
    count_trainings : widen the interval by the number of trainings that have looked at this
        out-of-sample period before (Šidák): a period asked twenty times says yes once by luck.
    """

    confidence: float = 0.95
    paths: float = 0.75
    count_trainings: bool = True


@dataclass(frozen=True)
class SearchRange:
    """The values of a parameter that a search tries: those listed, or from `low` to `high`.

    log : on a logarithmic scale.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class SearchRequest:
    """A search of model parameters before the final fit; its objective is the mean score of a
    purged walk-forward inside the training period.

    Attributes
    ----------
    ranges : by parameter of the model. trials : combinations to try. prune : give a trial up whose
        score so far is below the median of the others. folds : of the walk-forward.
    """

    ranges: Mapping[str, SearchRange] = field(default_factory=dict)
    trials: int = 30
    prune: bool = True
    folds: int = 4


@dataclass(frozen=True)
class TrainingRequest:
    """Everything that determines a training, besides code and data version.

    Attributes
    ----------
    dataset, symbols, timeframe, start, end : the bars; sessions inclusive, None for the data's own.
    features : the columns. feature_set : name and version they were saved under, for the lineage.
    label, model, splitter : slugs, each with parameters over its defaults.
    every : of the events, each so-many-th bar is taken; 1 for all.
    gap : bars between what is learned from and what is tested; None: look-back plus horizon.
    out_of_sample : share of the bars, the last ones, that nothing sees before the end.
    early_stopping : share of each fit's events, the last ones, that say when to stop; 0: none.
    calibration : "", "isotonic" or "platt": correct the probabilities by what happened in that
        slice; of classes only.
    drop_leaks : leave out columns in which the leakage checker finds something, instead of failing
        the gate.
    seed : of everything random. threads : at most; 0 for as many as there are processors.
    name : of the model; versions of the same name follow one another.
    dry_run : stop after the splits and say what a training would take.
    """

    dataset: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    features: FeatureSet
    label: str
    model: str
    splitter: str = "cpcv"
    start: date | None = None
    end: date | None = None
    feature_set: str = ""
    label_params: Params = field(default_factory=dict)
    model_params: Params = field(default_factory=dict)
    splitter_params: Params = field(default_factory=dict)
    weights: WeightsRequest = field(default_factory=WeightsRequest)
    every: int = 1
    gap: int | None = None
    out_of_sample: float = 0.2
    early_stopping: float = 0.1
    calibration: str = ""
    gate: GateRequest = field(default_factory=GateRequest)
    search: SearchRequest | None = None
    drop_leaks: bool = False
    seed: int = 0
    threads: int = 0
    name: str = ""
    dry_run: bool = False
