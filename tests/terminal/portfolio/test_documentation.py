"""docs/portfolio.md says what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.optimise import METHODS
from terminal.settings import ROOT

PAGE = (ROOT / "docs" / "portfolio.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(compile(code, "docs/portfolio.md", "exec"), names)
    weights = names["found"].weights
    assert weights.sum() == pytest.approx(1.0) and weights[:2].sum() <= 0.6 + 1e-9


def test_every_estimator_and_method_is_named() -> None:
    named = set(re.findall(r"`([a-z-]+)`", PAGE))
    assert set(METHODS) | set(COVARIANCES) | set(EXPECTED_RETURNS) <= named
