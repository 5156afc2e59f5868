"""Reference cases beside the project: one test a case, skipped with a reason where absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from terminal.settings import ROOT


def cases(area: str, beginning: str = "") -> list[Any]:
    """pytest parameters of an area's cases, each called by its id, which may have to begin so."""
    folder = Path(os.environ.get("ATT_TEST_SHARED_DIR", ROOT.parent / "shared"))
    path = folder / "reference" / f"{area}.json"
    if not path.is_file():
        reason = f"reference cases are not at {path}"
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason=reason))]
    return [
        pytest.param(case, id=case["id"], marks=pytest.mark.shared)
        for case in json.loads(path.read_text(encoding="utf-8"))
        if case["id"].startswith(beginning)
    ]
