"""The shelf, the watch, the curves and the search's pruning, each alone."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from terminal.models.model import Progress
from terminal.training.curves import Curves
from terminal.training.search import Trial, behind
from terminal.training.shelf import Shelf
from terminal.training.watch import Step, Watch

MADE = {"request": 1}


def test_a_part_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, MADE)
    array = np.random.default_rng(0).normal(size=(7, 3))
    shelf.put("fold 1", {"score": 0.1 + 0.2, "n": 3, "none": None}, {"answers": array})
    values, arrays = Shelf(tmp_path, MADE).get("fold 1") or ({}, {})
    assert values == {"score": 0.1 + 0.2, "n": 3, "none": None}
    assert arrays["answers"].tobytes() == array.tobytes()
    assert shelf.get("fold 2") is None


def test_a_torn_part_is_none_and_another_request_finds_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, MADE)
    shelf.put("fold 1", {"n": 1}, {"a": np.arange(1000)})
    (file,) = shelf.folder.glob("*.zip")
    file.write_bytes(file.read_bytes()[:500])
    assert shelf.get("fold 1") is None
    shelf.put("fold 1", {"n": 1})
    assert Shelf(tmp_path, {"request": 2}).get("fold 1") is None
    assert Shelf(tmp_path, MADE).get("fold 1") is None  # what nobody reads again is removed


def test_an_array_of_objects_is_never_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, MADE)
    with pytest.raises(ValueError, match="pickle"):
        shelf.put("bad", {}, {"a": np.array([{}], dtype=object)})
    assert shelf.get("bad") is None
    assert list(shelf.folder.iterdir()) == []


def test_results_come_as_fits_end_and_all_processors_work() -> None:
    together = threading.Barrier(2, timeout=10)

    def task(step: Step) -> int:
        together.wait()  # passes only if two run at the same time
        step(Progress(0.5, 1))
        return threading.get_ident()

    seen: list[int] = []
    watch = Watch([task, task], 2, lambda share: None, lambda number, step: seen.append(number))
    found = dict(watch.results())
    assert set(found) == {0, 1}
    assert len(set(found.values())) == 2
    assert sorted(seen) == [0, 1]


def test_a_stop_reaches_every_fit_within_a_step() -> None:
    steps = [0, 0]

    def task(number: int) -> object:
        def run(step: Step) -> None:
            while True:
                step(Progress(0.1, 1))
                steps[number] += 1
                time.sleep(0.005)

        return run

    def tick(share: float) -> None:
        raise KeyError("cancelled")

    begun = time.monotonic()
    with pytest.raises(KeyError, match="cancelled"):
        list(Watch([task(0), task(1)], 2, tick).results())  # type: ignore[list-item]
    assert time.monotonic() - begun < 3
    assert min(steps) > 0


def test_the_first_failure_ends_the_others() -> None:
    def fails(step: Step) -> None:
        raise ArithmeticError("no")

    def endless(step: Step) -> None:
        while True:
            step(Progress(0.1, 1))
            time.sleep(0.002)

    with pytest.raises(ArithmeticError):
        list(Watch([endless, fails], 2, lambda share: None).results())


def test_curves_stay_within_bounds_and_keep_first_and_last() -> None:
    written: list[object] = []
    curves = Curves(written.extend, fits=3)
    for step in range(1, 1001):
        curves.add("final", Progress(step / 1003, step, 1 / step, float("nan")))
    curves.ended("final")
    curves.flush(force=True)
    steps = [point.step for point in written]  # type: ignore[attr-defined]
    assert (steps[0], steps[-1]) == (1, 1000)
    assert len(steps) <= 160
    assert all(point.valid_loss is None for point in written)  # type: ignore[attr-defined]


def test_a_trial_is_given_up_below_the_median_of_others_after_as_many_folds() -> None:
    others = [
        Trial(number, "done", {}, None, folds, 0.0)
        for number, folds in enumerate([(0.5, 0.9), (0.6, 0.1), (0.7, 0.1), (0.8,)])
    ]
    assert behind([0.64], others)  # the median after one fold is 0.65
    assert not behind([0.66], others)
    assert not behind([0.1, 0.1], others)  # only three others have run two folds
    assert not behind([0.1], others[:3])
