"""The launcher: it refuses with a sentence, restarts what dies, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from terminal.settings import ROOT
from tests.launched import start, until
from tests.pages.conftest import free_port
from workers.supervisor import Supervisor

STARTED = {"ATT_MARKET__BUILT_IN": "false"}


def launch(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python app.py` to its end, for starts that must be refused."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**own, "ATT_STORAGE__DATA_DIR": str(folder), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def eventually_answers(url: str) -> bool:
    """Whether an address answers within 30 s."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


@pytest.mark.chaos
def test_a_killed_launcher_takes_everything_along_and_its_folder_is_free_again(
    tmp_path: Path,
) -> None:
    with start(tmp_path, STARTED) as terminal:
        second = launch(tmp_path / "var")
        assert second.returncode == 1
        assert f"Another terminal (process {terminal.process.pid}) is running" in second.stdout
        assert "ATT_STORAGE__DATA_DIR" in second.stdout

        family = terminal.family()
        assert len(family) >= 6  # launcher, redis, web, workers, sweeper, exchange
        exchange = f"http://127.0.0.1:{terminal.environ['ATT_TRADING__EXCHANGE_PORT']}/healthz"
        assert eventually_answers(exchange)
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait()
        _gone, alive = psutil.wait_procs(family[1:], timeout=15)
        assert alive == []
    with start(tmp_path, STARTED) as again:
        assert again.link  # nobody has used the first one


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = launch(tmp_path, ATT_SERVER__PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stdout
    assert f"--port {port + 1}" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_the_exchanges_port_in_use_is_named_and_it_can_be_left_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = launch(
            tmp_path, ATT_SERVER__PORT=str(free_port()), ATT_TRADING__EXCHANGE_PORT=port
        )
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stdout
    assert "ATT_TRADING__EXCHANGE=false" in refused.stdout


def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    refused = launch(tmp_path, ATT_JOBS__HEARTBEAT_S="often")
    assert refused.returncode == 1
    assert "ATT_JOBS__HEARTBEAT_S" in refused.stdout
    assert "often" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_child_that_dies_is_started_again_and_the_console_says_so(
    tmp_path: Path, said: list[str]
) -> None:
    supervisor = Supervisor(say=said.append)
    child = supervisor.start(
        "sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ,
        tmp_path / "sleeper.log",
    )  # fmt: skip
    try:
        assert child.process is not None
        first = child.process.pid
        child.process.kill()
        child.process.wait()
        deadline = time.monotonic() + 30
        while child.process.pid == first or child.process.poll() is not None:
            assert time.monotonic() < deadline
            supervisor.check()
            time.sleep(0.02)
        assert len(said) == 1
        assert "sleeper stopped unexpectedly" in said[0]
        assert str(child.log) in said[0]
    finally:
        supervisor.stop()
    assert child.process.poll() is not None


def test_children_of_a_child_end_with_it(tmp_path: Path, said: list[str]) -> None:
    script = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "print(child.pid, flush=True); child.wait()"
    )
    supervisor = Supervisor(say=said.append)
    log = tmp_path / "family.log"
    supervisor.start("family", [sys.executable, "-c", script], os.environ, log)
    deadline = time.monotonic() + 30
    while not log.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    grandchild = psutil.Process(int(log.read_text()))
    supervisor.stop()
    _gone, alive = psutil.wait_procs([grandchild], timeout=10)
    assert alive == []


def test_until_fails_with_what_was_said() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "print('no luck')"], stdout=subprocess.PIPE, text=True
    )
    with process, pytest.raises(AssertionError, match="no luck"):
        until(process, "ready")
