"""The X-ray of a trade: what the model knew when it decided, and what each feature added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from dash import html

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.clock import moment
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.table import number_column, quick_filter, table, text_column
from pages.researching import figures
from pages.server.context import actor, services
from terminal.backtest.stored import stored_run
from terminal.charts.theme import Theme
from terminal.charts.waterfall import waterfall_figure, waterfall_height
from terminal.codec import from_json
from terminal.errors import NotFound
from terminal.explain.xray_result import XRAY, Xray
from terminal.jobs.values import Job
from terminal.market.calendars import get_calendar

KIND = "xray"


def load_xray(job_id: str) -> Xray:
    """What a finished X-ray found; NotFound where its file is missing."""
    files = {item.name: item for item in services().jobs.artifacts(actor(), job_id)}
    if XRAY not in files:
        raise NotFound("The file of this X-ray is missing.", remedy="Take the trade apart again.")
    return _read(services().jobs.store.open_path(files[XRAY].sha256))


@lru_cache(maxsize=32)
def _read(path: Path) -> Xray:
    return from_json(Xray, orjson.loads(path.read_bytes()))


def result_view(job: Job) -> html.Div:
    """Waterfall, the answer, every feature."""
    found = load_xray(job.id)
    backtest = job.request["backtest"]
    when = moment(datetime.fromisoformat(found.close_ts), "minute", zone_of(backtest))
    rows = [
        {"feature": name, "value": value, "added": added, "size": abs(added)}
        for name, value, added in zip(found.columns, found.features, found.values, strict=True)
    ]
    return html.Div(
        [
            *figures.subject(KIND, job.id),
            page_header(
                f"X-ray of a trade in {found.symbol}",
                ["Decided at the close of the bar, ", when, ", before the entry."],
                [
                    link_button("The backtest's trades", f"/backtest/{backtest}?tab=trades",
                                icon="chevron-left"),
                    link_button("Job", f"/jobs/{job.id}", icon="jobs"),
                ],
                [("Backtest", f"/backtest/{backtest}")],
            ),
            *([] if found.exact else [notice(
                "These values are estimated.", "warning",
                f"They miss the answer by {found.residual:.1%} of its distance from the average.",
            )]),
            figures.figure(
                KIND, job.id, "waterfall", "How the decision came about",
                help="From the average answer, feature by feature, to this one. Beside each name "
                "stands what the feature was when the bar closed.",
                height=waterfall_height(found.waterfall),
            ),
            panel("The answer", facts(_answer(found))),
            panel(
                "Everything the model knew",
                table(
                    "xr-features",
                    [
                        text_column("feature", "Feature", minWidth=220, flex=3, cellClass="mono"),
                        number_column("value", "Value at the bar", "price", minWidth=130),
                        number_column("added", "Added", "price", minWidth=110),
                        number_column("size", "Size", "price", minWidth=100, sort="desc"),
                    ],
                    rows, row_id="feature", height=min(520, 30 * (len(rows) + 1) + 18),
                ),
                flush=True,
                actions=[quick_filter("xr-features", "Search features")],
            ),
            load_plotly(),
        ],
        className="stack",
    )  # fmt: skip


def zone_of(backtest: str) -> str | None:
    """IANA zone of the exchange a backtest traded on; None where the backtest is gone."""
    try:
        row = stored_run(services().db, actor(), backtest)
    except NotFound:
        return None
    return get_calendar(str(row.provenance["calendar"])).timezone


def _answer(found: Xray) -> list[tuple[Any, Any]]:
    chances = [
        (f"Probability of class {_signed(value)}", f"{chance:.1%}")
        for value, chance in zip(found.classes, found.answers, strict=False)
    ]
    return [
        *(chances or [("Predicted value", f"{found.answers[0]:.6g}")]),
        ("Expected class" if found.classes else "Expected", _signed(found.expected)),
        ("Explained", f"{found.waterfall.output}: {_signed(found.waterfall.raw)}"),
        ("Average answer", _signed(found.waterfall.base)),
        (f"Added by {len(found.values)} features", _signed(sum(found.values))),
        ("Method", found.method),
    ]


def _signed(value: float) -> str:
    """Four digits with a true minus."""
    return f"{value:.4g}".replace("-", "−")


def draw(job_id: str, key: str, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """The waterfall."""
    return waterfall_figure(load_xray(job_id).waterfall, theme)


figures.DRAWERS[KIND] = draw
