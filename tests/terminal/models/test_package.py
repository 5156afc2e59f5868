"""A model as a sealed folder, and as a zip."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.models.calibrated import calibrate
from terminal.models.catalogue import MODELS, get_model
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Task
from terminal.models.package import pack, read_manifest, read_package, unpack, write_package
from tests.terminal.models.planted import KEY, QUICK, parts, planted


@pytest.mark.parametrize("slug", list(MODELS))
def test_a_model_comes_back_from_a_zip_with_the_same_answers(slug: str, tmp_path: Path) -> None:
    task = get_model(slug).tasks[0]
    train, _, test = parts(planted(task))
    model = fit(slug, train, None, QUICK[slug], task, FitContext())
    about = {"trained": date(2024, 3, 1), "events": len(train), "features": {"hash": "ab12"}}
    written = write_package(tmp_path / "model", model, QUICK[slug], about, KEY)
    unpack(pack(tmp_path / "model"), tmp_path / "copy")
    package = read_package(tmp_path / "copy", KEY)
    assert np.array_equal(predict(package.fitted, test), predict(model, test))
    assert package.manifest.about == {
        "trained": "2024-03-01", "events": len(train), "features": {"hash": "ab12"},
    }  # fmt: skip
    assert package.manifest.files == written.files
    assert package.manifest.signature.params == model.params
    assert read_manifest(tmp_path / "model", KEY).files == written.files


def test_a_calibrated_stack_comes_back_with_its_folders(tmp_path: Path) -> None:
    train, _, test = parts(planted(noise=1.0))
    stack = fit("stacking", train, None, QUICK["stacking"], Task.CLASSES, FitContext())
    answers = predict(stack, train)
    model = calibrate(stack, answers, train.y, train.weight)
    manifest = write_package(tmp_path / "model", model, {"method": "isotonic"}, {}, KEY)
    assert "model/member-0/coefficients.safetensors" in manifest.files
    again = read_package(tmp_path / "model", KEY).fitted
    assert np.array_equal(predict(again, test), predict(model, test))
    assert not np.array_equal(predict(again, test), predict(stack, test))


def test_the_same_folder_gives_the_same_zip(tmp_path: Path) -> None:
    train, _, _ = parts(planted())
    model = fit("logistic", train, None, {}, Task.CLASSES, FitContext())
    for name in ("one", "two"):
        write_package(tmp_path / name, model, {}, {"a": 1}, KEY)
    assert pack(tmp_path / "one") == pack(tmp_path / "two")


def test_parameters_that_are_not_the_models_are_refused(tmp_path: Path) -> None:
    train, _, _ = parts(planted())
    model = fit("logistic", train, None, {}, Task.CLASSES, FitContext())
    with pytest.raises(InputError, match="not those the model was fitted with"):
        write_package(tmp_path / "model", model, {"penalty": 5.0}, {}, KEY)
    with pytest.raises(InputError, match="nan is not a finite number"):
        write_package(tmp_path / "model", model, {}, {"sharpe": float("nan")}, KEY)


def test_a_short_key_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    train, _, _ = parts(planted())
    model = fit("logistic", train, None, {}, Task.CLASSES, FitContext())
    with pytest.raises(ValueError, match="at least 16 bytes"):
        write_package(tmp_path / "model", model, {}, {}, b"short")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write_package(tmp_path / "full", model, {}, {}, KEY)
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
