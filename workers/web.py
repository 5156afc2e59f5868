"""The web process: gunicorn with request threads, from the settings. `python -m workers.web`.

Replaces itself with gunicorn (`exec`), so that signals reach it directly. Threads, not asyncio:
callbacks are short and synchronous, long work is a job.
"""

from __future__ import annotations

import os
import sys

from terminal.settings import ROOT, Settings, get_settings

REQUEST_TIMEOUT_S = 60


def command(settings: Settings) -> list[str]:
    """The gunicorn command line for these settings."""
    server = settings.server
    return [
        sys.executable, "-m", "gunicorn", "app:server",
        "--chdir", str(ROOT),
        "--bind", f"{server.host}:{server.port}",
        "--worker-class", "gthread",
        "--workers", str(server.processes),
        "--threads", str(server.threads),
        "--timeout", str(REQUEST_TIMEOUT_S),
        "--graceful-timeout", "3",
        "--keep-alive", "15",
        "--worker-tmp-dir", _heartbeat_folder(),
        "--no-control-socket",
    ]  # fmt: skip


def _heartbeat_folder() -> str:
    """Memory-backed where there is one: a worker's heartbeat must not wait for a disk."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp"  # noqa: S108


def main() -> None:
    """Become gunicorn."""
    arguments = command(get_settings())
    os.execv(arguments[0], arguments)  # noqa: S606


if __name__ == "__main__":
    main()
