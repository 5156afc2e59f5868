"""What a missing value alone says: LightGBM writes such a split with an endless threshold."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.explain.shap_values import explain
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Fitted, Task
from terminal.models.package import read_package, write_package
from terminal.models.samples import Samples
from terminal.models.trees.lightgbm_text import check_text
from tests.terminal.models.planted import KEY, QUICK, planted, with_values


@pytest.fixture(scope="module")
def events() -> Samples:
    """The first feature is unknown where the class is 1, and says nothing where it is known."""
    found = planted()
    values = found.frame.values.copy()
    known = found.labels.label == 0.0
    values[:, :, 0] = np.random.default_rng(1).normal(size=values.shape[:2])
    values[found.labels.instrument[~known], found.labels.bar[~known], 0] = np.nan
    return with_values(found, values)


@pytest.fixture(scope="module")
def model(events: Samples) -> Fitted:
    return fit("lightgbm", events, None, QUICK["lightgbm"], Task.CLASSES, FitContext())


def text_of(folder: Path) -> str:
    return (folder / "lightgbm.txt").read_text(encoding="ascii")


def test_a_split_on_what_is_missing_is_saved_and_read(
    events: Samples, model: Fitted, tmp_path: Path
) -> None:
    write_package(tmp_path / "model", model, QUICK["lightgbm"], {}, KEY)
    line = next(t for t in text_of(tmp_path / "model").split("\n") if t.startswith("threshold="))
    assert "inf" in line.removeprefix("threshold=").split(" ")
    again = read_package(tmp_path / "model", KEY).fitted
    assert np.array_equal(predict(again, events), predict(model, events))
    rows = events.rows()[:40]
    made = explain(again, rows, rows)
    margin = again.native.predict(rows, raw_score=True)  # type: ignore[attr-defined]
    np.testing.assert_allclose(made.base + made.values.sum(axis=1), margin, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "word"), [("threshold", "-inf"), ("threshold", "nan"), ("leaf_value", "inf")]
)
def test_no_other_number_is_endless(model: Fitted, tmp_path: Path, name: str, word: str) -> None:
    write_package(tmp_path / "model", model, QUICK["lightgbm"], {}, KEY)
    text = text_of(tmp_path / "model")
    spoilt = re.sub(rf"\n{name}=[^ \n]+", f"\n{name}={word}", text, count=1)
    longer = len(spoilt) - len(text)
    spoilt = re.sub(
        r"(?<=tree_sizes=)\d+", lambda size: str(int(size.group()) + longer), spoilt, count=1
    )
    with pytest.raises(InputError, match=f"{name} of tree 0 is not made of finite numbers"):
        check_text(spoilt, model.signature)
