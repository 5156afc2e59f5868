"""Find or install the browser the tests drive: `python -m tests.browser`.

Order: `ATT_TEST_BROWSER`, Debian's headless shell, an installed Chromium or Chrome, Playwright's
own. The headless shell draws no windows of its own: a page costs it half the processor time that it
costs Chromium. As root on Debian it is installed where it is missing; elsewhere, without any
browser, Playwright's own is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """Path of a browser Playwright can drive, None when there is none."""
    named = os.environ.get("ATT_TEST_BROWSER")
    if named:
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None


def debian() -> bool:
    """Whether Debian's packages may be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_shell() -> None:
    """Debian's headless shell; whatever goes wrong, another browser may be there."""
    print(f"Installing Debian's {SHELL} for the browser tests ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq", "-o", "Acquire::Retries=0"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", SHELL],
    ):
        subprocess.run(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


def download() -> None:
    """Playwright's own browser."""
    print("Downloading Playwright's chromium for the browser tests ...", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Make sure there is a browser; 1 and a sentence when neither can be had."""
    if not os.environ.get("ATT_TEST_BROWSER") and not shutil.which(SHELL) and debian():
        install_shell()
    if find() is None:
        download()
    path = find()
    if path is None:
        print(
            "The tests drive a browser and none could be had: neither Debian's headless shell "
            "(needs root and apt) nor Playwright's download (needs its network) worked. "
            "Install Chromium or Chrome, or name one: ATT_TEST_BROWSER=/path/to/chromium make test",
            file=sys.stderr,
        )
        return 1
    print(f"browser: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
