"""Run one command tied to the life of whoever started it.

`python workers/lifeline.py FD -- command ...` starts the command in a process group of its own
and reads from FD, the read end of a pipe whose write end only the starter holds. When the starter
is gone, however it went (`kill -9` included), the pipe ends and the whole group is stopped:
SIGTERM, then SIGKILL. Works for programs that know nothing of us, such as Redis. Standard library
only, so that it starts in milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

GRACE_S = 3.0
POLL_S = 0.2
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """On Linux, the kernel kills the command should this process be killed itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _stop(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM to the group, SIGKILL to what is left of it after the grace time."""
    _signal_group(process, signal.SIGTERM)
    try:
        code = process.wait(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        code = -signal.SIGKILL
    _signal_group(process, signal.SIGKILL)
    process.wait()
    return code


def main(arguments: Sequence[str]) -> int:
    """Run the command after `--`; the exit status is the command's."""
    lifeline = int(arguments[0])
    command = list(arguments[2:])
    # The starter decides when to stop; Ctrl-C reaches it, not us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(  # noqa: S603
        command, start_new_session=True, preexec_fn=_die_with_parent, close_fds=True
    )
    stopping = False

    def on_term(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, on_term)
    while process.poll() is None:
        ready, _, _ = select.select([lifeline], [], [], POLL_S)
        if stopping or (ready and os.read(lifeline, 1) == b""):
            return _stop(process)
    # A command that ends on its own must not leave children of its group behind.
    _signal_group(process, signal.SIGKILL)
    return process.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
