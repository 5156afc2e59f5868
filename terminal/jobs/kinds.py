"""Every kind of job, by dotted strings imported on first use by the process that runs them.

The web process draws titles and checks roles from here without importing a handler.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from terminal.accounts.actor import Role
from terminal.errors import NotFound


@dataclass(frozen=True)
class JobKind:
    """A kind of job.

    handler, request : "module:name" of the function `run(request, ctx) -> Outcome` and of the
    frozen request dataclass. `deadline_s` and `max_attempts` None: the settings' values.
    """

    name: str
    title: str
    queue: str
    handler: str
    request: str
    min_role: Role = Role.TRADER
    deadline_s: float | None = None
    max_attempts: int | None = None


KINDS: dict[str, JobKind] = {
    kind.name: kind
    for kind in (
        JobKind(
            "backtest",
            "Backtest",
            "backtest",
            "terminal.backtest.job:run",
            "terminal.backtest.request:BacktestRequest",
        ),
        JobKind(
            "sweep",
            "Sweep",
            "backtest",
            "terminal.backtest.sweeps.plan_job:run",
            "terminal.backtest.sweeps.request:SweepRequest",
        ),
        JobKind(
            "sweep_part",
            "Sweep part",
            "backtest",
            "terminal.backtest.sweeps.part_job:run",
            "terminal.backtest.sweeps.request:PartRequest",
        ),
        JobKind(
            "sweep_step",
            "Sweep step",
            "backtest",
            "terminal.backtest.sweeps.step_job:run",
            "terminal.backtest.sweeps.request:StepRequest",
        ),
        JobKind(
            "study",
            "Feature study",
            "backtest",
            "terminal.research.study_job:run",
            "terminal.research.requests:StudyRequest",
        ),
        JobKind(
            "feature_build",
            "Feature set",
            "backtest",
            "terminal.research.build_job:run",
            "terminal.research.requests:BuildRequest",
        ),
        JobKind(
            "label_study",
            "Label study",
            "backtest",
            "terminal.research.label_job:run",
            "terminal.research.requests:LabelStudyRequest",
        ),
        JobKind(
            "report",
            "Tear sheet",
            "backtest",
            "terminal.backtest.report_job:run",
            "terminal.backtest.report_request:ReportRequest",
        ),
        JobKind(
            "import",
            "Import",
            "data",
            "terminal.market.import_job:run",
            "terminal.market.import_request:ImportRequest",
        ),
        JobKind(
            "download",
            "Download",
            "data",
            "terminal.market.download_job:run",
            "terminal.market.download_request:DownloadRequest",
        ),
        JobKind(
            "load_builtin",
            "Built-in data",
            "data",
            "terminal.market.builtin_job:run",
            "terminal.market.builtin_request:BuiltinRequest",
        ),
        JobKind(
            "training",
            "Training",
            "training",
            "terminal.training.job:run",
            "terminal.training.request:TrainingRequest",
            deadline_s=48 * 3600.0,
        ),
        JobKind(
            "explain",
            "SHAP report",
            "training",
            "terminal.explain.job:run",
            "terminal.explain.request:ExplainRequest",
            deadline_s=12 * 3600.0,
        ),
        JobKind(
            "xray",
            "Trade X-ray",
            "training",
            "terminal.explain.xray_job:run",
            "terminal.explain.request:XrayRequest",
        ),
        JobKind(
            "drift",
            "Drift",
            "training",
            "terminal.drift.job:run",
            "terminal.drift.request:DriftRequest",
        ),
        JobKind(
            "live_session",
            "Live session",
            "live",
            "terminal.execution.session_job:run",
            "terminal.execution.request:LiveSessionRequest",
            deadline_s=366 * 86400.0,
            max_attempts=1000,  # a session goes on after every death of its process
        ),
        JobKind(
            "shadow_twin",
            "Shadow twin",
            "backtest",
            "terminal.execution.twin_job:run",
            "terminal.execution.twin_request:TwinRequest",
        ),
        JobKind(
            "optimise",
            "Optimisation",
            "backtest",
            "terminal.portfolio.optimise_job:run",
            "terminal.portfolio.optimise_request:OptimiseRequest",
        ),
        JobKind(
            "risk_report",
            "Risk report",
            "backtest",
            "terminal.holdings.risk_report_job:run",
            "terminal.holdings.risk_report_request:RiskReportRequest",
        ),
        JobKind(
            "regimes",
            "Market regimes",
            "backtest",
            "terminal.holdings.regimes_job:run",
            "terminal.holdings.regimes_request:RegimesRequest",
        ),
        JobKind(
            "self_test",
            "Worker test",
            "backtest",
            "terminal.jobs.self_test:run",
            "terminal.jobs.self_test:SelfTestRequest",
        ),
    )
}


def get_kind(name: str) -> JobKind:
    """The kind called `name`; NotFound names those there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise NotFound(
            f"There is no job kind {name!r}; known: {', '.join(KINDS)}.", field="kind"
        ) from None


def load(dotted: str) -> Any:
    """Import `module:name`."""
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)
