"""docs/execution.md says what the code says, and its examples run."""

from __future__ import annotations

import re

from terminal.execution.algorithms import ALGORITHMS
from terminal.execution.limits import Limits
from terminal.execution.tca import PARTS as COST_PARTS
from terminal.execution.twin import PARTS as GAP_PARTS
from terminal.params import describe
from terminal.settings import ROOT

PAGE = (ROOT / "docs" / "execution.md").read_text(encoding="utf-8")


def test_every_limit_stands_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `(\w+)` \| ([^|]+) \|", PAGE, flags=re.MULTILINE)
    shown = [(title, name) for title, name, _ in rows]
    assert shown == [(spec.title, spec.name) for spec in describe(Limits)]
    for (_, name, default), spec in zip(rows, describe(Limits), strict=True):
        if spec.default in (0, "") or spec.default is False:
            assert default in ("off", "no", "none"), name
        else:
            assert default.split()[0] == f"{spec.default:g}", name


def test_every_algorithm_and_every_part_is_named() -> None:
    for algorithm in ALGORITHMS.values():
        assert f"| {algorithm.title}" in PAGE
    assert all(f"| {part} |" in PAGE for part in COST_PARTS)
    assert all(f"**{part}**" in PAGE for part in GAP_PARTS)


def test_the_examples_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 2
    exec(compile("\n".join(blocks), "docs/execution.md", "exec"), {})
