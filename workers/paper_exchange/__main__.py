"""Serve the paper exchange: `python -m workers.paper_exchange [--port N] [--bars FILE]`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from terminal.errors import TerminalError
from terminal.settings import Settings, get_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 1 with a sentence when it cannot start."""
    parser = argparse.ArgumentParser(description="The paper exchange of AlphaTrade Terminal.")
    parser.add_argument("--host", help="address to listen on (setting trading.exchange_host)")
    parser.add_argument("--port", type=int, help="TCP port (setting trading.exchange_port)")
    parser.add_argument("--bars", type=Path, help="Parquet or JSON file to replay instead")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        return _serve(get_settings(), given.host, given.port, given.bars)
    except TerminalError as error:
        sys.stderr.write(f"The paper exchange cannot start. {error}\n")
        return 1


def _serve(settings: Settings, host: str | None, port: int | None, bars: Path | None) -> int:
    import uvicorn

    from workers.paper_exchange.app import make_app
    from workers.paper_exchange.http import Connection
    from workers.paper_exchange.source import load

    config = uvicorn.Config(
        make_app(settings, lambda before: load(settings, bars, before)),
        host=host or settings.trading.exchange_host,
        port=port or settings.trading.exchange_port,
        http=Connection,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
