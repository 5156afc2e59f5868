"""Job `study`: compute one feature, measure it, keep what the page draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.features.catalogue import get_feature
from terminal.features.feature_set import FeatureSet
from terminal.features.pipeline import compute, validate_set
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.adjust import forward_adjusted
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.research.bars import load_bars
from terminal.research.information import Mode
from terminal.research.requests import AUTO, StudyRequest
from terminal.research.study import Measures, study, usual_mode
from terminal.research.tables import study_frames, study_summary

MOST_HORIZONS = 12
LONGEST = 5_000
THREADS = 2


def run(request: StudyRequest, ctx: JobContext) -> Outcome:
    """Study a feature on the data as it is now.

    Raises
    ------
    InputError : the feature, its parameters or the horizons do not fit the data.
    """
    check_horizons(request)
    loaded = load_bars(request.bars, ctx)
    panel = loaded.panel
    wanted = FeatureSet((request.choice,))
    validate_set(wanted, panel.timeframe)
    ctx.progress(0.1, "Computing", request.choice.column)
    frame = compute(panel, wanted, threads=THREADS, sectors=loaded.sectors)
    values = frame.values[:, :, 0].T.astype(np.float64)
    close = forward_adjusted(panel).close
    asked = Measures(
        mode=mode_of(request, panel),
        horizons=tuple(sorted(set(request.horizons) | {request.main})),
        main=request.main,
        n_groups=request.n_groups,
        seed=ctx.seed,
    )
    found = study(
        values,
        close,
        session_years(panel),
        asked,
        lambda share, stage: ctx.progress(0.25 + 0.7 * share, stage),
    )
    ctx.progress(0.97, "Saving")
    return Outcome(
        summary=study_summary(found, panel, request.choice.column),
        frames=study_frames(found, panel) | {"values": value_frame(values, panel)},
        data_version=loaded.dataset.version,
    )


def check_horizons(request: StudyRequest) -> None:
    """InputError where there are no horizons, too many, or one of no use."""
    if not 0 < len(request.horizons) <= MOST_HORIZONS:
        raise InputError(
            f"{len(request.horizons)} horizons are asked for; 1 to {MOST_HORIZONS} are allowed.",
            field="horizons",
            remedy="Leave some out.",
        )
    for horizon in (*request.horizons, request.main):
        if not 1 <= horizon <= LONGEST:
            raise InputError(
                f"A horizon of {horizon} bars is outside 1 to {LONGEST:,}.",
                field="horizons",
                remedy="Choose a number of bars inside.",
            )
    if not 2 <= request.n_groups <= 20:
        raise InputError(
            f"{request.n_groups} quantiles; 2 to 20 are allowed.",
            field="n_groups",
            remedy="Five are usual.",
        )


def mode_of(request: StudyRequest, panel: Panel) -> Mode:
    """The mode asked for, or the one that suits the feature and the universe."""
    if request.mode != AUTO:
        return Mode(request.mode)
    choice = request.choice
    comparable = bool(choice.normaliser) or get_feature(choice.feature).scale_free
    return usual_mode(panel.n_instruments, comparable)


def session_years(panel: Panel) -> FloatArray:
    """Calendar year of each bar's session, (n_bars,)."""
    sessions = get_calendar(panel.calendar).session_of(panel.ts)
    return np.asarray(sessions.astype("datetime64[Y]").astype(np.float64) + 1970.0)


def value_frame(values: FloatArray, panel: Panel) -> pd.DataFrame:
    """The feature at every bar (index `ts`, UTC), float32, one column an instrument."""
    index = pd.DatetimeIndex(panel.ts, tz="UTC", name="ts")
    return pd.DataFrame(values.astype(np.float32), index=index, columns=list(panel.symbols))
