"""What made a result: the version of the code and of the packages it ran with."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
from functools import lru_cache

from terminal import __version__
from terminal.settings import ROOT

CODE_FOLDERS = ("terminal", "workers")
PACKAGES = ("numpy", "pandas", "numba", "scipy", "TA-Lib", "pyarrow", "exchange_calendars")


@lru_cache(maxsize=1)
def code_version() -> str:
    """`<version>+<commit>`, with a hash of the source when it differs from the commit.

    `ATT_CODE_VERSION` names it where there is no repository (a container image); without either,
    the hash of the source stands alone.
    """
    named = os.environ.get("ATT_CODE_VERSION")
    if named:
        return f"{__version__}+{named}"
    commit = _git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        return f"{__version__}+src.{_source_hash()}"
    dirty = _git("status", "--porcelain", "--", *CODE_FOLDERS)
    return f"{__version__}+{commit}" + (f".{_source_hash()}" if dirty else "")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(ROOT), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or no repository: the source hash identifies the code
    return done.stdout.strip()


def _source_hash() -> str:
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def package_versions() -> dict[str, str]:
    """Versions of the packages numbers depend on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}
