"""The kinds of split as forms and requests name them."""

from __future__ import annotations

from terminal.validation.combinatorial import CombinatorialParams, CombinatorialPurged
from terminal.validation.k_fold import KFoldParams, PurgedKFold
from terminal.validation.ranges import IntArray
from terminal.validation.registry import SplitterKind
from terminal.validation.stratified import RegimeKFold, RegimeKFoldParams
from terminal.validation.walk_forward import WalkForward, WalkForwardParams


def _k_fold(params: KFoldParams, gap: int) -> PurgedKFold:
    return PurgedKFold(params.folds, gap, params.embargo)


def _combinatorial(params: CombinatorialParams, gap: int) -> CombinatorialPurged:
    return CombinatorialPurged(params.groups, params.test_groups, gap, params.embargo)


def _walk_forward(params: WalkForwardParams, gap: int) -> WalkForward:
    return WalkForward(params.windows, params.training, params.first_train, gap)


def _regime(params: RegimeKFoldParams, gap: int, regime: IntArray) -> RegimeKFold:
    return RegimeKFold(regime, params.folds, params.stretches, gap, params.embargo)


PURGED_K_FOLD = SplitterKind(
    slug="purged-kfold",
    title="Purged k-fold",
    description="Each stretch of time is tested once; what touches it is not trained on.",
    source="López de Prado (2018), section 7.4",
    params_type=KFoldParams,
    make=_k_fold,
)
COMBINATORIAL = SplitterKind(
    slug="cpcv",
    title="Combinatorial purged",
    description="Every choice of test groups; many whole paths instead of one.",
    source="López de Prado (2018), section 12.4",
    params_type=CombinatorialParams,
    make=_combinatorial,
)
WALK_FORWARD = SplitterKind(
    slug="walk-forward",
    title="Walk-forward",
    description="Train on the past, test on what comes next, move on.",
    source="Pardo (2008), ch. 11",
    params_type=WalkForwardParams,
    make=_walk_forward,
    past_only=True,
)
REGIME_K_FOLD = SplitterKind(
    slug="regime-kfold",
    title="Regime-stratified k-fold",
    description="Short stretches dealt out so that every fold tests every regime.",
    source="",
    params_type=RegimeKFoldParams,
    make=_regime,
    needs_regime=True,
)
