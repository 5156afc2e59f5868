from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from terminal.features import cache as module
from terminal.features.cache import FeatureCache
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.frame import FeatureFrame
from tests.terminal.features.panels import rough_panel

CHOSEN = FeatureSet((FeatureChoice("rsi"), FeatureChoice("natr")))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each real computation."""
    calls: list[int] = []
    real = module.compute

    def compute(*args: object, **kwargs: object) -> FeatureFrame:
        calls.append(1)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "compute", compute)
    return calls


def test_a_second_request_is_read_from_disk_and_is_the_same(
    tmp_path: Path, counted: list[int]
) -> None:
    panel = rough_panel(120)
    cache = FeatureCache(tmp_path / "features")
    first, second = cache.frame(panel, CHOSEN), cache.frame(panel, CHOSEN)
    assert len(counted) == 1
    assert np.array_equal(first.values, second.values, equal_nan=True)
    assert (first.spec_hash, first.data_hash) == (second.spec_hash, second.data_hash)
    assert second.columns == CHOSEN.columns and second.symbols == panel.symbols


def test_other_data_sectors_or_columns_are_computed(tmp_path: Path, counted: list[int]) -> None:
    panel = rough_panel(120)
    cache = FeatureCache(tmp_path)
    cache.frame(panel, CHOSEN)
    cache.frame(panel.truncated(119), CHOSEN)
    cache.frame(panel, FeatureSet(CHOSEN.choices[:1]))
    cache.frame(panel, CHOSEN, sectors={"S0": "Energy"})
    assert len(counted) == 4


def test_writing_into_a_frame_leaves_the_disk_alone(tmp_path: Path) -> None:
    panel = rough_panel(120)
    cache = FeatureCache(tmp_path)
    wanted = cache.frame(panel, CHOSEN).values.copy()
    cache.frame(panel, CHOSEN).values[:] = 0.0
    assert np.array_equal(cache.frame(panel, CHOSEN).values, wanted, equal_nan=True)


@pytest.mark.parametrize("damage", ["cut", "objects", "shape", "gone", "lies"])
def test_a_damaged_frame_is_computed_again_and_nothing_in_it_is_run(
    tmp_path: Path, counted: list[int], damage: str
) -> None:
    panel = rough_panel(120)
    cache = FeatureCache(tmp_path)
    wanted = cache.frame(panel, CHOSEN).values
    (folder,) = tmp_path.iterdir()
    values = folder / "values.npy"
    if damage == "cut":
        os.truncate(values, 100)
    elif damage == "objects":
        np.save(values, np.array([{"run": "me"}], dtype=object), allow_pickle=True)
    elif damage == "shape":
        np.save(values, wanted[:, :-1])
    elif damage == "gone":
        values.unlink()
    else:
        (folder / "about.json").write_text("[]")
    again = cache.frame(panel, CHOSEN).values
    assert len(counted) == 2
    assert np.array_equal(again, wanted, equal_nan=True)
    cache.frame(panel, CHOSEN)
    assert len(counted) == 2


def test_a_computation_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(module.np, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        FeatureCache(tmp_path).frame(rough_panel(60), CHOSEN)
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_frames_leave_when_the_folder_is_full(tmp_path: Path) -> None:
    size = 4 * 100 * 2 * 4 + 1000
    cache = FeatureCache(tmp_path, limit_bytes=2 * size)
    for n in (98, 99, 100):
        cache.frame(rough_panel(100).truncated(n), CHOSEN)
    assert len(list(tmp_path.iterdir())) == 2
