"""The web application: every route, and the clock beside them. No CORS: no page may call it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.accounts.secret_file import secret
from terminal.backtest.costs import Costs
from terminal.execution.brokers.exchange_control import TOKEN_FILE
from terminal.execution.paper.pricing import Rules
from terminal.execution.paper.tape import Tape
from terminal.settings import Settings
from workers.paper_exchange import control, market_data, sockets, trading
from workers.paper_exchange.http import answer
from workers.paper_exchange.service import Pace, Service

LOG = Path("exchange") / "log.jsonl"

LARGEST_BODY = 64 * 1024


def rules_of(settings: Settings) -> Rules:
    """How these settings fill."""
    own = settings.trading
    return Rules(
        costs=Costs(
            half_spread_bps=own.exchange_half_spread_bps,
            slippage_bps=own.exchange_slippage_bps,
            commission_bps=own.exchange_commission_bps,
            commission_per_share=own.exchange_commission_per_share,
            commission_minimum=own.exchange_commission_minimum,
            sell_fee_bps=own.exchange_sell_fee_bps,
        ),
        participation=own.exchange_participation,
        latency=timedelta(seconds=own.exchange_latency_s),
    )


def make_app(settings: Settings, load: Callable[[str], Tape]) -> Starlette:
    """The application; `load` makes the tape when it is first needed."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service = Service(
            load,
            settings.storage.root / LOG,
            rules_of(settings),
            secret(settings, "trading", "exchange_token", TOKEN_FILE),
            Pace(settings.trading.exchange_speed, settings.trading.exchange_closed_s),
        )
        app.state.service = service
        ticking = asyncio.create_task(service.tick())
        ticking.add_done_callback(_die_with_the_clock)
        yield
        ticking.cancel()
        await service.close()

    return Starlette(
        routes=[
            Route("/healthz", health),
            *trading.ROUTES,
            *market_data.ROUTES,
            *control.ROUTES,
            *sockets.ROUTES,
        ],
        lifespan=lifespan,
        max_body_size=LARGEST_BODY,
    )


async def health(_request: Request) -> Response:
    """Whether the process answers; says nothing else."""
    return answer(200, {"status": "ok"})


def _die_with_the_clock(task: asyncio.Task[None]) -> None:
    """An exchange whose clock failed would stand still unnoticed: end, the log is complete."""
    if not task.cancelled() and task.exception() is not None:
        import logging
        import os

        logging.getLogger("paper_exchange").error("the clock failed", exc_info=task.exception())
        os._exit(1)
