from __future__ import annotations

import re
from typing import Any

import numpy as np

from terminal.features.live import LiveFeatures
from terminal.settings import ROOT
from tests.terminal.features.panels import smooth_panel


def test_the_example_of_the_documentation_runs_and_its_live_row_is_the_batch_s() -> None:
    text = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    whole = smooth_panel(120)
    names: dict[str, Any] = {"panel": whole.truncated(119), "next_bar": whole.rows(slice(119, 120))}
    exec(compile(code, "docs/features.md", "exec"), names)
    assert isinstance(names["live"], LiveFeatures)
    frame = names["compute"](whole, names["chosen"])
    assert np.array_equal(names["row"], frame.values[:, 119])
